"""The matrix of a parsed formula, by formulaic.

What formulaic evaluates is written here: functions of a fixed list, numbers, and aliases for the
columns and the words of the formula, which are turned back into names afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.errors import DesignError, quoted
from resist_epi.samples.formula_functions import why_not_of
from resist_epi.samples.levels import in_call
from resist_epi.samples.terms import Factor, Formula

_MAX_COLUMNS = 1000  # of the matrix; more than that no cohort can tell apart


class FormulaMatrix:
    """The matrix of a formula for some units, and the rows of any others.

    Parameters
    ----------
    formula
        What was understood; kept as an attribute.
    units
        (n_units, …) the columns that it uses: numbers, or text for groups.

    Raises
    ------
    DesignError
        If a function cannot be had of a column, or a value is not finite.
    """

    def __init__(self, formula: Formula, units: pd.DataFrame) -> None:
        _check_size(formula, units)
        _check_functions(formula, units)
        self.formula = formula
        self._additive = _additive_columns(formula, units)
        if self._additive is None:
            self._by_formulaic(formula, units)
        else:
            self.names = [name for name, _, _ in self._additive]
            self.values = self.rows(units)
        wrong = ~np.isfinite(self.values)
        if wrong.any():
            row, at = (int(i) for i in np.argwhere(wrong)[0])
            raise DesignError(
                f"the design {quoted(formula.text)} cannot be built: {quoted(self.names[at])} is"
                f" {self.values[row, at]} in row {row + 1}"
            )

    def _by_formulaic(self, formula: Formula, units: pd.DataFrame) -> None:
        from formulaic import Formula as Formulaic
        from formulaic import ModelSpec
        from formulaic.parser.types import Factor as Evaluated
        from formulaic.parser.types import Term as Product

        factors = list(dict.fromkeys(f for term in formula.terms for f in term))
        words = list(dict.fromkeys(w for f in factors for w in f.words()))
        tag = _unused("_v", [*words, *_levels(units[list(formula.columns)])])
        # The longest number first: none is the beginning of another, as each ends in _.
        self._columns = {name: f"{tag}{i}_" for i, name in enumerate(formula.columns)}
        self._words = {w: f"{tag}{i}_" for i, w in enumerate(words, start=len(self._columns))}

        def evaluated(factor: Factor) -> Any:
            kind = "python" if factor.function else "literal" if factor.number else "lookup"
            text = factor.write(self._columns.__getitem__, self._words.__getitem__)
            return Evaluated(text, eval_method=kind)

        terms = [Product([evaluated(f) for f in term]) for term in formula.terms]
        self._spec: Any = ModelSpec.from_spec(Formulaic(terms))
        matrix = self._build(units)
        self._spec = matrix.model_spec
        self.names = [self._spelled(str(name), factors) for name in matrix.columns]
        self.values = np.asarray(matrix, dtype=np.float64)

    def rows(self, units: pd.DataFrame) -> np.ndarray:
        """(n, p) float64 rows of other units, with what was learnt of the first ones."""
        if self._additive is None:
            return np.asarray(self._build(units), dtype=np.float64)
        matrix = np.ones((len(units), len(self._additive)))
        for at, (_, column, level) in enumerate(self._additive):
            if column:
                values = units[column] if level is None else units[column] == level
                matrix[:, at] = values.to_numpy(np.float64)
        return matrix

    def _build(self, units: pd.DataFrame) -> Any:
        data = units[list(self._columns)].rename(columns=self._columns)
        data = data if self._columns else pd.DataFrame({"_": np.zeros(len(units))})
        values = {alias: word for word, alias in self._words.items()}
        try:
            with np.errstate(all="ignore"):
                return self._spec.get_model_matrix(data, context=values, na_action="raise")
        except _formulaic_errors() as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            for name, alias in {**self._columns, **self._words}.items():
                reason = reason.replace(alias, name)
            raise DesignError(
                f"the design {quoted(self.formula.text)} cannot be built: {reason[:300]}"
            ) from error

    def _spelled(self, name: str, factors: Sequence[Factor]) -> str:
        """The name of a column of the matrix with the sheet's names in it."""
        for column, alias in self._columns.items():
            name = name.replace(f"({alias}", f"({in_call(column)}")
            name = name.replace(alias, column)
        for word, alias in self._words.items():
            name = name.replace(alias, repr(word))
        return name


def _additive_columns(
    formula: Formula, units: pd.DataFrame
) -> list[tuple[str, str, str | None]] | None:
    """Name, column and level of each column of an intercept and plain columns; None for others.

    As formulaic would make them, which takes as long to import as such a fit.
    """
    first, *others = formula.terms or ((),)
    if [f.number for f in first] != ["1"]:
        return None
    found: list[tuple[str, str, str | None]] = [("Intercept", "", None)]
    for term in others:
        if len(term) != 1 or not term[0].column or term[0].function:
            return None
        name = term[0].column
        values = units[name]
        if values.dtype == object and all(isinstance(v, str) for v in values):
            found += [(f"{name}[T.{level}]", name, level) for level in sorted(set(values))[1:]]
        elif values.dtype.kind in "fi":
            found.append((name, name, None))
        else:
            return None
    return found


def _levels(units: pd.DataFrame) -> list[str]:
    texts = [units[name] for name in units if not pd.api.types.is_numeric_dtype(units[name])]
    return [
        *map(str, units.columns),
        *(str(v) for column in texts for v in column.unique()),
    ]


def _unused(tag: str, texts: Iterable[str]) -> str:
    """The tag, made longer until no text holds it."""
    found = list(texts)
    while any(tag in text for text in found):
        tag += "v"
    return tag


def _check_size(formula: Formula, units: pd.DataFrame) -> None:
    """Refuse a matrix of thousands of columns before it is built."""
    widths: Mapping[str, int] = {
        name: 1 if pd.api.types.is_numeric_dtype(units[name]) else units[name].nunique() - 1
        for name in formula.columns
    }
    columns = sum(
        math.prod(max(widths[f.column], 1) for f in term if f.column) for term in formula.terms
    )
    if columns > _MAX_COLUMNS:
        raise DesignError(
            f"the design {quoted(formula.text)} has {columns} columns or more for {len(units)}"
            " units; leave interactions out"
        )


def _check_functions(formula: Formula, units: pd.DataFrame) -> None:
    """Refuse functions of columns of another kind, and levels that would be left out."""
    for factor in dict.fromkeys(f for term in formula.terms for f in term if f.function):
        column = units[factor.column]
        levels = None
        if not pd.api.types.is_numeric_dtype(column):
            levels = [str(level) for level in sorted(column.unique())]
        reason = why_not_of(factor, levels)
        if reason is not None:
            raise DesignError(f"the design {quoted(formula.text)} cannot be built: {reason}")


def _formulaic_errors() -> tuple[type[Exception], ...]:
    """Formulaic's own errors, and what it lets pass of evaluating a function."""
    from formulaic.errors import FormulaicError

    return (
        FormulaicError,
        SyntaxError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        LookupError,
        NameError,
    )
