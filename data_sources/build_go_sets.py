"""Build the sets of the Gene Ontology: data/gene_sets_go.gmt.gz.

Genes of each biological process, from the same source as the symbols. Terms and their order come
from Debian's r-bioc-go.db. `build_gene_table.py` comes first: only genes on the hg38 table can be
tested, so no others are counted.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from annotation_sources import DATA, ORG_HS, OrgHs, unpacked

from resist_epi.genome.builtin import load_genes

GO_DB = "r-bioc-go.db"
SMALLEST, LARGEST = 10, 300
# What nobody has read (IEA), what says nothing (ND), and what rests on expression patterns, which
# is near to what the marks are to explain.
LEFT_OUT = ("IEA", "ND", "IEP", "HEP")
# A gene of a part is one of the whole; one that regulates a process is not a part of it.
UPWARDS = ("isa", "part of")


class GoTerms:
    """Terms of the biological processes, and which lie above which."""

    def __init__(self, folder: Path, version: str) -> None:
        path = next(folder.rglob("GO.sqlite"))
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        stamp = dict(self._database.execute("select name, value from metadata").fetchall())
        self.source = f"Gene Ontology {stamp['GOSOURCEDATE']} (Debian {GO_DB} {version})"
        self.annotated = stamp["GOEGSOURCEDATE"]

    def names(self) -> dict[str, str]:
        """GO id -> name."""
        query = "select go_id, term from go_term where ontology = 'BP'"
        return dict(self._database.execute(query).fetchall())

    def ancestors(self) -> dict[str, frozenset[str]]:
        """GO id -> itself and all above it by `UPWARDS`, the root left out."""
        asked = ", ".join("?" for _ in UPWARDS)
        pairs = self._database.execute(
            "select c.go_id, p.go_id from go_bp_parents r join go_term c on c._id = r._id"
            " join go_term p on p._id = r._parent_id"
            f" where r.relationship_type in ({asked}) and c.ontology = 'BP'"
            " and p.ontology = 'BP'",
            UPWARDS,
        ).fetchall()
        parents: dict[str, list[str]] = {}
        for child, parent in pairs:
            parents.setdefault(child, []).append(parent)
        return closure(parents)


def closure(parents: Mapping[str, list[str]]) -> dict[str, frozenset[str]]:
    """Every term -> itself and all that can be reached from it; terms without parents left out."""
    found: dict[str, frozenset[str]] = {}

    def climb(term: str) -> frozenset[str]:
        if term not in parents:
            return frozenset()
        if term not in found:
            found[term] = frozenset([term]).union(*map(climb, parents[term]))
        return found[term]

    for term in parents:
        climb(term)
    return found


def process_sets(
    annotated: pd.DataFrame, ancestors: Mapping[str, frozenset[str]]
) -> dict[str, list[str]]:
    """GO id -> symbols of its genes and of all below it, of the sizes that are kept.

    Of terms with the very same genes the most special one stays: that with most terms above it.

    Parameters
    ----------
    annotated
        `go_id symbol evidence`, the direct annotations.
    """
    read = annotated[~annotated["evidence"].isin(LEFT_OUT)]
    genes: dict[str, set[str]] = {}
    for go_id, symbol in zip(read["go_id"], read["symbol"], strict=True):
        for above in ancestors.get(go_id, ()):
            genes.setdefault(above, set()).add(symbol)
    special = sorted(genes, key=lambda term: (-len(ancestors[term]), term))
    kept: dict[tuple[str, ...], str] = {}
    for term in special:
        if SMALLEST <= len(genes[term]) <= LARGEST:
            kept.setdefault(tuple(sorted(genes[term])), term)
    return {term: list(own) for own, term in sorted(kept.items(), key=lambda pair: pair[1])}


def main() -> None:
    """Write the file."""
    with unpacked(GO_DB) as (folder, version):
        terms = GoTerms(folder, version)
        names, ancestors = terms.names(), terms.ancestors()
        source, date = terms.source, terms.annotated
    with unpacked(ORG_HS) as (folder, version):
        org = OrgHs(folder, version)
        symbols = org.genes()[["entrez_id", "symbol"]]
        annotated = org.processes().merge(symbols)
        origin = org.genes_source
    on_table = load_genes("hg38").genes["symbol"]
    sets = process_sets(annotated[annotated["symbol"].isin(on_table)], ancestors)
    lines = [
        f"# {source}, annotations of NCBI Gene {date}; {origin}",
        "# The Gene Ontology is CC BY 4.0 (geneontology.org); Ashburner et al. 2000, GO Consortium",
        f"# biological processes of {SMALLEST} to {LARGEST} genes of genes_hg38.tsv.gz, descendants"
        f" by {' and '.join(UPWARDS)} included; evidence left out: {' '.join(LEFT_OUT)}",
        "# built by data_sources/build_go_sets.py; columns: name, GO id, symbols",
        *("\t".join([f"{names[t]} ({t})", t, *own]) for t, own in sets.items()),
    ]
    payload = gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)
    (DATA / "gene_sets_go.gmt.gz").write_bytes(payload)
    print(f"gene_sets_go.gmt.gz: {len(sets)} sets, {len(payload)} bytes")


if __name__ == "__main__":
    main()
