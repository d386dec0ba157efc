"""Designs and contrasts by name: from a formula and a sheet to columns, and back into words."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import DesignError, quoted
from resist_epi.samples.coefficients import (
    Meaning,
    average_in_words,
    coefficients_in_words,
    interacting,
    meaning_of,
    printed_name,
)
from resist_epi.samples.contrast_names import default_levels, levels_named, why_no_levels
from resist_epi.samples.design_checks import (
    PATIENT,
    confounded_pairs,
    levels_that_inform,
    sizes_in_words,
)
from resist_epi.samples.formula import parse_formula
from resist_epi.samples.formula_matrix import FormulaMatrix
from resist_epi.samples.levels import ALWAYS_GROUPS, as_variable, likely_typos
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.stats.linear.design import aliased_columns, contrast_leverage

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Design:
    """A design matrix with named columns and what it was made from.

    Attributes
    ----------
    formula
        With the sheet's own spelling of its columns.
    matrix
        (n_units, p) float64 table: index the units, columns the coefficients.
    units
        (n_units, …) the sheet's columns of each unit.
    variables
        Columns of the sheet that the formula uses.
    built
        What gives the row of any other unit.
    """

    formula: str
    matrix: pd.DataFrame
    units: pd.DataFrame
    variables: tuple[str, ...]
    built: FormulaMatrix


@dataclass(frozen=True)
class Contrast:
    """A combination of coefficients to test.

    Attributes
    ----------
    name
        As the user would write it, `COLUMN:A-B`.
    vector
        (p,) float64 weights of the coefficients.
    words
        What it means, for logs and headers.
    informing
        (n_units,) bool: the units on which the estimate depends.
    sides
        (n_units,) bool each: the informing units of A and of B, of an interaction those of each
        combination of levels; empty for a continuous column.
    levels
        A and B; empty for a continuous column, and for an interaction.
    columns
        Of a coefficient, the columns of the sheet that it is of; empty for other contrasts.
    """

    name: str
    vector: NDArray[np.float64]
    words: str
    informing: NDArray[np.bool_]
    sides: tuple[NDArray[np.bool_], ...] = ()
    levels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """Column of the sheet whose levels are compared, or whose slope is tested."""
        return self.columns[0] if self.columns else self.name.partition(":")[0]

    @property
    def label(self) -> str:
        """The contrast in one word, for names of files: `A-B`, or the name of a coefficient."""
        return "-".join(self.levels) if self.levels and not self.columns else self.name

    @property
    def group_sizes(self) -> tuple[int, ...]:
        """Informing units in A and in B; empty for a continuous column."""
        return tuple(int(side.sum()) for side in self.sides)


def formula_columns(formula: str, sheet: SampleSheet) -> tuple[str, tuple[str, ...]]:
    """Return the formula in the sheet's own spelling, and the columns that it uses.

    Raises
    ------
    DesignError
        If the formula cannot be parsed or names a column that the sheet lacks.
    """
    parsed = parse_formula(formula, sheet.column)
    return parsed.text, parsed.columns


def make_design(sheet: SampleSheet, formula: str = Question.formula) -> Design:
    """Make the design matrix of a sheet's rows.

    Parameters
    ----------
    sheet
        One row a unit, of one mark.
    formula
        Right-hand side in Wilkinson's notation; names without regard to case. Columns of text are
        groups; further columns that hold numbers alone are continuous (`C(x)` makes them groups).

    Raises
    ------
    DesignError
        If a value is missing, a column has one level only, or columns are aliased: the message
        names them.
    """
    parsed = parse_formula(formula, sheet.column)
    formula, variables = parsed.text, parsed.columns
    units = sheet.table.copy()
    for name in variables:
        group = name in ALWAYS_GROUPS or parsed.makes_group(name)
        units[name] = as_variable(units[name], name, group=group, where=sheet.where)
        if units[name].nunique() < 2:
            raise DesignError(
                f"column {name}, which the design uses, has the one value"
                f" {quoted(units[name].iloc[0])} in every sample of"
                f" {', '.join(sheet.marks)}; expected at least two: add samples of"
                " another, or compare another column with --design"
            )
    built = FormulaMatrix(parsed, units)
    design = pd.DataFrame(built.values, index=pd.Index(sheet.samples), columns=built.names)
    aliased = aliased_columns(design.to_numpy(), list(design.columns))
    if aliased:
        parts = confounded_pairs(units, variables)
        parts += [
            f"{name} is determined by {', '.join(by)}" if by else f"{name} is 0 in every sample"
            for name, by in aliased.items()
        ]
        more = f"; and {len(parts) - 10} more" if len(parts) > 10 else ""
        raise DesignError(
            f"the design {quoted(formula)} cannot tell its effects apart: "
            + "; ".join(parts[:10])
            + more
            + ". Leave one of these columns out, or add samples that separate them"
        )
    return Design(formula, design, units, variables, built)


def make_contrast(design: Design, text: str | None = None) -> Contrast:
    """Find the contrast that a text names.

    Parameters
    ----------
    text
        `[COLUMN:]A-B` (split where both sides are levels, which may hold hyphens), `COLUMN,A,B`,
        the name of a continuous column, or that of a coefficient (`make_coefficient`). By default
        `poor-good` where `Condition` has both, else the later of its two levels in the alphabet
        minus the earlier.

    Raises
    ------
    DesignError
        If no column of the design has these levels, several have, or the choice is left open; the
        message lists what could be asked for.
    """
    by_default = text is None
    groups, numbers = _groups(design), _continuous(design)
    if text is None:
        _refuse_typing_errors(design, groups)
        text = default_levels(groups, design.formula, numbers)
    text = text.strip()
    continuous = _continuous_column(design, text)
    if continuous is not None:
        return _slope(design, continuous)
    found = levels_named(groups, text)
    if not found:
        printed = [name.casefold() for name in design.matrix.columns]
        if text.casefold() in printed or "[T." in text:
            return make_coefficient(design, text)
        why = why_no_levels(text, design.formula, groups, numbers, _other_groups(design))
        raise DesignError(why + coefficients_in_words(list(design.matrix.columns), text))
    if len(found) > 1:
        raise DesignError(
            f"contrast {quoted(text)} fits several columns; write one of "
            + ", ".join(f"{column}:{a}-{b}" for column, a, b in found)
        )
    return _difference(design, *found[0], by_default=by_default)


def _refuse_typing_errors(design: Design, groups: Mapping[str, list[str]]) -> None:
    """Refuse levels that look like another one, where nobody has said what is compared."""
    for column in groups:
        cells = [str(cell) for cell in design.units[column]]
        for pair in likely_typos(cells):
            one, other = (
                f"{quoted(level)} ({design.matrix.index[cells.index(level)]})" for level in pair
            )
            raise DesignError(
                f"column {column}: {one} and {other} are one letter apart; write them alike, or"
                " name the contrast (--contrast A-B) if they are two levels"
            )


def make_coefficient(design: Design, name: str) -> Contrast:
    """The contrast that is one coefficient of a design, such as an interaction.

    Parameters
    ----------
    name
        As the design prints it, `Treatment[T.ai]:Condition[T.poor]`.

    Raises
    ------
    DesignError
        If there is none of this name (the message lists them), or it is a level and no comparison.
    """
    name = printed_name(list(design.matrix.columns), name)
    vector = (design.matrix.columns == name).astype(np.float64)
    weights = contrast_leverage(design.matrix.to_numpy(), vector)
    if abs(weights.sum()) > 1e-6 * np.abs(weights).sum():
        raise DesignError(
            f"the coefficient {quoted(name)} is a level of signal and no comparison, so a test"
            " against 0 says nothing; name a contrast (--contrast A-B) or another coefficient"
        )
    informing = np.abs(weights) > 1e-9
    meaning = meaning_of(name, design.built, design.units)
    parts = sorted(meaning.parts, key=lambda part: not part.compares)
    columns = tuple(part.column for part in parts) or (name,)
    words = meaning.sentence
    if not meaning.parts:
        words = "as the design codes it; positive = more mark where the column is higher"
    named = {*columns, *(column for column, _ in meaning.where)}
    words += _adjustment(v for v in design.variables if v not in named)
    sides, said = _cells(design, meaning, informing)
    words += f"; informed by {said or f'{int(informing.sum())} units'}; coefficient {name}"
    return Contrast(name, vector, words, informing, sides, meaning.levels, columns)


def _cells(
    design: Design, meaning: Meaning, informing: NDArray[np.bool_]
) -> tuple[tuple[NDArray[np.bool_], ...], str]:
    """The informing units of each combination of the levels that a coefficient compares."""
    groups = [part for part in meaning.parts if part.level is not None]
    if not groups or len(groups) < len(meaning.parts):
        return (), ""
    masks, said = [], []
    for levels in product(*([p.level, p.reference] if p.compares else [p.level] for p in groups)):
        cell = informing.copy()
        for part, level in zip(groups, levels, strict=True):
            cell &= (design.units[part.column] == level).to_numpy()
        masks.append(cell)
        said.append(f"{int(cell.sum())} {' '.join(map(str, levels))}")
    return tuple(masks), f"{' + '.join(said)} units"


def _groups(design: Design) -> Mapping[str, list[str]]:
    return {
        name: sorted(design.units[name].unique())
        for name in design.variables
        if not pd.api.types.is_numeric_dtype(design.units[name])
    }


def _continuous(design: Design) -> list[str]:
    return [v for v in design.variables if pd.api.types.is_numeric_dtype(design.units[v])]


def _other_groups(design: Design) -> Mapping[str, list[str]]:
    """Columns of text of the sheet that the design leaves out, with their levels."""
    others = design.units.drop(
        columns=[*design.variables, *PATH_COLUMNS, "SampleID"], errors="ignore"
    )
    text = others.select_dtypes(exclude="number")
    return {str(name): sorted(set(text[name]) - {""}) for name in text}


def _continuous_column(design: Design, text: str) -> str | None:
    for name in design.variables:
        if name.lower() == text.lower() and pd.api.types.is_numeric_dtype(design.units[name]):
            return name
    return None


def _difference(
    design: Design, column: str, a: str, b: str, *, by_default: bool = False
) -> Contrast:
    rows = []
    for level in (a, b):
        units = design.units.copy()
        units[column] = pd.Series([level] * len(units), index=units.index, dtype=object)
        rows.append(design.built.rows(units).mean(axis=0))
    vector = rows[0] - rows[1]
    vector[np.abs(vector) < 1e-12] = 0.0
    informing = np.abs(contrast_leverage(design.matrix.to_numpy(), vector)) > 1e-9
    levels = design.units[column].to_numpy()
    sides = tuple(informing & (levels == x) for x in (a, b))
    sizes = [int(side.sum()) for side in sides]
    words = f"{a} minus {b}; positive = more mark in {a}"
    words += f"; {sizes_in_words(design.units, [levels == x for x in (a, b)])}"
    beside = interacting(column, design.built)
    words += average_in_words(beside, design.units)
    words += _adjustment(v for v in design.variables if v not in (column, *beside))
    words += f"; informed by {sizes[0]} {a} + {sizes[1]} {b} units"
    if not informing.all():
        alone = levels_that_inform(design.units, design.variables, informing)
        words += f", all of {alone}" if alone else ""
        words += f" (not by {', '.join(design.matrix.index[~informing])})"
    if by_default and (a, b) != ("poor", "good"):
        words += "; no contrast was asked for, so the order is that of the alphabet"
    return Contrast(f"{column}:{a}-{b}", vector, words, informing, sides, (a, b))


def _adjustment(others: Iterable[str]) -> str:
    """What the comparison holds fixed: pairs by name, other columns as adjusted for."""
    names = list(others)
    rest = [v for v in names if v != PATIENT]
    paired = f"; paired by {PATIENT}" if PATIENT in names else ""
    return paired + (f"; adjusted for {', '.join(rest)}" if rest else "")


def _slope(design: Design, column: str) -> Contrast:
    if column not in design.matrix.columns:
        raise DesignError(
            f"contrast {quoted(column)}: the design {quoted(design.formula)} holds the"
            " column in a transformed form; test it as it stands in the sheet, or name"
            " a difference of groups"
        )
    vector = (design.matrix.columns == column).astype(np.float64)
    informing = np.abs(contrast_leverage(design.matrix.to_numpy(), vector)) > 1e-9
    meaning = meaning_of(column, design.built, design.units)
    words = meaning.sentence
    named = {column, *(other for other, _ in meaning.where)}
    words += _adjustment(v for v in design.variables if v not in named)
    words += f"; informed by {int(informing.sum())} units"
    return Contrast(column, vector, words, informing)


def why_untestable(design: Design, contrast: Contrast) -> str | None:
    """Why these units cannot carry a test; None where they can.

    A side of the contrast may rest on fewer than two units, or no residual degree of freedom may be
    left.
    """
    n, p = design.matrix.shape
    if any(size < 2 for size in contrast.group_sizes):
        smallest = min(contrast.group_sizes)
        side = "side" if len(contrast.sides) == 2 else "combination of levels"
        return (
            f"contrast {contrast.name}: one {side} rests on {smallest} biological"
            f" unit{'s' if smallest != 1 else ''} ({contrast.words}), so nothing"
            " tells how much units differ; at least 2 a group are needed"
        )
    if n - p < 1:
        return (
            f"the design {quoted(design.formula)} has {p} coefficients for {n} units, so no"
            " residual degree of freedom is left. Use a smaller design"
        )
    return None


def check_testable(design: Design, contrast: Contrast) -> None:
    """Refuse a test that the units cannot carry.

    Raises
    ------
    DesignError
        With what `why_untestable` says.
    """
    reason = why_untestable(design, contrast)
    if reason is not None:
        raise DesignError(
            f"{reason}. Without a test, --fold-changes-only writes the fold changes and no P"
            " (columns lfcSE to padj empty)"
        )
