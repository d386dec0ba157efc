"""Genes and their transcripts, the same table whatever the source."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.genome.chromosomes import Genome, chrom_rank

logger = logging.getLogger(__name__)

GENE_COLUMNS = (
    "chrom",
    "start",
    "end",
    "strand",
    "gene_id",
    "symbol",
    "entrez_id",
    "biotype",
)

PROMOTER_REACH = 2500  # bp either side of a TSS

TRANSCRIPT_COLUMNS = ("gene_id", "tss", "tes", "n")

# Column of `genes` that names the TSS of MANE Select, where a source has it; -1 for none.
MANE = "mane_tss"


@dataclass(frozen=True)
class Annotation:
    """Genes of one assembly and where their transcripts begin and end.

    Attributes
    ----------
    genes
        One row a gene: `chrom`, `start` and `end` (int64, bp, 0-based half-open, the union of its
        transcripts), `strand` (+ or -), `gene_id` (unique), `symbol`, `entrez_id` and `biotype`
        (empty where the source has none); further columns of the source follow. Sorted by
        chromosome in genome order, start and end.
    transcripts
        One row per gene and distinct pair of ends: `gene_id`, `tss` and `tes` (int64, bp: 0-based
        position of the first and the last transcribed base, so `tss > tes` on the minus strand)
        and `n` (int64), the number of transcripts with these ends. Genes in the order of `genes`;
        within one from 5' to 3'.
    assembly
        Name of the assembly, or None where unknown.
    source
        File or data base, for messages and headers.

    Raises
    ------
    InputFormatError
        If a column is missing, an id is not unique, a coordinate or strand is impossible, or a
        gene has no transcript.
    """

    genes: pd.DataFrame
    transcripts: pd.DataFrame
    assembly: str | None
    source: str

    def __post_init__(self) -> None:
        for table, columns in ((self.genes, GENE_COLUMNS), (self.transcripts, TRANSCRIPT_COLUMNS)):
            if missing := [c for c in columns if c not in table.columns]:
                raise InputFormatError(
                    f"gene annotation lacks the columns {', '.join(missing)}", path=self.source
                )
        genes = self.genes
        # As objects: walking through an Arrow column costs ten times as much.
        ids = genes["gene_id"].to_numpy(dtype=object)
        transcribed = set(self.transcripts["gene_id"].to_numpy(dtype=object))
        if unknown := transcribed.difference(ids):
            raise InputFormatError(
                f"transcripts of a gene {min(unknown)!r} that the table of genes lacks",
                path=self.source,
            )
        start, end = genes["start"].to_numpy(), genes["end"].to_numpy()
        strand = genes["strand"].to_numpy(dtype=object)
        problems: dict[str, NDArray[np.bool_]] = {
            "its id is not unique": pd.Series(ids).duplicated().to_numpy(),
            "start must be 0 or more and less than end": (start < 0) | (start >= end),
            "strand must be + or -": (strand != "+") & (strand != "-"),
            "it has no transcript": np.array([g not in transcribed for g in ids], dtype=bool),
        }
        for problem, bad in problems.items():
            if bad.any():
                row = genes.loc[bad].iloc[0]
                raise InputFormatError(
                    f"gene {row['gene_id']!r}"
                    f" ({row['chrom']}:{row['start']}-{row['end']}, strand {row['strand']!r}):"
                    f" {problem}",
                    path=self.source,
                )

    def __len__(self) -> int:
        return len(self.genes)

    def promoters(self) -> pd.DataFrame:
        """Every distinct TSS of every gene, and which one speaks for the gene.

        The primary TSS is that of MANE Select where the genes have one (`mane_tss`). Otherwise TSS
        whose promoter windows (2.5 kb either side) overlap or touch are one promoter; the primary
        TSS lies in the promoter of most transcripts, the 5'-most on ties, and is by the same rule
        the one of most transcripts in it.

        Returns
        -------
        table
            One row per gene and TSS, in the order of `transcripts`: `gene_id`, `chrom`, `strand`,
            `tss` (int64), `n` (int64 transcripts), `primary` (bool, exactly one a gene), `mane`
            (bool, at most one) and `most_transcripts` (bool, one a gene, by the second rule).
        """
        return self._promoters.copy()

    @cached_property
    def memory(self) -> dict[Hashable, Any]:
        """What was worked out of these genes and is asked for again; goes when they go."""
        return {}

    @cached_property
    def _promoters(self) -> pd.DataFrame:
        """Worked out once: every linking of regions asks for it."""
        sites = self.transcripts.groupby(["gene_id", "tss"], sort=False)["n"].sum().reset_index()
        # Rows of a gene run from 5' to 3', so the first of the largest is the 5'-most of them.
        same_gene = (sites["gene_id"] == sites["gene_id"].shift()).to_numpy()
        near = (sites["tss"].diff().abs() <= 2 * PROMOTER_REACH).to_numpy()
        sites["promoter"] = np.cumsum(~(same_gene & near))
        sites["of_promoter"] = sites.groupby("promoter", sort=False)["n"].transform("sum")
        most = sites.groupby("gene_id", sort=False)["of_promoter"].transform("max")
        best = sites[sites["of_promoter"] == most]
        best = best[best["promoter"] == best.groupby("gene_id")["promoter"].transform("min")]
        most_used = best.groupby("gene_id", sort=False)["n"].idxmax()
        sites["most_transcripts"] = np.isin(np.arange(len(sites)), most_used.to_numpy())
        sites["mane"] = self.mane_of(sites["gene_id"]) == sites["tss"].to_numpy()
        has_one = sites.groupby("gene_id", sort=False)["mane"].transform("any")
        sites["primary"] = sites["mane"].where(has_one, sites["most_transcripts"])
        place = self.genes.set_index("gene_id")[["chrom", "strand"]]
        columns = ["gene_id", "chrom", "strand", "tss", "n", "primary", "mane", "most_transcripts"]
        return pd.DataFrame(sites.join(place, on="gene_id")[columns])

    def mane_of(self, gene_ids: pd.Series) -> NDArray[np.int64]:
        """(n,) TSS of MANE Select of these genes; -1 where there is none."""
        if MANE not in self.genes:
            return np.full(len(gene_ids), -1, dtype=np.int64)
        row = pd.Index(self.genes["gene_id"]).get_indexer(gene_ids)
        return np.asarray(self.genes[MANE].to_numpy(np.int64)[row], dtype=np.int64)

    def primary_tss(self) -> pd.Series:
        """Position of the TSS that speaks for each gene, by `gene_id`, in the order of `genes`."""
        sites = self.promoters()
        return sites.loc[sites["primary"]].set_index("gene_id")["tss"]

    def select(self, mask: pd.Series | np.ndarray) -> Annotation:
        """Return the genes where the mask, n_genes booleans, is true, with their transcripts."""
        genes = self.genes.loc[np.asarray(mask, dtype=bool)].reset_index(drop=True)
        kept = self.transcripts["gene_id"].isin(genes["gene_id"])
        transcripts = self.transcripts.loc[kept].reset_index(drop=True)
        return Annotation(genes, transcripts, self.assembly, self.source)


def annotation_from_transcripts(
    transcripts: pd.DataFrame,
    *,
    source: str,
    assembly: str | None = None,
    genome: Genome | None = None,
    split_gaps: bool = False,
) -> Annotation:
    """Gather transcripts into genes.

    Transcripts of one gene on another chromosome or strand are another locus, as for the genes of
    the pseudoautosomal regions. The locus of most transcripts keeps the gene's id (on ties the
    longest, then the first in genome order, so X before Y); the others are called `ID_locus2`
    and so on.

    Parameters
    ----------
    transcripts
        One row a transcript: `chrom start end strand gene_id symbol entrez_id biotype`, 0-based
        half-open. Rows that are equal count as several transcripts.
    source, assembly
        As in `Annotation`.
    genome
        Gives the order of the chromosomes; otherwise natural order.
    split_gaps
        Transcripts that do not overlap are other loci too: right where the source aligned the
        same transcript to several places, as UCSC's tables do.
    """
    table = transcripts.reset_index(drop=True)
    table["rank"] = chrom_rank(table["chrom"], genome=genome)
    table["order"] = np.arange(len(table))
    table = table.sort_values(["gene_id", "rank", "strand", "start", "end"], kind="stable")
    table["locus"] = _locus_numbers(table, split_gaps=split_gaps)
    table = _name_loci(table, source)
    loci = table.groupby("locus", sort=True)
    first = table.sort_values("order").drop_duplicates("locus").set_index("locus").sort_index()
    genes = first.assign(start=loci["start"].min(), end=loci["end"].max())
    genes = genes.sort_values(["rank", "start", "end", "gene_id"])
    genes = genes[list(GENE_COLUMNS)].reset_index(drop=True)
    row = pd.Series(np.arange(len(genes)), index=genes["gene_id"])
    ends = transcript_ends(
        table["gene_id"].map(row).to_numpy(dtype=np.int64),
        table["start"].to_numpy(dtype=np.int64),
        table["end"].to_numpy(dtype=np.int64),
        genes,
    )
    return Annotation(genes, ends, assembly, source)


def _locus_numbers(table: pd.DataFrame, *, split_gaps: bool) -> np.ndarray:
    """Number of the locus of each row of a table sorted by gene, chromosome, strand and start."""
    same = np.ones(len(table), dtype=bool)
    for column in ("gene_id", "rank", "strand"):
        values = table[column].to_numpy()
        same[1:] &= values[1:] == values[:-1]
    same[:1] = False
    if split_gaps:
        group = np.cumsum(~same)
        reached = table.groupby(group, sort=False)["end"].cummax().to_numpy()
        same[1:] &= table["start"].to_numpy()[1:] < reached[:-1]
    return np.cumsum(~same)


def _name_loci(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Give every locus but the gene's main one an id of its own."""
    groups = table.groupby("locus", sort=True)
    loci = groups.agg(gene_id=("gene_id", "first"), n=("rank", "size"))
    loci["span"] = groups["end"].max() - groups["start"].min()
    loci = loci.sort_values(["gene_id", "n", "span"], ascending=[True, False, False], kind="stable")
    number = loci.groupby("gene_id", sort=False).cumcount() + 1
    further = number > 1
    if not further.any():
        return table
    logger.info(
        "%s: %d genes lie in several places; their %d further loci are called ID_locus2, ...",
        source,
        (number == 2).sum(),
        further.sum(),
    )
    names = loci.loc[further, "gene_id"] + "_locus" + number[further].astype(str)
    renamed = table["locus"].map(names)
    return table.assign(gene_id=renamed.where(renamed.notna(), table["gene_id"]))


def transcript_ends(
    gene: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    genes: pd.DataFrame,
) -> pd.DataFrame:
    """Table of transcripts of an `Annotation` from their coordinates.

    Parameters
    ----------
    gene
        (n,) row of each transcript's gene in `genes`.
    start, end
        (n,) int64, bp, 0-based half-open.
    genes
        Gene table of the annotation.
    """
    plus = (genes["strand"] == "+").to_numpy()[gene]
    tss, tes = np.where(plus, start, end - 1), np.where(plus, end - 1, start)
    sign = np.where(plus, 1, -1)
    order = np.lexsort((sign * tes, sign * tss, gene))
    gene, tss, tes = gene[order], tss[order], tes[order]
    new = np.ones(len(gene), dtype=bool)
    new[1:] = (np.diff(gene) != 0) | (np.diff(tss) != 0) | (np.diff(tes) != 0)
    first = np.flatnonzero(new)
    return pd.DataFrame(
        {
            "gene_id": genes["gene_id"].to_numpy()[gene[first]],
            "tss": tss[first],
            "tes": tes[first],
            "n": np.diff(np.append(first, len(gene))),
        }
    )
