"""bedGraph tracks, plain or gzip: chrom, start, end, value."""

from __future__ import annotations

import csv
import io
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import IO, NoReturn

import numpy as np
import pandas as pd

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.io.lines import HEADER_LINE, line_chunks, whole_number, without_headers
from resist_epi.io.lines import number as plain_number
from resist_epi.tracks.engine.runs import MAX_COORDINATE, Runs
from resist_epi.tracks.engine.track import CoverageTrack

_IN_MEMORY_BYTES = 64 << 20

_MISSING = ("NaN", "nan", "NA")

_LARGEST = float(np.finfo(np.float32).max)

_RECORD = np.dtype([("start", "u4"), ("end", "u4"), ("value", "f8")])

_SORT = "sort the file: sort -k1,1 -k2,2n"


class BedGraphTrack(CoverageTrack):
    """A bedGraph open for questions; `read_bedgraph` makes it.

    The text is parsed and checked once, a few megabytes at a time, into an unnamed temporary file
    (kept in memory while small) that vanishes with the object, even if the process is killed. A
    pickled track carries its path and parses anew.

    Attributes
    ----------
    path
        The file.
    chrom_lengths
        Length of every chromosome, bp: as given, else where its data end.
    lengths_known
        Whether lengths were given; if not, nothing is clipped at the end of a chromosome.
    """

    path: Path

    def __init__(self, path: str | Path, chrom_lengths: Mapping[str, int] | None = None) -> None:
        self.path = Path(path)
        self.lengths_known = chrom_lengths is not None
        self._given = None if chrom_lengths is None else dict(chrom_lengths)
        self._parts: dict[str, list[tuple[int, int]]] = {}
        spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115
        weakref.finalize(self, spool.close)
        self._spool: IO[bytes] = spool
        reached = self._parse()
        if self._given is not None:
            self._check_lengths(reached, self._given)
        self.chrom_lengths = MappingProxyType(reached if self._given is None else self._given)

    def __reduce__(self) -> tuple[object, ...]:
        return (BedGraphTrack, (self.path, self._given))

    def __repr__(self) -> str:
        return f"BedGraphTrack({str(self.path)!r})"

    def runs(self, chrom: str) -> Iterator[Runs]:
        """Runs of a chromosome in chunks, sorted and without overlap; none where it has no data.

        Raises
        ------
        GenomeMismatchError
            If the track has no such chromosome.
        """
        self._check_chromosome(chrom)
        for offset, n in self._parts.get(chrom, []):
            self._spool.seek(offset)
            records = np.frombuffer(self._spool.read(n * _RECORD.itemsize), _RECORD)
            yield Runs(
                records["start"].copy(), records["end"].copy(), records["value"].astype(np.float64)
            )

    def _parse(self) -> dict[str, int]:
        """Fill the temporary file; where each chromosome's data end."""
        reached: dict[str, int] = {}
        order = _Order(self.path)
        for line, text in line_chunks(self.path):
            table = None if b"\x00" in text else _table(text)
            if table is None or not order.accepts(table):
                order.explain(text, line)
            if table is None:
                raise InputFormatError(
                    "not a bedGraph", path=self.path, line=line, remedy="give a bedGraph or bigWig"
                )
            if len(table):
                self._store(table, reached)
                order.advance(table)
        return reached

    def _store(self, table: pd.DataFrame, reached: dict[str, int]) -> None:
        records = np.empty(len(table), dtype=_RECORD)
        for name in ("start", "end", "value"):
            records[name] = table[name].to_numpy()
        for name, a, b in _stretches(table):
            self._parts.setdefault(name, []).append((self._spool.tell(), b - a))
            reached[name] = int(records["end"][b - 1])
            try:
                self._spool.write(records[a:b].tobytes())
            except OSError as error:
                raise InputFormatError(
                    f"no room to unpack it: {error.strerror or error}",
                    path=self.path,
                    remedy="point TMPDIR to a disk with free space, or give a bigWig",
                ) from error

    def _check_lengths(self, reached: Mapping[str, int], lengths: Mapping[str, int]) -> None:
        for chrom, end in reached.items():
            if chrom not in lengths:
                raise GenomeMismatchError(
                    f"{self.path}: chromosome {chrom!r} is not among the {len(lengths)} of the"
                    " genome given. Use the assembly that the track was made with"
                )
            if end > lengths[chrom]:
                raise GenomeMismatchError(
                    f"{self.path}: data up to {chrom}:{end}, but that chromosome has"
                    f" {lengths[chrom]} bases in the genome given. Use the assembly that the"
                    " track was made with"
                )


def read_bedgraph(
    path: str | Path, *, chrom_lengths: Mapping[str, int] | None = None
) -> BedGraphTrack:
    """Read a bedGraph, plain or gzip (told by content), with any line ends.

    `track`, `browser` and `#` lines are skipped. A value of NaN or NA is uncovered.

    Parameters
    ----------
    path
        The file.
    chrom_lengths
        Length of every chromosome, bp, to clip regions at; a bedGraph does not know them.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or a line is malformed, not sorted or overlaps the one before;
        the message names the line.
    GenomeMismatchError
        If the data do not fit the lengths given.
    """
    return BedGraphTrack(path, chrom_lengths)


class _Order:
    """Where the last accepted chunk ended, and what that allows to follow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: set[str] = set()
        self.chrom: str | None = None
        self.end = 0

    def accepts(self, table: pd.DataFrame) -> bool:
        """Whether every line is sound and follows the one before; False needs `explain`."""
        start, end = table["start"].to_numpy(), table["end"].to_numpy()
        value = table["value"].to_numpy()
        # NaN fails here, too: a line without a value looks the same, and `explain` tells.
        sound = (start >= 0) & (start < end) & (end <= MAX_COORDINATE) & (abs(value) <= _LARGEST)
        if not sound.all() or table["rest"].notna().any():
            return False
        chrom, reached, seen = self.chrom, self.end, set(self.seen)
        for name, a, b in _stretches(table):
            if name != chrom and name in seen:
                return False
            if name == chrom and start[a] < reached:
                return False
            if (start[a + 1 : b] < end[a : b - 1]).any():
                return False
            seen.add(name)
            chrom, reached = name, int(end[b - 1])
        return True

    def advance(self, table: pd.DataFrame) -> None:
        """Remember the end of a chunk."""
        self.seen.update(name for name, _, _ in _stretches(table))
        self.chrom, self.end = str(table["chrom"].iloc[-1]), int(table["end"].iloc[-1])

    def explain(self, text: bytes, line: int) -> None:
        """Raise the error of the first bad line of a chunk; return if there is none."""
        chrom, reached, seen = self.chrom, self.end, set(self.seen)
        for number, raw in enumerate(text.split(b"\n"), start=line):
            if not raw.strip() or HEADER_LINE.match(raw):
                continue
            name, start, end = self._fields(raw, number)
            if name != chrom and name in seen:
                self._fail("not sorted", number, f"no further line of {name}", "one", _SORT)
            if name == chrom and start < reached:
                sorted_so_far = end > reached
                self._fail(
                    "overlaps the line before" if sorted_so_far else "not sorted",
                    number,
                    f"a start of at least {reached}",
                    str(start),
                    _SORT + ", then bedtools merge" if sorted_so_far else _SORT,
                )
            seen.add(name)
            chrom, reached = name, end

    def _fields(self, raw: bytes, number: int) -> tuple[str, int, int]:
        text = raw.decode("utf-8", errors="replace")
        fields = text.split()
        if fields[0] in {"fixedStep", "variableStep"}:
            self._fail(
                "this is a wiggle file, not a bedGraph",
                number,
                "chrom start end value",
                text[:60],
                "convert it with wigToBigWig",
            )
        if len(fields) != 4:
            self._fail(
                "not a bedGraph line",
                number,
                "4 fields: chrom start end value",
                f"{len(fields)} in {text[:60]!a}",
                "give a bedGraph or a bigWig",
            )
        start, end = whole_number(fields[1]), whole_number(fields[2])
        value = np.nan if fields[3] in _MISSING else plain_number(fields[3])
        if start is None or end is None or value is None:
            self._fail("text where a number belongs", number, "chrom start end value", text[:60])
        if not 0 <= start < end <= MAX_COORDINATE:
            self._fail("impossible coordinates", number, "0 <= start < end", f"{start}-{end}")
        if np.isfinite(value) and abs(value) > _LARGEST:
            self._fail("value out of range", number, f"at most {_LARGEST:g}", fields[3])
        return fields[0], start, end

    def _fail(
        self, problem: str, line: int, expected: str, found: str, remedy: str = "correct the line"
    ) -> NoReturn:
        raise InputFormatError(
            problem, path=self.path, line=line, expected=expected, found=found, remedy=remedy
        )


def _table(text: bytes) -> pd.DataFrame | None:
    """Columns of a chunk of lines; None where a line does not have the form."""
    clean = without_headers(text)
    if not clean.strip():
        clean = b""
    names = ["chrom", "start", "end", "value", "rest"]
    kinds = {"chrom": "category", "start": "int64", "end": "int64", "value": "float64"}
    if not clean:
        return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in names})
    # R and spreadsheets write 1e+05 for 100000, which no column of whole numbers takes.
    for places in ("int64", "float64"):
        try:
            with warnings.catch_warnings():
                # Of numbers beyond any integer, which are refused.
                warnings.simplefilter("ignore", RuntimeWarning)
                warnings.simplefilter("error", pd.errors.ParserWarning)  # fields that would be lost
                table = pd.read_csv(
                    io.BytesIO(clean),
                    sep=r"\s+",
                    header=None,
                    names=names,
                    dtype=kinds | {"start": places, "end": places},
                    keep_default_na=False,
                    na_values={"value": list(_MISSING)},
                    quoting=csv.QUOTE_NONE,
                    index_col=False,
                )
        except (ValueError, OverflowError, pd.errors.ParserWarning):  # ParserError is a ValueError
            continue
        ends = table[["start", "end"]].to_numpy()
        with np.errstate(invalid="ignore"):  # of infinities, which are beyond any position
            whole = places == "int64" or bool(
                ((ends % 1 == 0) & (abs(ends) <= MAX_COORDINATE)).all()
            )
        return table.astype({"start": "int64", "end": "int64"}) if whole else None
    return None


def _stretches(table: pd.DataFrame) -> Iterator[tuple[str, int, int]]:
    """Consecutive lines of one chromosome: name, first line, line after the last."""
    codes = table["chrom"].cat.codes.to_numpy()
    names = table["chrom"].cat.categories
    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    for a, b in pairwise(edges):
        if b > a:
            yield str(names[codes[a]]), a, b
