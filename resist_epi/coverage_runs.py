"""Sum, covered bases, minimum and maximum of regions over the runs of one chromosome.

A run is a stretch of bases with one value. Every reader of coverage hands its runs, sorted and
without overlap, chunk by chunk to a `RegionAccumulator`; no other kernel touches coverage.

The edges of all regions cut the chromosome into segments. Each run adds to the segments that it
meets, so a segment's sum is a plain sum of non-overlapping pieces and never a difference of two
large running totals: it stays exact to rounding at the end of a long chromosome. A region that
spans several segments (overlapping, nested, unsorted regions) is then the difference of a running
total over segments kept in doubled precision (the error of each addition is recovered exactly,
after Knuth's TwoSum, and summed beside it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resist_epi.errors import InputFormatError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MAX_COORDINATE = 2**32 - 1  # coordinates are unsigned 32-bit in bigWig, and so are runs here


@dataclass(frozen=True, slots=True)
class Runs:
    """Consecutive runs of one chromosome, 0-based half-open.

    Attributes
    ----------
    starts, ends
        (n,) uint32, `starts < ends` and `starts[1:] >= ends[:-1]`.
    values
        (n,) float32 or float64; NaN and infinite values count as uncovered.
    """

    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    values: NDArray[np.float32] | NDArray[np.float64]

    def __len__(self) -> int:
        return self.starts.size


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """What a track holds in each of n regions, in the order in which they were asked for.

    Attributes
    ----------
    sum
        (n,) float64: value x bp over the covered bases.
    covered
        (n,) int64: bases with a value. Uncovered is not zero: a run of value 0 is covered.
    min, max
        (n,) float64 over the covered bases; NaN where none is (or where not asked for).
    clipped
        (n,) int64: bases of the region before 0 or past the end of the chromosome.
    """

    sum: FloatArray
    covered: IntArray
    min: FloatArray
    max: FloatArray
    clipped: IntArray

    def __len__(self) -> int:
        return self.sum.size


class RegionAccumulator:
    """Adds up runs in any number of regions of one chromosome.

    Parameters
    ----------
    starts, ends
        (n,) integers, 0-based half-open; sorted or not, overlapping, nested, empty, reaching
        before 0 or past the end.
    length
        Length of the chromosome, bp; None where the track does not say (nothing is then clipped
        at the end).
    extremes
        Whether minimum and maximum are wanted.

    Raises
    ------
    InputFormatError
        If starts and ends differ in number, or a region ends before it starts.
    """

    def __init__(
        self, starts: ArrayLike, ends: ArrayLike, *, length: int | None, extremes: bool = True
    ) -> None:
        first, last = _as_coordinates(starts), _as_coordinates(ends)
        if first.shape != last.shape:
            raise InputFormatError(
                "regions with unequal numbers of starts and ends",
                expected=f"{first.size} ends",
                found=str(last.size),
            )
        backward = np.flatnonzero(last < first)
        if backward.size:
            i = int(backward[0])
            raise InputFormatError(
                f"region {i + 1} ends before it starts",
                expected="start <= end",
                found=f"{first[i]}-{last[i]}",
            )
        limit = MAX_COORDINATE if length is None else length
        inside_start, inside_end = np.clip(first, 0, limit), np.clip(last, 0, limit)
        self._clipped = (last - first) - (inside_end - inside_start)
        self._starts = inside_start.astype(np.uint32)
        self._ends = inside_end.astype(np.uint32)
        self._cuts = _cuts(self._starts, self._ends)
        n = max(self._cuts.size - 1, 0)
        self._sum = np.zeros(n)
        self._covered = np.zeros(n, dtype=np.int64)
        self._extremes = extremes
        self._min = np.full(n if extremes else 0, np.inf)
        self._max = np.full(n if extremes else 0, -np.inf)
        self._lengths = np.empty(0, dtype=np.uint32)
        self._weighted = np.empty(0)
        self.undefined = 0
        """Runs met so far whose value is NaN or infinite; they count as uncovered."""

    def add(self, runs: Runs) -> None:
        """Add the next runs, all of them to the right of those added before.

        Raises
        ------
        InputFormatError
            If finite values are so large that their sum is not.
        """
        if not len(runs) or self._cuts.size < 2:
            return
        low = max(int(np.searchsorted(self._cuts, runs.starts[0], side="right")) - 1, 0)
        high = int(np.searchsorted(self._cuts, runs.ends[-1], side="left"))
        high = min(high, self._cuts.size - 1)
        if high <= low:
            return
        cuts = self._cuts[low : high + 1]
        # Runs that end at or before each cut; the next one is either cut in two or lies beyond.
        before = np.searchsorted(runs.ends, cuts, side="right")
        straddler = np.minimum(before, len(runs) - 1)
        is_cut = (before < len(runs)) & (runs.starts[straddler] < cuts)
        lengths, weighted = self._workspace(len(runs))
        np.subtract(runs.ends, runs.starts, out=lengths)
        # A run cut several times keeps what lies right of its last cut (the last one assigned) ...
        straddler = straddler[is_cut]
        lengths[straddler] = runs.ends[straddler] - cuts[is_cut]
        # ... and gives what lies left of each cut to the segment that ends there.
        segment = np.flatnonzero(is_cut) - 1
        if segment.size and segment[0] < 0:
            segment, straddler = segment[1:], straddler[1:]
        left = cuts[segment + 1] - np.maximum(cuts[segment], runs.starts[straddler])

        filled = before[1:] > before[:-1]
        first, stop = before[:-1][filled], int(before[-1])
        # Values that are not finite show in the sums, and are then taken out.
        with np.errstate(over="ignore", invalid="ignore"):
            left_sum = runs.values[straddler] * left.astype(np.float64)
            np.multiply(runs.values, lengths, out=weighted)
            sums = np.add.reduceat(weighted[:stop], first) if first.size else weighted[:0]
        if not (np.isfinite(sums).all() and np.isfinite(left_sum).all()):
            self._add_defined(runs)
            return
        where = low + np.flatnonzero(filled)
        self._sum[where] += sums
        self._sum[low + segment] += left_sum
        if first.size:
            self._covered[where] += np.add.reduceat(lengths[:stop], first, dtype=np.int64)
        self._covered[low + segment] += left
        if self._extremes:
            self._add_extremes(runs.values, first, stop, where, low + segment, straddler)

    def _workspace(self, n: int) -> tuple[NDArray[np.uint32], FloatArray]:
        """Arrays for lengths and weighted values: fresh ones for every chunk cost page faults."""
        if self._weighted.size < n:
            self._lengths = np.empty(2 * n, dtype=np.uint32)
            self._weighted = np.empty(2 * n)
        return self._lengths[:n], self._weighted[:n]

    def _add_defined(self, runs: Runs) -> None:
        defined = np.isfinite(runs.values)
        if defined.all():
            raise InputFormatError(
                "values too large to be added up",
                expected="values within the range of 32-bit floats",
                found=f"{np.abs(runs.values).max():g}",
            )
        self.undefined += int(len(runs) - np.count_nonzero(defined))
        self.add(Runs(runs.starts[defined], runs.ends[defined], runs.values[defined]))

    def _add_extremes(
        self,
        values: NDArray[np.float32] | NDArray[np.float64],
        first: NDArray[np.intp],
        stop: int,
        where: NDArray[np.intp],
        segment: NDArray[np.intp],
        straddler: NDArray[np.intp],
    ) -> None:
        for out, ufunc in ((self._min, np.minimum), (self._max, np.maximum)):
            if first.size:
                out[where] = ufunc(out[where], ufunc.reduceat(values[:stop], first))
            out[segment] = ufunc(out[segment], values[straddler])

    def result(self) -> RegionSummary:
        """What was added up, one entry a region in the order given."""
        n = self._starts.size
        nothing = np.full(n, np.nan)
        summary = RegionSummary(
            np.zeros(n), np.zeros(n, dtype=np.int64), nothing, nothing.copy(), self._clipped
        )
        asked = np.flatnonzero(self._starts < self._ends)
        if not asked.size:
            return summary
        first = np.searchsorted(self._cuts, self._starts[asked])
        last = np.searchsorted(self._cuts, self._ends[asked])
        summary.sum[asked] = _range_sums(self._sum, first, last)
        running = np.concatenate([[0], np.cumsum(self._covered)])
        summary.covered[asked] = running[last] - running[first]
        if self._extremes:
            found = asked[summary.covered[asked] > 0]
            inside = summary.covered[asked] > 0
            for out, values, ufunc in (
                (summary.min, self._min, np.minimum),
                (summary.max, self._max, np.maximum),
            ):
                out[found] = _range_extremes(values, first[inside], last[inside], ufunc)
        return summary


def summarise_runs(
    runs: Runs, starts: ArrayLike, ends: ArrayLike, *, length: int | None = None
) -> RegionSummary:
    """Sum, covered bases, minimum and maximum of regions over runs that are all in memory.

    See `RegionAccumulator` for shapes and errors.

    Examples
    --------
    >>> runs = Runs(np.array([0, 10], np.uint32), np.array([5, 20], np.uint32), np.array([1., 2.]))
    >>> found = summarise_runs(runs, [-5, 3], [12, 30], length=25)
    >>> found.sum.tolist(), found.covered.tolist(), found.clipped.tolist()
    ([9.0, 22.0], [7, 12], [5, 5])
    """
    accumulator = RegionAccumulator(starts, ends, length=length)
    accumulator.add(runs)
    return accumulator.result()


def complement(starts: ArrayLike, ends: ArrayLike, *, length: int) -> tuple[IntArray, IntArray]:
    """What of a chromosome of this length no interval covers.

    Parameters
    ----------
    starts, ends
        (n,) integers, 0-based half-open, in any order, overlapping or not.
    length
        Length of the chromosome, bp.

    Returns
    -------
    tuple
        Starts and ends, (m,) int64, sorted, disjoint, none empty.
    """
    first, last = _as_coordinates(starts), _as_coordinates(ends)
    order = np.argsort(first, kind="stable")
    first, last = np.clip(first[order], 0, length), np.clip(last[order], 0, length)
    gap_starts = np.append(np.int64(0), np.maximum.accumulate(last))
    gap_ends = np.append(first, np.int64(length))
    real = gap_starts < gap_ends
    return gap_starts[real], gap_ends[real]


def _as_coordinates(values: ArrayLike) -> IntArray:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise InputFormatError(
            "region coordinates are no list of whole numbers",
            expected="a one-dimensional integer array",
            found=f"{array.ndim} dimensions of {array.dtype}",
        )
    return array.astype(np.int64, copy=False)


def _cuts(starts: NDArray[np.uint32], ends: NDArray[np.uint32]) -> NDArray[np.uint32]:
    edges = np.empty(2 * starts.size, dtype=np.uint32)
    edges[0::2], edges[1::2] = starts, ends
    # Bins and sorted peaks come in order already.
    if edges.size and not (edges[1:] >= edges[:-1]).all():
        edges.sort()
    return edges[np.concatenate([[True], edges[1:] != edges[:-1]])] if edges.size else edges


def _range_sums(values: FloatArray, first: NDArray[np.intp], last: NDArray[np.intp]) -> FloatArray:
    """Sum of `values[first:last]` for every pair, without cancellation."""
    sums = values[first]
    wide = np.flatnonzero(last - first > 1)
    if wide.size:
        high = np.concatenate([[0.0], np.cumsum(values)])
        step = high[1:] - high[:-1]
        # TwoSum: what each addition of the running total lost.
        lost = (high[:-1] - (high[1:] - step)) + (values - step)
        low = np.concatenate([[0.0], np.cumsum(lost)])
        a, b = first[wide], last[wide]
        sums[wide] = (high[b] - high[a]) + (low[b] - low[a])
    return sums


def _range_extremes(
    values: FloatArray, first: NDArray[np.intp], last: NDArray[np.intp], ufunc: np.ufunc
) -> FloatArray:
    """`ufunc` over `values[first:last]` for every pair, by tables of doubling width."""
    result = np.empty(first.size)
    level = np.frexp((last - first).astype(np.float64))[1] - 1
    table, width = values, 1
    for k in range(int(level.max(initial=-1)) + 1):
        if k:
            table = ufunc(table[:-width], table[width:])
            width *= 2
        here = np.flatnonzero(level == k)
        result[here] = ufunc(table[first[here]], table[last[here] - width])
    return result
