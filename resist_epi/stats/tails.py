"""Upper tails of t and F of many regions that share their degrees of freedom.

The incomplete beta function is slow. Where thousands of regions share their degrees of freedom,
the log of the tail is one smooth curve; it is laid out as polynomials on cells and read off. What
is read off differs from the function itself by about 1e-11 of the tail.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray

_WORTH = 6000  # regions of the same degrees of freedom from which a table is cheaper

_CELLS, _NODES = 256, 8

_BLOCK = 1 << 13  # regions worked on at once: temporaries stay in cache

_SMALLEST = 1e-280  # tails below come from the function itself

_MOST_DF = 500.0  # of the numerator: with more the tail turns too sharply for the cells

# Chebyshev points of a cell on 0..1, and the matrix from values there to powers.
_POINTS = (1 - np.cos(np.pi * np.arange(_NODES) / (_NODES - 1))) / 2

_TO_POWERS = np.linalg.inv(np.vander(_POINTS, increasing=True))


def t_pvalue(statistic: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """Two-sided P value of t; infinite degrees of freedom mean the normal distribution.

    Shape (n,), exact far into the tail.

    Parameters
    ----------
    statistic
        Shape (n,); NaN stays NaN.
    df
        A number or shape (n,).
    """
    t = np.asarray(statistic, dtype=np.float64)
    dof = np.broadcast_to(np.asarray(df, dtype=np.float64), t.shape)
    infinite = np.isposinf(dof)
    if infinite.all():
        return np.asarray(2 * special.ndtr(-np.abs(t)))
    pvalue = _by_df(t * t, 1.0, dof, logs=False)
    if infinite.any():
        pvalue[infinite] = 2 * special.ndtr(-np.abs(t[infinite]))
    return pvalue


def f_upper_tail(statistic: npt.ArrayLike, df1: float, df2: npt.ArrayLike) -> FloatArray:
    """P value of F; infinite denominator degrees of freedom mean chi-square over df1.

    Shape (n,), exact far into the tail.

    Parameters
    ----------
    statistic
        Shape (n,), not negative; NaN stays NaN.
    df1
        Numerator degrees of freedom.
    df2
        Denominator degrees of freedom, a number or shape (n,).
    """
    f = np.asarray(statistic, dtype=np.float64)
    dof = np.broadcast_to(np.asarray(df2, dtype=np.float64), f.shape)
    infinite = np.isposinf(dof)
    pvalue = _by_df(f, df1, dof, logs=False)
    if infinite.any():
        pvalue[infinite] = special.chdtrc(df1, df1 * f[infinite])
    return pvalue


def log_f_tail(statistic: FloatArray, df1: float, df2: float) -> FloatArray:
    """Natural log of the upper tail of F, shape (n,); minus infinity where the tail underflows.

    Parameters
    ----------
    statistic
        Shape (n,), not negative.
    df1, df2
        Degrees of freedom; an infinite df2 means chi-square over df1.
    """
    if np.isposinf(df2):
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(special.chdtrc(df1, df1 * statistic)))
    return _by_df(statistic, df1, np.broadcast_to(np.float64(df2), statistic.shape), logs=True)


def _by_df(f: FloatArray, df1: float, df2: FloatArray, *, logs: bool) -> FloatArray:
    """Tails, or their logs: the commonest degrees of freedom from a table."""
    if f.ndim != 1 or len(f) < _WORTH or df1 > _MOST_DF or df1 != int(df1):
        flat = _exact(f.ravel(), df1, df2.ravel(), logs=logs)
        return flat.reshape(f.shape)
    common = float(np.median(df2))
    shared = (df2 == common) & np.isfinite(f)
    if not (np.isfinite(common) and common > 0 and shared.sum() >= _WORTH):
        return _exact(f, df1, df2, logs=logs)
    if shared.all():
        return _tabulated(f, df1, common, logs=logs)
    tail = np.empty(f.shape)
    tail[shared] = _tabulated(f[shared], df1, common, logs=logs)
    others = ~shared
    tail[others] = _exact(f[others], df1, df2[others], logs=logs)
    return tail


def _exact(f: FloatArray, df1: float, df2: FloatArray, *, logs: bool) -> FloatArray:
    tail = np.asarray(special.fdtrc(df1, np.where(np.isposinf(df2), 1.0, df2), f))
    if not logs:
        return tail
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(tail))


def _tabulated(f: FloatArray, df1: float, df2: float, *, logs: bool) -> FloatArray:
    """Tails of F read off polynomials in asinh(sqrt(df1 f / df2)).

    In this variable the log of the tail is smooth at 0 and runs straight far out.
    """
    end = float(np.arcsinh(np.sqrt(f.max() * (df1 / df2))))
    end = min(end, _where_small(df1, df2, end))
    if not end > 0:
        return _exact(f, df1, np.full(f.shape, df2), logs=logs)
    width = end / _CELLS
    nodes = ((np.arange(_CELLS)[:, None] + _POINTS) * width).ravel()
    at_nodes = np.sinh(nodes) ** 2 * (df2 / df1)
    values = _exact(at_nodes, df1, np.full(nodes.shape, df2), logs=True).reshape(_CELLS, _NODES)
    powers = np.ascontiguousarray(_TO_POWERS @ values.T)
    tail = np.empty(f.shape)
    for start in range(0, len(f), _BLOCK):
        part = f[start : start + _BLOCK]
        out = tail[start : start + _BLOCK]
        beyond = _read(part * (df1 / df2), width, powers, out)
        if not logs:
            np.exp(out, out=out)
        if len(beyond):
            out[beyond] = _exact(part[beyond], df1, np.full(len(beyond), df2), logs=logs)
    return tail


def _read(
    square: FloatArray, width: float, powers: FloatArray, out: FloatArray
) -> npt.NDArray[np.intp]:
    """Fill `out` with the polynomials at asinh(root of `square`); which lie past the last cell."""
    u = np.sqrt(square)
    square += 1.0
    np.sqrt(square, out=square)
    u += square
    np.log(u, out=u)
    u *= 1 / width
    np.minimum(u, _CELLS, out=u)
    cell = u.astype(np.intp)
    beyond = np.flatnonzero(cell == _CELLS)
    cell[beyond] = _CELLS - 1
    u -= cell
    out[:] = powers[-1].take(cell)
    for coefficient in powers[-2::-1]:
        out *= u
        out += coefficient.take(cell)
    return beyond


def _where_small(df1: float, df2: float, end: float) -> float:
    """Where the tail falls below the smallest number of the table, or the end of the data."""
    at = np.linspace(0, end, 65)[1:]
    tails = special.fdtrc(df1, df2, np.sinh(at) ** 2 * (df2 / df1))
    enough = np.flatnonzero(tails > _SMALLEST)
    return float(at[enough[-1]]) if len(enough) else 0.0
