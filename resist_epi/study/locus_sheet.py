"""The tracks of a sheet over one locus, read in place: what a locus plot draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.counting.sources import signal_sources
from resist_epi.errors import GenomeMismatchError
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.looks import LookCache

_MOST_BINS = 600  # about the dots of a column of print


def locus_coverage(
    sheet: SampleSheet,
    place: tuple[str, int, int],
    *,
    genome: str | None = None,
    looks: LookCache | None = None,
    most: int = _MOST_BINS,
) -> pd.DataFrame:
    """Mean signal of every track in bins over a locus, as the tracks have it.

    Parameters
    ----------
    place
        Chromosome, start and end, bp.
    genome
        Assembly that was stated, by whose names chromosomes go.
    looks
        Files that were opened before.
    most
        Bins at most; each is of one base at least.

    Returns
    -------
    DataFrame
        `chrom start end` and a column a sample; bins beyond the end of the chromosome are left out.

    Raises
    ------
    SampleSheetError
        If a row names no track.
    GenomeMismatchError
        If a track has no such chromosome.
    InputFormatError
        If a track is damaged.
    """
    chrom, first, last = place
    files = signal_sources(sheet, genome=genome, looks=looks).files
    values: dict[str, np.ndarray] = {}
    edges = None
    for sample, file in files.items():
        track = file.track()
        if chrom not in track.chrom_lengths:
            raise GenomeMismatchError(
                f"{file.path}: no chromosome {chrom}, where the locus lies",
            )
        if edges is None:
            end = min(last, track.chrom_lengths[chrom]) if track.lengths_known else last
            edges = _edges(first, end, most)
        sums = track.bin_sums(chrom, edges[None, :])[0]
        values[sample] = sums / np.diff(edges)
    if edges is None:
        edges = _edges(first, last, most)
    return pd.DataFrame({"chrom": chrom, "start": edges[:-1], "end": edges[1:], **values})


def _edges(first: int, last: int, most: int) -> np.ndarray:
    n = max(min(most, last - first), 1)
    return np.linspace(first, max(last, first + 1), n + 1).round().astype(np.int64)
