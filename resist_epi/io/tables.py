"""Tables on disk: counts as Parquet or TSV, results as TSV with `#` lines at the top."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.io.first_bytes import first_bytes, is_gzip
from resist_epi.io.header import Header
from resist_epi.io.store import parse_json, read_text, write_text
from resist_epi.io.table_text import parse_table, typed
from resist_epi.io.whole_table import SIZE, check_whole, size_line
from resist_epi.schema import RESULTS, names

_NUMBER = "%.10g"

_QUOTED = re.compile('["\t\r\n]')  # in a cell with one of these there are quotes around it

_LONGEST = 1 << 24  # bytes of a `#` line

_ROWS = 50_000  # printed at once: bounds the memory

_WHOLE = (pd.Int64Dtype, pd.BooleanDtype)


def write_table(
    path: str | Path, table: pd.DataFrame, *, header: Mapping[str, Any] | None = None
) -> None:
    """Write a table as TSV, gzip where the name ends in `.gz`.

    Parameters
    ----------
    header
        `#` lines at the top: name -> a text, or any other value as JSON on one line.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    top = "".join(_line(name, value) for name, value in (header or {}).items())
    write_text(path, f"{top}# {size_line(*table.shape)}\n{as_text(table)}")


def as_text(table: pd.DataFrame, *, number: str | None = _NUMBER) -> str:
    """Lines of a table with tabs, to the byte as pandas' `to_csv` makes them, in half of the time.

    Parameters
    ----------
    number
        Format of numbers that are not whole; None for all of their digits.
    """
    names = list(map(str, table.columns))
    unusual = len(names) < 2 or _QUOTED.search("".join(names))
    lines = ["\t".join(names) + "\n"]
    for start in range(0, max(len(table), 1), _ROWS):
        part = table.iloc[start : start + _ROWS]
        found = [
            own for _, column in part.items() if (own := _cells(column, number or "%s")) is not None
        ]
        if unusual or len(found) < len(names):
            return table.to_csv(sep="\t", index=False, na_rep="NA", float_format=number)
        row = "\t".join(form for form, _ in found) + "\n"
        lines += [row % cells for cells in zip(*(cells for _, cells in found), strict=True)]
    return "".join(lines)


def _cells(column: pd.Series, number: str) -> tuple[str, list[Any]] | None:
    """How a column is printed, and its cells; None where pandas has to: dates, quotes."""
    dtype, cells = column.dtype, column.tolist()
    kind = dtype.kind if isinstance(dtype, np.dtype) else ""
    if kind in ("i", "u", "b"):
        return "%s", cells
    missing = column.isna().to_numpy()
    is_text = isinstance(dtype, pd.StringDtype)
    if kind == "f":
        if number == "%s" and dtype != np.float64:
            return None
        if not missing.any():
            return number, cells
        cells = (f"{number}\t" * len(cells) % tuple(cells)).split("\t")[:-1]
    elif kind != "O" and not is_text and not isinstance(dtype, _WHOLE):
        return None
    for i in np.flatnonzero(missing).tolist():
        cells[i] = "NA"
    if (is_text or kind == "O") and _QUOTED.search("".join(cells if is_text else map(str, cells))):
        return None
    return "%s", cells


def _line(name: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else json.dumps(value)
    return f"# {name}: {text}\n" if text else f"# {name}\n"


def _named(line: str) -> tuple[str, Any]:
    """Name and value of a line."""
    if line.startswith("counts {"):  # as version 0.1.0 wrote it
        line = line.replace(" {", ": {", 1)
    name, _, text = line.partition(": ")
    if name == "share of variance" and not text.startswith("["):  # likewise
        text = f"[{', '.join(text.split())}]"
    if text.startswith(("{", "[")):
        try:
            return name, parse_json(text)
        except ValueError:  # a sentence that begins with a bracket
            return name, text
    return name, text


def read_table(path: str | Path, *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a TSV with `#` lines at the top, plain or gzip; columns get the dtype of `schema`.

    Returns
    -------
    DataFrame
        `attrs["header"]` is a `Header` of the `#` lines, save for the one on its size: name ->
        text, or the value that was written as JSON; a line without a name is a name without a text.
        `attrs["first_row"]` is the 1-based line of the first row.

    Raises
    ------
    InputFormatError
        If it is no such table, is cut short, lacks one of the required columns, or a cell does not
        hold what its column should; the message names the line.
    """
    if first_bytes(Path(path)).startswith(b"PAR1"):
        raise InputFormatError(
            "this is a Parquet file (counts are such), not a table of text",
            path=path,
            expected="a tab-separated table with a header",
            remedy="`diff` makes results of counts, and `plot locus` and `plot gene-set` draw the"
            " counts themselves",
        )
    text = read_text(path)
    table = parse_table(text, path)
    top = table.attrs["header"]
    sizes = [line for line in top if SIZE.fullmatch(line)]
    check_whole(path, text, table, size=sizes[0] if sizes else None)
    table.attrs["header"] = Header(dict(_named(line) for line in top if line not in sizes))
    _require(table, required, path)
    return table


def read_top(path: str | Path) -> Header:
    """The `#` lines of a table, as `read_table` hands them out, without its rows.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or is a damaged gzip.
    """
    path = Path(path)
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
            lines = list(takewhile(lambda line: line.startswith(b"#"), _first_lines(file)))
    except (OSError, EOFError, zlib.error) as error:
        raise InputFormatError(
            f"cannot be read ({error})", path=path, remedy="make the table again"
        ) from error
    texts = [line.decode("utf-8", "replace")[1:].strip() for line in lines]
    return Header(dict(_named(text) for text in texts if not SIZE.fullmatch(text)))


def _first_lines(file: Any) -> Iterator[bytes]:
    """Lines, each as far as one of the package's own may reach."""
    return iter(lambda: file.readline(_LONGEST), b"")


def _require(table: pd.DataFrame, required: Sequence[str], path: str | Path) -> None:
    """Refuse a table without one of the columns."""
    missing = [c for c in required if c not in table]
    if missing:
        raise InputFormatError(
            f"no column {', '.join(missing)}",
            path=path,
            line=table.attrs["first_row"] - 1,
            expected="columns " + " ".join(required),
            found=" ".join(map(str, table.columns[:12])),
            remedy=did_you_mean(missing, table.columns),
        )


def read_results(path: str | Path) -> pd.DataFrame:
    """Read a table of results that `diff` or `run` wrote.

    Raises
    ------
    InputFormatError
        If it lacks a column of the contract, as the F test of several contrasts does.
    """
    table = read_table(path)
    if "joint" in table.attrs["header"]:
        raise InputFormatError(
            "this is the F test of several contrasts, which has no one fold change or direction",
            path=path,
            expected="the table of one contrast, such as poor-good.tsv.gz",
            remedy='pandas.read_csv(path, sep="\\t", comment="#") reads the F test',
        )
    _require(table, names(RESULTS), path)
    return typed(table, path, everywhere=("start", "end"))
