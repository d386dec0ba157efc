"""Tables on disk: counts as Parquet or TSV, results as TSV with `#` lines at the top."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import read_text, warn_of_no_end, write_text
from resist_epi.schema import RESULTS, names


def write_table(
    path: str | Path, table: pd.DataFrame, *, header: Mapping[str, Any] | Sequence[str] = ()
) -> None:
    """Write a table as TSV, gzip where the name ends in `.gz`.

    Parameters
    ----------
    header
        `#` lines at the top: sentences, or names with values.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    lines = [f"{k}: {v}" for k, v in header.items()] if isinstance(header, Mapping) else header
    top = "".join(f"# {' '.join(str(line).split())}\n" for line in lines)
    body = table.to_csv(sep="\t", index=False, na_rep="NA", float_format="%.10g")
    write_text(path, f"{top}# {_size(*table.shape)}\n{body}")


_SIZE = re.compile(r"this table has ([0-9]{1,15}) rows? and ([0-9]{1,15}) columns?")


def _size(rows: int, columns: int) -> str:
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
    found = _size(rows, width or 0)
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


def read_table(path: str | Path, *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a TSV with `#` lines at the top, plain or gzip.

    Returns
    -------
    DataFrame
        `attrs["header"]` holds the `#` lines without their `#`, save for the one on its size;
        `attrs["first_row"]` is the 1-based line of the first row.

    Raises
    ------
    InputFormatError
        If it is no such table, is cut short, or lacks one of the required columns.
    """
    text = read_text(path)
    top = []
    rest = text
    while rest.startswith("#"):
        line, _, rest = rest.partition("\n")
        top.append(line.lstrip("# "))
    sizes = [line for line in top if _SIZE.fullmatch(line)]
    first = len(top) + 1
    top = [line for line in top if line not in sizes]
    if not rest.strip():
        raise InputFormatError("the table is empty", path=path, expected="a header line and rows")
    check_whole(path, rest, first=first, size=sizes[0] if sizes else None)
    try:
        table = pd.read_csv(
            io.StringIO(rest),
            sep="\t",
            na_values=["NA"],
            keep_default_na=False,
            dtype={"chrom": str, "region_id": str, "gene_id": str, "symbol": str, "strand": str},
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise InputFormatError(
            f"not a tab-separated table ({shortened(error)})",
            path=path,
            expected="a row a line, tabs between",
        ) from error
    for name in ("region_id", "gene_id", "symbol", "strand"):
        if name in table:
            table[name] = table[name].fillna("")
    missing = [c for c in required if c not in table]
    if missing:
        raise InputFormatError(
            f"no column {', '.join(missing)}",
            path=path,
            line=first,
            expected="columns " + " ".join(required),
            found=" ".join(map(str, table.columns[:12])),
        )
    table.attrs["header"] = top
    table.attrs["first_row"] = first + 1
    return table


def read_results(path: str | Path) -> pd.DataFrame:
    """Read a table of results that `diff` or `run` wrote.

    Raises
    ------
    InputFormatError
        If it lacks a column of the contract.
    """
    return read_table(path, required=names(RESULTS))
