"""Sums and extremes over any ranges of an array, without cancellation and in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray


def range_sums(values: FloatArray, first: NDArray[np.intp], last: NDArray[np.intp]) -> FloatArray:
    """Sum of `values[first:last]` for every pair, (m,) float64.

    A range of one element is that element; wider ones are differences of a running total that is
    kept in doubled precision (the error of each addition is recovered exactly by Knuth's TwoSum,
    The Art of Computer Programming 2, 4.2.2, and added up beside it).

    Parameters
    ----------
    values
        (n,) finite.
    first, last
        (m,) with `0 <= first < last <= n`.
    """
    sums = values[first]
    wide = np.flatnonzero(last - first > 1)
    if wide.size:
        high = np.concatenate([[0.0], np.cumsum(values)])
        step = high[1:] - high[:-1]
        # What each addition of the running total lost.
        lost = (high[:-1] - (high[1:] - step)) + (values - step)
        low = np.concatenate([[0.0], np.cumsum(lost)])
        a, b = first[wide], last[wide]
        sums[wide] = (high[b] - high[a]) + (low[b] - low[a])
    return sums


def range_extremes(
    values: FloatArray, first: NDArray[np.intp], last: NDArray[np.intp], ufunc: np.ufunc
) -> FloatArray:
    """`ufunc` over `values[first:last]` for every pair, by tables of doubling width. Shape (m,).

    Parameters
    ----------
    values
        (n,) float64.
    first, last
        (m,) with `0 <= first < last <= n`.
    ufunc
        `np.minimum` or `np.maximum`.
    """
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
