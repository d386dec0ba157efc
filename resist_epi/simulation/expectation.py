"""The exact expected difference between the groups in any region, free of noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genome.intervals import Intervals, overlap_pairs
from resist_epi.simulation.landscape import BACKGROUND_BLOCK, CopySegment, Landscape, MarkLandscape


def expected_signal(
    regions: pd.DataFrame,
    landscape: Landscape,
    mark: str,
    level: FloatArray,
    *,
    fragment_length: int,
    bin_size: int,
    copies: CopySegment | None = None,
    amplified: NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Expected coverage of regions where the background is the same in every tumour.

    A region's signal is that of the background and of every segment that it meets, or whose
    fragments reach into it. The integral of the segment's density over all fragments that cover a
    base of the region has a closed form, so overlaps of any kind are exact.

    Parameters
    ----------
    regions
        Region table, n rows.
    level
        (n_units, n_tumours) factor on each unit.
    fragment_length, bin_size
        bp; a fragment counts in every bin that it touches.
    copies, amplified
        A segment with more copies, and (n_tumours,) in which tumours.

    Returns
    -------
    (n, n_tumours) bp x fold of the background.
    """
    code = pd.Index(landscape.chroms).get_indexer(pd.Index(regions["chrom"])).astype(np.int64)
    start, end = regions["start"].to_numpy(np.int64), regions["end"].to_numpy(np.int64)
    parts = landscape.marks[mark]
    reach = fragment_length + bin_size
    region, segment = overlap_pairs(
        Intervals(code, np.maximum(start - reach, 0), end + reach),
        Intervals(parts.chrom, parts.start, parts.end),
    )
    mass = _covering_mass(parts, segment, start[region], end[region], fragment_length, bin_size)
    signal = np.empty((len(regions), level.shape[1]))
    for tumour in range(level.shape[1]):
        own = copies if amplified is not None and amplified[tumour] else None
        weight = mass * (level[parts.unit, tumour] * parts.copies(own))[segment]
        signal[:, tumour] = np.bincount(region, weights=weight, minlength=len(regions))
        signal[:, tumour] += _background_signal(landscape, code, start, end, own)
    return signal


def _covering_mass(
    parts: MarkLandscape,
    segment: IntArray,
    start: IntArray,
    end: IntArray,
    fragment_length: int,
    bin_size: int,
) -> FloatArray:
    """Covered bases per fragment length that each segment brings to each region, per level 1."""
    margin = (bin_size - 1) / 2
    left, length = parts.start[segment], (parts.end - parts.start)[segment]
    first, last = parts.first[segment], parts.last[segment]

    def twice_integrated(position: FloatArray) -> FloatArray:
        x = np.clip(position - left, 0, length)
        slope = (last - first) / length
        inside = first * x**2 / 2 + slope * x**3 / 6
        mass = (first + last) / 2 * length
        return np.asarray(inside + mass * np.maximum(position - left - length, 0))

    a, b = start.astype(np.float64), end.astype(np.float64)
    gained = twice_integrated(b + margin) - twice_integrated(a + margin)
    lost = twice_integrated(b - fragment_length - margin) - twice_integrated(
        a - fragment_length - margin
    )
    return np.asarray((gained - lost) / (fragment_length + 2 * margin))


def _background_signal(
    landscape: Landscape, code: IntArray, start: IntArray, end: IntArray, own: CopySegment | None
) -> FloatArray:
    result = np.zeros(len(code))
    for chrom in range(len(landscape.chroms)):
        rows = np.flatnonzero(code == chrom)
        level = landscape.block_levels(chrom, own)
        running = np.concatenate([[0.0], np.cumsum(level)]) * BACKGROUND_BLOCK
        edges = np.arange(len(level) + 1) * float(BACKGROUND_BLOCK)
        result[rows] = np.interp(end[rows], edges, running) - np.interp(start[rows], edges, running)
    return result
