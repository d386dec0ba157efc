"""Curves through scatter: natural cubic splines and robust local lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.local_lines import LocalLines, Neighbours


def natural_spline_basis(x: FloatArray, n_columns: int) -> FloatArray:
    """Basis of the natural cubic splines with inner knots at equal quantiles.

    Column j is the natural spline that is 1 at knot j and 0 at the others, so it spans the same
    space as any other basis on these knots and is well conditioned. Knots that coincide are
    merged. Shape (n, at most n_columns); the constant lies in its span.

    Parameters
    ----------
    x
        Finite values, shape (n,).
    n_columns
        Dimension, at least 1; 1 is the constant, 2 the straight line.

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
    width = np.diff(knots)
    at_knots = np.eye(len(knots))
    # Second derivatives at the knots, none at the two ends, from the change of slope at each.
    system = np.diag((width[:-1] + width[1:]) / 3)
    system += np.diag(width[1:-1] / 6, 1) + np.diag(width[1:-1] / 6, -1)
    bend = np.zeros_like(at_knots)
    slopes = np.diff(at_knots, axis=0) / width[:, None]
    bend[1:-1] = np.linalg.solve(system, np.diff(slopes, axis=0))
    cell = np.clip(np.searchsorted(knots, x, "right") - 1, 0, len(width) - 1)
    right = ((x - knots[cell]) / width[cell])[:, None]
    left = 1 - right
    curved = (left**3 - left) * bend[cell] + (right**3 - right) * bend[cell + 1]
    straight = left * at_knots[cell] + right * at_knots[cell + 1]
    return np.asarray(straight + curved * width[cell, None] ** 2 / 6)


def lowess(
    x: FloatArray, y: FloatArray, *, span: float, robust_steps: int = 3, delta: float | None = None
) -> FloatArray:
    """Robust locally weighted straight lines: fitted values in the order of `x`, shape (n,).

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
    lines = LocalLines(xs, _windows(xs, anchors, width))
    robustness: FloatArray | None = None
    for turn in range(robust_steps + 1):
        level = lines.heights(ys, robustness)
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


def _windows(x: FloatArray, anchors: npt.NDArray[np.intp], width: int) -> Neighbours:
    """The `width` nearest points of each anchor; what lies past .999 of their reach has none."""
    left = np.array(list(_lefts(x, anchors, width)), dtype=np.intp)
    at = x[anchors]
    half = np.maximum(at - x[left], x[left + width - 1] - at)
    first = np.maximum(np.searchsorted(x, at - 0.999 * half, side="left"), left)
    stop = np.searchsorted(x, at + 0.999 * half, side="right")
    return Neighbours(at, half, first, stop)


def _lefts(x: FloatArray, anchors: npt.NDArray[np.intp], width: int) -> Iterator[int]:
    """Where the `width` nearest points of each anchor start."""
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
        yield left
