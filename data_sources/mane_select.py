"""MANE Select's transcription starts, brought to the starts of the built-in gene tables.

The summary table of MANE (Matched Annotation from NCBI and EMBL-EBI; Morales et al. 2022 Nature
604:310) is read from ../shared/data or the folder that RESIST_EPI_REAL_DATA names. MANE Plus
Clinical, a second transcript of some genes, is left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from annotation_sources import DATA
from numpy.typing import NDArray

MANE_FILE = "annotation/mane_select_v1.0_hg38.tsv.gz"
MANE_SOURCE = "MANE 1.0 of NCBI and EMBL-EBI (Morales et al. 2022 Nature 604:310), free to use"

# A start of our own table this near stands for MANE's: both have one promoter then.
REACH = 2500
COLUMN = "mane_tss"

# Genes whose shift between assemblies is compared with that of their neighbours.
NEIGHBOURS = 11


def read_mane(path: Path | None = None) -> pd.DataFrame:
    """`entrez_id chrom strand tss` (0-based) of MANE Select, a row a gene.

    Parameters
    ----------
    path
        The summary table; its coordinates are 1-based and inclusive.
    """
    if path is None:
        real = Path(os.environ.get("RESIST_EPI_REAL_DATA", DATA.parents[1] / "shared" / "data"))
        path = real / MANE_FILE
    table = pd.read_csv(path, sep="\t", dtype=str)
    table = table[table["MANE_status"] == "MANE Select"]
    start, end = table["chr_start"].astype(int), table["chr_end"].astype(int)
    return pd.DataFrame(
        {
            "entrez_id": table["#NCBI_GeneID"].str.removeprefix("GeneID:"),
            "chrom": "chr" + table["GRCh38_chr"],
            "strand": table["chr_strand"],
            "tss": np.where(table["chr_strand"] == "+", start, end) - 1,
        }
    ).reset_index(drop=True)


def mane_starts(genes: pd.DataFrame, mane: pd.DataFrame) -> pd.Series:
    """For each gene of the hg38 table its start that is nearest to MANE Select's, as text.

    Empty where MANE has no such gene, or none of the gene's starts lies within `REACH`.
    """
    by_entrez = mane.drop_duplicates("entrez_id").set_index("entrez_id")
    own = by_entrez.reindex(genes["entrez_id"])
    same = (own["chrom"].to_numpy() == genes["chrom"].to_numpy()) & (
        own["strand"].to_numpy() == genes["strand"].to_numpy()
    )
    wanted = np.where(same, own["tss"].to_numpy(np.float64), np.nan)
    return nearest_starts(genes, wanted)


def mane_starts_hg19(genes: pd.DataFrame, hg38: pd.DataFrame) -> pd.Series:
    """The same for hg19, by gene and nearest start.

    A gene of hg38 with a MANE start is found by its id. Assemblies differ along a chromosome by
    shifts that many genes have in common: a gene's own is the commonest difference between its
    ends in both, and the median of its neighbours' is taken.
    """
    places = hg38.drop_duplicates("gene_id").set_index("gene_id")
    known = genes["gene_id"].isin(places.index).to_numpy()
    old = genes[known].reset_index(drop=True)
    new = places.loc[old["gene_id"]].reset_index()
    same = ((old["chrom"] == new["chrom"]) & (old["strand"] == new["strand"])).to_numpy()
    own = np.array(
        [
            common_shift(ends_of(a), ends_of(b)) if ok else np.nan
            for (_, a), (_, b), ok in zip(old.iterrows(), new.iterrows(), same, strict=True)
        ]
    )
    shift = pd.Series(own).groupby(old["chrom"], sort=False)
    smooth = shift.transform(
        lambda s: (
            s.interpolate(limit_direction="both")
            .rolling(NEIGHBOURS, center=True, min_periods=1)
            .median()
        )
    ).to_numpy()
    mane = pd.to_numeric(new[COLUMN], errors="coerce").to_numpy(np.float64)
    wanted = np.full(len(genes), np.nan)
    wanted[known] = np.where(same, mane - smooth, np.nan)
    return nearest_starts(genes, wanted)


def ends_of(gene: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of a gene's transcripts, each once."""
    first, last = (
        np.unique(np.array(str(gene[name]).split(","), dtype=np.int64))
        for name in ("transcript_starts", "transcript_ends")
    )
    return first, last


def common_shift(
    old: tuple[NDArray[np.int64], NDArray[np.int64]],
    new: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> float:
    """The commonest difference of the ends of new and old, at least two of them; else NaN."""
    differences = np.concatenate(
        [(b[:, None] - a[None, :]).ravel() for a, b in zip(old, new, strict=True)]
    )
    values, counts = np.unique(differences, return_counts=True)
    return float(values[counts.argmax()]) if counts.max() > 1 else np.nan


def nearest_starts(genes: pd.DataFrame, wanted: NDArray[np.float64]) -> pd.Series:
    """Each gene's own TSS nearest to a position, as text; empty beyond `REACH` or without one."""
    found = []
    for strand, starts, ends, position in zip(
        genes["strand"], genes["transcript_starts"], genes["transcript_ends"], wanted, strict=True
    ):
        if not np.isfinite(position):
            found.append("")
            continue
        own = np.array((starts if strand == "+" else ends).split(","), dtype=np.int64)
        own = own if strand == "+" else own - 1
        best = int(own[np.abs(own - position).argmin()])
        found.append(str(best) if abs(best - position) <= REACH else "")
    return pd.Series(found, index=genes.index)
