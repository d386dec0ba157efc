"""Two-group tests with few assumptions, to hold a model's answer against: `wilcoxon`, `welch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil, comb

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, fit_trend
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.groups.rank_tests import TwoGroupTests, welch_tests, wilcoxon_tests
from resist_epi.stats.linear.least_squares import row_blocks
from resist_epi.stats.linear.moderation import t_quantile

# Of regions with the smallest P that a rank test can have; more of them are worth a word.
FEW_AT_SMALLEST = 10

ABLE = "trend"


def fit_wilcoxon(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Log2 signal for Wilcoxon's rank-sum test. Source: Wilcoxon 1945; Mann & Whitney 1947."""
    return _plain("wilcoxon", matrix, design, tested)


def fit_welch(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Log2 signal for Welch's t test. Source: Welch 1947."""
    return _plain("welch", matrix, design, tested)


def _plain(method: str, matrix: CountMatrix, design: Design, tested: NDArray[np.bool_]) -> Fit:
    if len(design.variables) != 1:
        raise DesignError(
            f"{method} compares two groups and adjusts for nothing, but the design is"
            f" {design.formula!r}; use a design of one column, or --method trend"
        )
    return replace(fit_trend(matrix, design, tested, FitOptions()), method=method)


def wilcoxon_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """Difference of the group means (log2), normal score of the rank sum, and P."""
    return _statistics(fitted, contrast, wilcoxon_tests, ranks=True)


def wilcoxon_reach(contrast: Contrast, n_tested: int, fdr: float) -> str | None:
    """What the rank sum's smallest P cannot reach, in words; None where it hardly limits.

    Adjusted after Benjamini and Hochberg, k of n regions at the smallest P have padj = P n / k.
    """
    if not contrast.sides or not n_tested:
        return None
    sizes = tuple(int(side.sum()) for side in contrast.sides)
    smallest = min(2 / comb(sum(sizes), sizes[0]), 1.0)
    said = f"Wilcoxon's smallest P for {sizes[0]} against {sizes[1]} units is {smallest:.2g}"
    if smallest > fdr:
        return (
            f"{said}, above the level of {fdr:g}: no region can be called, whatever it holds; use"
            f" --method {ABLE}, or more units"
        )
    needed = ceil(n_tested * smallest / fdr * (1 - 1e-12))
    if needed <= FEW_AT_SMALLEST:
        return None
    return (
        f"{said}: none of the {n_tested} tested regions can be called at {fdr:g} unless at least"
        f" {needed} of them have it; --method {ABLE} has no such bound"
    )


def welch_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """Difference of the group means (log2), its standard error and interval, t, and P."""
    return _statistics(fitted, contrast, welch_tests, ranks=False)


def _statistics(
    fitted: Fit,
    contrast: Contrast,
    test: Callable[[FloatArray, NDArray[np.bool_]], TwoGroupTests],
    *,
    ranks: bool,
) -> dict[str, FloatArray]:
    if not contrast.sides:
        raise DesignError(f"{fitted.method} compares two groups; {contrast.name} is none")
    first, second = contrast.sides
    units = first | second
    response = fitted.linear.response
    # A block at a time: of windows the response is made by rows.
    parts = [test(response[rows][:, units], first[units]) for rows in row_blocks(len(response))]
    parts = parts or [test(np.empty((0, int(units.sum()))), first[units])]
    tests = TwoGroupTests(*map(np.concatenate, zip(*parts, strict=True)))
    defined = fitted.tested & np.isfinite(tests.pvalue)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(ranks, np.nan, tests.estimate / tests.statistic)
    half = t_quantile(0.95, tests.df) * error

    def where_defined(values: FloatArray) -> FloatArray:
        return np.where(defined, values, np.nan)

    return {
        "log2FoldChange": tests.estimate,
        "lfcSE": where_defined(error),
        "ci_low": where_defined(tests.estimate - half),
        "ci_high": where_defined(tests.estimate + half),
        "stat": where_defined(tests.statistic),
        "df": where_defined(tests.df),
        "pvalue": where_defined(tests.pvalue),
    }
