"""Quasi-likelihood F tests of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.moderation import Squeezed, moderated_by, squeeze_variances
from resist_epi.stats.negbin.dispersion import Trend, estimate_trend
from resist_epi.stats.negbin.glm import CountData, average_log_cpm, fit_counts
from resist_epi.stats.rows import Rows, ShiftedRows
from resist_epi.stats.tails import f_upper_tail, t_pvalue

PRIOR_READS = 0.125  # added so that fold changes are finite

ASSUMED_DISPERSION = 0.05  # where no replicates tell it


@dataclass(frozen=True)
class QuasiFit:
    """Quasi-likelihood fits of one design to every region.

    Attributes
    ----------
    dispersion
        The estimates; the fit uses the trended ones.
    coefficients
        Natural log scale, with a prior count of 0.125 so that they are finite, shape
        (n_regions, n_coefficients).
    deviance, df_residual, smallest_mean
        Of the fit without a prior count, shape (n_regions,).
    quasi
        Quasi-dispersions after moderation; NaN in regions without reads.
    """

    data: CountData
    dispersion: Trend
    coefficients: FloatArray
    deviance: FloatArray
    df_residual: FloatArray
    smallest_mean: FloatArray
    quasi: Squeezed


@dataclass(frozen=True)
class QuasiTest:
    """F tests of one or several contrasts, each array of shape (n_regions,).

    Attributes
    ----------
    log2_fold_change
        Of the first contrast.
    statistic
        F.
    df_total
        Denominator degrees of freedom.
    pvalue
        NaN in regions without reads.
    """

    log2_fold_change: FloatArray
    statistic: FloatArray
    df_total: FloatArray
    pvalue: FloatArray


def fit_quasi(
    data: CountData,
    *,
    robust: bool = True,
    dispersion: Trend | None = None,
    prior: Squeezed | None = None,
) -> QuasiFit:
    """Fit counts with a trended dispersion and a moderated quasi-dispersion of each region.

    Parameters
    ----------
    dispersion
        Estimates to use instead of the data's own.
    prior
        Prior of each quasi-dispersion, likewise.

    Raises
    ------
    DesignError
        No residual degree of freedom.

    References
    ----------
    Lund, Nettleton, McCarthy & Smyth (2012) Stat. Appl. Genet. Mol. Biol. 11(5):8; Lun, Chen &
    Smyth (2016) Methods Mol. Biol. 1418:391; Lun & Smyth (2017) Stat. Appl. Genet. Mol. Biol.
    16:83.
    """
    estimate = estimate_trend(data) if dispersion is None else dispersion
    fit = fit_counts(data, estimate.trended)
    df = fit.df_residual
    variance = np.divide(fit.deviance, df, out=np.zeros_like(df), where=df > 0)
    if prior is None:
        quasi = _squeeze(variance, df, estimate.average_log_cpm, robust)
    else:
        quasi = moderated_by(variance, df, prior)
    finite = finite_coefficients(data, estimate.trended)
    return QuasiFit(data, estimate, finite, fit.deviance, df, fit.smallest_mean, quasi)


def finite_coefficients(
    data: CountData, dispersion: npt.ArrayLike = ASSUMED_DISPERSION
) -> FloatArray:
    """Coefficients of the counts with an eighth of a read added in proportion to the libraries.

    Natural log scale, shape (n_regions, n_coefficients). Where all libraries of a group have one
    size they hardly depend on the dispersion.

    Parameters
    ----------
    dispersion
        A number or shape (n_regions,), >= 0.

    References
    ----------
    As in `fit_counts`.
    """
    return fit_counts(
        data, dispersion, prior_count=PRIOR_READS, coefficients_only=True
    ).coefficients


def dispersion_elsewhere(data: CountData, known: Trend) -> FloatArray:
    """Dispersion that the trend has at the abundance of other regions, shape (n_regions,).

    Beyond its ends it stays as it is there.

    Parameters
    ----------
    data
        Regions that did not inform the trend.
    """
    abundance = average_log_cpm(data, dispersion=known.common)
    order = np.argsort(known.average_log_cpm, kind="stable")
    return np.interp(abundance, known.average_log_cpm[order], known.trended[order])


def quasi_f_test(
    fit: QuasiFit, contrasts: npt.ArrayLike, *, poisson_bound: bool = True
) -> QuasiTest:
    """Quasi-likelihood F test of contrasts against the fit without them.

    Parameters
    ----------
    contrasts
        Shape (n_coefficients,), or independent columns (n_coefficients, n_contrasts).
    poisson_bound
        Hold P no smaller than that of a Poisson test where the moderated variance is below
        Poisson's.

    Raises
    ------
    DesignError
        Contrasts of the wrong shape, zero or dependent ones.

    References
    ----------
    As in `fit_quasi`.
    """
    p = fit.data.design.shape[1]
    c = np.asarray(contrasts, dtype=np.float64)
    columns = c[:, None] if c.ndim == 1 else c
    if columns.ndim != 2 or columns.shape[0] != p:
        raise DesignError(f"contrasts have shape {c.shape}; {p} coefficients are expected")
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise DesignError("contrasts are zero or depend on one another")
    reduced = _reduced_design(fit.data.design, columns)
    df_test = columns.shape[1]
    null = _null_deviance(fit.data, reduced, fit.dispersion.trended)
    # Where neither a region nor any other varies at all, nothing tells the size of a change.
    posterior = np.where(fit.quasi.posterior > 0, fit.quasi.posterior, np.nan)
    f = np.maximum(null - fit.deviance, 0.0) / df_test / posterior
    most = float(fit.data.counts.shape[0] * (fit.data.counts.shape[1] - p))
    df_total = np.minimum(fit.quasi.df_prior + fit.df_residual, most)
    pvalue = f_upper_tail(f, float(df_test), df_total)
    if poisson_bound:
        with np.errstate(invalid="ignore"):
            least = fit.quasi.posterior * (1 + fit.smallest_mean * fit.dispersion.trended)
            below = np.flatnonzero(least < 1)
        if len(below):
            mask = np.zeros(len(f), dtype=bool)
            mask[below] = True
            pvalue[below] = np.maximum(
                pvalue[below], _poisson_p(fit.data.rows(mask), reduced, df_test)
            )
    fold_change = fit.coefficients @ columns[:, 0] / np.log(2)
    empty = fit.data.counts.max(axis=1) == 0
    for values in (f, pvalue, df_total):
        values[empty] = np.nan
    return QuasiTest(np.where(empty, 0.0, fold_change), f, df_total, pvalue)


def quasi_treat(
    fit: QuasiFit, contrast: npt.ArrayLike, *, threshold: float, poisson_bound: bool = True
) -> QuasiTest:
    """Test one contrast against a null of |log2 fold change| <= threshold.

    The signed root of the quasi-likelihood F is taken from each end of the interval, as though the
    change were just that, and P is that of the less favourable end: the upper tail of t beyond the
    nearer one and the tail beyond the farther one. So a change at an end keeps the level, which a
    null that spreads over the interval does not.

    Parameters
    ----------
    contrast
        Shape (n_coefficients,).
    threshold
        Largest uninteresting |log2 fold change|, > 0.
    poisson_bound
        As in `quasi_f_test`.

    Returns
    -------
    QuasiTest
        `statistic` is the squared root from the nearer end, 0 within the interval.

    Raises
    ------
    DesignError
        A threshold that is not positive, or a contrast of the wrong shape or of zeros.

    References
    ----------
    McCarthy & Smyth (2009) Bioinformatics 25:765 (treat); Lund et al. (2012) Stat. Appl. Genet.
    Mol. Biol. 11(5):8 (quasi-likelihood).
    """
    c = np.asarray(contrast, dtype=np.float64)
    if not threshold > 0:
        raise DesignError(f"the threshold of a treat test must be above 0; found {threshold}")
    if c.shape != (fit.data.design.shape[1],) or not c.any():
        raise DesignError(f"a contrast needs {fit.data.design.shape[1]} numbers, not all of them 0")
    phi = fit.dispersion.trended
    posterior = np.where(fit.quasi.posterior > 0, fit.quasi.posterior, np.nan)
    full = fit_counts(fit.data, phi)
    used = c != 0  # zeros of another group leave coefficients without end that say nothing here
    with np.errstate(invalid="ignore"):
        change = full.coefficients[:, used] @ c[used] / np.log(2)
    finite = fit.coefficients @ c / np.log(2)
    change = np.where(np.isnan(change), finite, change)
    most = float(fit.data.counts.shape[0] * (fit.data.counts.shape[1] - len(c)))
    df_total = np.minimum(fit.quasi.df_prior + fit.df_residual, most)
    within = np.abs(change) <= threshold
    near, far = _roots(fit.data, c, threshold, phi, fit.deviance)
    near, far = near / np.sqrt(posterior), far / np.sqrt(posterior)
    pvalue = _treat_p(near, far, within, df_total)
    if poisson_bound:
        with np.errstate(invalid="ignore"):
            below = fit.quasi.posterior * (1 + fit.smallest_mean * phi) < 1
        if below.any():
            part = fit.data.rows(below)
            ends = _roots(part, c, threshold, 0.0, fit_counts(part, 0.0).deviance)
            least = _treat_p(*ends, within[below], np.full(int(below.sum()), np.inf))
            pvalue[below] = np.maximum(pvalue[below], least)
    statistic = np.where(within, 0.0, near**2)
    empty = fit.data.counts.max(axis=1) == 0
    for values in (statistic, pvalue, df_total):
        values[empty] = np.nan
    return QuasiTest(np.where(empty, 0.0, finite), statistic, df_total, pvalue)


def _roots(
    data: CountData, c: FloatArray, threshold: float, phi: npt.ArrayLike, deviance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Roots of the likelihood ratio against the nearer and the farther end of the interval."""
    reduced = _reduced_design(data.design, c[:, None])
    shift = data.design @ c * (threshold * np.log(2) / float(c @ c))
    ends = []
    for sign in (1.0, -1.0):
        moved = CountData(data.counts, _shifted(data.offsets, sign * shift), data.design)
        ratio = _null_deviance(moved, reduced, phi) - deviance
        ends.append(np.sqrt(np.maximum(ratio, 0.0)))
    return np.minimum(*ends), np.maximum(*ends)


def _shifted(offsets: FloatArray, shift: FloatArray) -> FloatArray:
    if isinstance(offsets, Rows):
        return cast("FloatArray", ShiftedRows(offsets, -shift))
    return offsets + shift


def _treat_p(
    near: FloatArray, far: FloatArray, within: npt.NDArray[np.bool_], df: FloatArray
) -> FloatArray:
    upper = 0.5 * t_pvalue(near, df)
    upper = np.where(within, 1 - upper, upper)
    return np.asarray(np.minimum(upper + 0.5 * t_pvalue(far, df), 1.0))


def _squeeze(variance: FloatArray, df: FloatArray, abundance: FloatArray, robust: bool) -> Squeezed:
    """Moderate; regions with reads but no residual degree of freedom get the prior."""
    known = squeeze_variances(variance, df, covariate=abundance, robust=robust)
    without = np.flatnonzero((df == 0) & np.isfinite(abundance))
    if not len(without):
        return known
    usable = np.flatnonzero(df > 0)
    order = usable[np.argsort(abundance[usable], kind="stable")]
    posterior, prior = known.posterior.copy(), known.prior.copy()
    df_prior, df_total = known.df_prior.copy(), known.df_total.copy()
    prior[without] = np.interp(abundance[without], abundance[order], known.prior[order])
    posterior[without] = prior[without]
    df_prior[without] = df_total[without] = known.df_prior[usable].max()
    return Squeezed(posterior, prior, df_prior, df_total)


def _reduced_design(design: FloatArray, columns: FloatArray) -> FloatArray:
    """Design of the null hypothesis; an empty one has no column."""
    from scipy.linalg import null_space

    free = null_space(columns.T)
    # Where a contrast is one coefficient, its column is dropped as it stands, so that a layout of
    # groups is seen as one.
    simple = np.flatnonzero((columns != 0).any(axis=1))
    if len(simple) == columns.shape[1]:
        return np.delete(design, simple, axis=1)
    reduced = design @ free
    return np.where(np.abs(reduced) < 1e-12, 0.0, reduced)


def _null_deviance(data: CountData, reduced: FloatArray, dispersion: npt.ArrayLike) -> FloatArray:
    if reduced.shape[1] == 0:
        raise DesignError("the contrasts leave no coefficient for the null hypothesis")
    return fit_counts(data.with_design(reduced), dispersion).deviance


def _poisson_p(data: CountData, reduced: FloatArray, df: int) -> FloatArray:
    ratio = _null_deviance(data, reduced, 0.0) - fit_counts(data, 0.0).deviance
    return np.asarray(special.chdtrc(df, np.maximum(ratio, 0.0)))
