"""Interval text of any dialect as raw columns, and the line of whatever is wrong in it.

Parsed in one go by pandas; lines are only counted once something is known to be bad.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.io.store import read_text, unreadable, warn_of_no_end

logger = logging.getLogger(__name__)

_LARGEST = 2**32 - 1  # bp; what bigWig and BAM can address at most

HOMER_ID = "peakid"  # HOMER's first column: its tables count from 1, and 0 and 1 are strands

SAF_ID = "geneid"  # of the tables that featureCounts takes, which count from 1

_SKIPPED = ("#", "track ", "track\t", "browser ", "browser\t")

_MISSING = frozenset(("", ".", "NA", "NaN", "nan", "None"))

_BIG_BINARY = {
    b"\xeb\xf2\x89\x87": "bigBed",
    b"\x87\x89\xf2\xeb": "bigBed",
    b"\x26\xfc\x8f\x88": "bigWig",
    b"\x88\x8f\xfc\x26": "bigWig",
}

# What the columns are called by BED, UCSC, DiffBind, MACS, epic2, HOMER, R's data frames, and
# ourselves; blanks are written _ here.
_ALIASES = {
    "chrom": "chrom chr chromosome seqnames seqname seqid",
    "start": "start chromstart left begin",
    "end": "end chromend right stop",
    "name": "name region_id peak_id",
    HOMER_ID: "peakid",
    SAF_ID: "geneid",
    "score": "score peak_score findpeaks_score",
    "strand": "strand",
    "signal": "signal signalvalue fold_enrichment normalized_tag_count",
    "pvalue": "-log10(pvalue)",
    "raw_pvalue": "pvalue p.value p-value p_value p-value_vs_control",
    "pvalue_times_10": "-10*log10(pvalue)",
    "qvalue": "-log10(qvalue)",
    "raw_qvalue": "qvalue q.value q-value q_value fdr padj",
    "fdr_percent": "fdr(%)",
    "abs_summit": "abs_summit",
    "rel_summit": "summit",
    "length": "length width",
}

_CANONICAL = {alias: name for name, text in _ALIASES.items() for alias in text.split()}

_TEXT = {"chrom", "name", "strand", "gene_id", "symbol", "kind"}


def place_column(name: str) -> str | None:
    """`chrom`, `start` or `end`, if it is one of the names that programs give to them."""
    known = _CANONICAL.get(name.lower())
    return known if known in ("chrom", "start", "end") else None


def length_column(names: Sequence[str]) -> str | None:
    """The column in which featureCounts, MACS or R give the length of every row, if any."""
    return next((name for name in names if _CANONICAL.get(name.lower()) == "length"), None)


@dataclass(frozen=True)
class BedTable:
    """The fields of a file, not yet interpreted.

    Attributes
    ----------
    path
        The file, for messages.
    fields
        n rows; columns 0, 1, ... as in the file, numbers where every row has one.
    header
        Canonical names of the columns where the file has a header, else None.
    lines
        Every line of the file, to find the line of a bad row.
    has_plain_header
        Whether the first row is a header that is not commented out.
    """

    path: Path
    fields: pd.DataFrame
    header: list[str] | None
    lines: list[str]
    has_plain_header: bool

    def line(self, row: int) -> int:
        """1-based line of a row of `fields`."""
        wanted = row + 1 + self.has_plain_header
        seen = 0
        for number, line in enumerate(self.lines, start=1):
            seen += is_row(line)
            if seen == wanted:
                return number
        raise IndexError(row)

    def refuse(
        self,
        bad: NDArray[np.bool_],
        problem: str,
        column: int | None = None,
        *,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Raise an InputFormatError for the first bad row, if any, with its field of `column`."""
        if not bad.any():
            return
        row = int(np.argmax(bad))
        raise InputFormatError(
            problem,
            path=self.path,
            line=self.line(row),
            expected=expected,
            found=None if column is None else repr(str(self.fields.iat[row, column])),
            remedy=remedy,
        )

    def whole(self, column: int, what: str) -> NDArray[np.int64]:
        """(n,) whole numbers of a column.

        Raises
        ------
        InputFormatError
            With the line and the text of the first field that holds none.
        """
        values = self.fields[column]
        if values.dtype.kind != "i":
            # 1e+05 is what R writes for 100000.
            text = values.astype(str) if values.dtype.kind == "b" else values
            numbers = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, na_value=np.nan)
            self.refuse(
                ~np.isfinite(numbers) | (numbers != np.floor(numbers)),
                f"the {what} (column {column + 1}) is no whole number",
                column,
                expected="a position in bases",
                remedy="a header must name its columns chrom, start and end, or begin with #",
            )
        else:
            numbers = values.to_numpy(dtype=np.float64)
        self.refuse(
            np.abs(numbers) > _LARGEST,
            f"the {what} (column {column + 1}) lies beyond any chromosome",
            column,
            expected=f"at most {_LARGEST}",
        )
        return numbers.astype(np.int64)

    def numbers(self, column: int, what: str) -> NDArray[np.float64]:
        """(n,) numbers of a column; NaN where the file says `.`, `NA` or nothing.

        Raises
        ------
        InputFormatError
            With the line and the text of the first field that is neither.
        """
        values = self.fields[column]
        if values.dtype.kind in "if":
            return values.to_numpy(dtype=np.float64)
        text = values.astype(str)
        numbers = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        self.refuse(
            np.isnan(numbers) & ~text.isin(_MISSING).to_numpy(),
            f"the {what} (column {column + 1}) is no number",
            column,
            expected="a number or .",
            remedy="if the file is no BED, keep its first three columns (cut -f1-3)",
        )
        return numbers

    def is_numeric(self, *columns: int) -> bool:
        """Whether every field of these columns is a number."""
        return all(
            self.fields[c].dtype.kind in "if"
            or pd.to_numeric(self.fields[c], errors="coerce").notna().all()
            for c in columns
        )


def is_row(line: str) -> bool:
    """Whether a line holds fields: no comment, `track` or `browser` line, not blank."""
    return bool(line.strip()) and not line.startswith(_SKIPPED)


def read_bed_table(path: str | Path) -> BedTable:
    """Fields of a BED-like file, plain or gzip, any line ends, tabs or blanks between columns.

    Raises
    ------
    InputFormatError
        If the file is unreadable, not text, has fewer than three columns, or rows of different
        numbers of fields.
    """
    path = Path(path)
    _refuse_big_binary(path)
    lines = read_text(path).split("\n")
    if lines[-1]:
        warn_of_no_end(path)
    rows = [line for line in lines if is_row(line)]
    names = _header(rows[0]) if rows else None
    plain = names is not None
    if plain:
        rows = rows[1:]
    else:
        names = _commented_header(lines)
    if not rows:
        return BedTable(path, pd.DataFrame(columns=range(3)), None, lines, plain)
    width, rows = _equal_widths(rows, BedTable(path, pd.DataFrame(), None, lines, plain))
    if plain and names is not None and len(names) == width - 1:
        # R's row names have no name; but a tab that was typed twice leaves a column empty.
        names = ["", *names] if any(row.split("\t")[3] for row in rows) else names
    if names is not None and len(names) != width:
        names = None if not plain else names
    fields = _parse(rows, width, names)
    fields = _without_doubled_tab(fields, path)
    if plain and names is not None and len(names) != fields.shape[1]:
        raise InputFormatError(
            f"the header names {len(names)} columns, the rows have {width}",
            path=path,
            remedy="name every column, row names included, or remove the header",
        )
    return BedTable(path, fields, names, lines, plain)


def _refuse_big_binary(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    if magic in _BIG_BINARY:
        name = _BIG_BINARY[magic]
        raise InputFormatError(
            f"this is a {name} file, not text",
            path=path,
            expected="a BED-like peak file",
            remedy="convert it with bigBedToBed" if name == "bigBed" else "give it as Coverage",
        )


def _header(line: str) -> list[str] | None:
    """Canonical column names, if the line is a header that names chrom, start and end."""
    words = [w.strip('" ').lower() for w in (line.split("\t") if "\t" in line else line.split())]
    if words and words[0].startswith(f"{HOMER_ID} (cmd="):
        words[0] = HOMER_ID
    names = [_CANONICAL.get("_".join(w.split()), w) for w in words]
    return names if {"chrom", "start", "end"} <= set(names) else None


def _commented_header(lines: list[str]) -> list[str] | None:
    """The names in the last comment line above the first row, if it is a header."""
    last = None
    for line in lines:
        if is_row(line):
            break
        if line.startswith("#"):
            last = line.lstrip("# ")
    return _header(last) if last is not None else None


def _equal_widths(rows: list[str], table: BedTable) -> tuple[int, list[str]]:
    """Number of fields, the same in every row, and the rows with tabs between the fields."""
    if "\t" not in rows[0]:
        rows = ["\t".join(row.split()) for row in rows]
    width = rows[0].count("\t") + 1
    if width < 3:
        raise InputFormatError(
            f"{width} column{'s' if width > 1 else ''}",
            path=table.path,
            line=table.line(0),
            expected="at least chrom, start and end, with tabs between",
            found=repr(rows[0][:60]),
        )
    tabs = np.fromiter((row.count("\t") for row in rows), dtype=np.int64, count=len(rows))
    ragged = np.flatnonzero(tabs != width - 1)
    if ragged.size:
        row = int(ragged[0])
        raise InputFormatError(
            f"{tabs[row] + 1} columns in this row",
            path=table.path,
            line=table.line(row),
            expected=f"{width}, as in the first row",
            remedy="the file may be cut off, or joined from several formats",
        )
    return width, rows


def _parse(rows: list[str], width: int, names: list[str] | None) -> pd.DataFrame:
    text = {0, 3, 5} if names is None else {i for i, name in enumerate(names) if name in _TEXT}
    with warnings.catch_warnings():
        # Numbers beyond any integer, which are refused where they are positions.
        warnings.simplefilter("ignore", RuntimeWarning)
        fields = pd.read_csv(
            io.StringIO("\n".join(rows)),
            sep="\t",
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype={i: str for i in text if i < width},
            keep_default_na=False,
            quoting=3,  # a lone quote in a name must not swallow the lines behind it
            low_memory=False,
            skip_blank_lines=False,
        )
    for i in fields.columns:
        if (
            str(fields[i].iloc[0]).startswith('"')
            and fields[i].astype(str).str.match('".*"$').all()
        ):
            fields[i] = fields[i].str.strip('"')
    return fields


def _without_doubled_tab(fields: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Without an empty fourth column, where a name follows it: a tab was typed twice."""
    if fields.shape[1] < 6 or not (fields[3].astype(str) == "").all():
        return fields
    named = pd.to_numeric(fields[4], errors="coerce").isna() & (fields[4].astype(str) != "")
    if not named.all():
        return fields
    logger.info("%s: the empty fourth column is left out, a name follows it", path)
    return fields.drop(columns=3).set_axis(range(fields.shape[1] - 1), axis=1)
