"""What a question asks of a sheet: its own spelling, the units, the design and the contrast."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units
from resist_epi.errors import DesignError
from resist_epi.model import differential
from resist_epi.model.method import methods_that
from resist_epi.model.question_check import check_question
from resist_epi.samples.assay_rows import check_one_assay
from resist_epi.samples.design import (
    Contrast,
    Design,
    formula_columns,
    make_contrast,
    make_design,
    why_untestable,
)
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.levels import column_cautions, column_facts, level_problems
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """A question that was put to a sheet.

    Attributes
    ----------
    question
        In the sheet's spelling.
    columns
        Every column of the sheet that it names.
    merged
        The matrix, a column a unit.
    units, unit_note
        A row a unit, and in words what was merged.
    design, contrast
        Of the units.
    taken
        Column of the design -> whether it is numbers or groups, as plain values.
    cautions
        What speaks against the comparison although it can be made.
    untestable
        Why no test is possible; None where it is.
    own
        Whether the method has a question of its own.
    """

    question: Question
    columns: tuple[str, ...]
    merged: CountMatrix
    units: SampleSheet
    unit_note: str
    design: Design
    contrast: Contrast
    taken: dict[str, Any]
    cautions: tuple[str, ...]
    untestable: str | None
    own: bool


def ask_sheet(matrix: CountMatrix, sheet: SampleSheet, question: Question) -> Asked:
    """Put a question to the rows of a sheet that a matrix has, in their order.

    Raises
    ------
    DesignError
        If the question cannot be asked.
    """
    check_question(question)
    question, columns = spelled_question(question, sheet)
    of_assays = check_one_assay(sheet, columns)
    merged, units, unit_note = merge_units(matrix, sheet, design_columns=columns)
    design = make_design(units, question.formula)
    contrast = study_contrast(design, question.contrast, method=question.method)
    logger.info("%s", contrast.words)
    taken = {name: column_facts(design.units[name]) for name in design.variables}
    cautions: Sequence[str] = column_cautions(taken) + design_warnings(
        design.units, contrast.column, design.variables, contrast.sides, block=question.block
    )
    cautions = [*cautions, *filter(None, [of_assays])]
    for caution in cautions:
        logger.warning("%s", caution)
    own = differential.own_contrast(question.method) is not None
    untestable = None if own else why_untestable(design, contrast)
    return Asked(
        question, columns, merged, units, unit_note, design, contrast, taken, tuple(cautions),
        untestable, own,
    )  # fmt: skip


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
