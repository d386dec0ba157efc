"""Sample sheets as CSV or TSV, DiffBind's among them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.store import read_text
from resist_epi.samples import SampleSheet, make_sheet

_MISSING = {"", "na", "nan", "n/a"}


def read_sheet(path: str | Path) -> SampleSheet:
    r"""Read a sample sheet.

    Comma or tab between columns, any line ends (also the CR alone of old spreadsheets), UTF-8 with
    or without a byte-order mark, `NA` or nothing for a missing value, `#` lines skipped. Column
    names are matched without regard to case; DiffBind's columns keep DiffBind's meaning.

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
    reader = csv.reader(io.StringIO("\n".join(lines[first:]), newline=""), delimiter=delimiter)
    header = next(reader)
    rows: list[list[str]] = []
    numbers: list[int] = []
    for cells in reader:
        row = cells
        if not any(cell.strip() for cell in row) or row[0].startswith("#"):
            continue
        if len(row) > len(header) and not any(cell.strip() for cell in row[len(header) :]):
            row = row[: len(header)]  # spreadsheets pad rows with empty cells
        if len(row) != len(header):
            raise InputFormatError(
                f"{len(row)} cells in a row",
                path=path,
                line=first + reader.line_num,
                expected=f"{len(header)}, as in the header",
                remedy="put quotes around a cell that holds the delimiter",
            )
        numbers.append(first + reader.line_num)
        rows.append(["" if cell.strip().lower() in _MISSING else cell for cell in row])
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
