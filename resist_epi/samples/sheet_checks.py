"""What the cells of a sample sheet must hold, column by column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from resist_epi.errors import shortened

REQUIRED = ("SampleID", "Factor", "Condition")

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|[^/\\]+\\[^/]*$")

# Columns of numbers, with what a value must be.
NUMBERS = {
    "Purity": ("a share between 0 and 1", lambda x: (x >= 0) & (x <= 1)),
    "LibrarySize": ("a number above 0", lambda x: x > 0),
    "FragmentLength": ("a number of base pairs above 0", lambda x: x > 0),
    "SpikeInReads": ("a number above 0", lambda x: x > 0),
    "TimeToProgression": ("a time, 0 or more", lambda x: x >= 0),
    "Progressed": ("1 (event) or 0 (censored)", lambda x: (x == 0) | (x == 1)),
}

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
        "class",
        "nearest_symbol",
        "distance",
    ]
)


def check_text(
    column: pd.Series, name: str, lines: Sequence[int], problems: list[str]
) -> pd.Series:
    """Text of a column, with the problems of its cells."""
    text = column.map(lambda v: "" if pd.isna(v) else str(v)).astype(object)
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
    """Add the problems of a column of files: paths of Windows."""
    for line, value in zip(lines, column, strict=True):
        if _WINDOWS.match(value):
            problems.append(
                f"line {line}, column {name}: {shortened(value)!r} is a path of Windows; write it"
                " as this system does, with / between folders (under WSL, C:\\ is /mnt/c/)"
            )


def check_numbers(
    column: pd.Series, name: str, lines: Sequence[int], problems: list[str]
) -> pd.Series:
    """float64 of a column of `NUMBERS`, NaN where empty, with the problems of its cells."""
    expected, is_right = NUMBERS[name]
    text = column.map(lambda v: "" if pd.isna(v) else str(v).strip())
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype(np.float64)
    bad = (text != "") & ~(np.isfinite(numbers) & is_right(numbers))
    for i in np.flatnonzero(bad).tolist():
        problems.append(f"line {lines[i]}, column {name}: {text.iloc[i]!r}; expected {expected}")
    return numbers


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
