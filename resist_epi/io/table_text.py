"""The text of a table as typed columns: a row a line, tabs between, `#` lines at the top."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.schema import dtype_of

NOTHING = ("", "NA", "NaN", "nan")

# Columns of names and levels, of which every cell is known: here NA is a word.
_WORDS = ("sample", "mark", "condition")

_PLACES = ("start", "end")

_LARGEST = 2**53  # whole numbers up to here are exact in float64


def parse_table(text: str, path: str | Path) -> pd.DataFrame:
    """Columns of a table, those that `schema` knows in their dtype.

    A last `#` line that has as many cells as the rows is the header, as deepTools writes it; a
    header that is one name short is that of R, whose row names have none.

    Returns
    -------
    DataFrame
        `attrs` holds `header`, the `#` lines without their `#`, and `first_row`, its 1-based line.

    Raises
    ------
    InputFormatError
        With the line, if a row has more or fewer cells than the header, a quote is not closed, two
        columns have one name, or a cell does not hold what its column should.
    """
    lines = text.split("\n")
    n_top = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    while lines and not lines[-1].strip():
        lines.pop()
    top, rest = lines[:n_top], lines[n_top:]
    skipped = next((i for i, line in enumerate(rest) if line.strip()), len(rest))
    first = n_top + skipped + 1
    rest = rest[skipped:]
    if not rest:
        raise InputFormatError("the table is empty", path=path, expected="a header line and rows")
    if top and "\t" in top[-1] and top[-1].count("\t") == rest[0].count("\t"):
        rest, first = [top.pop().lstrip("# "), *rest], first - 1
    header, last, counts = _counted(rest, path, first)
    width = _width(counts, len(header), path)
    if width == len(header) + 1:
        header = ["", *header]
    table = _parsed(header, rest[last - first + 1 :], path, first)
    table.attrs["first_row"] = last + 1
    table = typed(table, path)
    table.attrs["header"] = [line.lstrip("# ") for line in top]
    return table


def csv_rows(
    lines: Iterable[str], delimiter: str, path: str | Path, first: int
) -> Iterator[tuple[int, list[str]]]:
    """Cells of every row with the line where it ends; a shortened cell may go over several lines.

    Raises
    ------
    InputFormatError
        With the line where a row begins whose quotes do not close.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    began = first
    try:
        for cells in reader:
            yield first + reader.line_num - 1, cells
            began = first + reader.line_num
    except csv.Error as error:
        raise InputFormatError(
            f"the cells of this line cannot be told apart ({error})",
            path=path,
            line=began,
            expected="a quote at both ends of a cell, or none",
        ) from error


def _counted(
    lines: list[str], path: str | Path, first: int
) -> tuple[list[str], int, list[tuple[int, int]]]:
    """Cells of the header, and the line where it ends; line and number of cells of every row."""
    text = "\n".join(lines)
    if '"' not in text:
        counts = [(n, row.count("\t") + 1) for n, row in enumerate(lines[1:], start=first + 1)]
        return lines[0].split("\t"), first, counts
    # Only with its quotes read does a row tell its cells, which may hold tabs and line ends.
    rows = list(csv_rows(io.StringIO(text, newline=""), "\t", path, first))
    last, header = rows[0]
    return header, last, [(line, len(cells)) for line, cells in rows[1:]]


def _width(counts: list[tuple[int, int]], named: int, path: str | Path) -> int:
    """Number of cells, the same in every row."""
    wanted = next((n for _, n in counts if n in (named, named + 1)), named)
    for line, found in counts:
        if found != wanted:
            raise InputFormatError(
                f"{found} cell{'s' if found != 1 else ''} in this row",
                path=path,
                line=line,
                expected=f"{wanted}, with tabs between, as in the header",
                remedy="the table may be cut short, or joined from several",
            )
    return wanted


def _parsed(header: list[str], rows: list[str], path: str | Path, first: int) -> pd.DataFrame:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise InputFormatError(f"two columns are called {twice[0]!r}", path=path, line=first)
    if not rows:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in header if name})
    missing: Any = {i: [] if n in _WORDS else ["NA"] for i, n in enumerate(header)}
    try:
        table = pd.read_csv(
            io.StringIO("\n".join(rows)),
            sep="\t",
            header=None,
            names=range(len(header)),
            index_col=False,
            skip_blank_lines=False,
            na_values=missing,
            keep_default_na=False,
            low_memory=False,
            dtype={i: str for i, name in enumerate(header) if dtype_of(name) == "str"},
        )
    except (ValueError, OverflowError) as error:  # pandas' ParserError is a ValueError
        raise InputFormatError(f"not a tab-separated table ({error})", path=path) from error
    # Nothing is called by an empty name: R's row names, or cells that a spreadsheet appended.
    named = [i for i, name in enumerate(header) if name.strip()]
    return table[named].set_axis([header[i] for i in named], axis=1)


def typed(table: pd.DataFrame, path: str | Path, *, everywhere: Sequence[str] = ()) -> pd.DataFrame:
    """Columns of a parsed table in the dtype that `schema` has for their names.

    Parameters
    ----------
    everywhere
        Columns of numbers of which no cell may be missing.

    Raises
    ------
    InputFormatError
        With the line of the first cell that holds something else.
    """
    columns, first = {}, int(table.attrs["first_row"])
    for name in table.columns:
        column, dtype = table[name], dtype_of(name)
        if dtype in ("int64", "Int64", "float64"):
            column = _numbers(column, dtype, path, first, missing=name not in everywhere)
        elif dtype == "bool":
            words = {"True": True, "False": False} | dict.fromkeys(NOTHING, np.nan)
            text = column.astype(object).where(column.notna(), "").astype(str)
            _refuse(~text.isin(list(words)).to_numpy(), column, "True or False", path, first)
            column = text.map(words) if text.isin(NOTHING).any() else text == "True"
        elif name in ("region_id", "gene_id", "symbol", "strand"):
            column = column.fillna("")
        columns[name] = column
    made = pd.DataFrame(columns, index=table.index)
    made.attrs = table.attrs
    return made


def _numbers(
    column: pd.Series, dtype: str, path: str | Path, first: int, *, missing: bool
) -> pd.Series:
    whole, place = dtype != "float64", column.name in _PLACES
    if column.dtype.kind in "iuf":
        numbers = column.to_numpy(np.float64)
        nothing = np.isnan(numbers)
    else:
        text = column.astype(object).where(column.notna(), "").astype(str)
        nothing = text.isin(NOTHING).to_numpy()
        read = pd.to_numeric(text.mask(nothing), errors="coerce")
        numbers = read.to_numpy(np.float64)
    unread = np.isnan(numbers)
    bad = unread & (~nothing | (not missing))
    if whole:
        bad |= (np.abs(numbers) > _LARGEST) | (numbers != np.floor(numbers)) & ~unread
    if place:
        bad |= numbers < 0
    expected = "a position in bases" if place else "a whole number" if whole else "a number or NA"
    _refuse(bad, column, expected, path, first)
    typed_as = np.float64 if not whole or nothing.any() else np.int64
    return pd.Series(numbers.astype(typed_as), index=column.index, name=column.name)


def _refuse(
    bad: NDArray[np.bool_], column: pd.Series, expected: str, path: str | Path, first: int
) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputFormatError(
            f"column {column.name}",
            path=path,
            line=first + row,
            expected=expected,
            found=repr(str(column.iloc[row])),
        )
