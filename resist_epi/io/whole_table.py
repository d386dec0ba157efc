"""Whether a table is all that was written: its size in a `#` line, and rows of one width."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.store import warn_of_no_end

SIZE = re.compile(r"this table has ([0-9]{1,15}) rows? and ([0-9]{1,15}) columns?")


def size_line(rows: int, columns: int) -> str:
    """What is written into a table, so that one that was cut can be told."""
    return (
        f"this table has {rows} row{'s' if rows != 1 else ''}"
        f" and {columns} column{'s' if columns != 1 else ''}"
    )


def check_whole(path: str | Path, text: str, *, first: int, size: str | None) -> None:
    """Refuse a table of which rows or cells are missing.

    Parameters
    ----------
    text
        Header line and rows.
    first
        1-based line of the header.
    size
        What was written about the size; None where nothing was.

    Raises
    ------
    InputFormatError
        With the line, or with what to do if rows were left out by hand.
    """
    if not text.endswith("\n"):
        if size is not None:
            raise InputFormatError(
                "the last line has no end: the table is cut short",
                path=path,
                remedy="copy it again",
            )
        warn_of_no_end(path)
    width, rows = None, -1
    for line, cells in _cell_counts(path, text, first):
        rows += 1
        width = cells if width is None else width
        if cells != width:
            raise InputFormatError(
                f"{cells} cell{'s' if cells != 1 else ''} in this row",
                path=path,
                line=line,
                expected=f"{width}, as in the header",
                remedy="the file may be cut short",
            )
    found = size_line(rows, width or 0)
    if size is not None and size != found:
        raise InputFormatError(
            "rows or columns of this table are missing, or were added",
            path=path,
            expected=f"{size.removeprefix('this table has ')}, as a # line at the top says",
            found=found.removeprefix("this table has "),
            remedy=f"copy or make it again; if you filtered it by hand, remove the line '# {size}'",
        )


def _cell_counts(path: str | Path, text: str, first: int) -> Iterator[tuple[int, int]]:
    """Line and number of cells of every row that is not empty, the header's first."""
    if '"' not in text:
        for number, line in enumerate(text.split("\n"), start=first):
            if line:
                yield number, line.count("\t") + 1
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    number = first
    try:
        for row in reader:
            if row:
                yield number, len(row)
            number = first + reader.line_num
    except csv.Error as error:
        raise InputFormatError(
            f"quotes that do not fit together ({error})", path=path, line=number
        ) from error
