"""From one matrix of counts to results: units merged, normalised, filtered, fitted and tested."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_flags, merge_units
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.model import differential, normalization
from resist_epi.model.agreement import Agreement, compare_normalizations
from resist_epi.model.filtering import regions_over_input, regions_with_signal
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization_data import NormalizationInputs, merge_inputs
from resist_epi.samples.design import (
    DEFAULT_FORMULA,
    Contrast,
    Design,
    check_testable,
    formula_columns,
    make_contrast,
    make_design,
)
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.sheet import SampleSheet
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Analysis:
    """Results of one matrix and everything that led to them.

    Attributes
    ----------
    results
        The contract's result columns, a row a region.
    fit
        The model, which gene-set tests and further contrasts read.
    matrix
        Normalised, a column a unit.
    units
        The sheet's row of each unit.
    design, contrast
        What was fitted and tested.
    tested
        Whether there is a test, or fold changes alone.
    header
        Name -> sentence, for the `#` lines of every table made from this.
    inputs
        What other normalisations of the same units need.
    options
        What the fit did besides its design.
    """

    results: pd.DataFrame
    fit: Fit
    matrix: CountMatrix
    units: SampleSheet
    design: Design
    contrast: Contrast
    tested: bool
    header: dict[str, str]
    inputs: NormalizationInputs
    options: FitOptions


def analyse(
    matrix: CountMatrix,
    sheet: SampleSheet,
    *,
    formula: str = DEFAULT_FORMULA,
    contrast: str | None = None,
    method: str | None = None,
    normalize: str | None = None,
    inputs: NormalizationInputs | None = None,
    fdr: float = 0.05,
    lfc_threshold: float = 0.0,
    block: str | None = None,
    strata: str | None = None,
    fold_changes: str = "never",
    over_input: NDArray[np.bool_] | None = None,
) -> Analysis:
    """Test one contrast in every region of a matrix.

    Parameters
    ----------
    matrix
        A column a library.
    sheet
        Rows of the libraries, of one mark.
    formula, contrast
        As in `make_design` and `make_contrast`.
    method, normalize
        Keys of `differential.METHODS` and `normalization.METHODS`; None for the default.
    inputs
        What normalisations need beside the matrix, a sample a library; None where there is
        nothing (see `normalization_data.normalization_inputs`).
    fdr
        Level at which `direction` says gain or loss.
    lfc_threshold
        Null hypothesis of |log2 fold change| at most this (`trend` and `voom`).
    block
        Column whose levels are blocks with a random effect (`trend` and `voom`).
    strata
        Column whose levels have baseline hazards of their own (`cox`).
    fold_changes
        `never`: refuse a design that cannot be tested; `if_untestable`: give its fold changes
        without P and say why; `always`: never test.
    over_input
        (n_regions, n_libraries) bool, as `control.over_input` gives it: regions that are not over
        input in as many units as the smaller group has, whichever these are, are not tested.

    Raises
    ------
    DesignError
        If the design or contrast cannot be built, or cannot be tested and `fold_changes` is
        `never`.
    QuantityError
        If the method cannot be used on the matrix's quantity.
    SampleSheetError
        If the sheet lacks a sample of the matrix.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from resist_epi.genome.regions import bed_regions
    >>> from resist_epi.samples.sheet import make_sheet
    >>> regions = bed_regions([("chr1", i * 100, i * 100 + 100) for i in range(50)])
    >>> values = np.random.default_rng(1).lognormal(3, 0.1, size=(50, 6))
    >>> values[0, 3:] *= 8
    >>> samples = ("a", "b", "c", "d", "e", "f")
    >>> matrix = CountMatrix(values, regions, samples, "mean_signal", np.ones(6))
    >>> conditions = ["good"] * 3 + ["poor"] * 3
    >>> table = pd.DataFrame({"SampleID": samples, "Factor": "ER", "Condition": conditions})
    >>> analysis = analyse(matrix, make_sheet(table))
    >>> analysis.results["direction"].value_counts().to_dict()
    {'none': 49, 'gain': 1}
    """
    sheet = sheet.for_samples(matrix.samples)
    formula, columns = study_formula(formula, sheet, method=method)
    block, strata = (None if c is None else sheet.column(c) for c in (block, strata))
    columns = (*columns, *filter(None, (block, strata)))
    merged, units, unit_note = merge_units(matrix, sheet, design_columns=columns)
    design = make_design(units, formula)
    chosen = study_contrast(design, contrast, method=method)
    logger.info("%s", chosen.words)
    cautions = design_warnings(
        design.units, chosen.column, design.variables, chosen.sides, block=block
    )
    for caution in cautions:
        logger.warning("%s", caution)
    untestable = _why_untestable(design, chosen, method)
    if untestable is not None and fold_changes == "never":
        raise untestable
    tested = untestable is None and fold_changes != "always"
    inputs = merge_inputs(
        NormalizationInputs() if inputs is None else inputs, matrix, sheet, design_columns=columns
    )
    because = "asked for"
    if normalize is None:
        normalize, because = normalization.choose_default(inputs)
        logger.info("normalisation %s: %s", normalize, because)
    normalized = normalization.normalize(merged, normalize, inputs=inputs)
    smaller = min(chosen.group_sizes, default=len(merged.samples) // 2)
    kept, filter_note = regions_with_signal(
        normalized, min_units=max(1, smaller), background=inputs.background
    )
    control_note = None
    if over_input is not None:
        over = merge_flags(over_input, sheet, design_columns=columns)
        enriched, control_note = regions_over_input(over, min_units=max(1, smaller))
        kept = kept & enriched
    method, options, method_note = _plan_fit(normalized, chosen, method, block, strata)
    fit = differential.fit(normalized, design, method=method, tested=kept, options=options)
    header = _header(matrix, (normalize, because), method_note, fdr, chosen, unit_note, filter_note)
    header |= {f"design warning {i}": text for i, text in enumerate(cautions, start=1)}
    if control_note is not None:
        header["control"] = control_note
    if tested:
        results = differential.contrast_results(fit, chosen, fdr=fdr, lfc_threshold=lfc_threshold)
    else:
        results = differential.fold_changes(fit, chosen)
        reason = "it was asked for" if untestable is None else str(untestable).split(". Without")[0]
        header["no test"] = f"fold changes without P: {reason}"
        logger.warning("fold changes without P: %s", reason)
    if lfc_threshold > 0:
        header["threshold"] = f"tested against |log2FoldChange| <= {lfc_threshold:g} (treat)"
    return Analysis(
        results, fit, normalized, units, design, chosen, tested, header, inputs, options
    )


def with_agreement(
    analysis: Analysis, *, fdr: float = 0.05, lfc_threshold: float = 0.0
) -> tuple[Analysis, Agreement]:
    """Repeat an analysis under other normalisations; its results get a column `high_confidence`.

    Parameters
    ----------
    fdr, lfc_threshold
        What the analysis was made with.

    Returns
    -------
    tuple
        The analysis with the column, and with sentence and warnings in its header; and the
        comparison.
    """
    found = compare_normalizations(
        analysis.matrix,
        analysis.design,
        analysis.contrast,
        analysis.results if analysis.tested else None,
        inputs=analysis.inputs,
        tested=analysis.fit.tested,
        method=analysis.fit.method,
        options=analysis.options,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
    )
    results = analysis.results.assign(high_confidence=found.high_confidence)
    return replace(analysis, results=results, header=analysis.header | found.header), found


def study_formula(
    formula: str, sheet: SampleSheet, *, method: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The formula in the sheet's spelling and its columns; for `cox`, covariates alone.

    Raises
    ------
    DesignError
        If the formula cannot be parsed or names a column that the sheet lacks.
    """
    if differential.own_contrast(method) is not None and formula == DEFAULT_FORMULA:
        # Groups by outcome say what time to progression says already.
        logger.info("%s adjusts for nothing unless a design says so", method)
        formula = "~ 1"
    return formula_columns(formula, sheet)


def study_contrast(design: Design, contrast: str | None, *, method: str | None = None) -> Contrast:
    """The contrast that a text names; for `cox`, the hazard ratio.

    Raises
    ------
    DesignError
        If there is no such contrast, or `cox` is given one.
    """
    own = differential.own_contrast(method)
    if own is None:
        return make_contrast(design, contrast)
    if contrast is not None:
        raise DesignError(f"{method} has a question of its own and takes no contrast; leave it out")
    return own(design)


def _plan_fit(
    matrix: CountMatrix,
    contrast: Contrast,
    method: str | None,
    block: str | None,
    strata: str | None,
) -> tuple[str, FitOptions, str]:
    """Method, options, and what they are with the reason, for the header."""
    because = "asked for"
    if method is None:
        method, because = differential.choose_method(
            matrix,
            contrast.group_sizes,
            fragment_length=matrix.metadata.get("fragment_length"),
        )
    if method not in differential.METHODS:
        known = ", ".join(differential.METHODS)
        raise DesignError(f"unknown method {method!r}; expected one of {known}")
    enough = min(contrast.group_sizes, default=len(matrix.samples) // 2)
    weights = (
        differential.METHODS[method].takes_weights and enough >= differential.MIN_UNITS_FOR_WEIGHTS
    )
    note = f"{method}: {differential.METHODS[method].summary}; chosen: {because}"
    if weights:
        note += "; units weighted by REML over all regions, the unweighted result stands beside"
    if block is not None:
        note += f"; {block} as a random effect"
    if strata is not None:
        note += f"; baseline hazards by {strata}"
    return method, FitOptions(weights=weights, block=block, strata=strata), note


def _why_untestable(design: Design, contrast: Contrast, method: str | None) -> DesignError | None:
    if differential.own_contrast(method) is not None:
        return None
    try:
        check_testable(design, contrast)
    except DesignError as error:
        return error
    return None


def _header(
    matrix: CountMatrix,
    chosen_normalization: tuple[str, str],
    method_note: str,
    fdr: float,
    contrast: Contrast,
    unit_note: str,
    filter_note: str,
) -> dict[str, str]:
    normalize, because = chosen_normalization
    assumption = normalization.METHODS[normalize].assumption
    return {
        "resist_epi": VERSION,
        "contrast": contrast.words,
        "units": unit_note,
        "method": method_note,
        "normalization": f"{normalize}: assumes that {assumption} (chosen: {because})",
        "quantity": _quantity_in_words(matrix),
        "filter": filter_note,
        "fdr": f"{fdr:g} (direction is gain or loss where padj is at most this)",
    }


def _quantity_in_words(matrix: CountMatrix) -> str:
    meaning = {
        "reads": "reads",
        "recovered_reads": "reads recovered from a normalised track",
        "coverage_sum": "coverage summed over the region (value x bp)",
        "mean_signal": "mean coverage per base, uncovered bases as zero",
    }[matrix.quantity]
    source: Any = matrix.metadata.get("library_size_from", [])
    relative = {
        "sheet": "the sheet's LibrarySize",
        "total_coverage": "each track's total coverage, which is relative",
        "column_sum": "the sum of each column",
        "kept_reads": "the reads that count",
    }
    sizes = " and ".join(relative.get(s, str(s)) for s in dict.fromkeys(source))
    text = f"{matrix.quantity} ({meaning}); library sizes from {sizes or 'the matrix'}"
    rules = matrix.metadata.get("read_rules")
    if rules:
        each = [rules] if isinstance(rules, str) else sorted(set(rules.values()))
        text += f"; counted: {'; '.join(each)}"
    reason = matrix.metadata.get("quantity_reason")
    return text + (f"; chosen: {reason}" if reason else "")


def check_same(given: pd.DataFrame, again: pd.DataFrame) -> None:
    """Make sure that results and a fit made again from the counts are the same.

    Raises
    ------
    InputFormatError
        If regions or fold changes differ.
    """
    if list(given["region_id"]) != list(again["region_id"]):
        raise InputFormatError(
            "the counts are not of the regions in the results",
            remedy="give the counts that the results were made from",
        )
    columns = ["log2FoldChange", "stat", "df"]
    if not np.allclose(given[columns], again[columns], rtol=1e-6, atol=1e-8, equal_nan=True):
        raise InputFormatError(
            "the counts with these options give other results than those in the table",
            remedy="give the options with which the results were made",
        )
