"""The prior of the variances: a scaled F distribution fitted by moments of the logs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.stats.smoothing import natural_spline_basis

_MAX_SPLINE = 4  # columns of the trend's natural spline

_FLOOR = 1e-5  # smallest variance, as a share of the median, that enters the logs


class Prior(NamedTuple):
    """Prior of the variances.

    Attributes
    ----------
    variance
        Shape (n_regions,).
    df
        Degrees of freedom, shape (n_regions,), possibly infinite.
    """

    variance: FloatArray
    df: FloatArray


def fit_prior(variances: FloatArray, df: FloatArray, covariate: FloatArray | None) -> Prior:
    """Fit s2 ~ prior variance x F(df, prior df) by the first two moments of log s2.

    Prior df are infinite where the variances vary no more than sampling explains.

    Parameters
    ----------
    variances
        Finite, not negative, shape (n_regions,).
    df
        Residual degrees of freedom, positive, shape (n_regions,).
    covariate
        Finite; the log of the prior variance is a natural cubic spline of it. None: constant.

    References
    ----------
    Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3, section 6.2; Law et al. (2014) Genome Biology
    15:R29.
    """
    n = len(variances)
    if n == 1:
        return Prior(variances.copy(), np.zeros(1))
    x = floor_at(variances, _FLOOR)
    centred = np.log(x) - log_chi2_mean(common_or_each(df))
    if covariate is None:
        level = np.full(n, centred.mean())
        spread = ((centred - level) ** 2).sum() / (n - 1)
    else:
        level, spread = _trend(centred, covariate)
    excess = spread - float(np.mean(special.polygamma(1, common_or_each(df) / 2)))
    if not excess > 0:
        return Prior(
            np.exp(level) if covariate is not None else np.full(n, x.mean()), np.full(n, np.inf)
        )
    prior_df = 2 * inverse_trigamma(excess)
    return Prior(np.exp(level + log_chi2_mean(np.float64(prior_df))), np.full(n, prior_df))


def common_or_each(df: FloatArray) -> FloatArray:
    """One number where all degrees of freedom are equal: special functions are slow."""
    return df[:1] if (df == df[0]).all() else df


def floor_at(variances: FloatArray, share: float) -> FloatArray:
    """Variances no smaller than a share of their median, so that logs stay finite."""
    median = float(np.median(variances)) or 1.0
    return np.maximum(variances, share * median)


def log_chi2_mean(df: FloatArray | np.float64) -> FloatArray:
    """Mean of log(chi-square / df)."""
    return np.asarray(special.digamma(df / 2) - np.log(df / 2))


def inverse_trigamma(value: float) -> float:
    """Solve trigamma(y) = value by Newton's method on the reciprocal (Smyth 2004, appendix)."""
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    y = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(special.polygamma(1, y))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, y))
        y += step
        if -step / y < 1e-8:
            break
    return y


def _trend(centred: FloatArray, covariate: FloatArray) -> tuple[FloatArray, float]:
    """Spline through the log variances, and the residual mean square about it."""
    n = len(centred)
    columns = 1 + (n >= 3) + (n >= 6) + (n >= 30)
    if n < 100:
        columns = min(columns, len(np.unique(covariate)))
    basis = natural_spline_basis(covariate, min(columns, _MAX_SPLINE))
    gram = basis.T @ basis
    coefficients = np.linalg.solve(gram, basis.T @ centred)
    # One refinement gives back the digits that the normal equations lose.
    coefficients += np.linalg.solve(gram, basis.T @ (centred - basis @ coefficients))
    level = basis @ coefficients
    return level, float(((centred - level) ** 2).sum() / (n - basis.shape[1]))
