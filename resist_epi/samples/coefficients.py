"""What a coefficient of a design means: which levels it compares, and where the others stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from resist_epi.errors import DesignError, did_you_mean, quoted
from resist_epi.samples.formula_matrix import FormulaMatrix
from resist_epi.samples.levels import in_call
from resist_epi.samples.terms import Factor

_SHOWN = 60  # names that a message lists

_MOST_TRIED = 400  # pairs of reference levels

_NEAR = 1e-9


@dataclass(frozen=True)
class Part:
    """One factor of the product that a coefficient is of.

    Attributes
    ----------
    column
        Of the sheet.
    level
        The level that it stands for; None for a column of numbers.
    reference
        The level that it is compared with; None where there is none, as of `Treatment[ai]`, which
        names the level within which another part compares.
    """

    column: str
    level: str | None = None
    reference: str | None = None

    @property
    def compares(self) -> bool:
        """Whether it is a difference of two levels, or a slope."""
        return self.level is None or self.reference is not None


@dataclass(frozen=True)
class Meaning:
    """What a coefficient says.

    Attributes
    ----------
    parts
        Of the product; empty where the columns do not tell (functions of a column).
    where
        Other columns -> the level, or number, at which it holds; empty where it holds at all.
    """

    parts: tuple[Part, ...] = ()
    where: tuple[tuple[str, str], ...] = ()

    @property
    def comparing(self) -> tuple[Part, ...]:
        """The parts that are differences or slopes."""
        return tuple(part for part in self.parts if part.compares)

    @property
    def levels(self) -> tuple[str, str] | tuple[()]:
        """The two levels, where the coefficient is the difference of two, and nothing else."""
        own = self.comparing
        if len(own) != 1 or own[0].level is None or own[0].reference is None:
            return ()
        return own[0].level, own[0].reference

    @property
    def sentence(self) -> str:
        """What it is, and what a positive value means: `poor minus good; positive = …`."""
        own = self.comparing
        if len(own) == 1:
            return _one(own[0]) + self._place()
        if len(own) == 2:
            return _two(*own) + self._place()
        if own:
            return f"interaction of {', '.join(part.column for part in own)}" + self._place()
        return "as the design codes it"

    def _place(self) -> str:
        within = [f"{p.column} is {p.level}" for p in self.parts if not p.compares]
        at = [f"{column} is {level}" for column, level in self.where]
        said = f"; within the units whose {' and '.join(within)}" if within else ""
        if at:
            # Of treatment coding: beside an interaction a main effect is that at the reference.
            said += f"; where {' and '.join(at)}, the reference of the interaction beside it, and"
            said += " not an average"
        return said


def printed_name(names: Sequence[str], given: str) -> str:
    """The coefficient of this name; case matters only where two names differ by nothing else.

    Raises
    ------
    DesignError
        If there is none, with all names.
    """
    text = given.strip()
    if text in names:
        return text
    folded = [name for name in names if name.casefold() == text.casefold()]
    if len(folded) == 1:
        return folded[0]
    meant = did_you_mean([text], [name for name in names if name != "Intercept"])
    raise DesignError(
        f"the design has no coefficient {quoted(text)}; its coefficients are {_listed(names)}"
        + ("" if meant is None else f"; {meant}")
    )


def coefficients_in_words(names: Sequence[str], text: str) -> str:
    """`. Coefficients are: ...`, where a text that names no two levels may have meant one of them.

    Examples
    --------
    >>> coefficients_in_words(["Intercept", "Condition[T.poor]"], "Condition[poor]")
    '. Coefficients are: Condition[T.poor]'
    >>> coefficients_in_words(["Intercept", "Condition[T.poor]"], "poor-bad")
    ''
    """
    pair = any(mark in text for mark in "-,") and "[" not in text
    return "" if pair else f". Coefficients are: {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    known = [name for name in names if name != "Intercept"]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"{', '.join(known[:_SHOWN]) or 'none but the Intercept'}{more}"


def meaning_of(name: str, built: FormulaMatrix, units: pd.DataFrame) -> Meaning:
    """What the columns of a design say of a coefficient; nothing where they do not tell.

    Every reading is held against the rows that the design gives to units of these levels, so that
    what is said is true of its coding, whichever this is.

    Parameters
    ----------
    name
        One of the columns of the matrix.
    units
        (n_units, …) the columns that the design uses.
    """
    target = np.array([float(column == name) for column in built.names])
    for labels in _readings(name, built, units):
        columns = [column for column, _, _ in labels]
        if len(set(columns)) < len(columns):
            continue
        choices = [
            [None] if level is None or not coded else [x for x in _levels(units, c) if x != level]
            for c, level, coded in labels
        ]
        for references in list(product(*choices))[:_MOST_TRIED]:
            parts = tuple(
                Part(c, level, reference)
                for (c, level, _), reference in zip(labels, references, strict=True)
            )
            where = _where(parts, target, built, units)
            if where is not None:
                return Meaning(parts, where)
    return Meaning()


def interacting(column: str, built: FormulaMatrix) -> list[str]:
    """Other columns of the design with which the difference of a column's levels may change."""
    terms = [{f.column for f in term if f.column} for term in built.formula.terms]
    beside = set().union(*(term for term in terms if column in term)) - {column}
    return [other for other in built.formula.columns if other in beside]


def average_in_words(others: Sequence[str], units: pd.DataFrame) -> str:
    """Over what the difference is averaged, beside an interaction; empty without one.

    Examples
    --------
    >>> average_in_words(["Treatment"], pd.DataFrame({"Treatment": ["ai", "ai", "none"]}))
    "; averaged over the units' own Treatment (2 ai, 1 none), with which the design lets it change"
    """
    said = []
    for other in others:
        values = units[other]
        if pd.api.types.is_numeric_dtype(values):
            said.append(f"{other} (mean {values.mean():.4g})")
        else:
            sizes = values.value_counts()
            shown = ", ".join(f"{sizes[level]} {level}" for level in sorted(sizes.index))
            said.append(f"{other} ({shown})")
    if not said:
        return ""
    return (
        f"; averaged over the units' own {' and '.join(said)}, with which the design lets it change"
    )


def _readings(
    name: str, built: FormulaMatrix, units: pd.DataFrame
) -> Iterator[list[tuple[str, str | None, bool]]]:
    """Column, level and whether it is coded against a reference, of each factor of a product."""
    for term in built.formula.terms:
        factors = [f for f in term if f.column]
        if factors:
            yield from _matched(name, factors, units)


def _matched(
    rest: str, factors: Sequence[Factor], units: pd.DataFrame
) -> Iterator[list[tuple[str, str | None, bool]]]:
    """Every way to read a text as labels of the factors, in any order."""
    for i, factor in enumerate(factors):
        others = [*factors[:i], *factors[i + 1 :]]
        for text, level, coded in _labels(factor, units):
            if others and rest.startswith(f"{text}:"):
                for more in _matched(rest[len(text) + 1 :], others, units):
                    yield [(factor.column, level, coded), *more]
            elif not others and rest == text:
                yield [(factor.column, level, coded)]


def _labels(factor: Factor, units: pd.DataFrame) -> Iterator[tuple[str, str | None, bool]]:
    if factor.function not in ("", "C"):
        return  # a curve: no two levels
    written = factor.write(in_call if factor.function else str, repr)
    values = units[factor.column]
    if pd.api.types.is_numeric_dtype(values) and not factor.function:
        yield written, None, True
        return
    for level in _levels(units, factor.column):
        yield f"{written}[T.{level}]", level, True
        yield f"{written}[{level}]", level, False


def _where(
    parts: Sequence[Part], target: np.ndarray, built: FormulaMatrix, units: pd.DataFrame
) -> tuple[tuple[str, str], ...] | None:
    """Where a reading of a coefficient is true: always, at levels of others, or nowhere (None)."""
    own = {part.column for part in parts}
    others = [c for c in built.formula.columns if c not in own]
    numbers = [c for c in others if pd.api.types.is_numeric_dtype(units[c])]
    for zeros in ([], numbers) if numbers else ([],):
        placed = units.assign(**dict.fromkeys(zeros, 0.0))
        holds = (np.abs(_difference(parts, built, placed) - target) < _NEAR).all(axis=1)
        if holds.all() and not zeros:
            return ()
        if holds.any():
            at: dict[str, str] = dict.fromkeys(zeros, "0")
            for column in (c for c in others if c not in numbers):
                here = placed.loc[holds, column].unique()
                if len(here) == 1 and placed[column].nunique() > 1:
                    at[column] = str(here[0])
            depends = [c for c in at if _depends(parts, built, placed[holds], c, at[c], units)]
            if depends:
                return tuple((c, at[c]) for c in depends)
    return None


def _depends(
    parts: Sequence[Part],
    built: FormulaMatrix,
    placed: pd.DataFrame,
    column: str,
    level: str,
    units: pd.DataFrame,
) -> bool:
    """Whether a reading changes with another level, or number, of a column."""
    first = _difference(parts, built, placed)
    return any(
        np.abs(_difference(parts, built, placed.assign(**{column: value})) - first).max() > _NEAR
        for value in _some(units, column)
        if str(value) != level
    )


def _some(units: pd.DataFrame, column: str) -> list[str] | list[float]:
    """Values of a column on which a difference may depend: its levels, or two numbers."""
    if pd.api.types.is_numeric_dtype(units[column]):
        return [float(units[column].min()), float(units[column].max())]
    return _levels(units, column)


def _difference(parts: Sequence[Part], built: FormulaMatrix, units: pd.DataFrame) -> np.ndarray:
    """(n_units, p) what a product of differences is of the coefficients, at each unit's values."""
    total = np.zeros((len(units), len(built.names)))
    for signs in product(*([1, -1] if part.compares else [1] for part in parts)):
        placed: Mapping[str, object] = {
            part.column: _value(part, sign) for part, sign in zip(parts, signs, strict=True)
        }
        total += np.prod(signs) * built.rows(_placed(units, placed))
    return total


def _value(part: Part, sign: int) -> object:
    if part.level is None:
        return 1.0 if sign > 0 else 0.0
    return part.level if sign > 0 else part.reference


def _placed(units: pd.DataFrame, values: Mapping[str, object]) -> pd.DataFrame:
    kinds = {c: np.float64 if isinstance(v, float) else object for c, v in values.items()}
    return units.assign(
        **{c: pd.Series([v] * len(units), units.index, kinds[c]) for c, v in values.items()}
    )


def _levels(units: pd.DataFrame, column: str) -> list[str]:
    return sorted(units[column].unique())


def _one(part: Part) -> str:
    if part.level is None:
        return f"slope on {part.column}; positive = more mark where {part.column} is higher"
    return f"{part.level} minus {part.reference}; positive = more mark in {part.level}"


def _two(first: Part, second: Part) -> str:
    """A difference of differences; the groups of outcome are the inner one."""
    if second.column != "Condition" and first.column == "Condition":
        first, second = second, first
    if first.level is None:  # the slope is the inner one
        first, second = second, first
    inner = (
        f"slope on {second.column}"
        if second.level is None
        else f"{second.level} minus {second.reference}"
    )
    if first.level is None:
        return f"interaction of {first.column} and {second.column}"
    return (
        f"{inner} where {first.column} is {first.level}, less {inner} where it is"
        f" {first.reference}; positive = {inner} is higher where {first.column} is {first.level}"
    )
