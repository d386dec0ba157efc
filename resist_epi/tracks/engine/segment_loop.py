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
