"""Sums over bins in rows: the signal along many regions, from one pass over the runs.

The bins of a row follow each other without gaps; rows may overlap, and are added up one beside the
other. As in `coverage_runs`, a bin's sum is made of what lies in it and never the difference of two
long running totals: small values keep their digits beside large ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resist_epi.arrays import AnyFloat, FloatArray, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine.runs import MAX_COORDINATE, Grid, GridParts, Runs


class BinAccumulator:
    """Adds up runs in the bins of rows of one chromosome; what is uncovered adds nothing.

    Parameters
    ----------
    edges
        (n_rows, n_bins + 1) integers, ascending within a row; rows in any order, overlapping or
        not, reaching before 0 or past the end.
    length
        Length of the chromosome, bp; None where the track does not say.

    Raises
    ------
    InputFormatError
        If this is no table of integers, or the edges of a row do not ascend.

    Examples
    --------
    >>> runs = Runs(np.array([0, 10], np.uint32), np.array([5, 20], np.uint32), np.array([1., 2.]))
    >>> bins = BinAccumulator([[-5, 3, 12], [4, 4, 30]], length=25)
    >>> bins.add(runs)
    >>> bins.result().tolist()
    [[3.0, 6.0], [0.0, 21.0]]
    """

    def __init__(self, edges: ArrayLike, *, length: int | None) -> None:
        given = np.asarray(edges)
        if given.ndim != 2 or not np.issubdtype(given.dtype, np.integer):
            raise InputFormatError(
                "edges of bins are no table of whole numbers",
                expected="rows x (bins + 1) integers",
                found=f"{given.ndim} dimensions of {given.dtype}",
            )
        backward = given[:, 1:] < given[:, :-1]
        if backward.any():
            row = int(np.flatnonzero(backward.any(axis=1))[0])
            raise InputFormatError(f"the edges of row {row + 1} of the bins do not ascend")
        limit = MAX_COORDINATE if length is None else length
        self._order = np.argsort(given[:, 0], kind="stable")
        self._edges = np.clip(given, 0, limit).astype(np.uint32)[self._order]
        self._starts = self._edges[:, 0].copy()
        # Where the rows up to each one end.
        self._reached = np.maximum.accumulate(self._edges[:, -1])
        self._sums = np.zeros((given.shape[0], given.shape[1] - 1))
        self.undefined = 0
        """Runs met so far whose value is NaN or infinite; they are uncovered."""

    @property
    def within(self) -> tuple[IntArray, IntArray]:
        """Starts and ends (k,) of the union of all rows: sorted, apart from each other."""
        starts, reached = self._starts.astype(np.int64), self._reached.astype(np.int64)
        first = np.ones(starts.size, dtype=bool)
        last = first.copy()
        first[1:] = last[:-1] = starts[1:] > reached[:-1]
        starts, ends = starts[first], reached[last]
        return starts[starts < ends], ends[starts < ends]

    def add(self, runs: Runs | Grid | GridParts) -> None:
        """Add the next runs, all of them to the right of those added before.

        Runs that meet no row may be left out.
        """
        if not len(runs):
            return
        a = int(np.searchsorted(self._reached, np.uint32(runs.begin), side="right"))
        b = int(np.searchsorted(self._starts, np.uint32(runs.end)))
        if a < b:
            # Sums that are not finite are told of in the end.
            with np.errstate(over="ignore", invalid="ignore"):
                self._add(runs, slice(a, b))

    def _add(self, runs: Runs | Grid | GridParts, rows: slice) -> None:
        edges = self._edges[rows]
        starts, ends, values = runs.starts, runs.ends, self._defined(runs.values)
        # Runs that end at or before each edge; the next one is either cut in two or lies beyond.
        before = _ended(runs, ends, edges)
        weighted = np.zeros(len(runs) + 1)
        np.multiply(values, ends - starts, out=weighted[:-1])
        # Behind the last run stands one that nothing reaches.
        starts = np.append(starts, np.uint32(MAX_COORDINATE))[before]
        at_edge = np.append(values, values.dtype.type(0))[before]
        left = at_edge * (edges - np.minimum(starts, edges)).astype(np.float64)
        # Whole runs that end inside each bin; where none does, `reduceat` gives something else.
        whole = np.add.reduceat(weighted, before.ravel()).reshape(before.shape)[:, :-1]
        whole[before[:, 1:] == before[:, :-1]] = 0.0
        # A run cut by an edge was given to the bin on the right: its left part moves over.
        whole += left[:, 1:]
        whole -= left[:, :-1]
        self._sums[rows] += whole

    def _defined(self, values: AnyFloat) -> AnyFloat:
        undefined = ~np.isfinite(values)
        if not undefined.any():
            return values
        self.undefined += int(np.count_nonzero(undefined))
        return np.where(undefined, values.dtype.type(0), values)

    def result(self) -> FloatArray:
        """(n_rows, n_bins) value x bp over the covered bases, rows in the order given.

        Raises
        ------
        InputFormatError
            If values are so large that their sum is not finite.
        """
        if not np.isfinite(self._sums).all():
            raise InputFormatError(
                "values too large to be added up", expected="values within the range of floats"
            )
        sums = np.empty_like(self._sums)
        sums[self._order] = self._sums
        return sums


def _ended(
    runs: Runs | Grid | GridParts, ends: NDArray[np.uint32], edges: NDArray[np.uint32]
) -> IntArray:
    """How many runs end at or before each edge."""
    if isinstance(runs, Runs):
        return np.searchsorted(ends, edges, side="right")
    inside = np.clip(edges.astype(np.int64), runs.begin, runs.end) - runs.begin
    return np.minimum(runs.place(inside // runs.step), len(runs))
