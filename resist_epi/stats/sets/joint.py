"""Signals that must be there in every study at once: tests of a conjunction, not of any."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.linear.least_squares import check_design, effect_basis
from resist_epi.stats.multiple import benjamini_hochberg

# Genes among which the residual correlation is estimated once more, if there are as many.
_MIN_CANDIDATES = 200

_SMALL_P = 0.05


class JointCorrelation(NamedTuple):
    """How the errors of two studies of the same genes hang together.

    Attributes
    ----------
    residual
        Correlation of the two values of one unit, given the design.
    estimates
        Correlation of the two contrasts' estimates that follows from it: the same where all units
        are shared and the designs agree, 0 where none is shared.
    candidates
        `estimates` among the genes with a small P in either study; NaN where they are few.
    information
        Residual degrees of freedom that the two studies share; the residual correlation is not
        defined where this is near 0.
    n_genes
        Genes that it was estimated from.
    """

    residual: float
    estimates: float
    candidates: float
    information: float
    n_genes: int


def max_p(pvalues: npt.ArrayLike) -> FloatArray:
    """Adjusted P that a row has a signal in every study: the largest P with Benjamini-Hochberg.

    Holds whatever the dependence between the studies, and is conservative where few rows have a
    signal in any. Shape (n_rows,).

    Parameters
    ----------
    pvalues
        Shape (n_rows, n_studies); rows with a NaN are not tested.

    Raises
    ------
    QuantityError
        Not a table of P values.

    References
    ----------
    Benjamini & Heller (2008) Biometrics 64:1215 (partial conjunction).
    """
    return benjamini_hochberg(_checked(pvalues).max(axis=1))


def adafilter(pvalues: npt.ArrayLike, *, replicates: int | None = None) -> FloatArray:
    """Adjusted P that a row has a signal in at least r studies, by adaptive filtering.

    A row's filter statistic F = (n - r + 1) P_(r-1) says whether it could have r signals at all;
    its selection statistic is S = (n - r + 1) P_(r). At threshold t only the rows with F <= t
    compete, so t #{F <= t} / #{S <= t} estimates the false discovery rate: far fewer rows than
    the n_rows by which `max_p` multiplies. Holds where the studies' P values are independent
    given what is true of the row; negatively dependent errors break it among rows chosen for
    opposite signs. Shape (n_rows,): rows at most q are the ones that AdaFilter BH rejects at q.

    Parameters
    ----------
    pvalues
        Shape (n_rows, n_studies), n_studies >= 2; rows with a NaN are not tested.
    replicates
        r, from 2 to n_studies; by default all of them.

    Raises
    ------
    QuantityError
        Not a table of P values of two studies or more.
    DesignError
        An r outside 2..n_studies.

    References
    ----------
    Wang, Gui, Su, Sabatti & Owen (2022) Annals of Statistics 50:1890.

    Examples
    --------
    >>> adafilter([[0.001, 0.002], [0.9, 0.8], [0.7, 0.6], [0.5, 0.95]])
    array([0.002, 0.95 , 0.95 , 0.95 ])
    >>> max_p([[0.001, 0.002], [0.9, 0.8], [0.7, 0.6], [0.5, 0.95]])[0]
    np.float64(0.008)
    """
    p = _checked(pvalues)
    n = p.shape[1]
    r = n if replicates is None else replicates
    if n < 2 or not 2 <= r <= n:
        raise DesignError(
            f"a conjunction of {r} of {n} studies: from 2 to all of at least 2 studies are needed"
        )
    tested = np.flatnonzero(np.isfinite(p).all(axis=1))
    ordered = np.sort(p[tested], axis=1)
    filtering = np.sort((n - r + 1) * ordered[:, r - 2])
    selection = (n - r + 1) * ordered[:, r - 1]
    order = np.argsort(selection, kind="stable")
    threshold = selection[order]
    competing = np.searchsorted(filtering, threshold, side="right")
    selected = np.searchsorted(threshold, threshold, side="right")
    rate = threshold * competing / np.maximum(selected, 1)
    adjusted = np.full(len(p), np.nan)
    adjusted[tested[order]] = np.minimum(np.minimum.accumulate(rate[::-1])[::-1], 1.0)
    return adjusted


def joint_correlation(
    responses: tuple[npt.ArrayLike, npt.ArrayLike],
    designs: tuple[npt.ArrayLike, npt.ArrayLike],
    contrasts: tuple[npt.ArrayLike, npt.ArrayLike],
    shared: npt.ArrayLike,
    *,
    pvalues: npt.ArrayLike | None = None,
) -> JointCorrelation:
    """Estimate the correlation of two studies' errors from the residuals of the units they share.

    Each row's residuals are scaled by their own standard deviation; the mean over the rows of
    their product is set against what it would be at a correlation of 1, which allows for designs
    that differ and for units that only one study has.

    Parameters
    ----------
    responses
        Values of the two studies, shapes (n_rows, n_units_1) and (n_rows, n_units_2); rows with a
        NaN, or without any residual, are left out.
    designs
        Shapes (n_units_1, p_1) and (n_units_2, p_2), of full column rank.
    contrasts
        Shapes (p_1,) and (p_2,).
    shared
        For each unit of the first study its position in the second, -1 where that lacks it,
        shape (n_units_1,), integers.
    pvalues
        P values of the two studies, shape (n_rows, 2): names the candidates.

    Returns
    -------
    JointCorrelation
        `residual` is NaN, and so is `estimates`, where units are shared but nothing can be
        estimated; without a shared unit `estimates` is 0.

    Raises
    ------
    DesignError
        Shapes that do not fit, or a rank-deficient design.

    References
    ----------
    Olkin & Pratt (1958) Annals of Mathematical Statistics 29:201 (bias of a correlation).
    """
    y1, y2 = (np.asarray(y, dtype=np.float64) for y in responses)
    link = np.asarray(shared, dtype=np.intp)
    if len(y1) != len(y2) or link.shape != (y1.shape[1],) or (link >= y2.shape[1]).any():
        raise DesignError(
            f"responses of shapes {y1.shape} and {y2.shape} with links of shape {link.shape}:"
            " the rows must agree, and the links be one a unit of the first study"
        )
    first = effect_basis(check_design(designs[0], y1.shape[1]), _vector(contrasts[0]))
    second = effect_basis(check_design(designs[1], y2.shape[1]), _vector(contrasts[1]))
    here = np.flatnonzero(link >= 0)
    if not len(here):
        return JointCorrelation(np.nan, 0.0, np.nan, 0.0, 0)
    agreement = first[here].T @ second[link[here]]
    overlap, between = float(agreement[0, 0]), agreement[1:, 1:]
    information = float((between**2).sum())
    nothing = JointCorrelation(np.nan, np.nan, np.nan, information, 0)
    if information < 1:
        return nothing
    product = _correlations(y1 @ first[:, 1:], y2 @ second[:, 1:], between)
    valid = np.isfinite(product)
    if not valid.any():
        return nothing
    residual = _unbiased(float(product[valid].mean()), information)
    candidates = np.nan
    if pvalues is not None:
        # fmin, not min: a row may have a P in one study only.
        small = valid & (np.fmin.reduce(np.asarray(pvalues, dtype=np.float64), axis=1) < _SMALL_P)
        if small.sum() >= _MIN_CANDIDATES:
            candidates = overlap * _unbiased(float(product[small].mean()), information)
    return JointCorrelation(residual, overlap * residual, candidates, information, int(valid.sum()))


def _correlations(e1: FloatArray, e2: FloatArray, between: FloatArray) -> FloatArray:
    """Each row's correlation of its residual effects, of mean rho up to the bias of a correlation.

    `between` is what the effects of one unit in both studies have in common.
    """
    length = np.sqrt((e1**2).sum(axis=1) * (e2**2).sum(axis=1))
    product = ((e1 @ between) * e2).sum(axis=1)
    scale = np.sqrt(e1.shape[1] * e2.shape[1]) / float((between**2).sum())
    cosine = np.full(len(product), np.nan)
    np.divide(product, length, out=cosine, where=np.isfinite(length) & (length > 0))
    return np.asarray(scale * cosine)


def _unbiased(mean: float, information: float) -> float:
    """A mean of sample correlations, freed of its first-order shrinkage towards 0."""
    return float(np.clip(mean * (1 + (1 - min(mean**2, 1.0)) / (2 * information)), -1, 1))


def _vector(contrast: npt.ArrayLike) -> FloatArray:
    return np.asarray(contrast, dtype=np.float64)


def _checked(pvalues: npt.ArrayLike) -> FloatArray:
    p = np.asarray(pvalues, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] < 1:
        raise QuantityError(f"P values must be rows x studies; found shape {p.shape}")
    if ((p < 0) | (p > 1)).any():
        raise QuantityError("P values must lie between 0 and 1")
    return p
