"""One pass over a track: its values, its bin size, and what stands isolated between zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack

# Counts times a scale repeat; smoothed, averaged or divided ones do not.
_MOST_VALUES = 200_000

# Long enough, at the end of a chromosome, for its value to be what stands for zero: bp, and bins.
_LONG_END = (1_000, 4)

_WIDEST_GAP = 10_000  # wider gaps are noted as this

# Edges are looked at for the size of bins as far as this apart, bp.
_WIDEST_STEP = 1 << 16

# Bins begin anew behind blacklisted intervals, so that a few edges lie off the grid of the others.
_ON_GRID = 0.99


@dataclass(frozen=True)
class Survey:
    """What a pass over a track found.

    Attributes
    ----------
    values, bases
        (n,) distinct values above zero, ascending, and the bases that have them.
    zero_bases
        Bases without a value above zero on chromosomes that have any.
    negative
        Whether any value is below zero (then nothing else was looked at).
    floor
        Whether no base is at zero and a chromosome ends in a long stretch of the smallest value, as
        where something was added everywhere: chromosome ends hold no reads.
    continuous
        Whether there are too many different values to be counts (then the pass was cut short).
    bin_size
        bp; the largest size of which nearly all distances between changes of the value are whole
        multiples (0 without any run above zero).
    same_way, other_way
        Of the stretches one bin wide, how many have a step in the same direction at both ends (up
        and up, down and down), and how many do not. A smoothed track goes the same way in most.
    stretches
        Number of stretches with values above zero between zeros or uncovered bases.
    island_values, island_widths, island_numbers
        (m,) stretches of one constant value: value, width in bp, and how many there are.
    gap_values, gap_widths, gap_numbers
        (k,) what follows them: value of the stretch, bp to the next one, and how many there are.
    """

    values: FloatArray
    bases: FloatArray
    zero_bases: float
    negative: bool
    floor: bool
    continuous: bool
    bin_size: int
    same_way: int
    other_way: int
    stretches: int
    island_values: FloatArray
    island_widths: IntArray
    island_numbers: IntArray
    gap_values: FloatArray
    gap_widths: IntArray
    gap_numbers: IntArray


def survey(track: CoverageTrack) -> Survey:
    """Look at every run of a track once."""
    values, steps = _Tally(), _Steps()
    islands, gaps = _Pairs(), _Pairs()
    stretches, length_seen = 0, 0
    at_ends: dict[float, int] = {}
    negative = False
    for chrom, length in track.chrom_lengths.items():
        open_run = None
        for runs in track.runs(chrom):
            starts, ends, heights = _above_zero(runs)
            negative = negative or bool((runs.values < 0).any())
            values.add(heights, ends - starts)
            if negative or values.size > _MOST_VALUES:
                break
            merged = _merge(open_run, starts, ends, heights)
            if merged is None:
                continue
            closed, open_run = _split_last(merged)
            steps.add(merged, length)
            stretches += _tally_islands(closed, open_run, islands, gaps)
        if negative or values.size > _MOST_VALUES:
            break
        if open_run is not None:
            length_seen += length
            if open_run.ends[0] == length:
                value, width = float(open_run.values[0]), int(length - open_run.starts[0])
                at_ends[value] = max(width, at_ends.get(value, 0))
            stretches += _tally_islands(open_run, None, islands, gaps)
    found, bases = values.sorted()
    bin_size = steps.bin_size()
    lowest_end = at_ends.get(float(found[0]), 0) if found.size else 0
    zero_bases = max(length_seen - float(bases.sum()), 0.0)
    return Survey(
        found,
        bases,
        zero_bases,
        negative,
        zero_bases == 0 and lowest_end > max(_LONG_END[0], _LONG_END[1] * bin_size),
        values.size > _MOST_VALUES,
        bin_size,
        int(steps.same_way[bin_size]),
        int(steps.other_way[bin_size]),
        stretches,
        *islands.columns(),
        *gaps.columns(),
    )


class _Steps:
    """How far apart the changes of the value lie, and which way they go."""

    def __init__(self) -> None:
        self.distances = np.zeros(_WIDEST_STEP, dtype=np.int64)
        self.same_way = np.zeros(_WIDEST_STEP, dtype=np.int64)
        self.other_way = np.zeros(_WIDEST_STEP, dtype=np.int64)

    def add(self, merged: _Merged, length: int) -> None:
        """Note widths of stretches and of the gaps before them; the end of a chromosome is no edge.

        The last stretch of a chunk waits for the next chunk, where it comes first.
        """
        starts, ends, values = merged.starts, merged.ends, merged.values
        gap = starts[1:] - ends[:-1]
        self._note(self.distances, gap[gap > 0])
        widths = (ends - starts)[:-1]
        self._note(self.distances, widths[ends[:-1] != length])
        joined = np.append(merged.joined[1:], False)
        up = np.append(True, values[1:] > values[:-1]) | ~merged.joined
        # The step behind a stretch goes up only if the next one touches it and is higher.
        up_behind = joined & np.append(up[1:], False)
        same = (up == up_behind)[:-1]
        self._note(self.same_way, widths[same])
        self._note(self.other_way, widths[~same])

    @staticmethod
    def _note(tally: IntArray, widths: IntArray) -> None:
        if widths.size:
            found = np.bincount(np.minimum(widths, _WIDEST_STEP - 1))
            tally[: found.size] += found

    def bin_size(self) -> int:
        counted = self.distances[:-1]
        total = int(counted.sum())
        if not total:
            return 0
        # No bin is wider than the narrowest stretches.
        widest = int(np.searchsorted(np.cumsum(counted), (1 - _ON_GRID) * total, side="right"))
        for size in range(widest, 1, -1):
            if counted[::size].sum() >= _ON_GRID * total:
                return size
        return 1


class _Tally:
    """Bases by value."""

    def __init__(self) -> None:
        self._bases: dict[float, float] = {}

    @property
    def size(self) -> int:
        return len(self._bases)

    def add(self, values: FloatArray, lengths: IntArray) -> None:
        codes, distinct = pd.factorize(values)
        bases = np.bincount(codes, weights=lengths, minlength=len(distinct))
        for value, n in zip(np.asarray(distinct).tolist(), bases.tolist(), strict=True):
            self._bases[value] = self._bases.get(value, 0.0) + n

    def sorted(self) -> tuple[FloatArray, FloatArray]:
        values = np.array(list(self._bases), dtype=np.float64)
        bases = np.array(list(self._bases.values()), dtype=np.float64)
        order = np.argsort(values)
        return values[order], bases[order]


class _Pairs:
    """How often each pair of a value and a width was met."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[float, int], int] = {}

    def add(self, values: FloatArray, widths: IntArray) -> None:
        if not values.size:
            return
        # Hashing one whole number a pair is many times faster than sorting rows.
        codes, distinct = pd.factorize(values)
        which, pairs = pd.factorize(codes.astype(np.int64) << 32 | widths)
        numbers = np.bincount(which, minlength=len(pairs)).tolist()
        heights = np.asarray(distinct)[pairs >> 32].tolist()
        for value, width, n in zip(heights, (pairs & 0xFFFFFFFF).tolist(), numbers, strict=True):
            self._numbers[value, width] = self._numbers.get((value, width), 0) + n

    def columns(self) -> tuple[FloatArray, IntArray, IntArray]:
        keys = np.array(list(self._numbers), dtype=np.float64).reshape(-1, 2)
        numbers = np.array(list(self._numbers.values()), dtype=np.int64)
        return keys[:, 0], keys[:, 1].astype(np.int64), numbers


def _above_zero(runs: Runs | Grid) -> tuple[IntArray, IntArray, FloatArray]:
    keep = np.isfinite(runs.values) & (runs.values > 0)
    return (
        runs.starts[keep].astype(np.int64),
        runs.ends[keep].astype(np.int64),
        runs.values[keep].astype(np.float64),
    )


@dataclass(frozen=True)
class _Merged:
    """Runs above zero, equal neighbours made one; `joined` tells which touch the one before."""

    starts: IntArray
    ends: IntArray
    values: FloatArray
    joined: NDArray[np.bool_]


def _merge(
    before: _Merged | None, starts: IntArray, ends: IntArray, values: FloatArray
) -> _Merged | None:
    """Join touching runs of equal value, the last run of the chunk before included."""
    first_joined = False
    if before is not None:
        starts = np.concatenate([before.starts, starts])
        ends = np.concatenate([before.ends, ends])
        values = np.concatenate([before.values, values])
        first_joined = bool(before.joined[0])
    if not starts.size:
        return None
    touches = starts[1:] == ends[:-1]
    first = np.concatenate([[True], ~(touches & (values[1:] == values[:-1]))])
    begin = np.flatnonzero(first)
    last = np.append(begin[1:], starts.size) - 1
    joined = np.concatenate([[first_joined], touches])[begin]
    return _Merged(starts[begin], ends[last], values[begin], joined)


def _split_last(merged: _Merged) -> tuple[_Merged, _Merged]:
    parts = [
        _Merged(merged.starts[p], merged.ends[p], merged.values[p], merged.joined[p])
        for p in (slice(None, -1), slice(-1, None))
    ]
    return parts[0], parts[1]


def _tally_islands(
    closed: _Merged, following: _Merged | None, islands: _Pairs, gaps: _Pairs
) -> int:
    """Count stretches that begin here, and note those of one constant value and what follows."""
    if not closed.starts.size:
        return 0
    next_joined = False if following is None else bool(following.joined[0])
    ends_alone = ~np.append(closed.joined[1:], next_joined)
    alone = ~closed.joined & ends_alone
    islands.add(closed.values[alone], (closed.ends - closed.starts)[alone])
    next_start = np.append(closed.starts[1:], -1 if following is None else following.starts[0])
    gap = np.minimum(next_start - closed.ends, _WIDEST_GAP)
    followed = alone & (next_start >= 0)
    gaps.add(closed.values[followed], gap[followed])
    return int(np.count_nonzero(~closed.joined))
