"""What the cells of a column are: levels or numbers, one spelling each, known or missing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.errors import DesignError, quoted
from resist_epi.io.lines import number

# How spreadsheets and programs write that nothing is known. In a column of text, any of these may
# as well be a level, so there an empty cell alone is missing.
MISSING_WORDS = frozenset({"na", "nan", "n/a", "#n/a", "<na>", "null", "none"})

_NO_NAMES = frozenset({"na", "nan", "n/a"})  # a sample may well be called None

# Columns whose levels decide which rows are compared or merged, whatever the design.
LEVEL_COLUMNS = ("Factor", "Condition", "Treatment", "Timepoint", "Patient", "Batch", "Tissue")

# Text columns of the sheet stay groups even where their levels look like numbers.
ALWAYS_GROUPS = frozenset({*LEVEL_COLUMNS, "Replicate"})

_ANY_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\xad]+")

_SEPARATORS = re.compile(r"(?<=[^\W_])[-_.]+(?=[^\W_])")

# Histone marks have names of letters and digits; in these a hyphen is a way of writing.
_HISTONE_MARK = re.compile(r"h[1-4]", re.IGNORECASE)

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

# Names of columns whose numbers are labels.
_LABELS = re.compile(
    r"batch|plate|lane|site|cent(er|re)|hospital|flow.?cell|cohort|cluster|subtype|operator"
    r"|(^|[\W_])(run|id|no)$",
    re.IGNORECASE,
)

_MOST = 1e100  # of a number in a design

_COMPARED = 100  # levels of a column

_SHORTEST = 4  # letters of a level in which a typing error can be told

_SHOWN = 4  # spellings, or cells, that a message names

_FEW, _LISTED = 6, 12  # values and levels of a column that a header names


def is_missing_word(cell: str) -> bool:
    """Whether a cell says in a word that nothing is known, as `NA` does among numbers."""
    return cell.strip().lower() in MISSING_WORDS


def holds_numbers(cells: Iterable[str]) -> bool:
    """Whether a column is of numbers, perhaps with some text: half of its cells, or most values.

    Examples
    --------
    >>> holds_numbers(["50", "61", "unknown"]), holds_numbers(["1a", "1b", "2"])
    (True, False)
    """
    known = [c for c in cells if c.strip() and not is_missing_word(c)]
    found = [c for c in known if number(c) is not None]
    texts = set(known) - set(found)
    return bool(found) and (2 * len(found) >= len(known) or len(set(found)) > len(texts))


def without_missing_words(cells: pd.Series, *, always: bool) -> pd.Series:
    """Cells of a column with `""` where they say in a word that nothing is known.

    Among numbers, or where nothing else stands in the column, such a word is no level; in a column
    of text it is one.

    Parameters
    ----------
    cells
        Text.
    always
        For names, files and numbers, where `NA` is none of these, whatever else stands there.
    """
    words = _NO_NAMES if always else frozenset()
    if holds_numbers(cells) or all(not c.strip() or is_missing_word(c) for c in cells):
        words = _NO_NAMES if always and not holds_numbers(cells) else MISSING_WORDS
    return cells.map(lambda c: "" if c.strip().lower() in words else c).astype(object)


def near_spellings(levels: Iterable[str], *, separators: bool = False) -> list[tuple[str, ...]]:
    """Levels that are one name but for case and blanks, each group in the order given.

    Parameters
    ----------
    separators
        Whether a hyphen, an underscore or a point between letters or digits is a way of writing,
        too.

    Examples
    --------
    >>> near_spellings(["Good", "good", "poor"])
    [('Good', 'good')]
    >>> near_spellings(["ER+", "ER-", "T-47D", "T47D"], separators=True)
    [('T-47D', 'T47D')]
    """
    groups: dict[str, list[str]] = {}
    for level in dict.fromkeys(levels):
        if level:
            key = _ANY_BLANK.sub("", unicodedata.normalize("NFC", level)).casefold()
            groups.setdefault(_SEPARATORS.sub("", key) if separators else key, []).append(level)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def spelling_problems(
    cells: Sequence[str], name: str, where: Callable[[Sequence[int]], str]
) -> list[str]:
    """A sentence on each level of a column that is spelled in several ways.

    Parameters
    ----------
    where
        Rows, from 0, in words.
    """
    problems = []
    marks = name == "Factor"
    strict = near_spellings(cells)
    for group in near_spellings(cells, separators=marks):
        if group not in strict and not _HISTONE_MARK.match(group[0]):
            continue
        rows = [[i for i, cell in enumerate(cells) if cell == level] for level in group]
        alike = len({unicodedata.normalize("NFC", level) for level in group}) < len(group)
        shown = [
            f"{ascii(level) if alike else quoted(level)} ({where(own)})"
            for level, own in zip(group, rows, strict=True)
        ][:_SHOWN]
        more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
        what = "case or blanks" if group in strict else "case, blanks or hyphens"
        problems.append(
            f"column {name}: {' and '.join(shown)}{more} differ by {what} alone, and would be"
            f" {len(group)} different {'marks' if marks else 'levels'}; write them alike"
        )
    return problems


def level_problems(
    table: pd.DataFrame, columns: Iterable[str], where: Callable[[Sequence[int]], str]
) -> list[str]:
    """A sentence on each level of some columns that is spelled in several ways."""
    return [
        problem
        for name in columns
        if not pd.api.types.is_numeric_dtype(table[name])
        for problem in spelling_problems(list(table[name]), name, where)
    ]


def separator_cautions(cells: Iterable[str], name: str) -> list[str]:
    """A sentence on levels that differ by a hyphen or underscore alone, which stay apart."""
    levels = list(cells)
    sure = {frozenset(group) for group in near_spellings(levels)}
    return [
        f"column {name}: {' and '.join(map(quoted, group[:_SHOWN]))} differ by hyphens, underscores"
        " or points alone and are taken as different levels; write them alike if they are one"
        for group in near_spellings(levels, separators=True)
        if frozenset(group) not in sure
    ]


def likely_typos(cells: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of levels one letter apart, at least one of them of one row alone.

    Letters alone are compared, four of them at least: `T1` and `T2`, `ER+` and `ER-` are names.

    Examples
    --------
    >>> likely_typos(["good", "goood", "good", "poor", "opor", "poor"])
    [('good', 'goood'), ('poor', 'opor')]
    >>> likely_typos(["good", "good", "food", "food"]), likely_typos(["T1", "T2", "T2"])
    ([], [])
    """
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1
    words = [level for level in counts if level.isalpha() and len(level) >= _SHORTEST]
    return [
        (one, other)
        for one, other in combinations(words[:_COMPARED], 2)
        if 1 in (counts[one], counts[other]) and _one_letter_apart(one, other)
    ]


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether a letter too many, too few, another, or two exchanged make one word the other."""
    shorter, longer = sorted((one.casefold(), other.casefold()), key=len)
    if len(longer) - len(shorter) > 1 or shorter == longer:
        return False
    same = 0
    while same < len(shorter) and shorter[same] == longer[same]:
        same += 1
    left, right = shorter[same:], longer[same:]
    if len(shorter) < len(longer):
        return left == right[1:]
    return left[1:] == right[1:] or (left[:2] == right[:2][::-1] and left[2:] == right[2:])


def as_variable(
    column: pd.Series, name: str, *, group: bool, where: Callable[[Sequence[int]], str]
) -> pd.Series:
    """A column as a design takes it: float64 numbers, or text for groups.

    Parameters
    ----------
    column
        (n_units,) numbers, or text with `""` for what is not known.
    group
        Whether its levels are names even where they look like numbers.
    where
        Rows, from 0, in words.

    Raises
    ------
    DesignError
        If a cell is empty, numbers and text are mixed, or a level is spelled in several ways.
    """
    numeric = pd.api.types.is_numeric_dtype(column)
    missing = (column.isna() if numeric else column == "").to_numpy()
    if missing.any():
        raise DesignError(
            f"column {name}, which the design uses, is empty for"
            f" {where(np.flatnonzero(missing).tolist())};"
            " fill it in or leave these samples out"
        )
    if numeric:
        return column
    cells = [str(cell) for cell in column]
    if not group:
        _refuse_text_among_numbers(cells, name, where)
        numbers = [number(cell) for cell in cells]
        if None not in numbers:
            _refuse_endless(cells, numbers, name, where)
            return pd.Series(numbers, index=column.index, dtype=np.float64)
    problems = spelling_problems(cells, name, where)
    if problems:
        raise DesignError("; ".join(problems))
    return column.astype(object)


def _refuse_endless(
    cells: Sequence[str],
    numbers: Sequence[float | None],
    name: str,
    where: Callable[[Sequence[int]], str],
) -> None:
    """Refuse numbers with which no model can reckon: `inf`, and what squares to it."""
    for i, value in enumerate(numbers):
        if value is not None and not abs(value) < _MOST:
            raise DesignError(
                f"column {name}, which the design uses, holds {quoted(cells[i])} of"
                f" {where([i])}; write a number that can be measured there"
            )


def _refuse_text_among_numbers(
    cells: Sequence[str], name: str, where: Callable[[Sequence[int]], str]
) -> None:
    texts = [i for i, cell in enumerate(cells) if number(cell) is None]
    if not texts:
        return
    commas = all(_DECIMAL_COMMA.fullmatch(cells[i]) for i in texts)
    if not commas and not holds_numbers(cells):
        return
    shown = ", ".join(f"{quoted(cells[i])} of {where([i])}" for i in texts[:_SHOWN])
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    remedy = (
        "write decimal points"
        if commas
        else "write a number there, or leave out the sample where none is known"
    )
    raise DesignError(
        f"column {name}, which the design uses, holds numbers, but also {shown}{more}; {remedy}."
        f" C({in_call(name)}) takes every value as a group of its own"
    )


def in_call(column: str) -> str:
    """The name of a column as a formula needs it: in backticks where it is no word."""
    return column if re.fullmatch(r"[^\W\d]\w*", column) else f"`{column}`"


def places(lines: Sequence[int]) -> str:
    """`line 3`, or `lines 3, 5, 6`."""
    more = f" and {len(lines) - 8} more" if len(lines) > 8 else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:8]))}{more}"


def column_facts(column: pd.Series) -> dict[str, Any]:
    """How a design takes a column, as `as_variable` gives it: its range, or its levels."""
    if not pd.api.types.is_numeric_dtype(column):
        return {"kind": "groups", "levels": sorted(column.unique())}
    values = sorted(set(column))
    facts: dict[str, Any] = {"kind": "continuous", "from": values[0], "to": values[-1]}
    whole = all(value == int(value) for value in values)
    return facts | ({"values": values} if whole and len(values) <= _FEW else {})


def column_in_words(name: str, facts: Mapping[str, Any]) -> str:
    """What stands above results of a column of the design.

    Examples
    --------
    >>> column_in_words("Age", column_facts(pd.Series([45.0, 50.5, 70.0])))
    'Age: continuous (45 to 70)'
    >>> column_in_words("Condition", column_facts(pd.Series(["poor", "good"])))
    'Condition: groups (good, poor)'
    """
    if facts["kind"] == "groups":
        levels = facts["levels"]
        more = f" and {len(levels) - _LISTED} more" if len(levels) > _LISTED else ""
        return f"{name}: groups ({', '.join(levels[:_LISTED])}{more})"
    if "values" in facts:
        values = ", ".join(f"{value:g}" for value in facts["values"])
        return f"{name}: continuous (values {values}; C({in_call(name)}) makes groups)"
    return f"{name}: continuous ({facts['from']:g} to {facts['to']:g})"


def column_cautions(columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Sentences on columns of a design that may not be meant as they are taken.

    Parameters
    ----------
    columns
        Name -> facts, as of `column_facts`.
    """
    found = []
    for name, facts in columns.items():
        if facts["kind"] == "continuous":
            if len(facts.get("values", ())) > 2 and _LABELS.search(name):
                found.append(
                    f"{name} holds numbers and is taken as continuous, although its name is that of"
                    f" groups; write C({in_call(name)}) in the design if they are labels"
                )
            continue
        found += separator_cautions(facts["levels"], name)
        unknown = [level for level in facts["levels"] if is_missing_word(level)]
        if unknown:
            found.append(
                f"{name} has a level called {' and one called '.join(unknown)}, which is taken as a"
                " group; leave cells empty where nothing is known"
            )
    return found
