"""Tables as one Excel workbook: a sheet each, what was done, and what each column holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError, quoted
from resist_epi.io.optional import optional_library
from resist_epi.io.store import atomic_path
from resist_epi.schema.meanings import meaning

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of a sheet, as Excel has it

_MOST_TEXT = 32_767  # characters of a cell

_MOST_NAME = 31  # characters of a sheet's name

_NO_NAME = re.compile(r"[\[\]:*?/\\]")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_COLUMNS, _ABOUT = "columns", "about"


@runtime_checkable
class HasResults(Protocol):
    """What has a table of results and sentences about it, as an `Analysis`."""

    @property
    def results(self) -> pd.DataFrame: ...

    @property
    def header(self) -> Mapping[str, Any]: ...


def write_excel(path: str | Path, tables: Mapping[str, pd.DataFrame | HasResults]) -> None:
    """Write tables as one workbook: a sheet each, then `about` and `columns`.

    Names are text wherever they stand, so that no gene becomes a date, and nothing is a formula.
    The top row of each sheet stays in view and filters. `about` has the sentences on what was done
    (of an `Analysis`, or of a table that was read), `columns` what each column holds and its unit.
    A missing value is an empty cell.

    Parameters
    ----------
    path
        Ends in `.xlsx`.
    tables
        Name of the sheet -> a table, or an `Analysis`, of which the results are written.

    Raises
    ------
    InputFormatError
        If there is no table, a name is no sheet's, a table is larger than a sheet, or the file
        cannot be written.
    MissingDependencyError
        Without openpyxl, with the line that installs it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "calls.xlsx"
    >>> write_excel(path, {"promoters": pd.DataFrame({"symbol": ["SEPTIN1"], "padj": [0.01]})})
    >>> list(pd.read_excel(path, sheet_name=None))
    ['promoters', 'about', 'columns']
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise InputFormatError("not the name of a workbook", path=path, expected="one in .xlsx")
    frames = {
        name: t.results if isinstance(t, HasResults) else t.reset_index(drop=_plain(t))
        for name, t in tables.items()
    }
    _check(path, frames)
    book = _library().Workbook(write_only=True)
    for name, table in frames.items():
        _add(book, name, list(map(str, table.columns)), _rows(table))
    _add(book, _ABOUT, ["sheet", "name", "what was done"], _about(tables))
    _add(book, _COLUMNS, ["sheet", "column", "unit", "meaning"], _dictionary(frames))
    with atomic_path(path) as partial:
        book.save(partial)


def _library() -> Any:
    return optional_library("openpyxl", extra="excel", what="a workbook")


def _plain(table: pd.DataFrame) -> bool:
    """Whether the index only counts the rows."""
    return table.index.name is None and isinstance(table.index, pd.RangeIndex)


def _check(path: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    if not frames:
        raise InputFormatError("there is no table to write", path=path)
    seen: set[str] = set()
    for name, table in frames.items():
        if not 0 < len(name) <= _MOST_NAME or _NO_NAME.search(name) or name.strip("'") != name:
            raise InputFormatError(
                f"{quoted(name)} cannot be the name of a sheet",
                path=path,
                expected=f"1 to {_MOST_NAME} characters, none of them [ ] : * ? / \\",
            )
        if name.lower() in seen | {_ABOUT, _COLUMNS, "history"}:
            raise InputFormatError(
                f"a sheet named {quoted(name)} is there already",
                path=path,
                remedy="give each table a name of its own",
            )
        seen.add(name.lower())
        rows, columns = table.shape
        if rows >= MOST_ROWS or columns > MOST_COLUMNS:
            raise InputFormatError(
                f"the table {quoted(name)} has {rows:,} rows and {columns:,} columns",
                path=path,
                expected=f"less than {MOST_ROWS:,} rows and at most {MOST_COLUMNS:,} columns",
                remedy="write those that are called, or a TSV (write_table)",
            )


def _add(book: Any, name: str, columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    """One sheet: a bold row that stays in view and filters, then the rows."""
    openpyxl = _library()
    letter = openpyxl.utils.get_column_letter
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"

    def cell(value: Any, *, bold: bool = False) -> Any:
        made = openpyxl.cell.WriteOnlyCell(sheet, value=None)
        if isinstance(value, str):
            made.value = _CONTROL.sub(" ", value)[:_MOST_TEXT]
            made.data_type = "s"  # also where it begins with =
        else:
            made.value = value
        if bold:
            made.font = openpyxl.styles.Font(bold=True)
        return made

    for i, column in enumerate(columns, start=1):
        sheet.column_dimensions[letter(i)].width = min(max(len(column) + 4, 10), 60)
    sheet.append([cell(column, bold=True) for column in columns])
    n = 1
    for row in rows:
        sheet.append([cell(v) if isinstance(v, str) else v for v in row])
        n += 1
    sheet.auto_filter.ref = f"A1:{letter(max(len(columns), 1))}{n}"


def _rows(table: pd.DataFrame) -> Iterator[list[Any]]:
    columns = [[_cell(value) for value in table.iloc[:, i]] for i in range(table.shape[1])]
    for row in zip(*columns, strict=True):
        yield list(row)


def _cell(value: Any) -> Any:
    """A value as a workbook holds it: none where it is missing, infinite numbers as text."""
    if isinstance(value, str):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else str(float(value))
    return str(value)


def _about(tables: Mapping[str, pd.DataFrame | HasResults]) -> Iterator[list[Any]]:
    for name, table in tables.items():
        header = table.header if isinstance(table, HasResults) else table.attrs.get("header", {})
        for key, said in header.items():
            yield [name, str(key), said if isinstance(said, str) else json.dumps(said)]


def _dictionary(frames: Mapping[str, pd.DataFrame]) -> Iterator[list[Any]]:
    for name, table in frames.items():
        for column in map(str, table.columns):
            known = meaning(column)
            unit, what = ("", "") if known is None else (known.unit, known.meaning)
            yield [name, column, unit, what]
