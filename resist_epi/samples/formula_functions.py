"""The functions of a design formula: what their arguments and columns must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from resist_epi.errors import quoted
from resist_epi.samples.terms import Factor

_MAX_FLEXIBILITY = 50  # degree, or degrees of freedom, of a curve

_EXTRAPOLATIONS = ("raise", "clip", "na", "zero", "extend")


@dataclass(frozen=True)
class Argument:
    """What stands behind the column.

    Attributes
    ----------
    expected
        In words, as they follow "must be".
    fits
        Whether a value, of those that a formula can hold, is one.
    """

    expected: str
    fits: Callable[[Any], bool]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(least: int, most: int = _MAX_FLEXIBILITY) -> Argument:
    return Argument(
        f"a whole number from {least} to {most}",
        lambda v: v is None or (type(v) is int and least <= v <= most),
    )


_SWITCH = Argument("True or False", lambda v: isinstance(v, bool))

_SHIFT = Argument("True, False or a number", lambda v: isinstance(v, bool) or _is_number(v))

_BOUND = Argument("a number", lambda v: v is None or _is_number(v))

_KNOTS = Argument(
    "a list of numbers",
    lambda v: v is None or (isinstance(v, tuple) and all(map(_is_number, v))),
)

# Function -> argument after the column -> what it is, in order.
FUNCTIONS: dict[str, dict[str, Argument]] = {
    "C": {
        "contrasts": Argument('contr.treatment("level")', lambda v: not isinstance(v, tuple)),
        "levels": Argument("a list of all levels", lambda v: v is None or isinstance(v, tuple)),
        "spans_intercept": _SWITCH,
    },
    "bs": {
        "df": _whole(1),
        "knots": _KNOTS,
        "degree": _whole(0),
        "include_intercept": _SWITCH,
        "lower_bound": _BOUND,
        "upper_bound": _BOUND,
        "extrapolation": Argument(
            f"one of {', '.join(_EXTRAPOLATIONS)}, in quotes", _EXTRAPOLATIONS.__contains__
        ),
    },
    "poly": {"degree": _whole(1), "raw": _SWITCH},
    "log": {},
    "scale": {"center": _SHIFT, "scale": _SHIFT, "ddof": _whole(0)},
}


def why_not_of(factor: Factor, levels: Sequence[str] | None) -> str | None:
    """Why a function cannot be had of a column; None where it can.

    Parameters
    ----------
    levels
        Of the column; None where it holds numbers.
    """
    if levels is None:
        return None
    if factor.function != "C":
        shown = ", ".join(map(quoted, list(levels)[:4]))
        return f"{factor.function}() is of numbers, and {factor.column} holds groups ({shown})"
    for position, (argument, literal) in enumerate(factor.arguments):
        called = argument or list(FUNCTIONS["C"])[position]
        reason = None
        if called == "levels" and literal.value is not None:
            reason = _why_not_levels(factor.column, list(map(str, literal.value)), levels)
        elif literal.treatment and str(literal.value) not in levels:
            shown = ", ".join(map(quoted, list(levels)[:8]))
            reason = f"{factor.column} has no level {quoted(literal.value)}; it has {shown}"
        if reason is not None:
            return reason
    return None


def _why_not_levels(column: str, asked: Sequence[str], levels: Sequence[str]) -> str | None:
    left_out = [level for level in levels if level not in asked]
    if left_out:
        # They would be rows of zeros, which is what the first level is.
        return f"levels= of {column} leaves out {', '.join(map(quoted, left_out[:4]))}"
    odd = [level for level in asked if level not in levels or asked.count(level) > 1]
    if odd:
        return f"levels= of {column} must name each level once; found {', '.join(odd[:4])}"
    return None
