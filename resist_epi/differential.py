"""Differential enrichment: from a normalised matrix and a design to a fit, and to results.

To add a test, write its kernel in `stats/` and a line in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.design import Contrast, Design, check_testable
from resist_epi.errors import DesignError, QuantityError
from resist_epi.fit import Fit
from resist_epi.matrix import CountMatrix
from resist_epi.normalization import scaled
from resist_epi.schema import QUANTITIES, RESULTS, names
from resist_epi.stats.linear import contrast as linear_contrast
from resist_epi.stats.linear import fit_linear
from resist_epi.stats.moderation import (
    Squeezed,
    moderated_t,
    squeeze_variances,
    standard_error,
    t_quantile,
)
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.units import COUNTS

FloatArray = NDArray[np.float64]

# The prior is a low quantile of the regions' positive means, and at most a small share of their
# median, so that it hardly shrinks the fold change of a region with ordinary signal. Quantiles
# from .01 to .25 give the same calls, since the trend of the variance takes up what is left.
PRIOR_QUANTILE = 0.01
PRIOR_SHARE_OF_MEDIAN = 0.05
MIN_PRIOR_READS = 0.5


@dataclass(frozen=True)
class Method:
    """A test and what it can be used on.

    Attributes
    ----------
    fit
        (matrix, design, tested) -> Fit.
    quantities
        Quantities that it accepts.
    summary
        What it does, in one sentence for headers and methods paragraphs.
    """

    fit: Callable[[CountMatrix, Design, NDArray[np.bool_]], Fit]
    quantities: tuple[str, ...]
    summary: str


def fit_trend(matrix: CountMatrix, design: Design, tested: NDArray[np.bool_]) -> Fit:
    """Linear model of log2 signal, region by region, with moderated variances.

    log2(scaled value + prior) is fitted by least squares; each residual variance is drawn towards
    a trend in the mean level, robustly against regions of unusual variance.

    Sources: Smyth 2004 (moderated t); Law et al. 2014 (trend of the variance on the log scale);
    Phipson et al. 2016 (robust hyperparameters).

    Parameters
    ----------
    tested
        (n_regions,) bool; the other regions get fold changes, and NaN for their variances.
    """
    values = scaled(matrix)
    prior = _prior(values, tested, counts=matrix.quantity in COUNTS)
    level = np.log2(values + prior)
    linear = fit_linear(level, design.matrix.to_numpy())
    variance = np.where(tested, linear.sigma2, np.nan)
    replicated = bool(tested.any()) and design.matrix.shape[0] > design.matrix.shape[1]
    return Fit(
        design=design.matrix,
        linear=linear,
        squeezed=squeeze_variances(variance, linear.df_residual, covariate=linear.mean, robust=True)
        if replicated
        else _no_variances(len(values)),
        base_mean=values.mean(axis=1),
        regions=matrix.regions,
        tested=tested,
        method="trend",
        normalization=str(matrix.metadata.get("normalization", "none")),
        quantity=matrix.quantity,
        settings={"prior": prior},
    )


def _no_variances(n: int) -> Squeezed:
    return Squeezed(*(np.full(n, np.nan) for _ in range(4)))


def _prior(values: FloatArray, tested: NDArray[np.bool_], *, counts: bool) -> float:
    means = values[tested].mean(axis=1)
    means = means[means > 0]
    if not len(means):
        return 1.0
    prior = min(
        float(np.quantile(means, PRIOR_QUANTILE)), PRIOR_SHARE_OF_MEDIAN * float(np.median(means))
    )
    return max(prior, MIN_PRIOR_READS) if counts else prior


METHODS: Mapping[str, Method] = {
    "trend": Method(
        fit_trend,
        QUANTITIES,
        "linear model of log2 signal with variances moderated towards a trend (limma-trend)",
    ),
}
DEFAULT = "trend"


def fit(
    matrix: CountMatrix,
    design: Design,
    *,
    method: str = DEFAULT,
    tested: NDArray[np.bool_] | None = None,
) -> Fit:
    """Fit a design to every region.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool from `filtering`; by default the regions with any signal.

    Raises
    ------
    DesignError
        If the method is unknown, or matrix and design name different units.
    QuantityError
        If the method cannot be used on this quantity.
    """
    if method not in METHODS:
        raise DesignError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
    if matrix.quantity not in METHODS[method].quantities:
        raise QuantityError(
            f"{method} needs {' or '.join(METHODS[method].quantities)};"
            f" this matrix holds {matrix.quantity}. Use --method trend, or count from BAM files"
        )
    if tuple(design.matrix.index) != matrix.samples:
        raise DesignError(
            f"the design's units ({', '.join(map(str, design.matrix.index))}) are not the matrix's"
            f" ({', '.join(matrix.samples)})"
        )
    present = (matrix.values > 0).any(axis=1)
    mask = np.asarray(present if tested is None else tested & present, dtype=bool)
    return METHODS[method].fit(matrix, design, mask)


def contrast_results(fitted: Fit, contrast: Contrast, *, fdr: float = 0.05) -> pd.DataFrame:
    """Test one contrast in every region.

    Parameters
    ----------
    fdr
        Level at which `direction` says gain or loss.

    Returns
    -------
    DataFrame
        The contract's result columns, a row a region, in the order of the regions. Regions that
        were not tested have a fold change and NaN after it.
    """
    estimate, unscaled_sd = linear_contrast(fitted.linear, contrast.vector)
    error = standard_error(unscaled_sd, fitted.squeezed)
    tests = moderated_t(estimate, unscaled_sd, fitted.squeezed)
    defined = np.isfinite(tests.statistic)
    df = fitted.squeezed.df_total
    half = t_quantile(0.95, df) * error
    return results_table(
        fitted,
        {
            "log2FoldChange": estimate,
            "lfcSE": np.where(defined, error, np.nan),
            "ci_low": np.where(defined, estimate - half, np.nan),
            "ci_high": np.where(defined, estimate + half, np.nan),
            "stat": tests.statistic,
            "df": np.where(defined, df, np.nan),
            "pvalue": tests.pvalue,
        },
        fdr=fdr,
    )


def fold_changes(fitted: Fit, contrast: Contrast) -> pd.DataFrame:
    """The contrast's fold changes without any test: what remains where a group has no replicates.

    Returns
    -------
    DataFrame
        The contract's result columns; `lfcSE` to `padj` are NaN and `direction` is `none`.
    """
    columns = dict.fromkeys(
        ("lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue"), np.full(len(fitted.regions), np.nan)
    )
    estimate = fitted.coefficients @ contrast.vector
    return results_table(fitted, {"log2FoldChange": estimate, **columns}, fdr=0.05)


def results_table(fitted: Fit, columns: Mapping[str, FloatArray], *, fdr: float) -> pd.DataFrame:
    """Join statistics to the regions as the contract's result table, with padj and direction."""
    table = fitted.regions.reset_index(drop=True).copy()
    table["baseMean"] = fitted.base_mean
    for name, values in columns.items():
        table[name] = values
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    called = (table["padj"] <= fdr).to_numpy()
    gained = (table["log2FoldChange"] > 0).to_numpy()
    table["direction"] = np.select([called & gained, called & ~gained], ["gain", "loss"], "none")
    extra = [c for c in fitted.regions.columns if c not in names(RESULTS)]
    return table[[*names(RESULTS), *extra]]


def differential(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    *,
    method: str = DEFAULT,
    tested: NDArray[np.bool_] | None = None,
    fdr: float = 0.05,
) -> tuple[pd.DataFrame, Fit]:
    """Fit and test in one call.

    Raises
    ------
    DesignError
        If a side of the contrast has fewer than two units, or no residual degree of freedom is
        left; see `fold_changes` for what can still be had.
    """
    check_testable(design, contrast)
    fitted = fit(matrix, design, method=method, tested=tested)
    return contrast_results(fitted, contrast, fdr=fdr), fitted
