"""What all contrasts of one matrix share: its units, normalised, filtered and fitted once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_columns import repeated_columns
from resist_epi.counting.same_files import refuse_one_library_twice
from resist_epi.counting.units import merge_flags
from resist_epi.model import differential, normalization
from resist_epi.model.asked import Asked, ask_sheet
from resist_epi.model.composition import RoundsTest
from resist_epi.model.filtering import regions_over_input, regions_with_signal
from resist_epi.model.fit_plan import expected_method
from resist_epi.model.fit_units import FittedUnits, fit_units
from resist_epi.model.normalization_data import NormalizationInputs, merge_inputs
from resist_epi.model.spike_in_check import SpikeInVerdict, judge_spike_in
from resist_epi.samples.design import check_testable
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SharedFit:
    """What all contrasts of one fit share.

    Attributes
    ----------
    matrix, unplaced
        As counted, and (n_regions,) bool: regions that are no place of their chromosome.
    sheet
        A row a library.
    ask
        The question that was put to the sheet, of the first contrast.
    inputs, spike_in
        What normalisations need, and the verdict on the spike-in, where there is one.
    normalized, scaling
        A column a unit, and what was done.
    kept, filtered, control_note
        (n_regions,) bool: regions to test; by which rule, and what inputs say, for the header.
    fold_changes
        As of `analysis.analyse`.
    model
        The fit.
    """

    matrix: CountMatrix
    unplaced: NDArray[np.bool_]
    sheet: SampleSheet
    ask: Asked
    inputs: NormalizationInputs
    spike_in: SpikeInVerdict | None
    normalized: CountMatrix
    scaling: dict[str, str]
    kept: NDArray[np.bool_]
    filtered: dict[str, Any]
    control_note: dict[str, str]
    fold_changes: str
    model: FittedUnits


def fit_for(
    matrix: CountMatrix,
    sheet: SampleSheet,
    question: Question,
    inputs: NormalizationInputs | None,
    over_input: NDArray[np.bool_] | None,
    fold_changes: str,
) -> SharedFit:
    """Everything up to the fit, which depends on all contrasts of the question together.

    Parameters
    ----------
    matrix, sheet, question, inputs, over_input, fold_changes
        As of `analysis.analyse`.

    Raises
    ------
    ResistEpiError
        As `analysis.analyse`.
    """
    sheet = sheet.for_samples(matrix.samples)
    unplaced, matrix = matrix.unplaced, matrix.filled()
    refuse_one_library_twice(sheet, repeated_columns(matrix), tested=fold_changes != "always")
    ask = ask_sheet(matrix, sheet, question)
    if fold_changes == "never" and not ask.own:
        check_testable(ask.design, ask.contrast)
    inputs, spike_in = _inputs(matrix, sheet, ask, inputs)
    normalized, scaling = _normalized(ask.merged, ask.question, inputs)
    flags = None
    if over_input is not None:
        flags = merge_flags(over_input, sheet, design_columns=ask.columns)
    kept, filtered, note = _regions_to_test(normalized, ask, inputs, flags)
    tested = ask.testable and fold_changes != "always"
    model = fit_units(normalized, ask, kept, scaling["name"], tested=tested)
    return SharedFit(
        matrix, unplaced, sheet, ask, inputs, spike_in, normalized, scaling, kept, filtered, note,
        fold_changes, model,
    )  # fmt: skip


def _inputs(
    matrix: CountMatrix, sheet: SampleSheet, ask: Asked, inputs: NormalizationInputs | None
) -> tuple[NormalizationInputs, SpikeInVerdict | None]:
    """What normalisations need, of the units, with the test that rounds of it make.

    And the verdict on the spike-in, where there is one.
    """
    merged = merge_inputs(
        NormalizationInputs() if inputs is None else inputs,
        matrix,
        sheet,
        design_columns=ask.columns,
    )
    if ask.testable:
        merged = replace(merged, test=RoundsTest(ask.design, ask.plan, ask.question))
    else:
        merged = replace(merged, missing={**merged.missing, "tmm_rounds": "no test is possible"})
    spike_in = judge_spike_in(ask.merged, merged, ask.design)
    if spike_in is not None and not spike_in.passes:
        merged = replace(merged, refused={**merged.refused, "spike_in": spike_in.refusal})
    return merged, spike_in


def _normalized(
    merged: CountMatrix, question: Question, inputs: NormalizationInputs
) -> tuple[CountMatrix, dict[str, str]]:
    """The units normalised as asked for, or by the default, and what was done."""
    name, because = question.normalize, "asked for"
    if name is None:
        name, because = normalization.choose_default(inputs, merged)
        log = logger.warning if inputs.refused else logger.info
        log("normalisation %s: %s", name, because)
    elif name in inputs.refused:
        because = f"asked for, although {inputs.refused[name]}"
        logger.warning("normalisation %s: %s", name, because)
    normalized = normalization.normalize(merged, name, inputs=inputs)
    assumption = normalization.METHODS[name].assumption
    return normalized, {"name": name, "assumption": assumption, "because": because}


def _regions_to_test(
    matrix: CountMatrix,
    ask: Asked,
    inputs: NormalizationInputs,
    over_input: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.bool_], dict[str, Any], dict[str, str]]:
    """(n_regions,) bool, what the filter kept, and what the inputs say for the header."""
    contrast = ask.plan
    smaller = max(1, min(contrast.group_sizes, default=len(matrix.samples) // 2))
    # What it asks of counts depends on the test only where depth goes with the contrast, and there
    # the test does not depend on what the filter keeps.
    method, _ = expected_method(matrix, contrast, ask.question)
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
