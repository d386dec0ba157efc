"""Differential enrichment: from a normalised matrix and a design to a fit, and to results.

Which tests there are, and how to add one, is in `method.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError, QuantityError
from resist_epi.io.shown import count
from resist_epi.model.filtering import goes_with_depth
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.method import METHODS as METHODS  # noqa: PLC0414  # asked for here
from resist_epi.model.method import methods_that
from resist_epi.model.question_check import check_method, no_f_test
from resist_epi.model.unit_weights import UnitWeights
from resist_epi.samples.design import Contrast, Design, check_testable
from resist_epi.samples.question import Question
from resist_epi.schema import COUNTS, RESULTS, SHRUNKEN, names
from resist_epi.stats.linear.design import independent_columns
from resist_epi.stats.multiple import benjamini_hochberg, directions
from resist_epi.stats.shrinkage import normal_errors, shrink

# Reads whose units were not looked at: so many in the smaller group or fewer are tested by
# quasi-likelihood.
MAX_UNITS_FOR_QL = 4

# Recovered counts of narrower regions vary less than reads, which no count model expects.
MIN_FRAGMENTS_WIDE = 5.0

DEFAULT = "trend"


def choose_method(
    matrix: CountMatrix,
    group_sizes: Sequence[int],
    *,
    sides: Sequence[NDArray[np.bool_]] = (),
    fragment_length: float | None = None,
    seen: UnitWeights | None = None,
) -> tuple[str, str]:
    """The test for a quantity and group size, and the reason, in words.

    Parameters
    ----------
    group_sizes
        Informing units a group; empty for a continuous contrast.
    sides
        (n_units,) bool each, of the contrast's two sides.
    fragment_length
        bp, where reads were recovered from tracks.
    seen
        What the residuals say of the units; without it their number decides.
    """
    if matrix.quantity not in COUNTS:
        return "trend", f"{matrix.quantity} is signal, not counts"
    if matrix.quantity == "recovered_reads":
        width = float((matrix.regions["end"] - matrix.regions["start"]).median())
        if fragment_length is None or width < MIN_FRAGMENTS_WIDE * fragment_length:
            return "trend", (
                f"recovered reads in regions of a median of {width:g} bp, less than"
                f" {MIN_FRAGMENTS_WIDE:g} fragments, vary too little for a count model"
            )
    if goes_with_depth(matrix, sides):
        return "ql", "counts, and depth goes with the contrast, which biases logs of few reads"
    if seen is not None:
        name, figure = seen.reads_method
        return name, f"counts, and {figure}"
    smaller = min(group_sizes, default=len(matrix.samples) // 2)
    if smaller <= MAX_UNITS_FOR_QL:
        return "ql", f"counts, and {count(smaller, 'unit')} in the smaller group"
    return "voom", f"counts, and {smaller} units in the smaller group"


def fit(
    matrix: CountMatrix,
    design: Design,
    *,
    method: str = DEFAULT,
    tested: NDArray[np.bool_] | None = None,
    options: FitOptions | None = None,
) -> Fit:
    """Fit a design to every region.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    method
        A key of `METHODS`.
    tested
        (n_regions,) bool from `filtering`; by default the regions with any signal.
    options
        Weights of the units, blocks, strata; by default none.

    Raises
    ------
    DesignError
        If the method is unknown or has not what the options ask for, or matrix and design name
        different units.
    QuantityError
        If the method cannot be used on this quantity.
    """
    options = options or FitOptions()
    check_method(method, block=options.block, strata=options.strata)
    require_quantity(method, matrix.quantity)
    chosen = METHODS[method]
    if tuple(design.matrix.index) != matrix.samples:
        raise DesignError(
            f"the design's units ({', '.join(map(str, design.matrix.index))}) are not the matrix's"
            f" ({', '.join(matrix.samples)})"
        )
    present = matrix.values.max(axis=1, initial=0) > 0
    mask = np.asarray(present if tested is None else tested & present, dtype=bool)
    return chosen.fit(matrix, design, mask, options)


def require_quantity(method: str | None, quantity: str, what: str = "this matrix") -> None:
    """Refuse to test a quantity by a method that cannot; where none is named one that can is taken.

    Raises
    ------
    QuantityError
        If the method is for other quantities.
    """
    chosen = METHODS.get(method or "")
    if chosen is not None and quantity not in chosen.quantities:
        raise QuantityError(
            f"{method} needs {' or '.join(chosen.quantities)};"
            f" {what} holds {quantity}. Use --method {DEFAULT}, or count reads"
        )


def own_contrast(method: str | None) -> Callable[[Design], Contrast] | None:
    """What makes the contrast of a method with a question of its own; None for the others."""
    known = METHODS.get(method or "")
    return None if known is None else known.own_contrast


def reach(method: str, contrast: Contrast, tested: NDArray[np.bool_], *, fdr: float) -> str | None:
    """What this method cannot find with so many units and regions, in words; None where nothing."""
    limit = METHODS[method].reach
    return None if limit is None else limit(contrast, int(tested.sum()), fdr)


def contrast_results(
    fitted: Fit,
    contrast: Contrast,
    *,
    fdr: float = Question.fdr,
    lfc_threshold: float = 0.0,
    shrunken: bool = True,
) -> pd.DataFrame:
    """Test one contrast in every region; several contrasts may be tested on one fit.

    Parameters
    ----------
    fdr
        Level at which `direction` says gain or loss.
    lfc_threshold
        Test against a null of an absolute log2 fold change of at most this.
    shrunken
        Whether to shrink the fold changes too; NaN in their columns otherwise.

    Returns
    -------
    DataFrame
        The contract's result columns, a row a region, in the order of the regions, then those of
        `schema.SHRUNKEN`, which know of no threshold. Regions that were not tested have a fold
        change and NaN after it. Where units have weights, the columns
        `log2FoldChange_unweighted`, `pvalue_unweighted` and `padj_unweighted` follow.

    Raises
    ------
    DesignError
        If the method cannot test this contrast.
    """
    columns = contrast_statistics(fitted, contrast, lfc_threshold=lfc_threshold)
    if shrunken:
        plain = columns if lfc_threshold <= 0 else contrast_statistics(fitted, contrast)
        columns = columns | shrunken_changes(plain)
    table = results_table(fitted, columns, fdr=fdr)
    if fitted.unweighted is not None:
        beside = contrast_statistics(fitted.unweighted, contrast, lfc_threshold=lfc_threshold)
        table["log2FoldChange_unweighted"] = beside["log2FoldChange"]
        table["pvalue_unweighted"] = beside["pvalue"]
        table["padj_unweighted"] = benjamini_hochberg(beside["pvalue"])
    return table


def with_unadjusted(
    results: pd.DataFrame, fitted: Fit, contrast: Contrast, question: Question
) -> pd.DataFrame:
    """Results with `unadjusted_pvalue` and `unadjusted_padj` beside.

    Parameters
    ----------
    fitted, contrast
        Without what the results are adjusted for.
    question
        Whose threshold the test has.
    """
    found = contrast_statistics(fitted, contrast, lfc_threshold=question.lfc_threshold)
    p = found["pvalue"]
    return results.assign(unadjusted_pvalue=p, unadjusted_padj=benjamini_hochberg(p))


def contrast_statistics(
    fitted: Fit, contrast: Contrast, *, lfc_threshold: float = 0.0
) -> dict[str, FloatArray]:
    """Statistics of one contrast without a table, each (n_regions,), NaN where not tested.

    These are `log2FoldChange lfcSE ci_low ci_high stat df pvalue`.

    Raises
    ------
    DesignError
        As `contrast_results`.
    """
    found = _statistics(fitted, contrast, lfc_threshold)
    if fitted.least_pvalue is not None:
        found = found | {"pvalue": np.maximum(found["pvalue"], fitted.least_pvalue)}
    return found


def _statistics(fitted: Fit, contrast: Contrast, lfc_threshold: float) -> dict[str, FloatArray]:
    method = METHODS[fitted.method]
    if lfc_threshold <= 0:
        return method.statistics(fitted, contrast)
    if method.threshold_statistics is None:
        able = methods_that(lambda m: m.threshold_statistics)
        raise DesignError(f"{fitted.method} has no test against a threshold; use {able}")
    return method.threshold_statistics(fitted, contrast, lfc_threshold)


def shrunken_changes(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Fold changes after adaptive shrinkage, and s-values: the columns of `schema.SHRUNKEN`.

    The errors are those that the P of the test speak of (`normal_errors`), so that each method's
    evidence enters as it is: few degrees of freedom, a likelihood ratio, an exchange of labels.

    Parameters
    ----------
    columns
        Of `contrast_statistics` without a threshold; NaN where a region has no standard error.
    """
    change, error, p = (columns[name] for name in ("log2FoldChange", "lfcSE", "pvalue"))
    known = np.isfinite(change) & np.isfinite(error) & np.isfinite(p)
    errors = normal_errors(change, error, columns["stat"], columns["df"], p)
    found = shrink(np.where(known, change, np.nan), errors)
    return dict(zip(names(SHRUNKEN), (found.effect, found.svalue), strict=True))


def f_results(fitted: Fit, contrasts: Sequence[Contrast]) -> pd.DataFrame:
    """Test several contrasts of one fit together: does any of them differ from zero?

    Parameters
    ----------
    contrasts
        Any; where some follow from others, as of all pairs of three groups, F has as many degrees
        of freedom as there are independent ones.

    Returns
    -------
    DataFrame
        Region columns, `baseMean`, `log2FoldChange_NAME` for each contrast, `F`, `df1`, `df2`,
        `pvalue`, `padj`.

    Raises
    ------
    DesignError
        If the contrasts are all zero, or the method has no F test.
    """
    vectors = np.column_stack([c.vector for c in contrasts])
    independent = independent_columns(vectors)
    statistic, pvalue = f_statistics(fitted, independent)
    pvalue = np.where(fitted.tested, pvalue, np.nan)
    changes = fitted.coefficients @ vectors
    return fitted.regions.reset_index(drop=True).assign(
        baseMean=fitted.base_mean,
        **{f"log2FoldChange_{c.name}": changes[:, k] for k, c in enumerate(contrasts)},
        F=np.where(fitted.tested, statistic, np.nan),
        df1=independent.shape[1],
        df2=np.where(fitted.tested, fitted.squeezed.df_total, np.nan),
        pvalue=pvalue,
        padj=benjamini_hochberg(pvalue),
    )


def f_statistics(fitted: Fit, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F of several contrasts of a fit together, and its P, each (n_regions,).

    Parameters
    ----------
    vectors
        (p, k), linearly independent.

    Raises
    ------
    DesignError
        If the method has no F test, or the contrasts depend on one another.
    """
    found = METHODS[fitted.method].f_statistics
    if found is None:
        raise DesignError(no_f_test(fitted.method))
    f, p = found(fitted, vectors)
    return f, p if fitted.least_pvalue is None else np.maximum(p, fitted.least_pvalue)


def fold_changes(fitted: Fit, contrast: Contrast) -> pd.DataFrame:
    """The contrast's fold changes without any test: what remains where a group has no replicates.

    They are the method's own, as beside a test. Columns are those of the contract; `lfcSE` to
    `padj` are NaN and `direction` is `none`.
    """
    columns = dict.fromkeys(
        ("lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue"), np.full(len(fitted.regions), np.nan)
    )
    if METHODS[fitted.method].own_contrast is None:
        estimate = fitted.coefficients @ contrast.vector
    else:  # a question of its own is in no coefficient
        estimate = contrast_statistics(fitted, contrast)["log2FoldChange"]
    return results_table(fitted, {"log2FoldChange": estimate, **columns}, fdr=0.05)


def results_table(fitted: Fit, columns: Mapping[str, FloatArray], *, fdr: float) -> pd.DataFrame:
    """Join statistics to the regions as the contract's result table, with padj and direction."""
    table = fitted.regions.reset_index(drop=True).copy()
    table["baseMean"] = fitted.base_mean
    for name, values in columns.items():
        table[name] = values
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    # A hazard ratio without a maximum is NaN, but its score test has a sign.
    change = table["log2FoldChange"].fillna(table["stat"])
    table["direction"] = directions(table["padj"], change, fdr=fdr)
    own = [*names(RESULTS), *names(SHRUNKEN)]
    extra = [c for c in fitted.regions.columns if c not in own]
    return table.reindex(columns=[*own, *extra])


def differential(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    *,
    method: str = DEFAULT,
    tested: NDArray[np.bool_] | None = None,
    options: FitOptions | None = None,
    fdr: float = Question.fdr,
) -> tuple[pd.DataFrame, Fit]:
    """Fit and test in one call.

    Raises
    ------
    DesignError
        If a side of the contrast has fewer than two units, or no residual degree of freedom is
        left; see `fold_changes` for what can still be had.
    """
    check_testable(design, contrast)
    fitted = fit(matrix, design, method=method, tested=tested, options=options)
    return contrast_results(fitted, contrast, fdr=fdr), fitted
