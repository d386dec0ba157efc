"""From one matrix of counts to results: units merged, normalised, filtered, fitted and tested."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_columns import repeated_columns
from resist_epi.counting.same_files import refuse_one_library_twice
from resist_epi.counting.units import merge_flags, merge_units
from resist_epi.errors import DesignError
from resist_epi.model import differential, normalization
from resist_epi.model.filtering import goes_with_depth, regions_over_input, regions_with_signal
from resist_epi.model.fit import Fit
from resist_epi.model.header import quantity_facts, results_header
from resist_epi.model.hidden import look_at_units, with_factors
from resist_epi.model.hidden_words import calls_in_words
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.method import methods_that
from resist_epi.model.normalization_data import NormalizationInputs, merge_inputs
from resist_epi.model.question_check import check_question
from resist_epi.model.unit_patterns import UnitPatterns, nothing_seen
from resist_epi.samples.design import (
    Contrast,
    Design,
    check_testable,
    formula_columns,
    make_contrast,
    make_design,
    why_untestable,
)
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.facts import contrast_facts
from resist_epi.samples.levels import column_cautions, column_facts, level_problems
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

MANY_CHANGED, ONE_WAY = 1 / 3, 0.9  # of the tested regions; of the calls

FEWEST_CHANGED = 10  # calls: fewer are no global change

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
    question
        As it was answered, with the contrast, method and normalisation that were chosen where none
        was asked for: who asks it again gets the same test.
    facts
        What the sentences are made from, as plain values: contrast, units, quantity,
        normalisation, method, filter, and what later steps add.
    without_factors
        Design and contrast before hidden factors entered them; None where none did.
    """

    results: pd.DataFrame
    fit: Fit
    matrix: CountMatrix
    units: SampleSheet
    design: Design
    contrast: Contrast
    tested: bool
    header: dict[str, Any]
    inputs: NormalizationInputs
    options: FitOptions
    question: Question
    facts: dict[str, Any]
    without_factors: tuple[Design, Contrast] | None = None

    def with_more(
        self,
        results: pd.DataFrame | None = None,
        *,
        header: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Analysis:
        """The analysis with other results, and more sentences and facts."""
        return replace(
            self,
            results=self.results if results is None else results,
            header={**self.header, **(header or {})},
            facts={**self.facts, **(facts or {})},
        )

    def about(self, path: str | Path) -> dict[str, Any]:
        """Everything for the `#` lines of a table at a path: sentences, question, facts."""
        directions = self.results["direction"]
        calls = {name: int((directions == name).sum()) for name in ("gain", "loss")}
        asked = self.question.as_values(Path(path).parent)
        return {**self.header, "question": asked, "facts": {**self.facts, "calls": calls}}


def analyse(
    matrix: CountMatrix,
    sheet: SampleSheet,
    question: Question | None = None,
    *,
    inputs: NormalizationInputs | None = None,
    over_input: NDArray[np.bool_] | None = None,
    fold_changes: str = "never",
    **asked: Any,
) -> Analysis:
    """Test one contrast in every region of a matrix.

    Parameters
    ----------
    matrix
        A column a library.
    sheet
        Rows of the libraries, of one mark.
    question
        What is asked; by default the question of all defaults. What it says of confounders is
        carried along: `analyse_counts` puts them into the counts.
    inputs
        What normalisations need beside the matrix, a sample a library; None where there is
        nothing (see `normalization_data.normalization_inputs`).
    over_input
        (n_regions, n_libraries) bool, as `control.over_input` gives it: regions that are not over
        input in as many units as the smaller group has, whichever these are, are not tested.
    fold_changes
        `never`: refuse a design that cannot be tested; `if_untestable`: give its fold changes
        without P and say why; `always`: never test.
    asked
        Fields of the question by name, in place of its own: `formula`, `contrast`, `method`,
        `normalize`, `fdr`, `lfc_threshold`, `block`, `strata`, `hidden`, `weights`.

    Raises
    ------
    DesignError
        If the design or contrast cannot be built, or cannot be tested and `fold_changes` is
        `never`.
    QuantityError
        If the method cannot be used on the matrix's quantity.
    SampleSheetError
        If the sheet lacks a sample of the matrix, or two samples are one library.
    TypeError
        If the question has no field of a name.

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
    >>> analysis = analyse(matrix, make_sheet(table), fdr=0.1)
    >>> analysis.results["direction"].value_counts().to_dict()
    {'none': 49, 'gain': 1}
    >>> analysis.question.contrast, analysis.question.method, analysis.question.fdr
    ('Condition:poor-good', 'trend', 0.1)
    """
    sheet = sheet.for_samples(matrix.samples)
    unplaced, matrix = matrix.unplaced, matrix.filled()
    refuse_one_library_twice(sheet, repeated_columns(matrix))
    question = replace(question or Question(), **asked)
    check_question(question)
    question, columns = spelled_question(question, sheet)
    merged, units, unit_note = merge_units(matrix, sheet, design_columns=columns)
    design = make_design(units, question.formula)
    contrast = study_contrast(design, question.contrast, method=question.method)
    logger.info("%s", contrast.words)
    taken = {name: column_facts(design.units[name]) for name in design.variables}
    cautions = column_cautions(taken) + design_warnings(
        design.units, contrast.column, design.variables, contrast.sides, block=question.block
    )
    for caution in cautions:
        logger.warning("%s", caution)
    own = differential.own_contrast(question.method) is not None
    untestable = None if own else why_untestable(design, contrast)
    if fold_changes == "never" and not own:
        check_testable(design, contrast)
    tested = untestable is None and fold_changes != "always"
    inputs = merge_inputs(
        NormalizationInputs() if inputs is None else inputs, matrix, sheet, design_columns=columns
    )
    if untestable is None:
        inputs = replace(inputs, test=_test_of(design, contrast, question))
    else:
        inputs = replace(inputs, missing={**inputs.missing, "tmm_rounds": "no test is possible"})
    normalized, scaling = _normalized(merged, question, inputs)
    flags = None if over_input is None else merge_flags(over_input, sheet, design_columns=columns)
    method, options = _plan_fit(normalized, contrast, question)
    kept, filter_facts, control_note = _regions_to_test(
        normalized, contrast, inputs, flags, method["name"]
    )
    question = replace(question, method=method["name"], normalize=scaling["name"])
    asked_for, units_seen = (design, contrast), nothing_seen(design)
    if tested:
        units_seen = look_at_units(normalized, design, contrast, kept, question)
        design, contrast = with_factors(design, contrast, units_seen.columns)
        options = _gated(options, method, units_seen)
    fit = differential.fit(normalized, design, method=method["name"], tested=kept, options=options)
    facts: dict[str, Any] = {
        "contrast": contrast_facts(contrast),
        "design": {"formula": design.formula, "columns": taken},
        "units": {"n": len(units.samples), "patients": sheet.has_patients},
        "quantity": quantity_facts(matrix),
        "normalization": scaling,
        "method": method,
        "filter": filter_facts,
    }
    facts |= units_seen.facts
    header = results_header(matrix, contrast, facts, question, unit_note) | control_note
    header |= {"fold changes": "; ".join(fit.notes)} if fit.notes else {}
    header |= units_seen.header
    cautions += units_seen.warnings
    if cautions:
        header["design warnings"] = cautions
        facts["design warnings"] = cautions
    question = replace(question, contrast=contrast.name if contrast.vector.any() else None)
    if tested:
        results = differential.contrast_results(
            fit, contrast, fdr=question.fdr, lfc_threshold=question.lfc_threshold
        )
        if units_seen.adjusted:
            plain = FitOptions(block=options.block)
            other = differential.fit(
                normalized, asked_for[0], method=fit.method, tested=kept, options=plain
            )
            results = differential.with_unadjusted(results, other, asked_for[1], question)
            header["unadjusted"], n = calls_in_words(results, question.fdr)
            facts["hidden"] = {**facts["hidden"], "unadjusted_calls": n}
    else:
        results = differential.fold_changes(fit, contrast)
        reason = "it was asked for" if untestable is None else untestable
        header["no test"], facts["no test"] = f"fold changes without P: {reason}", reason
        logger.warning("fold changes without P: %s", reason)
    if unplaced.any():
        results = blank_unplaced(results, unplaced)
        header["no such place"] = (
            f"{int(unplaced.sum())} of {len(unplaced)} regions lie past the ends of their"
            " chromosomes and have no value"
        )
    caution = _one_sided(results, normalized, question) if tested else None
    if caution is not None:
        header["composition"] = facts["composition"] = caution
        logger.warning("%s", caution)
    return Analysis(
        results, fit, normalized, units, design, contrast, tested, header, inputs, options,
        question, facts, asked_for if units_seen.adjusted else None,
    )  # fmt: skip


def _gated(options: FitOptions, method: dict[str, Any], seen: UnitPatterns) -> FitOptions:
    """The options that the units allow, and the method's words for them."""
    said = method["options"]
    if seen.adjusted:
        said["hidden"] = f"adjusted for {', '.join(seen.columns)}, estimated from the residuals"
    if not options.weights or seen.weights_off is None:
        return options
    del said["weights"]
    said["no weights"] = f"units not weighted: {seen.weights_off}"
    return replace(options, weights=False)


def blank_unplaced(results: pd.DataFrame, unplaced: NDArray[np.bool_]) -> pd.DataFrame:
    """The results with NaN in each number of the regions that are no place."""
    if not unplaced.any():
        return results
    results = results.copy()
    numbers = [c for c in results if results[c].dtype.kind == "f"]
    results.loc[unplaced, numbers] = np.nan
    return results


def spelled_question(question: Question, sheet: SampleSheet) -> tuple[Question, tuple[str, ...]]:
    """The question in the sheet's spelling, and every column that it names.

    Raises
    ------
    DesignError
        If the sheet lacks a column or spells a level in several ways, or there are strata and no
        method that takes them.
    """
    formula, columns = study_formula(question.formula, sheet, method=question.method)
    block, strata = (
        None if c is None else sheet.column(c) for c in (question.block, question.strata)
    )
    if strata is not None and question.method is None:
        able = methods_that(lambda m: m.takes_strata)
        raise DesignError(f"baseline hazards are for --method {able}; name it beside --strata")
    spelled = replace(question, formula=formula, block=block, strata=strata)
    named = tuple(dict.fromkeys((*columns, *filter(None, (block, strata)))))
    problems = level_problems(sheet.table, named, sheet.where)
    if problems:
        raise DesignError("; ".join(problems))
    return spelled, named


def _normalized(
    merged: CountMatrix, question: Question, inputs: NormalizationInputs
) -> tuple[CountMatrix, dict[str, str]]:
    """The units normalised as asked for, or by the default, and what was done."""
    name, because = question.normalize, "asked for"
    if name is None:
        name, because = normalization.choose_default(inputs, merged)
        logger.info("normalisation %s: %s", name, because)
    normalized = normalization.normalize(merged, name, inputs=inputs)
    assumption = normalization.METHODS[name].assumption
    return normalized, {"name": name, "assumption": assumption, "because": because}


def _one_sided(results: pd.DataFrame, matrix: CountMatrix, question: Question) -> str | None:
    """What speaks against factors from the regions themselves: most changes, and all one way."""
    name = question.normalize or ""
    of_regions = normalization.METHODS[name].in_regions
    if not of_regions and not (name == "library_size" and normalization.sizes_are_sums(matrix)):
        return None
    tested = int(results["pvalue"].notna().sum())
    calls = results["direction"].value_counts()
    gain, loss = int(calls.get("gain", 0)), int(calls.get("loss", 0))
    if gain + loss < max(MANY_CHANGED * tested, FEWEST_CHANGED):
        return None
    if max(gain, loss) < ONE_WAY * (gain + loss):
        return None
    return (
        f"{gain:,} gains and {loss:,} losses among {tested:,} regions tested: where so many change"
        f" and nearly all one way, no normalisation from the regions themselves ({name}) can be"
        " trusted."
        " Spike-in (SpikeInReads) would tell, or background bins (--background), which assume equal"
        " efficiency"
    )


def _test_of(
    design: Design, contrast: Contrast, question: Question
) -> Callable[[CountMatrix], FloatArray]:
    """The contrast's P in a normalised matrix: by linear models, which are quick, where they do."""
    own = differential.own_contrast(question.method) is not None
    options = FitOptions(block=None if own else question.block, strata=question.strata)

    def pvalues(matrix: CountMatrix) -> FloatArray:
        quick = "ql" if goes_with_depth(matrix, contrast.sides) and not question.block else "trend"
        method = question.method if own and question.method is not None else quick
        fitted = differential.fit(matrix, design, method=method, options=options)
        return differential.contrast_statistics(fitted, contrast)["pvalue"]

    return pvalues


def _regions_to_test(
    matrix: CountMatrix,
    contrast: Contrast,
    inputs: NormalizationInputs,
    over_input: NDArray[np.bool_] | None,
    method: str,
) -> tuple[NDArray[np.bool_], dict[str, Any], dict[str, str]]:
    """(n_regions,) bool, what the filter kept, and what the inputs say for the header."""
    smaller = max(1, min(contrast.group_sizes, default=len(matrix.samples) // 2))
    kept, rule = regions_with_signal(
        matrix,
        min_units=smaller,
        background=inputs.background,
        sides=contrast.sides,
        of_counts=differential.METHODS[method].models_counts,
    )
    facts = {"kept": int(kept.sum()), "of": len(kept), "rule": rule}
    if over_input is None:
        return kept, facts, {}
    enriched, note = regions_over_input(over_input, min_units=smaller)
    return kept & enriched, facts, {"control": note}


def study_formula(
    formula: str, sheet: SampleSheet, *, method: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The formula in the sheet's spelling and its columns; for `cox`, covariates alone.

    Raises
    ------
    DesignError
        If the formula cannot be parsed or names a column that the sheet lacks.
    """
    if differential.own_contrast(method) is not None and formula == Question.formula:
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


def _able(name: str, because: str, question: Question) -> tuple[str, str]:
    """The default method, or voom where that cannot do what the question asks for besides."""
    method = differential.METHODS[name]
    lacks = {
        "blocks": question.block is not None and not method.takes_block,
        "thresholds": question.lfc_threshold > 0 and method.threshold_statistics is None,
    }
    missing = " or ".join(what for what, lacking in lacks.items() if lacking)
    return ("voom", f"{because}; {name} would take no {missing}") if missing else (name, because)


def _plan_fit(
    matrix: CountMatrix, contrast: Contrast, question: Question
) -> tuple[dict[str, Any], FitOptions]:
    """The method with the reason for it, and the options of its fit."""
    name, because = question.method, "asked for"
    if name is None:
        name, because = differential.choose_method(
            matrix,
            contrast.group_sizes,
            sides=contrast.sides,
            fragment_length=matrix.metadata.get("fragment_length"),
        )
        name, because = _able(name, because, question)
    method = differential.METHODS[name]
    enough = min(contrast.group_sizes, default=len(matrix.samples) // 2)
    weights = method.takes_weights and enough >= differential.MIN_UNITS_FOR_WEIGHTS
    weights = weights and question.weights != "none"
    more = {
        "weights": "units weighted by REML over all regions, the unweighted result stands beside"
        if weights
        else None,
        "block": question.block and f"{question.block} as a random effect",
        "strata": question.strata and f"baseline hazards by {question.strata}",
    }
    facts = {
        "name": name,
        "summary": method.summary,
        "because": because,
        "options": {option: text for option, text in more.items() if text},
    }
    return facts, FitOptions(weights=weights, block=question.block, strata=question.strata)
