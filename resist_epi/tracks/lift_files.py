"""Text files of one assembly written anew in another: bedGraph, BED reads, peaks."""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genome.lift import Chain
from resist_epi.genome.peaks import read_peaks
from resist_epi.io.lines import line_chunks, without_headers
from resist_epi.io.store import atomic_path

# How the files begin that hold their intervals in blocks, which cannot be moved one by one.
_BINARY = {
    b"\x26\xfc\x8f\x88": "bigWig",
    b"\x88\x8f\xfc\x26": "bigWig",
    b"BAM\x01": "BAM",
    b"CRAM": "CRAM",
}

_REMEDY = {
    "bigWig": "convert it with CrossMap bigwig CHAIN IN OUT (or bigWigToBedGraph, and give the"
    " bedGraph); or stay with the old assembly and give its genes with --genes",
    "BAM": "convert it with CrossMap bam CHAIN IN OUT (or bedtools bamtobed, and give the BED); or"
    " align the reads anew; or stay with the old assembly and give its genes with --genes",
}


@dataclass(frozen=True)
class LiftCount:
    """How many rows of a file have a place in the new assembly.

    Attributes
    ----------
    n, kept
        Rows, and those that were written.
    crowded
        Of the others, those whose place another row has already (bedGraph).
    """

    n: int
    kept: int
    crowded: int = 0

    @property
    def words(self) -> str:
        """`12 of 900 (1.3 %) have no place`."""
        lost = self.n - self.kept
        share = f" ({lost / self.n:.2%})" if self.n else ""
        more = f", {self.crowded} of them as another row has it" if self.crowded else ""
        return f"{lost:,} of {self.n:,} intervals{share} have no place in the new assembly{more}"


def refuse_binary(path: str | Path) -> None:
    """Refuse bigWig, BAM and CRAM, which cannot be lifted, with the remedy.

    Raises
    ------
    InputFormatError
        With what the file is.
    """
    with open(path, "rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as unpacked:
                start = unpacked.read(4)
        except (OSError, EOFError):
            return  # what is damaged is told by who reads it
    name = _BINARY.get(start)
    if name is not None:
        raise InputFormatError(
            f"{name} cannot be lifted",
            path=path,
            expected="peaks, BED reads or bedGraph",
            remedy=_REMEDY["bigWig" if name == "bigWig" else "BAM"],
        )


def lift_peaks(path: str | Path, out: Path, chain: Chain) -> LiftCount:
    """Write peaks of any format as narrowPeak in the new assembly; summits are lifted too.

    Raises
    ------
    InputFormatError
        If the file holds no peaks.
    """
    peaks = read_peaks(path)
    lifted, mask = chain.lift(peaks)
    point = peaks[["chrom"]].assign(start=peaks["summit"], end=peaks["summit"] + 1)
    given = mask & (peaks["summit"] >= 0).to_numpy(dtype=bool)
    summits = pd.Series(-1, index=peaks.index, dtype=np.int64)
    if given.any():
        there, _ = chain.lift(point[given])
        summits[there.index] = there["start"]
    offset = summits[lifted.index] - lifted["start"]
    inside = (offset >= 0) & (offset < lifted["end"] - lifted["start"])
    columns = ["chrom", "start", "end", "name", "score", "strand", "signal", "pvalue", "qvalue"]
    table = lifted[columns].assign(offset=offset.where(inside, -1))
    for name in ("pvalue", "qvalue"):
        table[name] = table[name].fillna(-1)
    for name in ("score", "signal"):
        table[name] = table[name].fillna(0)
    table["name"] = table["name"].where(table["name"] != "", ".")
    _write(table, out)
    return LiftCount(len(peaks), len(table))


def lift_intervals(path: str | Path, out: Path, chain: Chain, *, coverage: bool) -> LiftCount:
    """Write a bedGraph, or BED reads, in the new assembly, sorted.

    Parameters
    ----------
    coverage
        Whether it is a bedGraph, in which no base stands twice: of rows that come to lie on one
        another the first is kept.

    Raises
    ------
    InputFormatError
        If a line is no interval, or the file is bigWig, BAM or CRAM.
    """
    refuse_binary(path)
    parts, n = [], 0
    for line, text in line_chunks(Path(path)):
        body = without_headers(text)
        if not body.strip():
            continue
        table = _table(body, Path(path), line, coverage=coverage)
        n += len(table)
        lifted, _ = chain.lift(table)
        parts.append(lifted)
    if not parts:
        raise InputFormatError("holds no intervals", path=path)
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["chrom", "start", "end"], kind="stable", ignore_index=True)
    crowded = 0
    if coverage and len(table):
        reached = table.groupby("chrom", sort=False)["end"].cummax().shift()
        same = table["chrom"] == table["chrom"].shift()
        over = (same & (table["start"] < reached)).to_numpy()
        crowded, table = int(over.sum()), table[~over]
    _write(table, out)
    return LiftCount(n, len(table), crowded)


def _table(body: bytes, path: Path, line: int, *, coverage: bool) -> pd.DataFrame:
    what = "bedGraph: chrom start end value" if coverage else "BED: chrom start end ..."
    try:
        raw = pd.read_csv(
            io.BytesIO(body), sep=r"\s+" if coverage else "\t", header=None, dtype=str,
            keep_default_na=False, quoting=3, engine="c",
        )  # fmt: skip
        names = ["chrom", "start", "end", "value"] if coverage else _BED[: raw.shape[1]]
        table = raw.iloc[:, : len(names)].set_axis(names, axis=1)
        for name in ("start", "end"):
            table[name] = table[name].astype(np.int64)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise InputFormatError(
            f"a line that is no interval, at or behind line {line} ({str(error)[:80]})",
            path=path,
            expected=what,
        ) from error
    bad = (table["start"] < 0) | (table["start"] >= table["end"])
    if bad.any():
        row = table[bad].iloc[0]
        raise InputFormatError(
            f"{row['chrom']}:{row['start']}-{row['end']} is no interval", path=path, expected=what
        )
    return table


_BED = ["chrom", "start", "end", "name", "score", "strand"]


def _write(table: pd.DataFrame, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(out) as beside, open(beside, "wb") as raw:
        packed = gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="")
        with packed, io.TextIOWrapper(packed, encoding="utf-8", newline="") as text:
            table.to_csv(text, sep="\t", header=False, index=False, lineterminator="\n")
        raw.flush()
        os.fsync(raw.fileno())
