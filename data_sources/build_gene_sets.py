"""Write the curated gene sets and marker lists: data/gene_sets.gmt, from data/gene_set_members.tsv.

The table of members is edited by hand, a row a gene with its role, source and confidence; order in
the table is order in the file. A set's version, and where it comes from, stand in
data/gene_set_sources.tsv. Say what changed in its note, and count the version up.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"


def gene_sets_text(folder: Path = DATA) -> str:
    """The GMT file of a folder's two tables: name, source and version, then the symbols."""
    members = _read(folder / "gene_set_members.tsv")
    sources = _read(folder / "gene_set_sources.tsv").set_index("set")
    lines = []
    for name, rows in members.groupby("set", sort=False):
        about = sources.loc[str(name)]
        source = f"{about['source']};version {about['version']}"
        lines.append("\t".join([str(name), source, *rows["symbol"]]))
    return "\n".join(lines) + "\n"


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", comment="#", dtype=str, keep_default_na=False)


def main() -> None:
    (DATA / "gene_sets.gmt").write_text(gene_sets_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
