"""From one matrix of counts to results: units merged, normalised, filtered, fitted and tested."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError, shortened
from resist_epi.io.annotated import make_anndata
from resist_epi.io.run_folder import as_in_run, folders_above
from resist_epi.io.shown import Shown, listed
from resist_epi.model import differential
from resist_epi.model.asked import (
    Asked,
    named_question,
    question_with,
    refuse_repeated,
    several_questions,
)
from resist_epi.model.fit import Fit
from resist_epi.model.fit_units import for_contrast, tested_results
from resist_epi.model.header import quantity_facts, results_header
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.shared_fit import SharedFit, fit_for
from resist_epi.samples.assay_rows import assay_facts
from resist_epi.samples.design import Contrast, Design, check_testable
from resist_epi.samples.facts import contrast_facts
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Analysis(Shown):
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

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        calls = self.results["direction"].value_counts()
        gain, loss = (int(calls.get(name, 0)) for name in ("gain", "loss"))
        n = len(self.results)
        done = int(self.results["pvalue"].notna().sum())
        title = f"Analysis: {gain} gain and {loss} lose of {done:,} tested regions (of {n:,})"
        if not self.tested:
            title = f"Analysis: fold changes of {n:,} regions, without a test"
        said = ("contrast", "units", "design", "normalization", "method")
        return title, [
            *((name, shortened(self.header.get(name, ""))) for name in said if name in self.header),
            ("quantity", self.matrix.quantity.replace("_", " ")),
            ("level", f"{self.question.fdr:g}"),
            ("columns", listed(self.results.columns, 12)),
            ("also", ", ".join(n for n in ("stability", "agreement") if n in self.header)),
        ]

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

    def to_anndata(self) -> Any:
        """The analysis as an AnnData object, units x regions.

        `X` holds the counts of the units, layer `normalized` these in the unit of `baseMean`,
        `obs` the sheet's rows, `var` the results by region_id, `uns` the sentences of the header,
        question and facts, as JSON.

        Raises
        ------
        MissingDependencyError
            Without anndata, with the line that installs it.
        """
        return make_anndata(self.anndata_parts())

    def anndata_parts(self) -> dict[str, Any]:
        """What `to_anndata` makes its object of; as `CountMatrix.anndata_parts`."""
        parts = self.matrix.anndata_parts(self.units.table)
        parts["layers"]["normalized"] = scaled(self.matrix).T
        parts["var"] = self.results.set_index("region_id")
        parts["uns"] |= {
            "header": json.dumps(self.header, default=str),
            "question": json.dumps(self.question.as_values()),
            "facts": json.dumps(self.facts, default=str),
        }
        return parts

    def about(self, path: str | Path) -> dict[str, Any]:
        """Everything for the `#` lines of a table at a path: sentences, question, facts."""
        directions = self.results["direction"]
        calls = {name: int((directions == name).sum()) for name in ("gain", "loss")}
        asked = self.question.as_values(as_in_run(path).parent, above=folders_above(path))
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
        nothing: background is such (see `normalization_inputs`; `diff` and `run` gather it).
    over_input
        (n_regions, n_libraries) bool, as `control.over_input` gives it: regions that are not over
        input in as many units as the smaller group has, whichever these are, are not tested.
    fold_changes
        `never`: refuse a design that cannot be tested; `if_untestable`: give its fold changes
        without P and say why; `always`: never test.
    asked
        Fields of the question by name, in place of its own: `formula`, `contrast`, `coefficient`,
        `method`, `normalize`, `fdr`, `lfc_threshold`, `block`, `strata`, `hidden`, `weights`.

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
        If the question has no field of a name; the message lists them.

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
    first = question_with(question, asked)
    prepared = fit_for(matrix, sheet, first, inputs, over_input, fold_changes)
    return _answer(prepared, prepared.ask)


def analyse_several(
    matrix: CountMatrix,
    sheet: SampleSheet,
    contrasts: Sequence[str],
    question: Question | None = None,
    *,
    inputs: NormalizationInputs | None = None,
    over_input: NDArray[np.bool_] | None = None,
    fold_changes: str = "never",
    **asked: Any,
) -> list[Analysis]:
    """Test several contrasts of one fit in every region of a matrix.

    What does not depend on the contrast (units, normalisation, filter, weights, hidden factors, the
    fit) is computed once, and decided for all contrasts together: no order of theirs changes it.
    Each is adjusted for the number of regions, not for that of the contrasts;
    `differential.f_results` tests them together.

    Parameters
    ----------
    contrasts
        Contrasts or coefficients, in place of the question's own.
    matrix, sheet, question, inputs, over_input, fold_changes, asked
        As of `analyse`.

    Returns
    -------
    list of Analysis
        One a contrast, in their order. The question of each names the others `beside`, so that who
        asks it again gets the same fit.

    Raises
    ------
    ResistEpiError
        As `analyse`; DesignError also where two of the contrasts are one.
    """
    first = question_with(question, asked)
    questions = several_questions(first, contrasts)
    prepared = fit_for(matrix, sheet, questions[0], inputs, over_input, fold_changes)
    found = [_answer(prepared, prepared.ask)]
    for other in questions[1:]:
        ask = prepared.ask.ask_again(other)
        if fold_changes == "never":
            check_testable(ask.design, ask.contrast)
        found.append(_answer(prepared, ask))
    refuse_repeated([analysis.contrast.name for analysis in found])
    return found


def joint_results(analyses: Sequence[Analysis]) -> pd.DataFrame:
    """Test the contrasts of one fit together: does any of them differ from zero?

    Parameters
    ----------
    analyses
        As `analyse_several` gives them.

    Returns
    -------
    DataFrame
        As `differential.f_results`; contrasts that cannot be tested are left out.

    Raises
    ------
    DesignError
        If the method has no F test, or fewer than two contrasts can be tested.
    """
    able = [a.contrast for a in analyses if a.tested]
    if len(able) < 2:
        raise DesignError(f"{len(able)} of the contrasts can be tested: none to test together")
    return differential.f_results(analyses[0].fit, able)


def _answer(made: SharedFit, ask: Asked) -> Analysis:
    """One contrast of the fit, and what is said of it."""
    matrix, normalized, unplaced = made.matrix, made.normalized, made.unplaced
    tested = ask.untestable is None and made.fold_changes != "always"
    model = for_contrast(made.model, ask, made.kept, tested=tested)
    question, contrast = model.question, model.contrast
    facts: dict[str, Any] = {
        "mark": ", ".join(made.sheet.marks),
        "contrast": contrast_facts(contrast),
        "design": {"formula": ask.design.formula, "columns": ask.taken},
        "units": {"n": len(ask.units.samples), "patients": made.sheet.has_patients},
        "quantity": quantity_facts(matrix),
        "assays": assay_facts(made.sheet, of_reads=matrix.quantity == "reads"),
        "normalization": made.scaling,
        "method": model.method,
        "filter": made.filtered,
        **model.seen.facts,
    }
    if made.spike_in is not None:
        facts["spike in checks"] = {**made.spike_in.facts, "said": made.spike_in.sentence}
    header = results_header(matrix, contrast, facts, question, ask.unit_note) | made.control_note
    header |= {"assay": "; ".join(facts["assays"]["words"])}
    header |= {} if made.spike_in is None else {"spike-in": made.spike_in.sentence}
    header |= {"fold changes": "; ".join(model.fit.notes)} if model.fit.notes else {}
    header |= model.seen.header
    if model.cautions:
        header["design warnings"] = facts["design warnings"] = model.cautions
    question = named_question(question, contrast)
    if tested:
        results, said = tested_results(model, normalized, made.kept)
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
        results, model.fit, normalized, ask.units, model.design, contrast, tested, header,
        made.inputs, model.options, question, facts, model.without_factors,
    )  # fmt: skip


def without_inputs(analysis: Analysis) -> Analysis:
    """The analysis without the counts that other normalisations would be taken from."""
    inputs = replace(analysis.inputs, background=None, spike_in=None, test=None)
    return replace(analysis, inputs=inputs)


def blank_unplaced(results: pd.DataFrame, unplaced: NDArray[np.bool_]) -> pd.DataFrame:
    """The results with NaN in each number of the regions that are no place."""
    if not unplaced.any():
        return results
    results = results.copy()
    numbers = [c for c in results if results[c].dtype.kind == "f"]
    results.loc[unplaced, numbers] = np.nan
    return results
