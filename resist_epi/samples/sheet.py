"""The sample sheet: a validated table, one row a library."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import (
    DesignError,
    InputFormatError,
    SampleSheetError,
    did_you_mean,
    quoted,
    unknown_name,
)
from resist_epi.io.remote.address import is_remote
from resist_epi.io.shown import Shown, listed
from resist_epi.io.store import read_text
from resist_epi.io.table_text import csv_rows
from resist_epi.samples.assays import ASSAY_COLUMN
from resist_epi.samples.levels import (
    LEVEL_COLUMNS,
    places,
    spelling_problems,
    without_missing_words,
)
from resist_epi.samples.sheet_checks import (
    PATH_COLUMNS,
    PEAKS_ALONE,
    as_text,
    canonical_columns,
    check_assays,
    check_ids,
    check_numbers,
    check_paths,
    check_text,
    empty_files,
    missing_column,
)
from resist_epi.schema.sheet import NUMBERS, REQUIRED


def read_sheet(path: str | Path) -> SampleSheet:
    r"""Read a sample sheet.

    Comma or tab between columns, any line ends (also the CR alone of old spreadsheets), UTF-8 with
    or without a byte-order mark, `#` lines skipped. An empty cell is a missing value; so is `NA`
    in columns of numbers, names and files, while in a column of text it is a level. Column names
    are matched without regard to case; DiffBind's columns keep DiffBind's meaning.

    Parameters
    ----------
    path
        The sheet; relative paths inside it are relative to its folder.

    Raises
    ------
    InputFormatError
        If the file is not text, or a row has another number of cells than the header.
    SampleSheetError
        With every bad row and column at once.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "sheet.csv").write_text("sampleid,factor,condition\nT1,H3K27me3,poor\n")
    >>> read_sheet(folder / "sheet.csv").marks
    ('H3K27me3',)
    """
    path = Path(path)
    lines = read_text(path).split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if first is None:
        raise InputFormatError("the sample sheet is empty", path=path, expected="a header and rows")
    delimiter = _delimiter(lines[first], path, first + 1)
    header: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    text = io.StringIO("\n".join(lines[first:]), newline="")
    for line, row in csv_rows(text, delimiter, path, first + 1):
        if not header:
            header = row
            if len(header) > _MAX_COLUMNS:
                raise InputFormatError(f"{len(header)} columns are no sample sheet", path=path)
            continue
        if not any(cell.strip() for cell in row) or row[0].startswith("#"):
            continue
        if not any(cell.strip() for cell in row[len(header) :]):
            row = row[: len(header)]  # noqa: PLW2901 (spreadsheets pad rows with empty cells)
        if len(row) != len(header):
            raise InputFormatError(
                f"{len(row)} cells in a row",
                path=path,
                line=line,
                expected=f"{len(header)}, as in the header",
                remedy="put quotes around a cell that holds the delimiter",
            )
        numbers.append(line)
        rows.append(row)
    named = [i for i, name in enumerate(header) if name.strip()]
    frame = pd.DataFrame(
        [[row[i] for i in named] for row in rows], columns=[header[i] for i in named], dtype=object
    )
    return make_sheet(frame, path=path, lines=numbers)


def _delimiter(header: str, path: Path, line: int) -> str:
    counts = {d: header.count(d) for d in ("\t", ",", ";")}
    best = max(counts, key=lambda d: counts[d])
    if best == ";" and counts[";"]:
        raise InputFormatError(
            "semicolons between the columns",
            path=path,
            line=line,
            expected="commas or tabs",
            remedy="save the sheet as comma-separated or tab-separated text",
        )
    return best


_MAX_COLUMNS = 5000
# Names and files, where `NA` says that there is none.
_NEVER_LEVELS = frozenset(
    {"SampleID", "Factor", "Patient", "ControlID", "PeakCaller", "PeakFormat", "Assembly"}
    | {ASSAY_COLUMN, "Spikein", *PATH_COLUMNS, *NUMBERS}
)

_UNIT_COLUMNS = ("Patient", "Factor", "Condition", "Treatment", "Timepoint")


@dataclass(frozen=True, repr=False)
class SampleSheet(Shown):
    """A validated sample sheet.

    Attributes
    ----------
    table
        One row a library, in the order of the sheet. Known columns carry their canonical names,
        others the user's; missing text is `""`, numbers are float64 with NaN. Paths are absolute
        or relative to the working directory.
    path
        The file that it came from, if any.
    lines
        1-based line of each row in that file; empty where there is none.
    """

    table: pd.DataFrame
    path: Path | None = None
    lines: tuple[int, ...] = ()

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        table = self.table
        marks = [f"{mark} ({(table['Factor'] == mark).sum()})" for mark in self.marks]
        groups = table.groupby("Condition", sort=True).size()
        n = len(table)
        return f"SampleSheet: {n} librar{'y' if n == 1 else 'ies'}", [
            ("marks", listed(marks)),
            ("Condition", listed(f"{name} ({n})" for name, n in groups.items())),
            ("patients", str(table["Patient"].nunique()) if self.has_patients else ""),
            ("samples", listed(self.samples)),
            ("columns", listed(table.columns, 20)),
            ("file", "" if self.path is None else str(self.path)),
        ]

    @property
    def samples(self) -> tuple[str, ...]:
        """SampleIDs, in the order of the sheet."""
        return tuple(self.table["SampleID"])

    @property
    def marks(self) -> tuple[str, ...]:
        """Marks (`Factor`), in the order in which they first appear."""
        return tuple(dict.fromkeys(self.table["Factor"]))

    @property
    def has_patients(self) -> bool:
        """Whether the sheet says which rows are one biological unit."""
        return "Patient" in self.table and bool((self.table["Patient"] != "").any())

    @property
    def assembly(self) -> str | None:
        """The assembly that every row names; None where they name none, or several."""
        named = set(self.table["Assembly"]) if "Assembly" in self.table else set()
        return str(named.pop()) if len(named) == 1 and named != {""} else None

    def for_mark(self, mark: str) -> SampleSheet:
        """Return the rows of one mark.

        Raises
        ------
        SampleSheetError
            If no row is of it; the message names those that there are.
        """
        if mark not in self.marks:
            raise SampleSheetError(
                self.path, [f"no row has this Factor: {unknown_name('mark', mark, self.marks)}"]
            )
        return self.take(np.flatnonzero(self.table["Factor"] == mark).tolist())

    def take(self, rows: Sequence[int]) -> SampleSheet:
        """Return some rows, counted from 0, in this order."""
        table = self.table.iloc[list(rows)].reset_index(drop=True)
        lines = tuple(self.lines[i] for i in rows) if self.lines else ()
        return SampleSheet(table, self.path, lines)

    def where(self, rows: Sequence[int]) -> str:
        """Samples of some rows, counted from 0, and their lines where these are known."""
        named = ", ".join(self.samples[i] for i in rows)
        lines = places([self.lines[i] for i in rows]) if self.lines else ""
        return f"{named} ({lines})" if lines else named

    def for_samples(self, samples: Sequence[str]) -> SampleSheet:
        """Return the rows of these samples, in this order.

        Raises
        ------
        SampleSheetError
            If the sheet lacks one of them.
        """
        missing = [s for s in samples if s not in set(self.samples)]
        if missing:
            near = [f"; {did_you_mean([s], self.samples)}".removesuffix("; None") for s in missing]
            said = [f"no row with SampleID {s!r}, which the counts have" for s in missing]
            raise SampleSheetError(self.path, list(map(str.__add__, said, near)))
        row_of = {sample: i for i, sample in enumerate(self.samples)}
        return self.take([row_of[s] for s in samples])

    def column(self, name: str) -> str:
        """Return the column's name as the table has it, whatever the case of `name`.

        Raises
        ------
        DesignError
            If there is no such column.
        """
        for own in self.table.columns:
            if own.lower() == name.strip().lower():
                return str(own)
        there = ", ".join(map(str, self.table.columns[:40]))
        close = did_you_mean([name], self.table.columns)
        raise DesignError(
            f"the sample sheet has no column {quoted(name)}; it has {there}"
            + (f". {close}" if close else "")
        )

    def numbers(self, name: str) -> np.ndarray | None:
        """(n_samples,) float64 of a column of numbers with NaN where empty, or None."""
        if name not in self.table or self.table[name].isna().all():
            return None
        return self.table[name].to_numpy(np.float64)

    def to_columns(self) -> dict[str, list[str | float | None]]:
        """Column -> values, as plain JSON values; `sheet_from_columns` turns it back."""
        table = self.table.astype(object).where(self.table.notna(), None)
        return {str(name): list(table[name]) for name in table}

    def unit_columns(self, design_columns: Sequence[str] = ()) -> list[str]:
        """Columns that, taken together, name a biological unit of a mark.

        Rows that agree in all of them are libraries of one unit. Without `Patient` each row is one.
        """
        if not self.has_patients:
            return ["SampleID"]
        wanted = [c for c in _UNIT_COLUMNS if c in self.table]
        return wanted + [c for c in design_columns if c not in wanted]


def make_sheet(
    frame: pd.DataFrame,
    *,
    path: Path | None = None,
    lines: Sequence[int] | None = None,
    missing_words: bool = True,
) -> SampleSheet:
    """Check a table and return it as a sample sheet.

    Parameters
    ----------
    frame
        Text in every cell (or numbers), `""` or NaN where nothing is known.
    path
        File that the table came from; its folder is what relative paths are relative to.
    lines
        1-based line of each row, for messages; by default the rows follow a header on line 1.
    missing_words
        Whether `NA` and its like mean that nothing is known, save for where they are levels.

    Raises
    ------
    SampleSheetError
        With all problems at once, each with its line and column.

    Examples
    --------
    >>> rows = {"SampleID": ["a", "b"], "Factor": "H3K27me3", "Condition": ["good", "poor"]}
    >>> make_sheet(pd.DataFrame(rows)).samples
    ('a', 'b')
    """
    problems: list[str] = []
    known = () if lines is None else tuple(lines)
    lines = range(2, len(frame) + 2) if lines is None else lines
    table = canonical_columns(frame, problems)
    for name in REQUIRED:
        if name not in table:
            problems.append(missing_column(name, [str(c) for c in frame.columns]))
    if table.empty:
        problems.append("no rows; expected one row a library")
    for name in table.columns:
        cells = as_text(table[name])
        if missing_words:
            cells = without_missing_words(cells, always=name in _NEVER_LEVELS)
        check = check_numbers if name in NUMBERS else check_text
        table[name] = check(cells, str(name), lines, problems)
        if name in LEVEL_COLUMNS:
            levels = [cell.strip() for cell in table[name]]
            problems += spelling_problems(
                levels, str(name), lambda rows: places([lines[i] for i in rows])
            )
        if name == ASSAY_COLUMN:
            table[name] = check_assays(table[name], lines, problems)
        if name in PATH_COLUMNS:
            check_paths(table[name], str(name), lines, problems)
    if "SampleID" in table:
        check_ids(table["SampleID"], lines, problems)
    if problems:
        raise SampleSheetError(path, problems)
    base = path.parent if path is not None else Path()
    for name in PATH_COLUMNS:
        if name in table:
            paths = [str(base / p) if p and not is_remote(p) else p for p in table[name]]
            table[name] = pd.Series(paths, index=table.index, dtype=object)
    return SampleSheet(table.reset_index(drop=True), path, known)


def sheet_from_columns(columns: Mapping[str, Sequence[str | float | None]]) -> SampleSheet:
    """Turn what `SampleSheet.to_columns` gave back into a sheet.

    Raises
    ------
    SampleSheetError
        As `make_sheet`.
    """
    table = pd.DataFrame({name: list(values) for name, values in columns.items()}, dtype=object)
    return make_sheet(table, missing_words=False)


def one_mark(sheet: SampleSheet, mark: str | None, *, needed: bool = True) -> SampleSheet:
    """Rows of one mark.

    Parameters
    ----------
    mark
        Name without regard to case; may be left out where the sheet has one mark only.
    needed
        Whether several marks together are an error.

    Raises
    ------
    SampleSheetError
        If the sheet lacks the mark, or has several and none is named.
    """
    if mark is None:
        if needed and len(sheet.marks) > 1:
            raise SampleSheetError(
                sheet.path,
                [f"several marks ({', '.join(sheet.marks)}): name the one meant with --mark"],
            )
        return sheet
    found = [m for m in sheet.marks if m.lower() == mark.lower()]
    return sheet.for_mark(found[0] if found else mark)


def column_files(sheet: SampleSheet, column: str, expected: str) -> dict[str, str]:
    """SampleID -> file that a column names.

    Raises
    ------
    SampleSheetError
        If a row names none; every such row is said.
    """
    table = sheet.table
    if column not in table:
        raise SampleSheetError(
            sheet.path,
            [
                f"{missing_column(column, list(map(str, table.columns)))}; counting needs"
                f" {expected} in every row" + (f"; {PEAKS_ALONE}" if "Peaks" in table else "")
            ],
        )
    empty = empty_files(table, column, expected)
    if empty:
        raise SampleSheetError(sheet.path, empty)
    return dict(zip(sheet.samples, map(str, table[column]), strict=True))
