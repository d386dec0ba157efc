"""From one matrix of counts to results: units merged, normalised, filtered, fitted and tested."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_columns import repeated_columns
from resist_epi.counting.same_files import refuse_one_library_twice
from resist_epi.counting.units import merge_flags
from resist_epi.model import differential, normalization
from resist_epi.model.asked import Asked, ask_sheet
from resist_epi.model.composition import test_for_rounds
from resist_epi.model.filtering import regions_over_input, regions_with_signal
from resist_epi.model.fit import Fit
from resist_epi.model.fit_plan import expected_method
from resist_epi.model.fit_units import fit_units, tested_results
from resist_epi.model.header import quantity_facts, results_header
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization_data import NormalizationInputs, merge_inputs
from resist_epi.model.spike_in_check import SpikeInVerdict, judge_spike_in
from resist_epi.samples.assay_rows import assay_facts
from resist_epi.samples.design import Contrast, Design, check_testable
from resist_epi.samples.facts import contrast_facts
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

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
    refuse_one_library_twice(sheet, repeated_columns(matrix), tested=fold_changes != "always")
    ask = ask_sheet(matrix, sheet, replace(question or Question(), **asked))
    if fold_changes == "never" and not ask.own:
        check_testable(ask.design, ask.contrast)
    tested = ask.untestable is None and fold_changes != "always"
    inputs, spike_in = _inputs(matrix, sheet, ask, inputs)
    normalized, scaling = _normalized(ask.merged, ask.question, inputs)
    flags = None
    if over_input is not None:
        flags = merge_flags(over_input, sheet, design_columns=ask.columns)
    kept, filter_facts, control_note = _regions_to_test(normalized, ask, inputs, flags)
    model = fit_units(normalized, ask, kept, scaling["name"], tested=tested)
    question, contrast = model.question, model.contrast
    facts: dict[str, Any] = {
        "mark": ", ".join(sheet.marks),
        "contrast": contrast_facts(contrast),
        "design": {"formula": ask.design.formula, "columns": ask.taken},
        "units": {"n": len(ask.units.samples), "patients": sheet.has_patients},
        "quantity": quantity_facts(matrix),
        "assays": assay_facts(sheet, of_reads=matrix.quantity == "reads"),
        "normalization": scaling,
        "method": model.method,
        "filter": filter_facts,
        **model.seen.facts,
    }
    if spike_in is not None:
        facts["spike in checks"] = {**spike_in.facts, "said": spike_in.sentence}
    header = results_header(matrix, contrast, facts, question, ask.unit_note) | control_note
    header |= {"assay": "; ".join(facts["assays"]["words"])}
    header |= {} if spike_in is None else {"spike-in": spike_in.sentence}
    header |= {"fold changes": "; ".join(model.fit.notes)} if model.fit.notes else {}
    header |= model.seen.header
    if model.cautions:
        header["design warnings"] = facts["design warnings"] = model.cautions
    question = replace(question, contrast=contrast.name if contrast.vector.any() else None)
    if tested:
        results, said = tested_results(model, normalized, kept)
        header |= said.header
        facts |= said.facts
    else:
        results = differential.fold_changes(model.fit, contrast)
        reason = "it was asked for" if ask.untestable is None else ask.untestable
        header["no test"], facts["no test"] = f"fold changes without P: {reason}", reason
        logger.warning("fold changes without P: %s", reason)
    if unplaced.any():
        results = blank_unplaced(results, unplaced)
        header["no such place"] = (
            f"{int(unplaced.sum())} of {len(unplaced)} regions lie past the ends of their"
            " chromosomes and have no value"
        )
    return Analysis(
        results, model.fit, normalized, ask.units, model.design, contrast, tested, header, inputs,
        model.options, question, facts, model.without_factors,
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
    if ask.untestable is None:
        merged = replace(merged, test=test_for_rounds(ask.design, ask.contrast, ask.question))
    else:
        merged = replace(merged, missing={**merged.missing, "tmm_rounds": "no test is possible"})
    spike_in = judge_spike_in(ask.merged, merged, ask.design)
    if spike_in is not None and not spike_in.passes:
        merged = replace(merged, refused={**merged.refused, "spike_in": spike_in.refusal})
    return merged, spike_in


def blank_unplaced(results: pd.DataFrame, unplaced: NDArray[np.bool_]) -> pd.DataFrame:
    """The results with NaN in each number of the regions that are no place."""
    if not unplaced.any():
        return results
    results = results.copy()
    numbers = [c for c in results if results[c].dtype.kind == "f"]
    results.loc[unplaced, numbers] = np.nan
    return results


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
    contrast = ask.contrast
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
