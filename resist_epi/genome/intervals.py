"""Overlap, merge, subtraction, nearest, coverage and windows on coordinate arrays.

Coordinates are 0-based and half-open. Chromosomes are integer codes, shared by all sets that
meet in one call. Every kernel lays the chromosomes end to end on one line, with a gap that
nothing bridges, so that a whole genome is one binary search instead of a loop over chromosomes,
and nothing is ever paired across chromosomes. Input may come in any order; results refer to the
input's own order.

An interval of zero length holds no base: it overlaps and covers nothing. (bedtools pads such
intervals by a base on either side instead.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from resist_epi.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Intervals:
    """A set of intervals, in any order.

    Attributes
    ----------
    chrom
        (n,) int64 code of the chromosome, from 0.
    start, end
        (n,) int64, bases, 0-based half-open.

    Raises
    ------
    ValueError
        Where the lengths differ, a start or a code is negative, or an end lies before its start.
    """

    chrom: IntArray
    start: IntArray
    end: IntArray

    def __post_init__(self) -> None:
        for name in ("chrom", "start", "end"):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.int64)
            object.__setattr__(self, name, array)
        if not (self.chrom.shape == self.start.shape == self.end.shape and self.chrom.ndim == 1):
            raise ValueError("chrom, start and end must be vectors of one length")
        if self.chrom.size and (min(self.chrom.min(), self.start.min()) < 0):
            raise ValueError("chromosome codes and starts must not be negative")
        if (self.end < self.start).any():
            first = int(np.argmax(self.end < self.start))
            raise ValueError(
                f"interval {first} ends at {self.end[first]}, before its start {self.start[first]}"
            )

    def __len__(self) -> int:
        return len(self.chrom)

    @property
    def length(self) -> IntArray:
        """(n,) bases of each interval."""
        return self.end - self.start

    def take(self, index: ArrayLike) -> Intervals:
        """Those at an index array or a boolean mask, in that order."""
        rows = np.asarray(index)
        return Intervals(self.chrom[rows], self.start[rows], self.end[rows])


def _span(*sets: Intervals) -> int:
    """The distance between chromosome origins on the common line: two bases more than the longest.

    Two, so that the last base of one chromosome and the first of the next never touch, not even
    as neighbours.
    """
    return 2 + max((int(s.end.max()) for s in sets if len(s)), default=0)


def _line(intervals: Intervals, span: int) -> tuple[IntArray, IntArray]:
    """Starts and ends on the common line."""
    origin = intervals.chrom * span
    return origin + intervals.start, origin + intervals.end


def _expand(first: IntArray, last: IntArray) -> tuple[IntArray, IntArray]:
    """The ranges `first[i]:last[i]` written out, with the `i` that each element belongs to."""
    count = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first), dtype=np.int64), count)
    before = np.cumsum(count) - count
    return owner, np.arange(len(owner), dtype=np.int64) + np.repeat(first - before, count)


def overlap_pairs(a: Intervals, b: Intervals) -> tuple[IntArray, IntArray]:
    """Every pair that shares at least one base.

    Parameters
    ----------
    a, b
        Sets of n and m intervals with common chromosome codes.

    Returns
    -------
    (k,) int64 indices into `a` and into `b`, sorted by the first, then the second.

    Notes
    -----
    Of two overlapping intervals one starts inside the other. So the pairs are the `b` starting
    inside an `a` (a run of `b` sorted by start) and the `a` starting inside a `b`, each found by
    binary search: O((n + m) log(n + m) + k) (the join of bioframe, Open2C 2024).
    """
    span = _span(a, b)
    (a_start, a_end), (b_start, b_end) = _line(a, span), _line(b, span)
    # Zero-length intervals hold no base, hence they leave before the search.
    a_rows, b_rows = np.flatnonzero(a_end > a_start), np.flatnonzero(b_end > b_start)
    a_rows = a_rows[np.argsort(a_start[a_rows], kind="stable")]
    b_rows = b_rows[np.argsort(b_start[b_rows], kind="stable")]
    a0, a1, b0, b1 = a_start[a_rows], a_end[a_rows], b_start[b_rows], b_end[b_rows]
    a_of, b_in = _expand(np.searchsorted(b0, a0, "left"), np.searchsorted(b0, a1, "left"))
    # The side "right" leaves equal starts to the first search.
    b_of, a_in = _expand(np.searchsorted(a0, b0, "right"), np.searchsorted(a0, b1, "left"))
    left = np.concatenate([a_rows[a_of], a_rows[a_in]])
    right = np.concatenate([b_rows[b_in], b_rows[b_of]])
    order = np.lexsort((right, left))
    return left[order], right[order]


def overlap_bases(a: Intervals, b: Intervals) -> IntArray:
    """(n,) bases that `a[i]` and `b[i]` share, row by row; zero on different chromosomes."""
    shared = np.minimum(a.end, b.end) - np.maximum(a.start, b.start)
    return np.where(a.chrom == b.chrom, np.maximum(shared, 0), 0)


def count_overlaps(a: Intervals, b: Intervals) -> IntArray:
    """(n,) int64: how many of `b` share at least one base with each of `a`."""
    span = _span(a, b)
    b = b.take(b.length > 0)
    (a_start, a_end), (b_start, b_end) = _line(a, span), _line(b, span)
    # Those that begin before the end, less those that are over by the start.
    begun = np.searchsorted(np.sort(b_start), a_end, "left")
    over = np.searchsorted(np.sort(b_end), a_start, "right")
    return np.where(a.length > 0, begun - over, 0).astype(np.int64)


def merge(intervals: Intervals, *, gap: int = 0) -> tuple[Intervals, IntArray]:
    """Overlapping, adjacent and nearly adjacent intervals joined.

    Parameters
    ----------
    intervals
        n intervals.
    gap
        Bases that may lie between two joined intervals; 0 joins adjacent ones.

    Returns
    -------
    The m merged intervals, sorted by code and start, and (n,) int64: which of them holds each
    input interval. As `bedtools merge -d gap`; an isolated zero-length interval stays.
    """
    if gap < 0:
        raise ValueError(f"gap must not be negative, got {gap}")
    if not len(intervals):
        return intervals, np.zeros(0, dtype=np.int64)
    span = _span(intervals) + gap
    start, end = _line(intervals, span)
    order = np.lexsort((end, start))
    sorted_start, reach = start[order], np.maximum.accumulate(end[order])
    opens = np.concatenate([[True], sorted_start[1:] > reach[:-1] + gap])
    first = np.flatnonzero(opens)
    last = np.concatenate([first[1:], [len(order)]]) - 1
    chrom = intervals.chrom[order[first]]
    origin = chrom * span
    member = np.empty(len(order), dtype=np.int64)
    member[order] = np.cumsum(opens) - 1
    return Intervals(chrom, sorted_start[first] - origin, reach[last] - origin), member


def subtract(a: Intervals, b: Intervals) -> tuple[Intervals, IntArray]:
    """What is left of each of `a` when the bases of `b` are taken away.

    Returns
    -------
    The k pieces, in the order of `a` and then by start, and (k,) int64: the row of `a` that each
    comes from. Intervals without a base leave no piece.
    """
    span = _span(a, b)
    holes, _ = merge(b.take(b.length > 0))
    (a_start, a_end), (h_start, h_end) = _line(a, span), _line(holes, span)
    low = np.searchsorted(h_end, a_start, "right")
    high = np.maximum(np.searchsorted(h_start, a_end, "left"), low)
    # With k holes there are k + 1 candidate pieces: before, between and after.
    owner, piece = _expand(low, high + 1)
    left, right = a_start[owner], a_end[owner]
    after_hole, before_hole = piece > low[owner], piece < high[owner]
    left[after_hole] = np.maximum(left[after_hole], h_end[piece[after_hole] - 1])
    right[before_hole] = np.minimum(right[before_hole], h_start[piece[before_hole]])
    keep = right > left
    owner, left, right = owner[keep], left[keep], right[keep]
    chrom = a.chrom[owner]
    return Intervals(chrom, left - chrom * span, right - chrom * span), owner


def coverage(a: Intervals, b: Intervals) -> IntArray:
    """(n,) int64: bases of each of `a` that at least one of `b` covers."""
    span = _span(a, b)
    union, _ = merge(b)
    u_start, u_end = _line(union, span)
    total = np.concatenate([[0], np.cumsum(u_end - u_start)])

    def before(position: IntArray) -> IntArray:
        # Covered bases left of a position: whole intervals, and the part of the one it lies in.
        begun = np.searchsorted(u_start, position, "right")
        past = np.zeros(len(position), dtype=np.int64)
        inside = begun > 0
        past[inside] = np.maximum(u_end[begun[inside] - 1] - position[inside], 0)
        covered: IntArray = total[begun] - past
        return covered

    start, end = _line(a, span)
    return before(end) - before(start)


def nearest(a: Intervals, b: Intervals) -> tuple[IntArray, FloatArray]:
    """The nearest of `b` for each of `a`, on the same chromosome.

    Returns
    -------
    index
        (n,) int64 row of `b`; -1 where the chromosome holds none.
    distance
        (n,) float64 signed distance in bases from the last base of the one to the first base of
        the other: 0 where they overlap, 1 where they are adjacent, negative where `b` lies to the
        left; NaN where there is none. The size is that of `bedtools closest -d`.

    Notes
    -----
    Of several that overlap, the one that ends last; of a left and a right one equally far, the
    left; of equal ones, the first in `b`. Zero-length intervals take part as the base at their
    position (a transcription start, say).
    """
    a, b = _one_base_at_least(a), _one_base_at_least(b)
    index = np.full(len(a), -1, dtype=np.int64)
    distance = np.full(len(a), np.nan)
    if not len(a) or not len(b):
        return index, distance
    span = _span(a, b)
    (a_start, a_end), (b_start, b_end) = _line(a, span), _line(b, span)
    by_start = np.argsort(b_start, kind="stable")
    by_end = np.lexsort((-np.arange(len(b)), b_end))

    # The last base of a must reach the first of the right neighbour, and the reverse on the left.
    right = np.searchsorted(b_start[by_start], a_end, "left")
    left = np.searchsorted(b_end[by_end], a_start, "right") - 1
    for rank, order, sign in ((left, by_end, -1), (right, by_start, 1)):
        exists = (rank >= 0) & (rank < len(b))
        hit = order[np.where(exists, rank, 0)]
        exists &= b.chrom[hit] == a.chrom
        gap = (b_start[hit] - a_end if sign > 0 else a_start - b_end[hit]) + 1
        better = exists & ~(gap >= np.abs(distance))
        index[better], distance[better] = hit[better], sign * gap[better]

    # Among those that begin before a's end, the one reaching furthest overlaps if any does.
    reach_end = np.maximum.accumulate(b_end[by_start])
    is_new = np.concatenate([[True], reach_end[1:] > reach_end[:-1]])
    reach_row = by_start[np.maximum.accumulate(np.where(is_new, np.arange(len(b)), 0))]
    begun = right > 0
    furthest = reach_row[np.where(begun, right - 1, 0)]
    overlaps = begun & (b_end[furthest] > a_start)
    index[overlaps], distance[overlaps] = furthest[overlaps], 0.0
    return index, distance


def _one_base_at_least(intervals: Intervals) -> Intervals:
    end = np.maximum(intervals.end, intervals.start + 1)
    return Intervals(intervals.chrom, intervals.start, end)


def windows(lengths: ArrayLike, size: int) -> Intervals:
    """Adjacent windows of a fixed size over whole chromosomes.

    Parameters
    ----------
    lengths
        (c,) bases of each chromosome; the position is the chromosome's code.
    size
        Bases of a window; the last of a chromosome is shorter where it does not divide.
    """
    if size < 1:
        raise ValueError(f"a window has at least one base, got {size}")
    ends = np.asarray(lengths, dtype=np.int64)
    chrom, number = _expand(np.zeros(len(ends), dtype=np.int64), -(-ends // size))
    start = number * size
    return Intervals(chrom, start, np.minimum(start + size, ends[chrom]))


def depth_at_least(intervals: Intervals, depth: int) -> Intervals:
    """The stretches that at least `depth` of the intervals cover, adjacent ones joined.

    Parameters
    ----------
    intervals
        n intervals; count one sample's overlapping peaks once by merging them before.
    depth
        At least 1.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, got {depth}")
    kept = intervals.take(intervals.length > 0)
    span = _span(kept)
    start, end = _line(kept, span)
    position, step = np.unique(np.concatenate([start, end]), return_inverse=True)
    change = np.concatenate([np.ones(len(start)), -np.ones(len(end))])
    level = np.cumsum(np.bincount(step, weights=change, minlength=len(position)))
    inside = np.concatenate([[False], level >= depth, [False]])
    opens = position[np.flatnonzero(~inside[:-1] & inside[1:])]
    closes = position[np.flatnonzero(inside[:-1] & ~inside[1:])]
    chrom = opens // span
    return Intervals(chrom, opens - chrom * span, closes - chrom * span)


def on_one_chromosome(starts: IntArray, ends: IntArray) -> Intervals:
    """Intervals that are known to lie on one chromosome."""
    return Intervals(np.zeros(len(starts), dtype=np.int64), starts, ends)


def bounds(table: pd.DataFrame, rows: IntArray | None = None) -> Intervals:
    """Starts and ends of (these rows of) a table of one chromosome."""
    start, end = table["start"].to_numpy(np.int64), table["end"].to_numpy(np.int64)
    return (
        on_one_chromosome(start, end) if rows is None else on_one_chromosome(start[rows], end[rows])
    )
