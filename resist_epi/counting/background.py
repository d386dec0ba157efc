"""Bins of the genome that hold background alone."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from resist_epi.arrays import ByChromosome, FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.regions import overlapping

logger = logging.getLogger(__name__)

BACKGROUND_BIN = 10_000

MAX_ZERO_SHARE = 0.2

MIN_ENRICHMENT = 1.5  # a region with so many times the background's signal per base has the mark

MIN_ENRICHED = 100  # regions that have it: fewer are no basis for what all of them share

MIN_BINS = 200  # of which half are used: fewer give a factor of more noise than it takes away


def background_bins(
    bins: CountMatrix, *, exclude: ByChromosome | None = None, peaks: pd.DataFrame | None = None
) -> CountMatrix:
    """Choose the bins from which composition factors can be had.

    Left out are bins off the autosomes, without signal in any sample (gaps), and those that touch
    the blacklist or a peak.

    Parameters
    ----------
    bins
        Counts in bins of the genome, a column a library.
    exclude
        Chromosome -> starts and ends of the blacklist.
    peaks
        Table `chrom start end`.

    Raises
    ------
    DesignError
        If fewer than 200 bins remain, or more than 20 % of them are zero in a sample: then sparse
        sampling, not composition, would decide the factors.
    """
    chroms = dict.fromkeys(bins.regions["chrom"].unique(), 0)
    kept = bins.regions["chrom"].isin(autosomes(chroms)).to_numpy() & (bins.values > 0).any(axis=1)
    for table in (_table(exclude), peaks):
        if table is not None and len(table):
            kept &= ~overlapping(bins.regions, table)
    n = int(kept.sum())
    if n < MIN_BINS:
        raise DesignError(
            f"only {n} of {len(kept)} bins are autosomal background without gap, blacklist and"
            f" peaks; at least {MIN_BINS} are needed"
        )
    chosen = bins.select(regions=kept)
    zero = (chosen.values == 0).mean(axis=0)
    if zero.max() > MAX_ZERO_SHARE:
        worst = int(np.argmax(zero))
        raise DesignError(
            f"{zero[worst]:.0%} of the {n} background bins are zero in {bins.samples[worst]}"
            f" (at most {MAX_ZERO_SHARE:.0%}): it is too sparse for background composition"
        )
    logger.info("%d of %d bins are background", n, len(kept))
    return chosen


def fold_over_background(matrix: CountMatrix, background: CountMatrix) -> FloatArray:
    """Signal per base over that of the median background bin, shape (n_regions, n_units).

    Each unit is compared with its own background, so no normalisation enters.

    Parameters
    ----------
    matrix
        Regions of any width.
    background
        Background bins of the same samples, in the same quantity.
    """
    return np.asarray(_density(matrix) / np.median(_density(background), axis=0))


def _density(matrix: CountMatrix) -> FloatArray:
    """(n_regions, n_samples) values per bp; a mean is one already."""
    if matrix.quantity == "mean_signal":
        return matrix.values
    width = (matrix.regions["end"] - matrix.regions["start"]).to_numpy(np.float64)
    return np.asarray(matrix.values / width[:, None])


def _table(intervals: ByChromosome | None) -> pd.DataFrame | None:
    if not intervals:
        return None
    parts = [pd.DataFrame({"chrom": c, "start": s, "end": e}) for c, (s, e) in intervals.items()]
    return pd.concat(parts, ignore_index=True)
