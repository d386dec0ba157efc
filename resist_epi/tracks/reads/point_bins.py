"""Reads in adjacent bins of whole chromosomes, each read in the one that holds its point."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resist_epi.arrays import IntArray

# Bins that a chunk of reads may span, by read, to be added up as one stretch.
_SPARSE = 20


class PointBins:
    """Counts points in adjacent bins, beside whatever else is asked of a file of reads.

    Parameters
    ----------
    step
        bp of a bin; the last one of a chromosome may be shorter.
    lengths
        bp of each chromosome.

    Examples
    --------
    >>> bins = PointBins(10, {"chr1": 25, "chr2": 10})
    >>> bins.begin({"chr2": 0, "chr1": 1})
    >>> bins.add(np.array([1, 1, 0]), np.array([9, 24, 3]))
    >>> {chrom: counts.tolist() for chrom, counts in bins.counts().items()}
    {'chr1': [1, 0, 1], 'chr2': [1]}
    """

    def __init__(self, step: int, lengths: Mapping[str, int]) -> None:
        self.step, self.lengths = step, dict(lengths)
        self._numbers = [-(-length // step) for length in self.lengths.values()]
        self._counts = np.zeros(sum(self._numbers), dtype=np.int64)
        self._first = self._end = np.zeros(0, dtype=np.int64)

    def begin(self, codes: Mapping[str, int]) -> None:
        """Chromosome -> the number it goes by in `add`; those without one have no points."""
        size = max((codes[c] for c in self.lengths if c in codes), default=-1) + 1
        # A number of no chromosome of ours has no length, so that no point lies within it.
        self._first, self._end = (np.zeros(size, dtype=np.int64) for _ in range(2))
        first = 0
        for (chrom, length), number in zip(self.lengths.items(), self._numbers, strict=True):
            if chrom in codes:
                self._first[codes[chrom]], self._end[codes[chrom]] = first, length
            first += number

    def add(self, chroms: IntArray, points: IntArray) -> None:
        """Add points in bp; (m,) each, not negative."""
        ours = chroms < self._end.size
        ours[ours] = points[ours] < self._end[chroms[ours]]
        rows = self._first[chroms[ours]] + points[ours] // self.step
        if not rows.size:
            return
        low, high = int(rows.min()), int(rows.max()) + 1
        if high - low <= _SPARSE * rows.size:  # reads are sorted, as a rule
            self._counts[low:high] += np.bincount(rows - low, minlength=high - low)
        else:
            np.add.at(self._counts, rows, 1)

    def counts(self) -> dict[str, IntArray]:
        """Chromosome -> (n_bins,) int64, of every chromosome."""
        ends = np.cumsum(self._numbers, dtype=np.int64)
        both = zip(self.lengths, ends, self._numbers, strict=True)
        return {chrom: self._counts[end - number : end] for chrom, end, number in both}
