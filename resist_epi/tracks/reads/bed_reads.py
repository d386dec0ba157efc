"""Reads as text: BED of three to six columns, and tagAlign; plain or gzip."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from resist_epi.arrays import IntArray
from resist_epi.errors import InputFormatError
from resist_epi.io.lines import line_chunks, number, whole_number, without_headers
from resist_epi.tracks.reads.reads import REVERSE, ReadRules, ReadsFile

_NAMES = ("chrom", "start", "end", "name", "score", "strand")

_TYPES = {
    "chrom": "category",
    "start": "int64",
    "end": "int64",
    "name": "category",
    "score": "str",
    "strand": "category",
}

_LARGEST = 2**32 - 1

_STRANDS = ("+", "-", ".")


class BedReads(ReadsFile):
    """Reads of a BED or tagAlign file; `open_bed_reads` makes it.

    The score (column 5) is taken as the mapping quality, as bamToBed writes it; tagAlign has 1000
    there, which passes any. The chromosomes are known once the file was read.

    Attributes
    ----------
    path
        The file.
    width
        Columns of every line.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.width = self._first_width()
        self._reached: dict[str, int] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return (BedReads, (self.path,))

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Where the reads of each chromosome end, bp; read from the file when first asked for."""
        if self._reached is None:
            for _ in self._columns({}):
                pass
        return dict(self._reached or {})

    @property
    def lengths_known(self) -> bool:
        """False: the format does not say them."""
        return False

    def _codes(self, wanted: Sequence[str]) -> dict[str, int]:
        return {name: i for i, name in enumerate(wanted)}

    def _check(self, rules: ReadRules) -> None:
        def refuse(what: str, remedy: str) -> NoReturn:
            raise InputFormatError(
                f"reads as BED of {self.width} columns do not say {what}",
                path=self.path,
                remedy=remedy,
            )

        if not rules.duplicates:
            refuse("which are duplicates", "keep them, or remove them before, or give a BAM file")
        if rules.count_as != "read" and self.width < 6:
            refuse("their strand", "count whole reads, or give the six columns of a BED")
        if rules.min_quality > 0 and self.width < 5:
            refuse("their mapping quality", "leave out --min-mapq, or give a BAM file")

    def _columns(self, codes: dict[str, int]) -> Iterator[IntArray]:
        reached: dict[str, int] = {}
        for line, text in line_chunks(self.path):
            table = self._parse(text, line)
            if not len(table):
                continue
            names = [str(c) for c in table["chrom"].cat.categories]
            for name in names:
                codes.setdefault(name, len(codes))
            own = table["chrom"].cat.codes.to_numpy()
            out = np.zeros((7, len(table)), dtype=np.int64)
            out[0] = np.array([codes[name] for name in names], dtype=np.int64)[own]
            out[1], out[2] = table["start"].to_numpy(), table["end"].to_numpy()
            if self.width > 5:
                out[3] = np.where((table["strand"] == "-").to_numpy(bool), REVERSE, 0)
            out[4] = table["quality"].to_numpy()
            for chrom, end in table.groupby("chrom", observed=True)["end"].max().items():
                reached[str(chrom)] = max(int(end), reached.get(str(chrom), 0))
            yield out
        self._reached = reached

    def _parse(self, text: bytes, line: int) -> pd.DataFrame:
        """The reads of some lines, or the error of the first that is none."""
        clean = without_headers(text)
        names = _NAMES[: self.width]
        if not clean.strip():
            return pd.DataFrame({name: pd.Series(dtype=_TYPES[name]) for name in names})
        try:
            with warnings.catch_warnings():
                # Of numbers beyond any integer, which are refused.
                warnings.simplefilter("ignore", RuntimeWarning)
                warnings.simplefilter("error", pd.errors.ParserWarning)  # fields that would be lost
                table = pd.read_csv(
                    io.BytesIO(clean),
                    sep="\t" if b"\t" in clean[:1000] else r"\s+",
                    header=None,
                    names=[*names, "rest"],
                    dtype=_TYPES | {"rest": "str"},
                    keep_default_na=False,
                    na_values={"rest": [""]},
                    quoting=csv.QUOTE_NONE,
                    index_col=False,
                )
        except (ValueError, OverflowError, pd.errors.ParserWarning):  # ParserError is a ValueError
            self._explain(text, line)
        start, end = table["start"].to_numpy(), table["end"].to_numpy()
        sound = bool(((start >= 0) & (start < end) & (end <= _LARGEST)).all())
        sound &= bool(table["rest"].isna().all()) and not (table["chrom"] == "").any()
        if self.width > 5:
            sound &= bool(table["strand"].isin(_STRANDS).all())
        if self.width > 4:
            score = table["score"].astype("str")
            quality = pd.to_numeric(score.where(score != ".", "255"), errors="coerce")
            sound &= bool((quality.abs() <= _LARGEST).all())  # NaN fails here, too
            table["quality"] = quality.clip(-1, _LARGEST).fillna(0.0).astype(np.int64)
        else:
            table["quality"] = 0
        if not sound:
            self._explain(text, line)
        return table

    def _explain(self, text: bytes, line: int) -> NoReturn:
        """Raise the error of the first bad line."""
        for at, raw in enumerate(text.split(b"\n"), start=line):
            if not without_headers(raw).strip():
                continue
            shown = raw.decode("utf-8", errors="replace")
            fields = shown.split("\t") if "\t" in shown else shown.split()
            if len(fields) != self.width:
                self._fail(
                    f"{len(fields)} columns", at, f"{self.width}, as in the first line", shown
                )
            start, end = whole_number(fields[1]), whole_number(fields[2])
            if start is None or end is None:
                self._fail("text where a position belongs", at, "chrom start end", shown)
            if not 0 <= start < end <= _LARGEST:
                self._fail("impossible coordinates", at, "0 <= start < end", f"{start}-{end}")
            if self.width > 5 and fields[5] not in _STRANDS:
                self._fail("no strand in column 6", at, "+, - or .", fields[5])
            if self.width > 4 and not abs(_quality(fields[4])) <= _LARGEST:
                self._fail("no number in column 5", at, "a mapping quality or .", fields[4])
        self._fail(
            "not a line of reads", line, "chrom start end", text[:60].decode(errors="replace")
        )

    def _first_width(self) -> int:
        """Columns of the first line of reads, which all others must have."""
        for line, text in line_chunks(self.path, size=1 << 16):
            for at, raw in enumerate(text.split(b"\n"), start=line):
                if not without_headers(raw).strip():
                    continue
                shown = raw.decode("utf-8", errors="replace")
                width = len(shown.split("\t") if "\t" in shown else shown.split())
                if not 3 <= width <= 6:
                    self._fail(f"{width} columns", at, "reads as BED or tagAlign: 3 to 6", shown)
                return width
        return 3  # nothing but comments: no reads

    def _fail(self, problem: str, line: int, expected: str, found: str) -> NoReturn:
        raise InputFormatError(
            problem,
            path=self.path,
            line=line,
            expected=expected,
            found=repr(found[:60]),
            remedy="reads come from a BAM, or a BED or tagAlign of 3 to 6 columns",
        )


def _quality(text: str) -> float:
    found = 255.0 if text == "." else number(text)
    return np.nan if found is None else found


def open_bed_reads(path: str | Path) -> BedReads:
    """Open reads as BED (3 to 6 columns) or tagAlign, plain or gzip, in any order.

    `track`, `browser` and `#` lines are skipped.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or its first line is no read; a malformed line further on is
        found, and named, when the reads are counted.
    """
    return BedReads(path)
