"""What a question asks of a sheet: its own spelling, the units, the design and the contrast."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units
from resist_epi.errors import DesignError, did_you_mean, quoted
from resist_epi.model import differential
from resist_epi.model.method import methods_that
from resist_epi.model.question_check import check_question
from resist_epi.samples.assay_rows import check_one_assay
from resist_epi.samples.design import (
    Contrast,
    Design,
    formula_columns,
    make_coefficient,
    make_contrast,
    make_design,
    why_untestable,
)
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.levels import column_cautions, column_facts, level_problems
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.stats.linear.design import independent_columns

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
    of_assays
        What to know of several assays in one mark; None where there is one.
    cautions
        What speaks against the comparison although it can be made.
    untestable
        Why no test is possible; None where it is.
    own
        Whether the method has a question of its own.
    plan
        For what the fit is planned: the contrast, or all contrasts of the fit that can be tested
        (`joined_contrasts`).
    testable
        Whether any of the contrasts of the fit can be tested.
    """

    question: Question
    columns: tuple[str, ...]
    merged: CountMatrix
    units: SampleSheet
    unit_note: str
    design: Design
    contrast: Contrast
    taken: dict[str, Any]
    of_assays: str | None
    cautions: tuple[str, ...]
    untestable: str | None
    own: bool
    plan: Contrast
    testable: bool

    def ask_again(self, question: Question) -> Asked:
        """Another contrast of the same fit.

        Parameters
        ----------
        question
            One that differs in the contrast, or the coefficient, and what stands beside.
        """
        spelled = replace(
            self.question,
            contrast=question.contrast,
            coefficient=question.coefficient,
            beside=question.beside,
        )
        contrast = study_contrast(self.design, spelled.contrast, coefficient=spelled.coefficient)
        logger.info("%s", contrast.words)
        return replace(
            self,
            question=spelled,
            contrast=contrast,
            cautions=_cautions(self.design, contrast, self.taken, spelled, self.of_assays),
            untestable=why_untestable(self.design, contrast),
        )


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
    contrast = study_contrast(
        design, question.contrast, method=question.method, coefficient=question.coefficient
    )
    logger.info("%s", contrast.words)
    taken = {name: column_facts(design.units[name]) for name in design.variables}
    cautions = _cautions(design, contrast, taken, question, of_assays)
    own = differential.own_contrast(question.method) is not None
    untestable = None if own else why_untestable(design, contrast)
    every = [contrast, *(make_contrast(design, text) for text in question.beside)]
    able = [c for c in every if own or why_untestable(design, c) is None]
    return Asked(
        question, columns, merged, units, unit_note, design, contrast, taken, of_assays,
        cautions, untestable, own, joined_contrasts(able or [contrast]), bool(able),
    )  # fmt: skip


def _cautions(
    design: Design,
    contrast: Contrast,
    taken: Mapping[str, Any],
    question: Question,
    of_assays: str | None,
) -> tuple[str, ...]:
    found: Sequence[str] = column_cautions(taken) + design_warnings(
        design.units, contrast.column, design.variables, contrast.sides, block=question.block
    )
    found = [*found, *filter(None, [of_assays])]
    for caution in found:
        logger.warning("%s", caution)
    return tuple(found)


def joined_contrasts(contrasts: Sequence[Contrast]) -> Contrast:
    """Several contrasts as one, by which a fit is planned that all of them share.

    Returns
    -------
    Contrast
        The contrast itself, where it is one. Else `vector` is (p, k), k independent ones of them in
        the order of their names, and `sides` are those of all, each once: no order in which
        contrasts are asked changes the fit.
    """
    unique = {c.name: c for c in contrasts}
    if len(unique) == 1:
        return contrasts[0]
    ordered = [unique[name] for name in sorted(unique)]
    sides = {side.tobytes(): side for c in ordered for side in c.sides}
    return Contrast(
        name=", ".join(unique),
        vector=independent_columns(np.column_stack([c.vector for c in ordered])),
        words="; ".join(c.words for c in ordered),
        informing=np.any([c.informing for c in ordered], axis=0),
        sides=tuple(sides[key] for key in sorted(sides)),
    )


def question_with(question: Question | None, asked: Mapping[str, Any]) -> Question:
    """A question, by default that of all defaults, with fields by name in place of its own.

    Raises
    ------
    TypeError
        If the question has no field of a name; the message lists them.
    """
    known = [field.name for field in fields(Question)]
    unknown = [name for name in asked if name not in known]
    if unknown:
        nearest = did_you_mean(unknown, known)
        raise TypeError(
            f"there is no option {quoted(unknown[0])}; those of a question are {', '.join(known)}"
            ", and background, peaks and spike-in are inputs=normalization_inputs(...)"
            + (f"; {nearest}" if nearest else "")
        )
    return replace(question or Question(), **asked)


def several_questions(question: Question, contrasts: Sequence[str]) -> list[Question]:
    """One question a contrast or coefficient of the same fit, in their order.

    Raises
    ------
    DesignError
        If there is no contrast, or one stands twice.
    """
    if not contrasts:
        raise DesignError("no contrast is named; give one or more, as A-B or by a coefficient")
    refuse_repeated(contrasts)
    return [
        replace(
            question,
            contrast=text,
            coefficient=None,
            beside=tuple(other for other in contrasts if other != text),
        )
        for text in contrasts
    ]


def refuse_repeated(names: Sequence[str]) -> None:
    """Refuse contrasts that stand twice.

    Raises
    ------
    DesignError
        With the first of them.
    """
    for i, name in enumerate(names):
        if name in names[:i]:
            raise DesignError(f"the contrast {quoted(name)} is asked for twice; name it once")


def named_question(question: Question, contrast: Contrast) -> Question:
    """The question with the contrast, or coefficient, that was taken, by its full name."""
    if not contrast.vector.any():
        return replace(question, contrast=None)
    if contrast.columns:
        return replace(question, contrast=None, coefficient=contrast.name)
    return replace(question, contrast=contrast.name)


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


def study_contrast(
    design: Design,
    contrast: str | None,
    *,
    method: str | None = None,
    coefficient: str | None = None,
) -> Contrast:
    """The contrast that a text names, or a coefficient; for `cox`, the hazard ratio.

    Raises
    ------
    DesignError
        If there is no such contrast or coefficient, or `cox` is given one.
    """
    own = differential.own_contrast(method)
    if own is None and coefficient is not None:
        return make_coefficient(design, coefficient)
    if own is None:
        return make_contrast(design, contrast)
    if contrast is not None or coefficient is not None:
        raise DesignError(f"{method} has a question of its own and takes no contrast; leave it out")
    return own(design)
