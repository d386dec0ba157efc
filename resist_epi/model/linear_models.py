"""Linear models of log2 signal: `trend` for any quantity, `voom` for reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled_means
from resist_epi.errors import DesignError
from resist_epi.model.fit import Fit
from resist_epi.model.log_rows import ExpRows, KeptWeights, LogLevel, ScaledRows
from resist_epi.samples.design import Contrast, Design
from resist_epi.schema import COUNTS
from resist_epi.stats.linear.blocking import block_correlation, correlation_matrix
from resist_epi.stats.linear.gaps import chance_of_gaps
from resist_epi.stats.linear.least_squares import (
    LinearFit,
    contrast_mean_square,
    fit_linear,
    row_blocks,
)
from resist_epi.stats.linear.least_squares import contrast as linear_contrast
from resist_epi.stats.linear.moderation import (
    Squeezed,
    moderated_f,
    moderated_t,
    squeeze_variances,
    standard_error,
    t_quantile,
    treat,
)
from resist_epi.stats.linear.outlying import outlying_values
from resist_epi.stats.linear.precision import voom, voom_with_sample_weights
from resist_epi.stats.linear.precision_rows import LogCounts
from resist_epi.stats.linear.weights import array_weights, without_shift
from resist_epi.stats.rows import Rows, taken

# The prior is a low quantile of the regions' positive means, and at most a small share of their
# median, so that it hardly shrinks the fold change of a region with ordinary signal. Quantiles
# from .01 to .25 give the same calls, since the trend of the variance takes up what is left.
PRIOR_QUANTILE = 0.01

PRIOR_SHARE_OF_MEDIAN = 0.05

MIN_PRIOR_READS = 0.5

VOOM_PRIOR = 0.5

SMALLEST_ERROR = 1e-10

NO_WEIGHT = 1e-12  # of a value that is left out

# Rate among the values left out of those that belong, and that with few degrees of freedom.
ODD_FDR, ODD_FDR_FEW, FEW_DF = 0.01, 0.05, 10


@dataclass(frozen=True)
class FitOptions:
    """What a fit may do besides its design.

    Attributes
    ----------
    weights
        Whether units get weights estimated from all regions; the unweighted fit stays beside.
    variance_groups
        Label of each unit, where the units of a group share a weight; None for a weight a unit.
    centred
        Whether a unit's shift in all regions is no part of its weight.
    leave_out
        Whether single values far from the rest of their region are left out (`trend`).
    block
        Column of the sheet whose levels are blocks with a random effect, such as `Patient`.
    strata
        Column of the sheet whose levels have baseline hazards of their own (`cox` alone).
    """

    weights: bool = False
    variance_groups: tuple[int, ...] | None = None
    centred: bool = False
    leave_out: bool = False
    block: str | None = None
    strata: str | None = None


def log_level(matrix: CountMatrix, tested: NDArray[np.bool_]) -> tuple[FloatArray, float]:
    """(n_regions, n_units) log2(scaled value + prior), and the prior, in the quantity's unit.

    Of float32, as windows are, the first is `rows.Rows`.
    """
    prior = prior_of_means(scaled_means(matrix)[tested], counts=matrix.quantity in COUNTS)
    level = LogLevel(matrix, prior)
    # Windows of a genome are too many to hold the logs of all of them.
    made = level if matrix.values.dtype == np.float32 else np.asarray(level)
    return cast("FloatArray", made), prior


def prior_of_means(means: FloatArray, *, counts: bool) -> float:
    """What is added before logs, from the means of the regions that are tested, in their unit."""
    means = means[means > 0]
    if not len(means):
        return 1.0
    prior = min(
        float(np.quantile(means, PRIOR_QUANTILE)), PRIOR_SHARE_OF_MEDIAN * float(np.median(means))
    )
    return max(prior, MIN_PRIOR_READS) if counts else prior


def fit_trend(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Linear model of log2 signal, region by region, with moderated variances.

    log2(scaled value + prior) is fitted by least squares, with weights of the units if asked for;
    each residual variance is drawn towards a trend in the mean level, robustly against regions of
    unusual variance. Outlying values are left out if asked for, with their degrees of freedom.

    Sources: Smyth 2004 (moderated t); Law et al. 2014 (trend of the variance on the log scale);
    Ritchie et al. 2006 (sample weights); Smyth, Michaud & Scott 2005 (blocks); Phipson et al. 2016
    (robust hyperparameters).

    Parameters
    ----------
    tested
        (n_regions,) bool; the other regions get fold changes, and NaN for their variances.
    """
    level, prior = log_level(matrix, tested)
    X = design.matrix.to_numpy()
    informing = level if tested.all() else taken(level, tested)
    correlation, rho = _blocked(informing, design, options)
    plain = fit_linear(level, X, correlation=correlation)
    unweighted = _moderated("trend", matrix, design, tested, plain, covariate=plain.mean)
    fitted, weights = unweighted, None
    settings = {"prior": prior} if rho is None else {"prior": prior, "block_correlation": rho}
    if options.weights:
        shown = without_shift(informing, X) if options.centred else informing
        weights = array_weights(shown, X, groups=options.variance_groups)
    odd = odd_among(informing, X, weights) if options.leave_out else None
    if weights is not None or (odd is not None and odd.any()):
        if odd is None or not odd.any():
            linear = fit_linear(level, X, weights=weights, correlation=correlation)
        else:
            every = spread_rows(odd, tested)
            linear = fit_without(every, level, X, weights, correlation)
            settings["left_out"] = int(odd.sum())
        fitted = replace(
            _moderated("trend", matrix, design, tested, linear, covariate=linear.mean),
            weights=weights,
            unweighted=unweighted,
            least_pvalue=None if odd is None else _by_gaps(matrix, X, tested, odd),
        )
    return replace(fitted, settings=settings, notes=(f"from log2(value + {prior:.3g})",))


def _by_gaps(
    matrix: CountMatrix, X: FloatArray, tested: NDArray[np.bool_], odd: NDArray[np.bool_]
) -> FloatArray:
    """(n_regions,) the chance of the zeros that are left where they are half of a group."""
    groups = np.unique(X, axis=0, return_inverse=True)[1].reshape(-1)
    least = np.zeros(len(tested))
    values = cast("FloatArray", taken(ScaledRows(matrix), tested))
    least[tested] = chance_of_gaps(values, ~odd, groups)
    return least


def odd_among(level: FloatArray, X: FloatArray, weights: FloatArray | None) -> NDArray[np.bool_]:
    """(n_regions, n_units) values to leave out; with few units at a higher rate of mistakes.

    Few units tell an odd value less surely, and a gap that stays costs them their region.
    """
    few = len(X) - X.shape[1] < FEW_DF
    return outlying_values(level, X, weights=weights, fdr=ODD_FDR_FEW if few else ODD_FDR)


def spread_rows(mask: NDArray[np.bool_], tested: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n_regions, n_units) from (n_tested, n_units): False in regions that were not tested."""
    every = np.zeros((len(tested), mask.shape[1]), dtype=bool)
    every[tested] = mask
    return every


def fit_without(
    odd: NDArray[np.bool_],
    level: FloatArray,
    X: FloatArray,
    weights: FloatArray | None,
    correlation: FloatArray | None,
) -> LinearFit:
    """The fit without some values, whose degrees of freedom are gone as well.

    Parameters
    ----------
    odd
        (n_regions, n_units) bool, the values to leave out.
    weights
        (n_units,) of the units; None where all count the same.
    """
    each = np.ones(len(X)) if weights is None else weights
    kept = KeptWeights(odd, NO_WEIGHT, each)
    by_rows = isinstance(level, Rows)
    linear = fit_linear(
        level, X, weights=kept if by_rows else np.asarray(kept), correlation=correlation
    )
    left = linear.df_residual - odd.sum(axis=1)
    # The trend of the variance is drawn along the level of what was fitted.
    mean = np.empty(len(odd))
    for rows in row_blocks(len(odd)):
        mean[rows] = np.where(odd[rows], linear.fitted(rows), level[rows]).mean(axis=1)
    return replace(
        linear,
        sigma2=linear.sigma2 * linear.df_residual / np.maximum(left, 1.0),
        df_residual=left,
        mean=mean,
    )


def fit_voom(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Linear model of log2 counts per million with a precision weight of each observation.

    Sources: Law et al. 2014 (voom); Liu et al. 2015 (with weights of the samples); Phipson et al.
    2016 (robust hyperparameters).

    Parameters
    ----------
    tested
        (n_regions,) bool; the weights of the others are those of their fitted count, but they get
        no variance and no test.

    Notes
    -----
    Without a residual degree of freedom there are fold changes alone.
    """
    X, every_size = design.matrix.to_numpy(), _sizes(matrix)
    if X.shape[0] <= X.shape[1]:
        # Fold changes alone, which need no precision.
        return _voom_fit(matrix, design, tested, np.ones((int(tested.sum()), len(X))), None)
    every = bool(tested.all())
    counts = matrix.values if every else matrix.values[tested]
    sizes = every_size if every or every_size.ndim == 1 else taken(every_size, tested)
    first = voom(counts, X, sizes)
    correlation, rho = _blocked(first.log_cpm, design, options)
    plain = first if correlation is None else voom(counts, X, sizes, correlation=correlation)
    unweighted = _voom_fit(matrix, design, tested, plain.weights, correlation)
    fitted = unweighted
    if options.weights:
        both = voom_with_sample_weights(
            counts, X, sizes, correlation=correlation, first=plain,
            groups=options.variance_groups, centred=options.centred,
        )  # fmt: skip
        weighted = _voom_fit(matrix, design, tested, both.weights, correlation)
        fitted = replace(weighted, weights=both.sample_weights, unweighted=unweighted)
    settings = {"prior": VOOM_PRIOR}
    return replace(
        fitted, settings=settings if rho is None else settings | {"block_correlation": rho}
    )


def _sizes(matrix: CountMatrix) -> FloatArray:
    """(n_units,) effective library sizes, or (n_regions, n_units) where each region has its own."""
    if isinstance(matrix.offsets, Rows):
        return cast("FloatArray", ExpRows(matrix.offsets))
    return matrix.effective_library_sizes if matrix.offsets is None else np.exp(matrix.offsets)


def _voom_fit(
    matrix: CountMatrix,
    design: Design,
    tested: NDArray[np.bool_],
    weights: FloatArray,
    correlation: FloatArray | None,
) -> Fit:
    level = LogCounts(matrix.values, _sizes(matrix))
    by_rows = matrix.values.dtype == np.float32
    every = weights
    if not tested.all():
        every = np.ones(level.shape)  # regions not tested: fold changes need no precision
        every[tested] = weights
    linear = fit_linear(
        cast("FloatArray", level) if by_rows else np.asarray(level),
        design.matrix.to_numpy(),
        weights=every,
        correlation=correlation,
    )
    moderated = _moderated("voom", matrix, design, tested, linear, covariate=None)
    note = f"from log2((reads + {VOOM_PRIOR:g}) / (library + {2 * VOOM_PRIOR:g}))"
    return replace(moderated, notes=(note,))


def _blocked(
    level: FloatArray, design: Design, options: FitOptions
) -> tuple[FloatArray | None, float | None]:
    """Correlation matrix of the units, and the correlation within a block."""
    if options.block is None:
        return None, None
    blocks = design.units[options.block].to_numpy()
    if len(set(blocks)) == len(blocks):
        raise DesignError(
            f"column {options.block} has another level in every unit, so there is no block to"
            " speak of; leave --block out"
        )
    rho = float(block_correlation(level, design.matrix.to_numpy(), blocks).consensus)
    return correlation_matrix(blocks, rho), rho


def _moderated(
    method: str,
    matrix: CountMatrix,
    design: Design,
    tested: NDArray[np.bool_],
    linear: LinearFit,
    *,
    covariate: FloatArray | None,
) -> Fit:
    variance = np.where(tested, linear.sigma2, np.nan)
    replicated = bool(tested.any()) and design.matrix.shape[0] > design.matrix.shape[1]
    squeezed = (
        squeeze_variances(variance, linear.df_residual, covariate=covariate, robust=True)
        if replicated
        else no_variances(len(variance))
    )
    return Fit(
        design=design.matrix,
        linear=linear,
        squeezed=squeezed,
        base_mean=scaled_means(matrix),
        regions=matrix.regions,
        tested=tested,
        method=method,
        normalization=str(matrix.metadata.get("normalization", "none")),
        quantity=matrix.quantity,
    )


def no_variances(n: int) -> Squeezed:
    """(n,) NaN each: where nothing tells how much units differ."""
    return Squeezed(*(np.full(n, np.nan) for _ in range(4)))


def linear_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """Estimate, standard error, interval, moderated t and P of a contrast, each (n_regions,).

    Source: Smyth 2004.
    """
    return linear_threshold(fitted, contrast, 0.0)


def linear_threshold(
    fitted: Fit, contrast: Contrast, lfc_threshold: float
) -> dict[str, FloatArray]:
    """As `linear_statistics`, P against a null of |log2 fold change| at most a threshold.

    Source: McCarthy & Smyth 2009.
    """
    estimate, unscaled_sd = linear_contrast(fitted.linear, contrast.vector)
    error = standard_error(unscaled_sd, fitted.squeezed)
    tests = (
        treat(estimate, unscaled_sd, fitted.squeezed, threshold=lfc_threshold)
        if lfc_threshold > 0
        else moderated_t(estimate, unscaled_sd, fitted.squeezed)
    )
    # An error as small as the rounding of the fit itself says nothing.
    defined = np.isfinite(tests.pvalue) & (error > SMALLEST_ERROR)
    half = t_quantile(0.95, fitted.squeezed.df_total) * error

    def where_defined(values: FloatArray) -> FloatArray:
        return np.where(defined, values, np.nan)

    return {
        "log2FoldChange": estimate,
        "lfcSE": where_defined(error),
        "ci_low": where_defined(estimate - half),
        "ci_high": where_defined(estimate + half),
        "stat": where_defined(tests.statistic),
        "df": where_defined(fitted.squeezed.df_total),
        "pvalue": where_defined(tests.pvalue),
    }


def linear_f(fitted: Fit, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Moderated F of several contrasts together, and its P, each (n_regions,).

    Parameters
    ----------
    vectors
        (p, k) contrasts, linearly independent.
    """
    mean_square = contrast_mean_square(fitted.linear, vectors)
    tests = moderated_f(mean_square, vectors.shape[1], fitted.squeezed)
    return tests.statistic, tests.pvalue
