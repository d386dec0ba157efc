"""Curves through scatter: natural cubic splines and robust local lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

FloatArray = npt.NDArray[np.float64]

_BLOCK = 8192


def natural_spline_basis(x: FloatArray, n_columns: int) -> FloatArray:
    """Basis of the natural cubic splines with inner knots at equal quantiles.

    Column j is the natural spline that is 1 at knot j and 0 at the others, so it spans the same
    space as any other basis on these knots and is well conditioned. Knots that coincide are
    merged.

    Parameters
    ----------
    x
        Finite values, shape (n,).
    n_columns
        Dimension, at least 1; 1 is the constant, 2 the straight line.

    Returns
    -------
    FloatArray
        Shape (n, at most n_columns); the constant lies in its span.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009) Elements of Statistical Learning, section 5.2.
    """
    knots = np.unique(np.quantile(x, np.linspace(0, 1, n_columns)))
    if n_columns == 1 or len(knots) == 1:
        return np.ones((len(x), 1))
    if len(knots) == 2:
        share = (x - knots[0]) / (knots[1] - knots[0])
        return np.column_stack([1 - share, share])
    return np.asarray(CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(x))


def lowess(
    x: FloatArray, y: FloatArray, *, span: float, robust_steps: int = 3, delta: float | None = None
) -> FloatArray:
    """Robust locally weighted straight lines.

    Lines are fitted at points at least `delta` apart and interpolated between them. The weight is
    tricube in distance; each robust step weighs points by the bisquare of their residual over six
    median absolute residuals.

    Parameters
    ----------
    x, y
        Finite values, shape (n,), in any order.
    span
        Share of the points in each local fit.
    robust_steps
        Number of reweighted passes after the first.
    delta
        Smallest distance between fits in units of x; default 1 % of the range.

    Returns
    -------
    FloatArray
        Fitted values in the order of `x`, shape (n,).

    References
    ----------
    Cleveland (1979) J. Am. Stat. Assoc. 74:829; Cleveland (1981) The American Statistician 35:54.
    """
    n = len(x)
    if n < 2:
        return np.array(y, dtype=np.float64)
    order = np.argsort(x)
    xs = x[order]
    if (xs[1:] == xs[:-1]).any():
        # y breaks ties of x, so that the order of the input does not matter.
        order = np.lexsort((y, x))
    ys = y[order]
    width = max(2, min(n, int(span * n + 1e-7)))
    step = 0.01 * (xs[-1] - xs[0]) if delta is None else delta
    anchors = _anchors(xs, step)
    windows = [_window(xs, left, at, width) for left, at in _lefts(xs, anchors, width)]
    robustness: FloatArray | None = None
    for turn in range(robust_steps + 1):
        level = _local_lines(xs, ys, windows, robustness)
        lost = np.isnan(level)
        level[lost] = ys[anchors[lost]]
        curve = np.interp(xs, xs[anchors], level)
        if turn == robust_steps:
            break
        residual = np.abs(ys - curve)
        six_mad = 6 * float(np.median(residual))
        if six_mad <= 1e-7 * residual.mean():
            break
        robustness = _bisquare(residual, six_mad)
    fitted = np.empty(n)
    fitted[order] = curve
    return fitted


def _bisquare(residual: FloatArray, scale: float) -> FloatArray:
    weight = residual / scale
    weight *= weight
    np.subtract(1.0, weight, out=weight)
    weight *= weight
    weight[residual <= 0.001 * scale] = 1.0
    weight[residual > 0.999 * scale] = 0.0
    return weight


def _anchors(x: FloatArray, delta: float) -> npt.NDArray[np.intp]:
    """Positions (in sorted x) where a line is fitted; the first and the last always."""
    n = len(x)
    found = [0]
    last = 0
    while last < n - 1:
        beyond = int(np.searchsorted(x, x[last] + delta, side="right"))
        last = int(np.searchsorted(x, x[last], side="right")) - 1  # ties share the fit
        if last >= n - 1:
            break
        following = max(last + 1, beyond - 1)
        found.append(following)
        last = following
    return np.unique(np.array(found, dtype=np.intp))


class _Window(NamedTuple):
    """Points first..stop-1 of the sorted x that have weight around `at`.

    The weight is 1 up to a thousandth of the half width (`flat` .. `flat_stop`-1) and 0 from 999
    thousandths on.
    """

    at: float
    half: float
    first: int
    stop: int
    flat: int
    flat_stop: int


def _lefts(x: FloatArray, anchors: npt.NDArray[np.intp], width: int) -> Iterator[tuple[int, float]]:
    """Where the `width` nearest points of each anchor start, and the anchor's x."""
    left = 0
    for here in x[anchors]:
        low, high = left, len(x) - width
        while low < high:
            middle = (low + high) // 2
            if here - x[middle] > x[middle + width] - here:
                low = middle + 1
            else:
                high = middle
        left = low
        yield left, float(here)


def _window(x: FloatArray, left: int, at: float, width: int) -> _Window:
    half = float(max(at - x[left], x[left + width - 1] - at))
    outer, inner = 0.999 * half, 0.001 * half
    first, flat = np.searchsorted(x, [at - outer, at - inner], side="left")
    flat_stop, stop = np.searchsorted(x, [at + inner, at + outer], side="right")
    return _Window(at, half, max(int(first), left), int(stop), int(flat), int(flat_stop))


def _local_lines(
    x: FloatArray,
    y: FloatArray,
    windows: list[_Window],
    robustness: FloatArray | None,
) -> FloatArray:
    """Heights of the local lines at the windows' centres; NaN where no point has weight."""
    # Moments about the median: well conditioned, since windows far from it are wide.
    origin = x[len(x) // 2]
    centred = x - origin
    base = np.ones_like(x) if robustness is None else robustness
    columns = np.empty((5, len(x)))
    columns[0] = base
    np.multiply(base, centred, out=columns[1])
    np.multiply(base, y, out=columns[2])
    np.multiply(columns[1], centred, out=columns[3])
    np.multiply(columns[1], y, out=columns[4])
    heights = np.empty(len(windows))
    scratch = np.empty((2, _BLOCK))
    for i, window in enumerate(windows):
        total, sx, sy, sxx, sxy = _moments(x, columns, window, scratch)
        if total <= 0:
            heights[i] = np.nan
            continue
        mean_x, mean_y = sx / total, sy / total
        square = sxx / total - mean_x**2
        heights[i] = mean_y
        if window.half > 0 and square > (0.001 * (x[-1] - x[0])) ** 2:
            slope = (sxy / total - mean_x * mean_y) / square
            heights[i] += slope * (window.at - origin - mean_x)
    return heights


def _moments(
    x: FloatArray, columns: FloatArray, window: _Window, scratch: FloatArray
) -> FloatArray:
    """Sums of the columns under the window's weights.

    In blocks that stay in cache, and are too short for BLAS to start threads on.
    """
    sums = np.zeros(len(columns))
    for start in range(window.first, window.stop, _BLOCK):
        stop = min(start + _BLOCK, window.stop)
        weight = _tricube(x[start:stop], window, scratch[:, : stop - start])
        low, high = max(window.flat, start), min(window.flat_stop, stop)
        if low < high:
            weight[low - start : high - start] = 1.0
        sums += np.vecdot(columns[:, start:stop], weight)
    return sums


def _tricube(x: FloatArray, window: _Window, scratch: FloatArray) -> FloatArray:
    """Weights of some points, written into `scratch`."""
    weight: FloatArray = scratch[0]
    cube: FloatArray = scratch[1]
    if window.half <= 0:
        weight[:] = 1.0
        return weight
    np.subtract(x, window.at, out=weight)
    np.abs(weight, out=weight)
    weight *= 1 / window.half
    np.multiply(weight, weight, out=cube)
    weight *= cube
    np.subtract(1.0, weight, out=weight)
    np.multiply(weight, weight, out=cube)
    weight *= cube
    return weight
