"""Many tests at once: false discovery rates and the combination of P values.

A P value outside 0..1 is a QuantityError.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError


def benjamini_hochberg(pvalues: npt.ArrayLike) -> FloatArray:
    """Adjusted P values, shape (n,), that hold the false discovery rate.

    Parameters
    ----------
    pvalues
        Shape (n,); NaN marks an untested region, which stays NaN and is not counted.

    References
    ----------
    Benjamini & Hochberg (1995) J. R. Stat. Soc. B 57:289.

    Examples
    --------
    >>> benjamini_hochberg([0.01, float("nan"), 0.04, 0.03])
    array([0.03,  nan, 0.04, 0.04])
    """
    p, order = _in_order(pvalues)
    adjusted = np.full(p.shape, np.nan)
    n = len(order)
    stepped = p[order] * (n / np.arange(1, n + 1))
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return adjusted


def holm(pvalues: npt.ArrayLike) -> FloatArray:
    """Adjusted P, (n,), that holds the chance of any false rejection, whatever the dependence.

    Parameters
    ----------
    pvalues
        Shape (n,); NaN stays NaN and is not counted.

    References
    ----------
    Holm (1979) Scandinavian Journal of Statistics 6:65.

    Examples
    --------
    >>> holm([0.01, float("nan"), 0.04, 0.03])
    array([0.03,  nan, 0.06, 0.06])
    """
    p, order = _in_order(pvalues)
    adjusted = np.full(p.shape, np.nan)
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def simes(pvalues: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> FloatArray:
    """Combine the P values of windows into one for each region.

    Shape (n_groups,); NaN for a region without any tested window.

    Parameters
    ----------
    pvalues
        Shape (n,); NaN is left out.
    groups
        Region of each window, integers 0..n_groups-1, shape (n,); default all in one.

    Raises
    ------
    QuantityError
        A P value outside 0..1, or negative group numbers.

    References
    ----------
    Simes (1986) Biometrika 73:751; Lun & Smyth (2014) Nucleic Acids Res. 42:e95.
    """
    p = _checked(pvalues)
    group = (
        np.zeros(p.shape, dtype=np.intp) if groups is None else np.asarray(groups, dtype=np.intp)
    )
    if group.shape != p.shape or (group < 0).any():
        raise QuantityError("groups must give one number >= 0 for each P value")
    combined = np.full(int(group.max(initial=0 if groups is None else -1)) + 1, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.lexsort((p[tested], group[tested]))]
    if not len(order):
        return combined
    sorted_groups = group[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, sizes) + 1
    stepped = p[order] * np.repeat(sizes, sizes) / rank
    combined[sorted_groups[starts]] = np.minimum.reduceat(stepped, starts)
    return combined


def directions(padj: npt.ArrayLike, effect: npt.ArrayLike, *, fdr: float) -> npt.NDArray[np.str_]:
    """Whether each called value is a `gain` or a `loss`, else `none`, shape (n,).

    Parameters
    ----------
    padj
        Adjusted P, shape (n,); NaN is not called.
    effect
        Its sign decides, shape (n,); 0 and NaN are neither.
    fdr
        Level up to which a value is called.
    """
    called = np.asarray(padj, dtype=np.float64) <= fdr
    sign = np.asarray(effect, dtype=np.float64)
    return np.select([called & (sign > 0), called & (sign < 0)], ["gain", "loss"], "none")


def _in_order(pvalues: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """P values, and the positions of those that are there, the smallest first."""
    p = _checked(pvalues)
    tested = np.flatnonzero(~np.isnan(p))
    return p, tested[np.argsort(p[tested], kind="stable")]


def _checked(pvalues: npt.ArrayLike) -> FloatArray:
    p = np.asarray(pvalues, dtype=np.float64)
    if p.ndim != 1:
        raise QuantityError(f"P values must be one-dimensional; found shape {p.shape}")
    if ((p < 0) | (p > 1)).any():
        raise QuantityError("P values must lie between 0 and 1")
    return p
