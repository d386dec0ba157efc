"""Genes and assemblies that ship with the package."""

from __future__ import annotations

import gzip
import io
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.genome.annotation import GENE_COLUMNS, MANE, Annotation, transcript_ends
from resist_epi.genome.chromosomes import Genome, chrom_rank

# What NCBI and Ensembl call what we have by UCSC's name.
_OTHER_NAMES = {
    ncbi.lower(): f"{ncbi} is {ucsc} here"
    for ncbi, ucsc in (
        *(("GRCh38", "hg38"), ("GRCh37", "hg19"), ("NCBI36", "hg18"), ("hg37", "hg19")),
        *(("GRCm38", "mm10"), ("NCBIM37", "mm9"), ("RGSC3.4", "rn4")),
    )
}

GENE_TABLES = ("hg38", "hg19")


def load_genes(assembly: str) -> Annotation:
    """Genes of a built-in assembly with every transcript's ends.

    Besides the columns of every annotation, `genes` has `n_loci` (to how many places the source
    aligned the gene; the table holds one of them), `mane_tss` (int64: the TSS of MANE Select, -1
    where there is none) and, for hg19, `source_symbol`.

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
    table = read_shipped(
        f"genes_{assembly}.tsv.gz",
        {"start": np.int64, "end": np.int64, "n_loci": np.int64},
    )
    starts, ends = table.pop("transcript_starts"), table.pop("transcript_ends")
    table[MANE] = pd.to_numeric(table[MANE].where(table[MANE] != "", "-1")).astype(np.int64)
    gene = np.repeat(np.arange(len(table)), starts.str.count(",").to_numpy() + 1)
    transcripts = transcript_ends(gene, _numbers(starts), _numbers(ends), table)
    columns = [*GENE_COLUMNS, *(c for c in table.columns if c not in GENE_COLUMNS)]
    return Annotation(table[columns], transcripts, assembly, f"built-in {assembly} genes")


@cache
def load_linked_genes(assembly: str) -> Annotation:
    """The genes of `load_genes`, and those that regions are linked to and that are never tested.

    The further ones are genes of GENCODE that the tested table lacks, long non-coding RNAs and
    pseudogenes in the main: `biotype` is `non_coding`, the ids are `symbol:NAME`, and each has one
    transcript from its start to its end.

    Parameters
    ----------
    assembly
        `hg38` or `hg19`.

    Raises
    ------
    InputFormatError
        As `load_genes`.

    Examples
    --------
    >>> len(load_linked_genes("hg38")) > len(load_genes("hg38"))
    True
    """
    own = load_genes(assembly)
    more = read_shipped(f"noncoding_{assembly}.tsv.gz", {"start": np.int64, "end": np.int64})
    more = more.assign(gene_id="symbol:" + more["symbol"], entrez_id="", biotype="non_coding")
    more[MANE] = np.int64(-1)
    genes = pd.concat([own.genes, more], ignore_index=True)
    row = np.arange(len(more), dtype=np.int64)
    ends = transcript_ends(row, more["start"].to_numpy(), more["end"].to_numpy(), more)
    transcripts = pd.concat([own.transcripts, ends], ignore_index=True)
    rank = chrom_rank(genes["chrom"], genome=load_genome(assembly))
    genes = genes.iloc[np.lexsort((genes["end"], genes["start"], rank))].reset_index(drop=True)
    place = pd.Index(genes["gene_id"]).get_indexer(transcripts["gene_id"])
    transcripts = transcripts.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    return Annotation(genes, transcripts, assembly, own.source)


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
            f"unknown assembly {name!r}",
            expected="one of " + ", ".join(known_genomes()),
            remedy=other_name(name) or did_you_mean([name], known_genomes()),
        )
    return _genomes()[name]


def other_name(name: str) -> str | None:
    """`GRCh38 is hg38 here`, where an assembly is known by another name."""
    return _OTHER_NAMES.get(name.lower())


@cache
def _genomes() -> dict[str, Genome]:
    table = read_shipped("chromosome_lengths.tsv", {"length": np.int64})
    return {
        str(name): Genome(str(name), dict(zip(rows["chrom"], rows["length"], strict=True)))
        for name, rows in table.groupby("assembly", sort=False)
    }


@cache
def _cpg_promoters() -> pd.DataFrame:
    """Whether each promoter of `load_genes("hg38")`, in its order, is one of a CpG island."""
    table = read_shipped("cpg_promoters.tsv.gz", {"tss": np.int64, "cpg_island": np.int64})
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
    """
    return _cpg_island_genes(assembly).copy()


@cache
def _cpg_island_genes(assembly: str) -> pd.Series:
    genes = load_genes(assembly).genes
    hg38 = load_genes("hg38")
    columns = (_cpg_promoters()[name].tolist() for name in ("gene_id", "tss", "cpg_island"))
    sites = {(gene, tss): flag for gene, tss, flag in zip(*columns, strict=True)}
    primary = hg38.primary_tss()
    own_sites = zip(primary.index.tolist(), primary.tolist(), strict=True)
    flags = pd.Series([sites[site] for site in own_sites], index=primary.index, dtype="boolean")
    symbol = hg38.genes.set_index("gene_id")["symbol"].reindex(primary.index)
    by_symbol = pd.Series(flags.to_numpy(), index=symbol.to_numpy(), dtype="boolean")
    own = genes["gene_id"].map(flags).astype("boolean")
    own = own.fillna(genes["symbol"].map(by_symbol).astype("boolean"))
    return own.set_axis(genes["gene_id"]).rename("cpg_island")


def read_shipped(name: str, dtypes: dict[str, type] | None = None) -> pd.DataFrame:
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
