"""Counts of reads that overlap regions, from any stream of reads in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resist_epi.arrays import IntArray

_SHIFT = 32  # chromosome above, position below: one number to sort and search by


class OverlapCounter:
    """Counts, for each region, the reads that share at least one base with it.

    A read counts in every region that it overlaps. Of the reads that begin before a region's end,
    those that end before its start are taken off, so two searches a read do, whatever the regions.

    Parameters
    ----------
    chroms
        (n,) chromosome code of each region, not negative.
    starts, ends
        (n,) bp, 0-based half-open, in any order, overlapping or not.
    """

    def __init__(self, chroms: ArrayLike, starts: ArrayLike, ends: ArrayLike) -> None:
        codes = np.asarray(chroms, dtype=np.int64) << _SHIFT
        starts = np.maximum(np.asarray(starts, dtype=np.int64), 0)
        ends = np.maximum(np.asarray(ends, dtype=np.int64), starts)
        self._real = starts < ends
        self._by_start = np.argsort(codes + starts, kind="stable")
        self._by_end = np.argsort(codes + ends, kind="stable")
        self._starts = (codes + starts)[self._by_start]
        self._ends = (codes + ends)[self._by_end]
        self._begun = np.zeros(self._ends.size + 1, dtype=np.int64)
        self._over = np.zeros(self._starts.size + 1, dtype=np.int64)

    def add(self, chroms: IntArray, starts: IntArray, ends: IntArray) -> None:
        """Add reads; (m,) each, `starts < ends`, not negative."""
        codes = chroms << _SHIFT
        n = self._begun.size
        at = np.searchsorted(self._ends, codes + starts, side="right")
        self._begun += np.bincount(at, minlength=n)
        at = np.searchsorted(self._starts, codes + ends, side="left")
        self._over += np.bincount(at, minlength=n)

    def counts(self) -> IntArray:
        """Reads over each region, (n,) int64 in the order given."""
        begun, over = np.empty_like(self._by_end), np.empty_like(self._by_start)
        begun[self._by_end] = np.cumsum(self._begun)[:-1]
        over[self._by_start] = np.cumsum(self._over)[:-1]
        return np.where(self._real, begun - over, 0)


def touches(
    chroms: IntArray, starts: IntArray, ends: IntArray, merged: tuple[IntArray, IntArray, IntArray]
) -> NDArray[np.bool_]:
    """Whether each read shares a base with any of some sorted, disjoint intervals.

    Parameters
    ----------
    chroms, starts, ends
        (m,) reads.
    merged
        (k,) chromosome codes, starts and ends of the intervals, sorted by both.

    Returns
    -------
    NDArray
        (m,) bool.
    """
    codes, first, last = merged
    if not codes.size:
        return np.zeros(starts.size, dtype=bool)
    at = np.searchsorted((codes << _SHIFT) + last, (chroms << _SHIFT) + starts, side="right")
    inside = np.minimum(at, codes.size - 1)
    shared: NDArray[np.bool_] = (at < codes.size) & (codes[inside] == chroms)
    return shared & (first[inside] < ends)
