"""The text of a contrast: which two levels it names, and what is wrong where it names none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from resist_epi.errors import DesignError, closest, quoted
from resist_epi.samples.levels import in_call

_MAX_CONTRAST = 2000  # characters

_MAX_LEVELS = 100  # of a column, to which a side that is no level is compared

# What stands between two levels, and what people write there instead.
_SEPARATORS = (",", "-")

_OTHER_SEPARATORS = re.compile(
    r"\s*[-,/_:\u2010-\u2015\u2212]\s*|[\s_]+(?:vs\.?|versus|against|minus)[\s_]+", re.IGNORECASE
)

Groups = Mapping[str, Sequence[str]]


def levels_named(groups: Groups, text: str) -> list[tuple[str, str, str]]:
    """(column, A, B) of every reading of the text in which both sides are levels.

    Parameters
    ----------
    groups
        Column of the design -> its levels.

    Raises
    ------
    DesignError
        If the text is longer than any names.
    """
    found = []
    if len(text) > _MAX_CONTRAST:
        raise DesignError(f"contrast {quoted(text)}: {len(text)} characters name no two levels")
    for column, levels in groups.items():
        rest = _without_column(text, column)
        for separator in _SEPARATORS:
            parts = rest.split(separator)
            for i in range(1, len(parts)):
                a, b = separator.join(parts[:i]).strip(), separator.join(parts[i:]).strip()
                if a in levels and b in levels and (column, a, b) not in found:
                    found.append((column, a, b))
    unlike = [(column, a, b) for column, a, b in found if a != b]
    if found and not unlike:
        column, a, _ = found[0]
        others = ", ".join(level for level in groups[column] if level != a) or "none"
        raise DesignError(
            f"contrast {quoted(text)} compares {a} with itself; the other levels of {column} are"
            f" {others}"
        )
    return unlike


def default_levels(groups: Groups, formula: str, continuous: Sequence[str]) -> str:
    """The contrast that a design suggests: `poor-good`, or the two levels that there are.

    Raises
    ------
    DesignError
        If none does, with those that could be asked for.
    """
    column = "Condition" if "Condition" in groups else next(iter(groups), None)
    if column is not None:
        levels = groups[column]
        if {"poor", "good"} <= set(levels):
            return f"{column}:poor-good"
        if len(levels) == 2:
            return f"{column}:{levels[1]}-{levels[0]}"
    if not groups and not continuous:
        raise DesignError(
            f"the design {quoted(formula)} names no column, so there is nothing to compare;"
            " expected one such as '~ Condition'"
        )
    if not groups:
        slopes = " or ".join(f"--contrast {name}" for name in continuous)
        raise DesignError(
            f"the design {quoted(formula)} has no groups to compare; {slopes} tests the slope on"
            " a continuous column"
        )
    raise DesignError(
        f"the design {quoted(formula)} has no single obvious contrast; name one with"
        f" --contrast COLUMN:A-B. {levels_in_words(groups)}"
    )


def why_no_levels(
    text: str, formula: str, groups: Groups, continuous: Sequence[str], others: Groups
) -> str:
    """What is wrong with a contrast that names no two levels of the design, and what was meant.

    Parameters
    ----------
    groups, continuous
        Columns of the design, the former with their levels.
    others
        Columns of the sheet that the design leaves out -> their levels.
    """
    start = f"contrast {quoted(text)}: "
    head = re.split("[:,]", text)[0].strip().lower()
    for column in continuous:
        if head == column.lower():
            return (
                f"{start}{column} is continuous and has no levels; its slope is tested with"
                f" --contrast {column}, and C({in_call(column)}) in the design makes groups"
            )
    for column, levels in others.items():
        if (head == column.lower() and head != text.strip().lower()) or _fits(text, levels):
            return (
                f"{start}{column} is not in the design {quoted(formula)}; add it, as in --design"
                f" '{formula} + {in_call(column)}'"
            )
    near = _nearest(text, groups)
    problem = f"no column of the design {quoted(formula)} has these levels"
    hint = form = ""
    if near is not None:
        column, given, meant = near
        wrong = [g for g, m in zip(given, meant, strict=True) if g != m]
        hint = f" Did you mean {'-'.join(meant)!r}?"
        if wrong:
            problem = f"{column} has no level {' or '.join(map(quoted, wrong))}"
    else:
        if any(text.strip() in levels for levels in groups.values()):
            problem = "this is one level, and a contrast is of two, as A-B"
        shown = next((levels for levels in groups.values() if len(levels) > 1), None)
        if shown is not None:
            example = f"{shown[1]}-{shown[0]}"
            form = f"; write two of them as A-B, such as {quoted(example)}"
    return f"{start}{problem}.{hint} {levels_in_words(groups)}{form}"


def levels_in_words(groups: Groups) -> str:
    """`Levels are: Condition: good, poor`."""
    return "Levels are: " + ("; ".join(f"{c}: {', '.join(v)}" for c, v in groups.items()) or "none")


def _without_column(text: str, column: str) -> str:
    for mark in (":", ","):
        head, _, tail = text.partition(mark)
        if tail and head.strip().lower() == column.lower():
            return tail
    return text


def _fits(text: str, levels: Sequence[str]) -> bool:
    """Whether a text names two of some levels."""
    return any(
        a != b and a in levels and b in levels
        for separator in _SEPARATORS
        for a, b in _halves(text, re.compile(re.escape(separator)))
    )


def _halves(text: str, separator: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for found in list(separator.finditer(text))[:20]:
        a, b = text[: found.start()].strip(), text[found.end() :].strip()
        if a and b:
            yield a, b


def _nearest(text: str, groups: Groups) -> tuple[str, tuple[str, str], tuple[str, str]] | None:
    """Column, the two sides as they were given, and the levels that are closest to them."""
    best, most = None, -1
    for column, levels in groups.items():
        known = list(levels)[:_MAX_LEVELS]
        for a, b in _halves(_without_column(text, column), _OTHER_SEPARATORS):
            meant = tuple(side if side in levels else closest(side, known) for side in (a, b))
            if None in meant or meant[0] == meant[1]:
                continue
            exact = sum(side in levels for side in (a, b))
            if exact > most:
                best, most = (column, (a, b), (str(meant[0]), str(meant[1]))), exact
    return best
