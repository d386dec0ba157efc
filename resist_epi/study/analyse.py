"""`analyse` of the package's face: of a study's counts as a run does it, or of a matrix alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.find import find_domains
from resist_epi.errors import DesignError
from resist_epi.model import analysis as of_matrix
from resist_epi.model.agreement import shared_variants, with_agreement_where_known
from resist_epi.model.analysis import Analysis
from resist_epi.model.asked import question_with, several_questions
from resist_epi.model.known import read_known
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.unit_values import with_values
from resist_epi.samples.presets import preset
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.answers import answer, answer_domains
from resist_epi.study.study import mark_kinds
from resist_epi.study.study_counts import StudyCounts, ask_counts


def analyse(
    counts: StudyCounts | CountMatrix,
    sheet: SampleSheet | None = None,
    question: Question | None = None,
    *,
    inputs: NormalizationInputs | None = None,
    over_input: NDArray[np.bool_] | None = None,
    fold_changes: str | None = None,
    known: str | Path | None = None,
    values: bool = False,
    **asked: Any,
) -> Analysis:
    """Test one contrast in every region.

    Of what `count_study` counted, the results are those that a run of the same sheet and settings
    writes: background is taken where it can be had, and stability, agreement of normalisations and
    the rest stand in their columns. A matrix alone is tested with what is handed over beside it.

    Parameters
    ----------
    counts
        As of `count_study`; or a matrix, a column a library.
    sheet
        Rows of the libraries, of one mark; may be left out where `counts` has its own.
    question
        What is asked; by default the question of all defaults.
    inputs, over_input
        For a matrix alone: what normalisations need beside it, None where there is nothing
        (`normalization_inputs`), and the regions that are over input.
    fold_changes
        What is done about a design that cannot be tested. `never`: refuse it, the default for a
        matrix; `if_untestable`: give fold changes without P and say why, the default for a study's
        counts, as in a run; `always`: never test.
    known
        A file of genes or regions of known direction, against which every normalisation is held
        (`symbol`, `gene_id` or `chrom start end`, and `direction`), as `--known` of `run` and
        `diff`; the header says under `agreement` how each fares.
    values
        Whether results hold the mean of every group and the value of every unit, too.
    asked
        Fields of the question by name, in place of its own: `formula`, `contrast`, `coefficient`,
        `method`, `normalize`, `fdr`, `lfc_threshold`, `block`, `strata`, `hidden`, `weights`.

    Raises
    ------
    DesignError
        If the design or contrast cannot be built, cannot be tested and `fold_changes` is `never`;
        or something is handed over that a study's counts have already.
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
    """
    if isinstance(counts, StudyCounts):
        _refuse_beside(inputs=inputs, over_input=over_input)
        (found,) = _of_study(counts, sheet, (), question, asked, fold_changes, known)
    else:
        found = of_matrix.analyse(
            counts,
            _needed(sheet),
            question,
            inputs=inputs,
            over_input=over_input,
            fold_changes=fold_changes or "never",
            **asked,
        )
        if known is not None:
            found = with_agreement_where_known(found, read_known(known))
    return with_values(found) if values else found


def analyse_several(
    counts: StudyCounts | CountMatrix,
    sheet: SampleSheet | None,
    contrasts: Sequence[str],
    question: Question | None = None,
    *,
    inputs: NormalizationInputs | None = None,
    over_input: NDArray[np.bool_] | None = None,
    fold_changes: str | None = None,
    **asked: Any,
) -> list[Analysis]:
    """Test several contrasts of one fit in every region; as `analyse` tests one.

    What does not depend on the contrast is computed once, and decided for all of them together: no
    order of theirs changes it. `joint_results` tests them together.

    Parameters
    ----------
    counts, question, inputs, over_input, fold_changes, asked
        As of `analyse`.
    sheet
        Rows of the libraries; None for those that a study's counts have.
    contrasts
        Contrasts or coefficients, in place of the question's own.

    Returns
    -------
    list of Analysis
        One a contrast, in their order.

    Raises
    ------
    ResistEpiError
        As `analyse`; DesignError also where two of the contrasts are one.
    """
    if isinstance(counts, StudyCounts):
        _refuse_beside(inputs=inputs, over_input=over_input)
        return _of_study(counts, sheet, tuple(contrasts), question, asked, fold_changes)
    return of_matrix.analyse_several(
        counts,
        _needed(sheet),
        contrasts,
        question,
        inputs=inputs,
        over_input=over_input,
        fold_changes=fold_changes or "never",
        **asked,
    )


def _of_study(
    counts: StudyCounts,
    sheet: SampleSheet | None,
    contrasts: tuple[str, ...],
    question: Question | None,
    asked: Mapping[str, Any],
    fold_changes: str | None,
    known: str | Path | None = None,
) -> list[Analysis]:
    """Ask a study's counts, step by step what a run asks of them."""
    study = counts.study
    if sheet is not None:
        counts = replace(counts, sheet=sheet.for_samples(counts.matrix.samples))
    chosen = replace(
        question_with(question, asked), confounders=study.settings.question.confounders
    )
    if contrasts:
        chosen = several_questions(chosen, contrasts)[0]
    how = fold_changes or "if_untestable"
    analyses = ask_counts(counts, chosen, contrasts, fold_changes=how)
    if counts.windows is not None:
        if known is not None:
            raise DesignError(
                "known directions are of regions that are there before they are tested, and domains"
                " are found in the data; ask the mark's promoters, genes or peaks"
            )
        return answer_domains(
            study,
            analyses,
            windows=counts.windows,
            domains=find_domains(counts.windows),
            sheet=counts.sheet,
        )
    variants = shared_variants(analyses)
    speaks = preset(counts.mark).speaks(k for k in mark_kinds(study, counts.mark) if k != "bins")
    directions = None if known is None else read_known(known)
    relabelled = counts.kind == speaks
    return [
        answer(study, one, variants=variants, known=directions, relabelled=relabelled).analysis
        for one in analyses
    ]


def _refuse_beside(**given: object) -> None:
    """What a study's counts have already cannot be handed over beside them."""
    twice = [name for name, value in given.items() if value is not None]
    if twice:
        raise DesignError(
            f"{' and '.join(twice)}: a study's counts have their own; hand over `counts.matrix` to"
            " use others"
        )


def _needed(sheet: SampleSheet | None) -> SampleSheet:
    if sheet is None:
        raise DesignError(
            "a matrix alone does not say which groups its samples are of; hand over the sheet, or"
            " the counts of `count_study`, which have theirs"
        )
    return sheet
