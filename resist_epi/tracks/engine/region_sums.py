"""Sum, covered bases, minimum and maximum of regions over the runs of one chromosome.

Every reader of coverage hands its runs (see `runs`) chunk by chunk to a `RegionAccumulator`; no
other kernel touches coverage.

The edges of all regions cut the chromosome into segments. Each run adds to the segments that it
meets, so a segment's sum is a plain sum of non-overlapping pieces and never a difference of two
large running totals: it stays exact to rounding at the end of a long chromosome. A region that
spans several segments (overlapping, nested, unsorted regions) is then the difference of a running
total over segments kept in doubled precision (see `ranges.range_sums`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine.cuts import numbers_of, region_cuts, region_segments
from resist_epi.tracks.engine.ranges import range_extremes, range_sums
from resist_epi.tracks.engine.runs import MAX_COORDINATE, Grid, GridParts, Runs
from resist_epi.tracks.when_compiled import worth_compiling

# Wider steps would cost digits where a run's part is taken from the whole run.
_WIDEST_STEP = 100_000

# What a compiled loop saves a segment, by what loops save elsewhere a run: 0.12 microseconds, as
# measured with 60,000 and with 320,000 regions. Of the runs themselves NumPy makes as little.
SEGMENT_GAIN = 1.2


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
    lowest
        Of all values that were read for it, in any region or none; 0 where none is below.
    """

    sum: FloatArray
    covered: IntArray
    min: FloatArray
    max: FloatArray
    clipped: IntArray
    lowest: float = 0.0

    def __len__(self) -> int:
        return self.sum.size


class RegionAccumulator:
    """Adds up runs in any number of regions of one chromosome.

    Parameters
    ----------
    starts, ends
        (n,) integers, 0-based half-open; in any order, overlapping, empty, reaching past an end.
    length
        Length of the chromosome, bp; None where unknown (nothing is then clipped at the end).
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
        # Empty regions, and those outside the chromosome, ask nothing.
        self._real = np.flatnonzero(inside_start < inside_end)
        starts, ends = (a[self._real].astype(np.uint32) for a in (inside_start, inside_end))
        self._cuts = region_cuts(starts, ends)
        self._first, self._last = region_segments(self._cuts, starts, ends)
        n = max(self._cuts.size - 1, 0)
        # How many regions hold each segment: what no region holds is not worth adding up.
        depth = np.bincount(self._first, minlength=n + 1) - np.bincount(self._last, minlength=n + 1)
        self._asked = np.cumsum(depth[:n]) > 0
        self._sum = np.zeros(n)
        self._covered = np.zeros(n, dtype=np.int64)
        self._extremes = extremes
        self._min = np.full(n if extremes else 0, np.inf)
        self._max = np.full(n if extremes else 0, -np.inf)
        self.undefined = 0
        """Runs met so far, in any region, whose value is NaN or infinite; they are uncovered."""

    @property
    def within(self) -> tuple[IntArray, IntArray]:
        """Starts and ends (k,) of the union of all regions: sorted, apart from each other."""
        asked = np.concatenate([[False], self._asked, [False]])
        edges = self._cuts[np.flatnonzero(asked[1:] != asked[:-1])].astype(np.int64)
        return edges[0::2], edges[1::2]

    def add(self, runs: Runs | Grid | GridParts) -> None:
        """Add the next runs, all of them to the right of those added before.

        Runs that meet no region may be left out.

        Raises
        ------
        InputFormatError
            If finite values are so large that their sum is not.
        """
        if not len(runs) or self._cuts.size < 2:
            return
        low = max(int(np.searchsorted(self._cuts, np.uint32(runs.begin), side="right")) - 1, 0)
        high = int(np.searchsorted(self._cuts, np.uint32(runs.end), side="left"))
        high = min(high, self._cuts.size - 1)
        if high <= low:
            return
        if isinstance(runs, Runs):
            self._add_runs(runs, low, high)
        elif runs.step <= _WIDEST_STEP:
            self._add_grid(runs, low, high)
        else:
            self._add_runs(Runs(runs.starts, runs.ends, runs.values), low, high)

    def _add_runs(self, runs: Runs, low: int, high: int) -> None:
        """Add runs to the segments `low` to `high` that they meet."""
        if not self._extremes and worth_compiling(high - low, gain=SEGMENT_GAIN):
            self._add_compiled(runs, low, high)
            return
        cuts = self._cuts[low : high + 1]
        # Runs that end at or before each cut; the next one is either cut in two or lies beyond.
        before = np.searchsorted(runs.ends, cuts, side="right")
        next_start = runs.starts[np.minimum(before, len(runs) - 1)]
        stop = before[1:] + ((next_start < cuts)[1:] & (before[1:] < len(runs)))
        # Segments that no region holds are not worth adding up.
        segment = np.flatnonzero(self._asked[low:high] & (stop > before[:-1]))
        if not segment.size:
            return
        first, last = before[segment], stop[segment] - 1
        taken, at = numbers_of(first, last - first + 1)
        lengths = runs.ends[taken] - runs.starts[taken]
        # The runs at both ends of a segment may reach out of it (and may be the same).
        begin, end = cuts[segment], cuts[segment + 1]
        for run, place in ((first, at), (last, at + (last - first))):
            reach = np.minimum(runs.ends[run], end) - np.maximum(runs.starts[run], begin)
            lengths[place] = reach
        values = runs.values[taken]
        # Values that are not finite show in the sums, and are then taken out.
        with np.errstate(over="ignore", invalid="ignore"):
            weighted = np.multiply(values, lengths, dtype=np.float64)
            sums = np.add.reduceat(weighted, at)
        if not np.isfinite(sums).all():
            self._add_defined(runs)
            return
        segment += low
        self._sum[segment] += sums
        if runs.gapless:
            inside = np.minimum(end, np.uint32(runs.end)) - np.maximum(begin, np.uint32(runs.begin))
            self._covered[segment] += inside
        else:
            self._covered[segment] += np.add.reduceat(lengths, at, dtype=np.int64)
        if self._extremes:
            for out, ufunc in ((self._min, np.minimum), (self._max, np.maximum)):
                out[segment] = ufunc(out[segment], ufunc.reduceat(values, at))

    def _add_compiled(self, runs: Runs, low: int, high: int) -> None:
        from resist_epi.tracks.engine.segment_loop import sum_segments

        sums, covered = np.zeros(high - low), np.zeros(high - low, dtype=np.int64)
        asked, cuts = self._asked[low:high], self._cuts[low : high + 1]
        if not sum_segments(runs.starts, runs.ends, runs.values, cuts, asked, sums, covered):
            self._add_defined(runs)
            return
        self._sum[low:high] += sums
        self._covered[low:high] += covered

    def _add_grid(self, grid: Grid | GridParts, low: int, high: int) -> None:
        """Add runs of equal width, whose places need no search."""
        begin, step = grid.begin, grid.step
        asked = self._asked[low:high]
        cuts = np.clip(self._cuts[low : high + 1].astype(np.int64), begin, grid.end)
        number, rest = np.divmod(cuts - begin, step)
        whole = grid.place(number)
        # The run that holds a cut counts to the segment on the right; its left part moves over.
        filled = whole[1:] > whole[:-1]
        first, stop = whole[:-1][filled], int(whole[-1])
        is_cut = rest > 0
        straddler = np.minimum(whole, len(grid) - 1)[is_cut]
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.zeros(cuts.size)
            moved[is_cut] = grid.values[straddler] * rest[is_cut].astype(np.float64)
            sums = np.zeros(high - low)
            if first.size:
                sums[filled] = np.add.reduceat(grid.values[:stop], first, dtype=np.float64)
                sums *= step
            sums += moved[1:] - moved[:-1]
        sums[~asked] = 0.0
        if not np.isfinite(sums).all():
            self._add_defined(Runs(grid.starts, grid.ends, grid.values))
            return
        self._sum[low:high] += sums
        self._covered[low:high] += cuts[1:] - cuts[:-1]
        if self._extremes:
            where = low + np.flatnonzero(filled)
            left = low + np.flatnonzero(is_cut[1:])
            left_values = grid.values[straddler[int(is_cut[0]) :]]
            for out, ufunc in ((self._min, np.minimum), (self._max, np.maximum)):
                if first.size:
                    out[where] = ufunc(out[where], ufunc.reduceat(grid.values[:stop], first))
                out[left] = ufunc(out[left], left_values)

    def _add_defined(self, runs: Runs) -> None:
        defined = np.isfinite(runs.values)
        if defined.all():
            raise InputFormatError(
                "values too large to be added up",
                expected="values within the range of 32-bit floats",
                found=f"{np.abs(runs.values).max():g}",
            )
        starts, ends = self.within
        next_region = np.searchsorted(ends, runs.starts[~defined], side="right")
        in_region = np.append(starts, MAX_COORDINATE + 1)[next_region] < runs.ends[~defined]
        self.undefined += int(np.count_nonzero(in_region))
        self.add(Runs(runs.starts[defined], runs.ends[defined], runs.values[defined]))

    def result(self) -> RegionSummary:
        """What was added up, one entry a region in the order given."""
        n, real = self._clipped.size, self._real
        nothing = np.full(n, np.nan)
        summary = RegionSummary(
            np.zeros(n), np.zeros(n, dtype=np.int64), nothing, nothing.copy(), self._clipped
        )
        if not real.size:
            return summary
        first, last = self._first, self._last
        summary.sum[real] = range_sums(self._sum, first, last)
        running = np.concatenate([[0], np.cumsum(self._covered)])
        covered = running[last] - running[first]
        summary.covered[real] = covered
        if self._extremes:
            inside = covered > 0
            for out, values, ufunc in (
                (summary.min, self._min, np.minimum),
                (summary.max, self._max, np.maximum),
            ):
                out[real[inside]] = range_extremes(values, first[inside], last[inside], ufunc)
        return summary


def complement(starts: ArrayLike, ends: ArrayLike, *, length: int) -> tuple[IntArray, IntArray]:
    """What of a chromosome of this length no interval covers.

    Starts and ends, (m,) int64, sorted, disjoint, none empty.

    Parameters
    ----------
    starts, ends
        (n,) integers, 0-based half-open, in any order, overlapping or not.
    length
        Length of the chromosome, bp.
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
