"""The loop that adds runs up in segments, compiled with Numba (cached on disk).

It is imported where a track is long enough (`resist_epi.tracks.when_compiled`) and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from resist_epi.tracks.compiled import njit


@njit(cache=True, nogil=True)
def first_ending_behind(ends: Any, place: Any, at: Any) -> Any:
    """Number of the first run, from `at` on, that ends behind a place; steps double until there."""
    n = ends.size
    if at >= n or ends[at] > place:
        return at
    step = 1
    while at + step < n and ends[at + step] <= place:
        at += step
        step *= 2
    low, high = at + 1, min(at + step, n)
    while low < high:
        middle = (low + high) // 2
        if ends[middle] > place:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def add_runs(
    starts: Any,
    ends: Any,
    values: Any,
    cuts: Any,
    asked: Any,
    low: Any,
    high: Any,
    sums: Any,
) -> Any:
    """Add value x bp of every run to the segments that it meets, run after run.

    Parameters
    ----------
    starts, ends, values
        (r,) runs, sorted, without overlap; NaN and infinite values add nothing.
    cuts, asked
        (n + 1,) int64 where the segments begin and end, and (n,) which of them are asked for.
    low, high
        The segments `low` to `high` can meet the runs.
    sums
        (n,) float64, added to.

    Returns
    -------
    int
        Runs with a value that is not finite, in any segment that is asked for.
    """
    n = starts.size
    undefined, counted = 0, -1
    i = 0
    for k in range(low, high):
        if not asked[k]:
            continue
        begin, stop = cuts[k], cuts[k + 1]
        i = first_ending_behind(ends, begin, i)
        if i >= n:
            break
        while i < n and starts[i] < stop:
            end = np.int64(ends[i])
            value = np.float64(values[i])
            if np.isfinite(value):
                sums[k] += value * np.float64(min(end, stop) - max(np.int64(starts[i]), begin))
            elif counted < i:
                counted = i
                undefined += 1
            if end > stop:  # the rest of it lies in the next segment
                break
            i += 1
    return undefined


@njit(cache=True, nogil=True)
def add_grid(
    origin: Any,
    step: Any,
    values: Any,
    cuts: Any,
    asked: Any,
    low: Any,
    high: Any,
    sums: Any,
) -> Any:
    """`add_runs` of runs of one width side by side, the first of which begins at `origin`."""
    n = values.size
    undefined, counted = 0, -1
    for k in range(low, high):
        if not asked[k]:
            continue
        begin, stop = cuts[k], cuts[k + 1]
        first = max(begin - origin, 0) // step
        last = min((stop - origin + step - 1) // step, n)
        for i in range(first, last):
            start = origin + i * step
            value = np.float64(values[i])
            if np.isfinite(value):
                sums[k] += value * np.float64(min(start + step, stop) - max(start, begin))
            elif counted < i:
                counted = i
                undefined += 1
    return undefined


@njit(cache=True, nogil=True)
def _eight_by_eight(values: Any, first: Any, n: Any) -> Any:
    """Sum of at most 128 values, in eight rows where there are as many."""
    total = -0.0
    at = first
    if n >= 8:
        rows = values[first : first + 8].copy()
        at += 8
        while at + 8 <= first + n:
            for j in range(8):
                rows[j] += values[at + j]
            at += 8
        total = ((rows[0] + rows[1]) + (rows[2] + rows[3])) + (
            (rows[4] + rows[5]) + (rows[6] + rows[7])
        )
    for i in range(at, first + n):
        total += values[i]
    return total


@njit(cache=True, nogil=True)
def _pairwise(values: Any, n: Any) -> Any:
    """Sum of the values from 1 to `n` in the order in which `np.add` adds them up, by halves.

    The halves that wait are kept here, since Numba cannot store a function that calls itself.
    """
    if n <= 128:
        return _eight_by_eight(values, 1, n)
    first, count = np.empty(128, dtype=np.int64), np.empty(128, dtype=np.int64)
    sums = np.empty(64)
    first[0], count[0] = 1, n
    waiting, known = 1, 0
    while waiting:
        waiting -= 1
        at, m = first[waiting], count[waiting]
        if m < 0:  # both halves are known
            known -= 1
            sums[known - 1] += sums[known]
        elif m <= 128:
            sums[known] = _eight_by_eight(values, at, m)
            known += 1
        else:
            half = m // 2
            half -= half % 8
            count[waiting] = -1
            first[waiting + 1], count[waiting + 1] = at + half, m - half
            first[waiting + 2], count[waiting + 2] = at, half
            waiting += 3
    return sums[0]


@njit(cache=True, nogil=True)
def sum_segments(
    starts: Any, ends: Any, values: Any, cuts: Any, asked: Any, sums: Any, covered: Any
) -> Any:
    """Value x bp and covered bp of the runs in each segment, as `np.add.reduceat` adds them up.

    Parameters
    ----------
    starts, ends, values
        (r,) runs, sorted, without overlap.
    cuts, asked
        (n + 1,) where the segments begin and end, and (n,) which of them are asked for.
    sums, covered
        (n,) float64 and int64 of zeros, written.

    Returns
    -------
    bool
        Whether all sums are finite; if not, none of this is of use.
    """
    n = starts.size
    weighted = np.empty(n)
    i = 0
    for k in range(asked.size):
        if not asked[k]:
            continue
        begin, stop = np.int64(cuts[k]), np.int64(cuts[k + 1])
        i = first_ending_behind(ends, begin, i)
        m = 0
        while i < n and starts[i] < stop:
            end = np.int64(ends[i])
            bp = min(end, stop) - max(np.int64(starts[i]), begin)
            weighted[m] = np.float64(values[i]) * np.float64(bp)
            covered[k] += bp
            m += 1
            if end > stop:  # the rest of it lies in the next segment
                break
            i += 1
        if m:
            total = weighted[0]
            if m > 1:
                total += _pairwise(weighted, m - 1)
            if not np.isfinite(total):
                return False
            sums[k] = total
    return True
