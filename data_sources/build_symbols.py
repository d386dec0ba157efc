"""Build data/symbols.tsv.gz: which names are current gene symbols, and what older ones mean."""

from __future__ import annotations

import re

import pandas as pd
from annotation_sources import DATA, ORG_HS, RENAMED_SINCE, OrgHs, unpacked, write_table

# HGNC's previous symbols. NCBI lists previous symbols and other names alike as aliases, and some of
# these are another gene's alias too (MLL2 of KMT2B); the gene that was called so officially wins.
PREVIOUS = {
    "WHSC1": "NSD2", "MMSET": "NSD2", "WHSC1L1": "NSD3", "C12orf5": "TIGAR", "GLUT1": "SLC2A1",
    "G6PC": "G6PC1", "MLL3": "KMT2C", "MLL2": "KMT2D", "JMJD3": "KDM6B", "UTX": "KDM6A",
    "PTPLA": "HACD1", "PTPLAD1": "HACD3", "FIGF": "VEGFD", "PAK7": "PAK5", "TCEB1": "ELOC",
    "TCEB2": "ELOB", "PKM2": "PKM", "PECI": "ECI2", "DCI": "ECI1", "WISP2": "CCN5",
    "C17orf96": "EPOP", "C10orf12": "LCOR", "FAM102A": "EEIG1", "MRE11A": "MRE11",
    **{f"SEPT{i}": f"SEPTIN{i}" for i in [*range(1, 13), 14]},
    **{f"MARCH{i}": f"MARCHF{i}" for i in range(1, 12)},
    "MARC1": "MTARC1", "MARC2": "MTARC2",
}  # fmt: skip
# Written as a symbol of a rodent (Hk2, 1500003D12Rik) or a fish (hk2): must not match a human gene.
OTHER_SPECIES = re.compile(r"[A-Z][0-9]*[a-z][a-z0-9.-]*|[A-Z0-9]+Rik|[a-z][a-z0-9.-]*")
HUMAN_STYLE = re.compile(r"C([0-9]+|X|Y)orf[0-9]+|p[0-9]+|(hsa-)?(mir|let)-.*")


def symbol_table(source: OrgHs) -> pd.DataFrame:
    """`name symbol status`, one row a name; the symbols of an ambiguous one with commas between."""
    genes = source.genes()
    genes = genes[genes["biotype"] != "biological_region"]
    current = set(genes["symbol"])
    aliases = source.aliases().merge(genes[["entrez_id", "symbol"]])
    aliases = aliases[~aliases["alias"].isin(current)]
    upper = {symbol.upper() for symbol in current}
    foreign = aliases["alias"].map(
        lambda a: (
            (bool(OTHER_SPECIES.fullmatch(a)) or a.upper() in upper)
            and not HUMAN_STYLE.fullmatch(a)
        )
    )
    aliases = aliases[~foreign]
    # Table separators would not survive the file; such aliases are descriptions anyhow.
    aliases = aliases[~aliases["alias"].str.contains(r'[\t,"]|^#', regex=True)]
    meanings = aliases.groupby("alias")["symbol"].unique().map(sorted)
    for old, new in {**PREVIOUS, **RENAMED_SINCE}.items():
        if new not in current or old in current:
            raise SystemExit(f"{old} -> {new}: the symbol table of NCBI says otherwise")
        meanings[old] = [new]
    old_names = pd.DataFrame(
        {
            "name": meanings.index,
            "symbol": meanings.map(",".join).to_numpy(),
            "status": ["alias" if len(m) == 1 else "ambiguous" for m in meanings],
        }
    )
    names = pd.DataFrame({"name": sorted(current), "symbol": sorted(current), "status": "current"})
    return pd.concat([names, old_names]).sort_values("name", ignore_index=True)


def main() -> None:
    """Write the table."""
    with unpacked(ORG_HS) as (folder, version):
        source = OrgHs(folder, version)
        table = symbol_table(source)
        print(table["status"].value_counts().to_string())
        header = [
            f"source: {source.genes_source}",
            "Human gene symbols. name: as written, case matters; symbol: the current one (of an"
            " ambiguous name all, comma between; empty where it is the name); status: current,"
            " alias or ambiguous.",
            "previous symbols of HGNC that decide between genes: "
            + " ".join(f"{old}>{new}" for old, new in PREVIOUS.items()),
            "renamed since: " + " ".join(f"{old}>{new}" for old, new in RENAMED_SINCE.items()),
            "built by data_sources/build_symbols.py; columns: " + " ".join(table.columns),
        ]
        table.loc[table["status"] == "current", "symbol"] = ""
        write_table(table, DATA / "symbols.tsv.gz", header)


if __name__ == "__main__":
    main()
