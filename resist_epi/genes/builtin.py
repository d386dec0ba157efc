"""Symbols and gene sets that ship with the package."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from resist_epi.genes.gene_sets import GeneSet, parse_gmt, read_gmt
from resist_epi.genes.symbols import SymbolTable
from resist_epi.genome.builtin import read_shipped


@cache
def load_symbols() -> SymbolTable:
    """Current, previous and alias symbols of human genes."""
    table = read_shipped("symbols.tsv.gz")
    names = table["name"].to_numpy(dtype=object)
    means = table["symbol"].to_numpy(dtype=object)
    return SymbolTable(
        {n: tuple(m.split(",")) if m else (n,) for n, m in zip(names, means, strict=True)},
        "NCBI Gene",
    )


def load_gene_sets() -> dict[str, GeneSet]:
    """The built-in gene sets: curated ones, then those derived by script, controls and markers.

    Their provenance stands in `gene_set_sources.tsv`, that of each member of the curated ones in
    `gene_set_members.tsv`; see docs/guide/data.md.

    Examples
    --------
    >>> load_gene_sets()["NSD2_TARGETS_TAMOXIFEN"].genes
    ('HK2', 'G6PD', 'TIGAR', 'SLC2A1')
    """
    return {**_gene_sets("gene_sets.gmt"), **_gene_sets("gene_sets_derived.gmt")}


def load_go_sets() -> dict[str, GeneSet]:
    """Biological processes of the Gene Ontology with 10 to 300 genes.

    The set's name is the term's with its id, and its source the id. Every evidence but electronic
    annotation, expression patterns and "no data"; see docs/guide/data.md.

    Examples
    --------
    >>> load_go_sets()["tricarboxylic acid cycle (GO:0006099)"].genes[:3]
    ('ACO1', 'ACO2', 'CS')
    """
    return dict(_gene_sets("gene_sets_go.gmt.gz"))


def load_planted_sets() -> dict[str, GeneSet]:
    """Sets in which simulated cohorts change genes, and the Polycomb targets of their landscape.

    They are frozen: what is known of a mechanism changes, a cohort of a seed does not.

    Examples
    --------
    >>> sorted(load_planted_sets())[:2]
    ['ESR1_SIGNALLING', 'FATTY_ACID_OXIDATION']
    """
    polycomb = _gene_sets("gene_sets_derived.gmt")["POLYCOMB_TARGETS"]
    return {**_gene_sets("planted_sets.gmt"), polycomb.name: polycomb}


@cache
def _gene_sets(name: str) -> dict[str, GeneSet]:
    payload = files("resist_epi.data").joinpath(name).read_bytes()
    if name.endswith(".gz"):
        payload = gzip.decompress(payload)
    return parse_gmt(payload.decode(), name)


@cache
def load_gene_set_sources() -> pd.DataFrame:
    """Provenance of the built-in sets: `set kind source confidence note version`, a row a set.

    `kind` is `curated`, `derived`, `control` or `marker`; `confidence` counts the members by
    theirs; `version` counts up when members change.
    """
    return read_shipped("gene_set_sources.tsv")


@cache
def load_gene_set_members() -> pd.DataFrame:
    """Members of the curated sets and markers: `set symbol role source confidence note`.

    `confidence` is `listed` (stands in the set that `source` names), `by position` (lies there),
    `reported` (the paper names it for this role) or `not verified`; `note` names the genes of two
    mechanisms that expect opposite signs.
    """
    return read_shipped("gene_set_members.tsv")


def gene_set_kinds() -> dict[str, str]:
    """Built-in set -> `curated`, `derived`, `control` or `marker`."""
    table = load_gene_set_sources()
    return dict(zip(table["set"], table["kind"], strict=True))


# Instead of a GMT file: the sets of the Gene Ontology that ship with the package.
GO = "go"


def load_sets(source: str | Path | None) -> dict[str, GeneSet]:
    """Read the user's gene sets, those of the Gene Ontology, or the built-in ones.

    Parameters
    ----------
    source
        A GMT file; the word `go` (a file of that name is `./go`, or a Path); None for built-in.

    Raises
    ------
    InputFormatError
        If the GMT cannot be read.
    """
    if source == GO:
        return load_go_sets()
    return load_gene_sets() if source is None else read_gmt(source)
