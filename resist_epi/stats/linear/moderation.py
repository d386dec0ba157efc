"""Empirical Bayes: variances borrow strength from other regions, then t, F and treat."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.robust_prior import fit_robust_prior
from resist_epi.stats.linear.scaled_f import Prior, fit_prior
from resist_epi.stats.tails import f_upper_tail, t_pvalue

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Squeezed:
    """Residual variances after borrowing strength.

    Attributes
    ----------
    posterior
        Posterior variances, shape (n_regions,).
    prior
        Prior variance at each region, shape (n_regions,).
    df_prior
        Prior degrees of freedom (infinite where the variances do not differ), shape (n_regions,).
    df_total
        Degrees of freedom of a moderated t: residual + prior, at most the sum of all residual
        ones, shape (n_regions,).
    """

    posterior: FloatArray
    prior: FloatArray
    df_prior: FloatArray
    df_total: FloatArray

    def of(self, rows: slice | npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Squeezed:
        """Those of some regions."""
        parts = (self.posterior, self.prior, self.df_prior, self.df_total)
        return Squeezed(*(part[rows] for part in parts))


class Moderated(NamedTuple):
    """Moderated tests: statistic and two-sided P value, each of shape (n_regions,)."""

    statistic: FloatArray
    pvalue: FloatArray


def squeeze_variances(
    variances: npt.ArrayLike,
    df: npt.ArrayLike,
    *,
    covariate: npt.ArrayLike | None = None,
    robust: bool = False,
    winsor_tails: tuple[float, float] = (0.05, 0.1),
) -> Squeezed:
    """Shrink residual variances, shape (n_regions,), towards a common value or a trend.

    Parameters
    ----------
    variances
        Residual variances, shape (n_regions,); NaN regions stay NaN and do not inform the prior.
    df
        Residual degrees of freedom, a number or shape (n_regions,).
    covariate
        What the prior variance may depend on (mean log2 signal), shape (n_regions,).
    robust
        Let regions of outlying variance have fewer prior degrees of freedom.
    winsor_tails
        Shares of the smallest and largest variances that the robust estimate pulls in.

    Raises
    ------
    DesignError
        No region has both a variance and residual degrees of freedom.

    References
    ----------
    Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3 (prior); Law et al. (2014) Genome Biology
    15:R29 (trend); Phipson et al. (2016) Ann. Appl. Stat. 10:946 (robust).
    """
    s2 = np.asarray(variances, dtype=np.float64)
    dof = np.broadcast_to(np.asarray(df, dtype=np.float64), s2.shape)
    along = None if covariate is None else np.asarray(covariate, dtype=np.float64)
    usable = np.isfinite(s2) & (s2 >= 0) & np.isfinite(dof) & (dof > 1e-15)
    if along is not None:
        usable &= np.isfinite(along)
    if not usable.any():
        raise DesignError(
            "no region has a residual variance: variances cannot be moderated without "
            "replicates; ask for fold changes without P values"
        )
    every = bool(usable.all())
    inner = (s2, dof, along) if every else (s2[usable], dof[usable], _take(along, usable))
    prior = fit_robust_prior(*inner, tails=winsor_tails) if robust else fit_prior(*inner)
    logger.debug("prior variance: %.4g degrees of freedom", float(np.median(prior.df)))
    posterior, total = _combine(inner[0], inner[1], prior)
    if every:
        return Squeezed(posterior, prior.variance, prior.df, total)
    return Squeezed(
        *(spread(v, usable) for v in (posterior, prior.variance, prior.df, total)),
    )


def moderated_by(variances: FloatArray, df: FloatArray, prior: Squeezed) -> Squeezed:
    """Shrink residual variances towards priors that are known, each (n_regions,).

    Parameters
    ----------
    variances, df
        As in `squeeze_variances`, both an array.
    prior
        Its `prior` and `df_prior` are taken; regions where they are NaN stay NaN.
    """
    known = Prior(prior.prior, prior.df_prior)
    with np.errstate(invalid="ignore"):
        posterior, total = _combine(variances, df, known)
    unknown = np.isnan(prior.df_prior) | np.isnan(variances)
    values = (posterior, prior.prior, prior.df_prior, total)
    return Squeezed(*(np.where(unknown, np.nan, each) for each in values))


def moderated_t(
    estimate: npt.ArrayLike, unscaled_sd: npt.ArrayLike, squeezed: Squeezed
) -> Moderated:
    """Moderated t and its two-sided P; NaN where estimate or standard error is undefined.

    Parameters
    ----------
    estimate, unscaled_sd
        As from `linear.contrast`, shape (n_regions,).
    squeezed
        From `squeeze_variances`.

    References
    ----------
    Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3.
    """
    error = standard_error(unscaled_sd, squeezed)
    statistic = np.divide(
        np.asarray(estimate, dtype=np.float64),
        error,
        out=np.full_like(error, np.nan),
        where=error > 0,
    )
    return Moderated(statistic, t_pvalue(statistic, squeezed.df_total))


def moderated_f(mean_square: npt.ArrayLike, n_contrasts: int, squeezed: Squeezed) -> Moderated:
    """Moderated F of several contrasts together and its P; NaN where undefined.

    Parameters
    ----------
    mean_square
        From `linear.contrast_mean_square`, shape (n_regions,).
    n_contrasts
        Numerator degrees of freedom.
    squeezed
        From `squeeze_variances`.

    References
    ----------
    Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3.
    """
    variance = squeezed.posterior
    f = np.divide(
        np.asarray(mean_square, dtype=np.float64),
        variance,
        out=np.full_like(variance, np.nan),
        where=variance > 0,
    )
    return Moderated(f, f_upper_tail(f, float(n_contrasts), squeezed.df_total))


def treat(
    estimate: npt.ArrayLike, unscaled_sd: npt.ArrayLike, squeezed: Squeezed, *, threshold: float
) -> Moderated:
    """Test against a null of |log2 fold change| <= threshold.

    Parameters
    ----------
    estimate, unscaled_sd, squeezed
        As in `moderated_t`.
    threshold
        Largest uninteresting |log2 fold change|, >= 0; 0 gives the moderated t test.

    Returns
    -------
    Moderated
        The statistic is the distance from the threshold over the standard error, signed, and 0
        inside it.

    Raises
    ------
    DesignError
        A negative threshold.

    References
    ----------
    McCarthy & Smyth (2009) Bioinformatics 25:765.
    """
    if not threshold >= 0:
        raise DesignError(f"the threshold of a treat test must be >= 0; found {threshold}")
    effect = np.asarray(estimate, dtype=np.float64)
    error = standard_error(unscaled_sd, squeezed)
    scaled = np.divide(np.abs(effect), error, out=np.full_like(error, np.nan), where=error > 0)
    edge = np.divide(threshold, error, out=np.full_like(error, np.nan), where=error > 0)
    near, far = scaled - edge, scaled + edge
    upper = 0.5 * t_pvalue(near, squeezed.df_total)
    upper = np.where(near < 0, 1 - upper, upper)
    pvalue = upper + 0.5 * t_pvalue(far, squeezed.df_total)
    return Moderated(np.sign(effect) * np.maximum(near, 0.0), pvalue)


def standard_error(unscaled_sd: npt.ArrayLike, squeezed: Squeezed) -> FloatArray:
    """Moderated standard error, shape (n_regions,)."""
    return np.asarray(np.asarray(unscaled_sd, dtype=np.float64) * np.sqrt(squeezed.posterior))


def t_quantile(level: float, df: npt.ArrayLike) -> FloatArray:
    """Half width, in standard errors, of the two-sided interval of this level (0.95)."""
    # Most regions share their degrees of freedom, and the quantile is slow.
    distinct, which = np.unique(np.asarray(df, dtype=np.float64), return_inverse=True)
    finite = np.isfinite(distinct)
    width = special.stdtrit(np.where(finite, distinct, 1.0), 0.5 + level / 2)
    unbounded = np.where(np.isposinf(distinct), special.ndtri(0.5 + level / 2), np.nan)
    return np.asarray(np.where(finite, width, unbounded)[which])


def _take(values: FloatArray | None, keep: npt.NDArray[np.bool_]) -> FloatArray | None:
    return None if values is None else values[keep]


def spread(values: FloatArray, where: npt.NDArray[np.bool_]) -> FloatArray:
    """Lay values of some regions out over all of them, NaN elsewhere, shape (n_regions,)."""
    full = np.full(where.shape, np.nan)
    full[where] = values
    return full


def _combine(s2: FloatArray, df: FloatArray, prior: Prior) -> tuple[FloatArray, FloatArray]:
    """Posterior variances and total degrees of freedom."""
    finite = np.isfinite(prior.df)
    weight = np.where(finite, prior.df, 0.0)
    posterior = np.where(
        finite, (df * s2 + weight * prior.variance) / (df + weight), prior.variance
    )
    total = np.minimum(df + prior.df, df.sum())
    return posterior, total
