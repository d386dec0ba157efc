"""Whether a table is all that was written: its size stands in a `#` line."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.store import warn_of_no_end

SIZE = re.compile(r"this table has .* rows? and .* columns?")  # one with damaged numbers, too


def size_line(rows: int, columns: int) -> str:
    """What is written into a table, so that one that was cut can be told."""
    return (
        f"this table has {rows} row{'s' if rows != 1 else ''}"
        f" and {columns} column{'s' if columns != 1 else ''}"
    )


def check_whole(path: str | Path, text: str, table: pd.DataFrame, *, size: str | None) -> None:
    """Refuse a table of which rows or columns are missing.

    Parameters
    ----------
    text
        The file.
    table
        What was read of it.
    size
        What was written about the size; None where nothing was.

    Raises
    ------
    InputFormatError
        With what to do if rows were left out by hand.
    """
    if not text.endswith("\n"):
        if size is not None:
            raise InputFormatError(
                "the last line has no end: the table is cut short",
                path=path,
                remedy="copy it again",
            )
        warn_of_no_end(path)
    found = size_line(*table.shape)
    if size is not None and size != found:
        raise InputFormatError(
            "rows or columns of this table are missing, or were added",
            path=path,
            expected=f"{size.removeprefix('this table has ')}, as a # line at the top says",
            found=found.removeprefix("this table has "),
            remedy=f"copy or make it again; if you filtered it by hand, remove the line '# {size}'",
        )
