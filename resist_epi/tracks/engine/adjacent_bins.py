"""Sums of bins side by side over a whole chromosome, from its runs as they stream by.

Each run adds to the bins that it meets, run after run, so that a bin's sum is made of what lies in
it alone, and the same however the runs are cut into chunks, but for rounding where a run itself is
cut. The compiled loop and NumPy's way give the same digits (`resist_epi.tracks.when_compiled` says
which is taken).
"""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import BoolArray, FloatArray, IntArray, Spans
from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs
from resist_epi.tracks.when_compiled import worth_compiling

# Values a bin, from which on NumPy adds them up faster than a loop does, one after the other.
_FINE = 32


class AdjacentBins:
    """Adds up runs in the bins `0 - step`, `step - 2 step`, ... of one chromosome.

    Parameters
    ----------
    step
        Width of a bin, bp; the last bin ends with the chromosome.
    length
        Length of the chromosome, bp; what lies beyond is left out.
    exclude
        Starts and ends (m,), sorted and disjoint, of what counts nowhere.

    Examples
    --------
    >>> runs = Runs(np.array([0, 10], np.uint32), np.array([5, 20], np.uint32), np.array([1., 2.]))
    >>> bins = AdjacentBins(8, 25, exclude=(np.array([2]), np.array([4])))
    >>> bins.add(runs)
    >>> bins.result().tolist()
    [3.0, 12.0, 8.0, 0.0]
    """

    def __init__(self, step: int, length: int, *, exclude: Spans | None = None) -> None:
        if step < 1:
            raise ValueError(f"bins of {step} bp")
        edges = np.append(np.arange(0, length, step, dtype=np.int64), np.int64(length))
        self._n = edges.size - 1
        self._cuts = edges
        self._asked = np.ones(self._n, dtype=np.bool_)
        self._bin: IntArray | None = None  # of each segment, where bins are cut
        if exclude is not None and len(exclude[0]):
            starts, ends = (np.clip(np.asarray(e, dtype=np.int64), 0, length) for e in exclude)
            real = starts < ends
            starts, ends = starts[real], ends[real]
            self._cuts = np.union1d(edges, np.concatenate([starts, ends]))
            begin = self._cuts[:-1]
            inside = np.searchsorted(starts, begin, "right") > np.searchsorted(ends, begin, "right")
            self._asked = ~inside
            self._bin = begin // step
        self._step = step
        self._sums = np.zeros(self._asked.size)
        self.undefined = 0
        """Runs met so far, in any bin, whose value is NaN or infinite; they are uncovered."""

    def add(self, runs: Runs | Grid | GridParts) -> None:
        """Add the next runs, all of them to the right of those added before.

        Raises
        ------
        InputFormatError
            If finite values are so large that their sum is not.
        """
        if not len(runs):
            return
        low = int(np.searchsorted(self._cuts, runs.begin, side="right")) - 1
        high = min(int(np.searchsorted(self._cuts, runs.end, side="left")), self._asked.size)
        if low >= high:
            return
        # Sums that are not finite are told of below.
        with np.errstate(over="ignore", invalid="ignore"):
            if not isinstance(runs, Grid) or not self._add_narrow(runs, low, high):
                self._add_runs(runs, low, high)
        if not np.isfinite(self._sums[low:high]).all():
            raise InputFormatError(
                "values too large to be added up",
                expected="values within the range of 32-bit floats",
                found=f"{np.abs(runs.values[np.isfinite(runs.values)]).max():g}",
            )

    def _add_runs(self, runs: Runs | Grid | GridParts, low: int, high: int) -> None:
        asked = self._cuts, self._asked, low, high, self._sums
        if not worth_compiling(len(runs)):
            self.undefined += _add_pieces(runs, *asked)
            return
        from resist_epi.tracks.engine.segment_loop import add_grid, add_runs

        if isinstance(runs, Grid):
            self.undefined += add_grid(runs.begin, runs.step, runs.values, *asked)
        else:
            self.undefined += add_runs(runs.starts, runs.ends, runs.values, *asked)

    def _add_narrow(self, grid: Grid, low: int, high: int) -> bool:
        """Add a grid that is much finer than the bins: NumPy adds up many values faster."""
        step, per_bin = self._step, self._step // grid.step
        if per_bin < _FINE or self._bin is not None or step % grid.step or grid.begin % grid.step:
            return False
        first = -(-grid.begin // step)
        last = min(grid.end, int(self._cuts[-1])) // step
        if first >= last:
            return False
        a = (first * step - grid.begin) // grid.step
        b = a + (last - first) * per_bin
        sums = grid.values[a:b].reshape(-1, per_bin).sum(axis=1, dtype=np.float64)
        if not np.isfinite(sums).all():
            return False
        self._sums[first:last] += sums * grid.step
        before = Grid(grid.begin, grid.step, grid.values[:a])
        behind = Grid(last * step, grid.step, grid.values[b:])
        for rest, bins in ((before, (low, first)), (behind, (last, high))):
            if len(rest) and bins[0] < bins[1]:
                self._add_runs(rest, *bins)
        return True

    def result(self) -> FloatArray:
        """(n_bins,) value x bp over the covered bases that count."""
        if self._bin is None:
            return self._sums.copy()
        sums = np.zeros(self._n)
        np.add.at(sums, self._bin, self._sums)
        return sums


def _add_pieces(
    runs: Runs | Grid | GridParts,
    cuts: IntArray,
    asked: BoolArray,
    low: int,
    high: int,
    sums: FloatArray,
) -> int:
    """NumPy's way to what `segment_loop.add_runs` does."""
    starts, ends, values = runs.starts, runs.ends, runs.values
    # A piece is what a run and a segment have in common.
    first = np.searchsorted(cuts, starts, side="right") - 1
    number = np.maximum(np.minimum(np.searchsorted(cuts, ends, side="left"), high) - first, 0)
    run = np.repeat(np.arange(starts.size), number)
    segment = np.arange(run.size) + np.repeat(first - (np.cumsum(number) - number), number)
    kept = asked[segment]
    run, segment = run[kept], segment[kept]
    defined = np.isfinite(values)[run]
    undefined = np.unique(run[~defined]).size
    run, segment = run[defined], segment[defined]
    bp = np.minimum(ends[run], cuts[segment + 1]) - np.maximum(starts[run], cuts[segment])
    # One after the other, as the compiled loop does.
    np.add.at(sums, segment, values[run] * bp.astype(np.float64))
    return undefined
