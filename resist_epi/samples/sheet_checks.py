"""What the cells of a sample sheet must hold, column by column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.errors import closest, quoted, shortened
from resist_epi.io.remote.address import address_problem
from resist_epi.io.windows_paths import AS_HERE
from resist_epi.samples.assays import ASSAY_COLUMN, assay_named, assay_problem
from resist_epi.samples.levels import places
from resist_epi.schema import names
from resist_epi.schema.sheet import ALSO_CALLED, NUMBERS, REQUIRED, SHEET, SHEET_PATHS

# What can be done with a sheet that names peaks and nothing else.
PEAKS_ALONE = "of peaks alone, `resist-epi run` and `resist-epi occupancy` say who has which"

PATH_COLUMNS = SHEET_PATHS

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|[^/\\]+\\[^/]*$")

# Samples are columns beside these in a table of counts.
RESERVED_IDS = frozenset(
    [
        "chrom",
        "start",
        "end",
        "strand",
        "region_id",
        "gene_id",
        "symbol",
        "kind",
        "tss",
        "primary",
        "n_transcripts",
        "mane",
        "most_transcripts",
        "class",
        "nearest_symbol",
        "distance",
        "link",
        "linked_genes",
    ]
)


def canonical_columns(frame: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """The table with known columns by their own names, and the problems of its header."""
    known = {name.lower(): name for name in names(SHEET)}
    new = [known.get(str(c).strip().lower(), str(c).strip()) for c in frame.columns]
    lower = [c.lower() for c in new]
    for name in sorted({c for c in lower if lower.count(c) > 1}):
        problems.append(
            f"column {name!r} stands {lower.count(name)} times (case does not count):"
            " keep one of them"
        )
    keep = [i for i, c in enumerate(lower) if c not in lower[:i]]
    table = frame.iloc[:, keep].copy()
    table.columns = pd.Index([new[i] for i in keep])
    return table


def as_text(column: pd.Series) -> pd.Series:
    """Cells as a sheet would hold them: `""` where nothing is known, whole numbers without .0."""

    def cell(value: Any) -> str:
        if pd.isna(value):
            return ""
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else str(value)

    return column.map(cell).astype(object)


def check_text(text: pd.Series, name: str, lines: Sequence[int], problems: list[str]) -> pd.Series:
    """Text of a column, with the problems of its cells."""
    for i, value in enumerate(text):
        line = lines[i]
        if value != value.strip():
            problems.append(
                f"line {line}, column {name}: {value!r} begins or ends with a blank,"
                f" which would make it another level than {value.strip()!r}; remove the blank"
            )
        if not value.strip() and name in REQUIRED:
            problems.append(f"line {line}, column {name}: empty; expected a value in every row")
    return text


def check_paths(column: pd.Series, name: str, lines: Sequence[int], problems: list[str]) -> None:
    """Add the problems of a column of files: paths of Windows, the first shown, and addresses."""
    for line, value in zip(lines, column, strict=True):
        problem = address_problem(value)
        if problem is not None:
            problems.append(f"line {line}, column {name}: {problem}")
    found = [(line, v) for line, v in zip(lines, column, strict=True) if _WINDOWS.match(v)]
    if found:
        where = places([line for line, _ in found])
        problems.append(
            f"{where}, column {name}: '{shortened(found[0][1])}' is a path of Windows; {AS_HERE}"
        )


def missing_column(name: str, columns: Sequence[str]) -> str:
    """What is said where a column is not there, and which of a sheet's own it may be."""
    known = {column.lower() for column in names(SHEET)}
    others = [c for c in columns if c.strip().lower() not in known]
    plain = {re.sub(r"[\W_]", "", c).lower(): c for c in others}
    own = next((plain[word] for word in ALSO_CALLED.get(name, ()) if word in plain), None)
    own = own or closest(name, others)
    (meaning,) = (column.meaning for column in SHEET if column.name == name)
    what = meaning.partition(";")[0].removeprefix("the ")
    remedy = f"rename {quoted(own)} to {name} if it is" if own else "add it:"
    return f"no column {name}; {remedy} the {what}"


def check_numbers(
    text: pd.Series, name: str, lines: Sequence[int], problems: list[str]
) -> pd.Series:
    """float64 of a column of `NUMBERS`, NaN where empty, with the problems of its cells."""
    rule = NUMBERS[name]
    text = text.str.strip()
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype(np.float64)
    bad = (text != "") & ~(np.isfinite(numbers) & rule.holds(numbers))
    for i in np.flatnonzero(bad).tolist():
        problems.append(
            f"line {lines[i]}, column {name}: {text.iloc[i]!r}; expected {rule.expected}"
        )
    return numbers


def check_assays(column: pd.Series, lines: Sequence[int], problems: list[str]) -> pd.Series:
    """The column with each assay by its own name, and the problems of cells that name none."""
    for line, value in zip(lines, column, strict=True):
        problem = assay_problem(value)
        if problem is not None:
            problems.append(f"line {line}, column {ASSAY_COLUMN}: {problem}")
    named = [assay_named(value) for value in column]
    own = [v if a is None else a.name for v, a in zip(column, named, strict=True)]
    return pd.Series(own, index=column.index, dtype=object)


def check_ids(ids: pd.Series, lines: Sequence[int], problems: list[str]) -> None:
    """Add the problems of SampleIDs: names of other columns, and names that stand twice."""
    for line, value in zip(lines, ids, strict=True):
        if value in RESERVED_IDS:
            problems.append(
                f"line {line}, column SampleID: {value!r} is the name of a column of region tables;"
                " choose another id"
            )
    for name, rows in ids.groupby(ids, sort=False).indices.items():
        if len(rows) > 1 and name:
            where = ", ".join(str(lines[i]) for i in rows)
            problems.append(
                f"lines {where}, column SampleID: {name!r} stands {len(rows)} times;"
                " every library needs an id of its own"
            )


# Of a row without a file in a column: the column of files that it may have instead, and what to do.
_INSTEAD = {
    "Coverage": ("bamReads", "make a track of its reads (resist-epi tracks), or give those of all"),
    "bamReads": ("Coverage", "give its reads, or the track of every library of the mark"),
}


def empty_files(table: pd.DataFrame, column: str, expected: str) -> list[str]:
    """Problems of the rows that name no file in a column, with the remedy where they have another.

    Parameters
    ----------
    expected
        What the column names.
    """
    other, remedy = _INSTEAD.get(column, ("", ""))
    found = []
    for _, row in table[table[column] == ""].iterrows():
        problem = f"sample {row['SampleID']}, column {column}: empty; expected {expected}"
        has_other = other and row.get(other, "") != ""
        found.append(f"{problem}, as it has {other}: {remedy}" if has_other else problem)
    return found
