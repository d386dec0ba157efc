"""The tables that ship with the package: genes, symbols, gene sets, chromosome lengths."""

from __future__ import annotations

import gzip
import io
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from resist_epi.annotation import GENE_COLUMNS, Annotation, transcript_ends
from resist_epi.errors import InputFormatError
from resist_epi.expectations import Expectation, Mechanism
from resist_epi.gene_sets import GeneSet
from resist_epi.genome import Genome
from resist_epi.io.gene_sets import parse_gmt
from resist_epi.symbols import SymbolTable

GENE_TABLES = ("hg38", "hg19")


def load_genes(assembly: str) -> Annotation:
    """Genes of a built-in assembly with every transcript's ends.

    Besides the columns of every annotation, `genes` has `n_loci` (to how many places the source
    aligned the gene; the table holds one of them) and, for hg19, `source_symbol`.

    Parameters
    ----------
    assembly
        `hg38` or `hg19`.

    Returns
    -------
    annotation
        The same object at every call: do not write into its tables.

    Raises
    ------
    InputFormatError
        If there is no built-in table of this assembly; the message names those there are.

    Examples
    --------
    >>> genes = load_genes("hg38").genes
    >>> genes.loc[genes["symbol"] == "TIGAR", ["chrom", "start", "strand"]].values.tolist()
    [['chr12', 4321212, '+']]
    """
    if assembly not in GENE_TABLES:
        raise InputFormatError(
            f"no built-in gene table for assembly {assembly!r}",
            expected=" or ".join(GENE_TABLES),
            remedy="give a gene annotation of your own with --genes (GTF, GFF3, refGene, BED12 or"
            " a table)",
        )
    return _genes(assembly)


@cache
def _genes(assembly: str) -> Annotation:
    table = _read(
        f"genes_{assembly}.tsv.gz",
        {"start": np.int64, "end": np.int64, "n_loci": np.int64},
    )
    starts, ends = table.pop("transcript_starts"), table.pop("transcript_ends")
    gene = np.repeat(np.arange(len(table)), starts.str.count(",").to_numpy() + 1)
    transcripts = transcript_ends(gene, _numbers(starts), _numbers(ends), table)
    columns = [*GENE_COLUMNS, *(c for c in table.columns if c not in GENE_COLUMNS)]
    return Annotation(table[columns], transcripts, assembly, f"built-in {assembly} genes")


def genomes_with_genes() -> tuple[str, ...]:
    """Names of the assemblies whose genes are built in."""
    return GENE_TABLES


def known_genomes() -> tuple[str, ...]:
    """Names of the assemblies whose chromosome lengths are known."""
    return tuple(_genomes())


def load_genome(name: str) -> Genome:
    """Chromosome lengths of a known assembly, its main chromosomes in genome order.

    Raises
    ------
    InputFormatError
        If the assembly is not known; the message names those that are.
    """
    if name not in _genomes():
        raise InputFormatError(
            f"unknown assembly {name!r}", expected="one of " + ", ".join(known_genomes())
        )
    return _genomes()[name]


@cache
def _genomes() -> dict[str, Genome]:
    table = _read("chromosome_lengths.tsv", {"length": np.int64})
    return {
        str(name): Genome(str(name), dict(zip(rows["chrom"], rows["length"], strict=True)))
        for name, rows in table.groupby("assembly", sort=False)
    }


@cache
def load_symbols() -> SymbolTable:
    """Current, previous and alias symbols of human genes."""
    table = _read("symbols.tsv.gz")
    names = table["name"].to_numpy(dtype=object)
    means = table["symbol"].to_numpy(dtype=object)
    return SymbolTable(
        {n: tuple(m.split(",")) if m else (n,) for n, m in zip(names, means, strict=True)},
        "NCBI Gene",
    )


def load_gene_sets() -> dict[str, GeneSet]:
    """The built-in gene sets: curated ones, then those derived by script, controls and markers.

    Their provenance stands in `gene_set_sources.tsv`; see docs/data.md.

    Examples
    --------
    >>> load_gene_sets()["NSD2_TARGETS_ENDOCRINE_CORE"].genes
    ('HK2', 'G6PD', 'TIGAR', 'SLC2A1')
    """
    return {**_gene_sets("gene_sets.gmt"), **_gene_sets("gene_sets_derived.gmt")}


def load_go_sets() -> dict[str, GeneSet]:
    """Biological processes of the Gene Ontology with 10 to 300 genes.

    The set's name is the term's with its id, and its source the id. Every evidence but electronic
    annotation, expression patterns and "no data"; see docs/data.md.

    Examples
    --------
    >>> load_go_sets()["tricarboxylic acid cycle (GO:0006099)"].genes[:3]
    ('ACO1', 'ACO2', 'CS')
    """
    return dict(_gene_sets("gene_sets_go.gmt.gz"))


@cache
def _gene_sets(name: str) -> dict[str, GeneSet]:
    payload = files("resist_epi.data").joinpath(name).read_bytes()
    if name.endswith(".gz"):
        payload = gzip.decompress(payload)
    return parse_gmt(payload.decode(), name)


@cache
def load_gene_set_sources() -> pd.DataFrame:
    """Provenance of the built-in sets: `set kind source confidence note`, one row a set.

    `kind` is `curated`, `derived`, `control` or `marker`.
    """
    return _read("gene_set_sources.tsv")


def gene_set_kinds() -> dict[str, str]:
    """Built-in set -> `curated`, `derived`, `control` or `marker`."""
    table = load_gene_set_sources()
    return dict(zip(table["set"], table["kind"], strict=True))


@cache
def load_mechanisms() -> tuple[Mechanism, ...]:
    """Mechanisms of resistance with what is expected of each, and what was tried against it.

    Examples
    --------
    >>> [m.expects("H3K36me3").words for m in load_mechanisms() if m.name in ("nsd2", "esr1")]
    ['gain', 'loss']
    """
    known = _read("mechanism_context.tsv")
    context = {
        str(name): (str(text), str(reference))
        for name, text, reference in known.itertuples(index=False)
    }
    table = _read("mechanisms.tsv")
    layers = [str(c) for c in table if c not in ("mechanism", "title", "set", "caveat")]
    return tuple(
        Mechanism(
            row["mechanism"],
            row["title"],
            row["set"],
            {layer: Expectation.parse(row[layer]) for layer in layers},
            row["caveat"],
            *context[row["mechanism"]],
        )
        for row in table.to_dict("records")
    )


def load_cpg_promoters() -> pd.DataFrame:
    """Whether each hg38 promoter is one of a CpG island.

    Returns
    -------
    table
        One row per gene and distinct TSS of `load_genes("hg38")`, in its order: `gene_id`,
        `tss` (int64, bp, 0-based), `cpg_island` (bool).
    """
    return _cpg_promoters().copy()


@cache
def _cpg_promoters() -> pd.DataFrame:
    table = _read("cpg_promoters.tsv.gz", {"tss": np.int64, "cpg_island": np.int64})
    return table.astype({"cpg_island": bool})


def cpg_island_genes(assembly: str) -> pd.Series:
    """Whether the promoter that speaks for a gene is one of a CpG island, by `gene_id`.

    For hg19 the flag is that of the same gene in hg38, by id or else by symbol.

    Parameters
    ----------
    assembly
        `hg38` or `hg19`.

    Returns
    -------
    flags
        pandas' nullable boolean, in the order of `load_genes(assembly).genes`; missing where the
        gene is not in the hg38 table.

    Raises
    ------
    InputFormatError
        As `load_genes`.
    """
    genes = load_genes(assembly).genes
    hg38 = load_genes("hg38")
    sites = _cpg_promoters().set_index(["gene_id", "tss"])["cpg_island"]
    primary = hg38.primary_tss()
    flags = pd.Series(
        sites.loc[list(zip(primary.index, primary, strict=True))].to_numpy(),
        index=primary.index,
        dtype="boolean",
    )
    symbol = hg38.genes.set_index("gene_id")["symbol"].reindex(primary.index)
    by_symbol = pd.Series(flags.to_numpy(), index=symbol.to_numpy(), dtype="boolean")
    own = genes["gene_id"].map(flags).astype("boolean")
    own = own.fillna(genes["symbol"].map(by_symbol).astype("boolean"))
    return own.set_axis(genes["gene_id"]).rename("cpg_island")


def _read(name: str, dtypes: dict[str, type] | None = None) -> pd.DataFrame:
    """One of our own tables; columns are text unless a dtype is given, and nothing is missing."""
    payload = files("resist_epi.data").joinpath(name).read_bytes()
    if name.endswith(".gz"):
        payload = gzip.decompress(payload)
    # Header lines stand at the top only; pandas' `comment` would also cut names that hold a #.
    while payload.startswith(b"#"):
        payload = payload[payload.index(b"\n") + 1 :]
    columns = payload[: payload.index(b"\n")].decode().split("\t")
    return pd.read_csv(
        io.BytesIO(payload),
        sep="\t",
        dtype={c: (dtypes or {}).get(c, "str") for c in columns},
        keep_default_na=False,
        quoting=3,
    )


def _numbers(lists: pd.Series) -> np.ndarray:
    """All numbers of a column of comma-separated lists, one after another."""
    return np.array(",".join(lists.to_numpy(dtype=object)).split(","), dtype=np.int64)
