"""Copy number segments from SEG files, as DNAcopy, GISTIC, IGV, CNVkit and GATK write them."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.io.lines import number, whole_number
from resist_epi.io.store import read_text, warn_of_no_end, write_text
from resist_epi.io.table_text import csv_rows
from resist_epi.schema import SEGMENTS, names

logger = logging.getLogger(__name__)

# Lower-case names without dots, underscores and blanks.
_ALIASES = {
    "sample": "id sample sampleid samplename tumorsamplebarcode",
    "chrom": "chrom chromosome chr seqnames seqname contig",
    "start": "locstart start startpos startposition begin chromstart",
    "end": "locend end endpos endposition stop chromend",
    "n_bins": "nummark nummarks numprobes nprobes probes nbins nummarkers nbroflocations numpoints"
    " numpointscopyratio nmarkers",
    "log2_ratio": "segmean segmentmean mean log2 log2ratio seglogr meanlog2copyratio"
    " meanlog2ratio log2copyratio logr",
    "copies": "copynumber cn totalcn tcn ntotal totalcopynumber cntotal",
}

_KNOWN = {alias: name for name, text in _ALIASES.items() for alias in text.split()}

_STANDARD = ("sample", "chrom", "start", "end", "n_bins", "log2_ratio")

_REQUIRED = ("sample", "chrom", "start", "end")

LARGEST = 2**32 - 1  # bp, bins and copies: none can be more

_MISSING = {"", "NA", "NaN", "nan", "NULL", "."}


def read_seg(path: str | Path) -> pd.DataFrame:
    """Read the copy number segments of several samples.

    The columns are told by the header, in any order and spelling of the usual programs; without a
    header they are `sample chrom start end num.mark seg.mean`. Positions count from 1, ends
    included, as in every such file. Segments without a value are left out, and the log says how
    many.

    Parameters
    ----------
    path
        Tabs, commas or blanks between the fields; gzipped or not; `#` and `track` lines skipped.

    Returns
    -------
    DataFrame
        `sample chrom start end n_bins log2_ratio copies`: 0-based half-open; of `log2_ratio`
        (relative to the sample's average) and `copies` (absolute, of the tumour cells) one may be
        NaN throughout. By sample, chromosome and start.

    Raises
    ------
    InputFormatError
        With the line, if a column is missing, a field is no number, an end lies before its start,
        or two segments of a sample overlap.
    """
    rows, columns = _rows(path)
    width = max(columns.values()) + 1
    fields: dict[str, list[str]] = {name: [] for name in columns}
    lines = []
    for line, row in rows:
        if len(row) < width:
            raise InputFormatError(
                "a line with too few fields",
                path=path,
                line=line,
                expected=f"at least {width}",
                found=str(len(row)),
            )
        lines.append(line)
        for name, i in columns.items():
            fields[name].append(row[i])
    table = pd.DataFrame({"sample": fields["sample"], "chrom": fields["chrom"], "line": lines})
    for name in ("start", "end", "n_bins", "log2_ratio", "copies"):
        table[name] = _numbers(fields[name], lines, name, path) if name in fields else np.nan
    return _checked(table, path)


def _rows(path: str | Path) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """Fields of every row with its line, and where each column stands."""
    text = read_text(path)
    if not text.endswith("\n"):
        warn_of_no_end(path)
    kept = [
        (at, line)
        for at, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.startswith(("#", "track ", "track\t", "@"))
    ]
    if not kept:
        raise InputFormatError("no segments", path=path, expected="a SEG file with one at least")
    first = kept[0][1]
    delimiter = "\t" if "\t" in first else "," if "," in first else None
    split = [(at, _fields(line, delimiter, path, at)) for at, line in kept]
    header = split[0][1]
    if len(header) > 3 and header[2].replace(".", "", 1).isdigit():
        return split, dict(zip(_STANDARD, range(len(header)), strict=False))
    columns: dict[str, int] = {}
    for i, name in enumerate(header):
        known = _KNOWN.get("".join(c for c in name.lower() if c.isalnum()))
        if known is not None and known not in columns:
            columns[known] = i
    missing = [c for c in _REQUIRED if c not in columns]
    if not missing and not {"log2_ratio", "copies"} & set(columns):
        missing = ["seg.mean (or copy_number)"]
    if missing:
        raise InputFormatError(
            f"no column for {', '.join(missing)}",
            path=path,
            line=kept[0][0],
            expected="ID chrom loc.start loc.end num.mark seg.mean, or no header",
            found=" ".join(header),
            remedy=did_you_mean(missing, header),
        )
    return split[1:], columns


def _fields(line: str, delimiter: str | None, path: str | Path, at: int) -> list[str]:
    if delimiter is None:
        return [field.strip('"') for field in line.split()]
    return [field.strip() for field in next(csv_rows([line], delimiter, path, at))[1]]


def _numbers(texts: list[str], lines: list[int], what: str, path: str | Path) -> np.ndarray:
    optional = what in ("n_bins", "log2_ratio", "copies")
    values = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        if optional and text in _MISSING:
            continue
        found = whole_number(text) if what in ("start", "end") else number(text)
        values[i] = np.nan if found is None else found
        if not np.isfinite(values[i]) or (what != "log2_ratio" and abs(values[i]) > LARGEST):
            raise InputFormatError(
                f"the {what} is no number",
                path=path,
                line=lines[i],
                expected="a number" + (" or NA" if optional else ""),
                found=repr(text),
            )
    return values


def _checked(table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Whole, ordered, disjoint segments with a value, 0-based."""
    backwards = table["end"] < table["start"]
    _refuse(table, backwards, "a segment ends before it starts", path)
    _refuse(table, table["start"] < 0, "a segment starts before its chromosome", path)
    _refuse(table, table["copies"] < 0, "a negative number of copies", path)
    empty = table["log2_ratio"].isna() & table["copies"].isna()
    if empty.any():
        logger.info("%s: %d segments without a value are left out", path, int(empty.sum()))
        table = table[~empty]
    table = table.sort_values(["sample", "chrom", "start"], kind="stable").reset_index(drop=True)
    table["start"] = (table["start"] - 1).clip(lower=0)
    same = (table[["sample", "chrom"]] == table[["sample", "chrom"]].shift()).all(axis=1)
    # Some programs begin a segment at the base where the last one ended.
    touching = same & (table["start"] == table["end"].shift() - 1)
    table["start"] += touching & (table["end"] > table["start"] + 1)
    overlap = same & (table["start"] < table["end"].shift())
    _refuse(table, overlap, "a segment overlaps another one of its sample", path)
    logger.info("%s: %d segments of %d samples", path, len(table), table["sample"].nunique())
    whole = table.astype({"start": np.int64, "end": np.int64})
    return whole[[*names(SEGMENTS), "copies"]]


def _refuse(table: pd.DataFrame, bad: pd.Series, problem: str, path: str | Path) -> None:
    if bad.any():
        row = table[bad].sort_values("line").iloc[0]
        raise InputFormatError(
            problem,
            path=path,
            line=int(row["line"]),
            found=f"{row['sample']} {row['chrom']} {row['start']:.0f} {row['end']:.0f}",
        )


def write_seg(path: str | Path, segments: pd.DataFrame) -> None:
    """Write segments as a SEG file, which IGV shows and `read_seg` reads.

    Parameters
    ----------
    segments
        Columns of `schema.SEGMENTS`.

    Raises
    ------
    InputFormatError
        If the file cannot be written.
    """
    table = pd.DataFrame(
        {
            "ID": segments["sample"],
            "chrom": segments["chrom"],
            "loc.start": segments["start"] + 1,
            "loc.end": segments["end"],
            "num.mark": segments["n_bins"].astype("Int64"),
            "seg.mean": segments["log2_ratio"].round(4),
        }
    )
    write_text(path, table.to_csv(sep="\t", index=False, na_rep="NA", lineterminator="\n"))
