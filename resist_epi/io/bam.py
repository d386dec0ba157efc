"""Reads of BAM files: which are kept, where each counts, and how many lie in each region."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.io.bgzf import inflated_chunks
from resist_epi.io.checked_file import CheckedFile
from resist_epi.overlap_counter import OverlapCounter, touches

logger = logging.getLogger(__name__)

IntArray = NDArray[np.int64]
Intervals = Mapping[str, tuple[IntArray, IntArray]]
CountAs = Literal["read", "fragment", "five_prime", "midpoint"]
COUNT_AS: tuple[str, ...] = ("read", "fragment", "five_prime", "midpoint")

_UNMAPPED, _REVERSE, _SECONDARY, _FAILED, _DUPLICATE = 0x4, 0x10, 0x100, 0x200, 0x400
_PROPER, _SUPPLEMENTARY = 0x2, 0x800
_LONGEST_FRAGMENT = 2000  # proper pairs further apart are mapping errors
_MOST_HEADER = 64 << 20


@dataclass(frozen=True, slots=True)
class ReadRules:
    """Which reads count, and where.

    Unmapped, secondary, supplementary and failed reads never count.

    Attributes
    ----------
    count_as
        `read`: every base that the alignment spans. `fragment`: from the 5' end over
        `fragment_length` bp; proper pairs count once, from end to end. `five_prime`: the 5' base,
        moved by `shift` bp downstream. `midpoint`: the middle of the fragment (one base).
    min_quality
        Lowest mapping quality.
    duplicates
        Whether reads marked as duplicates count.
    fragment_length
        bp; needed for `fragment` and `midpoint` where reads are not paired.
    shift
        bp; half the fragment length puts 5' ends over the middle of the fragment.

    Raises
    ------
    InputFormatError
        If `count_as` is unknown.
    """

    count_as: CountAs = "read"
    min_quality: int = 0
    duplicates: bool = True
    fragment_length: int | None = None
    shift: int = 0

    def __post_init__(self) -> None:
        if self.count_as not in COUNT_AS:
            raise InputFormatError(
                f"unknown way to count reads {self.count_as!r}", expected=", ".join(COUNT_AS)
            )


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """Reads of a file in regions.

    Attributes
    ----------
    counts
        (n_regions,) int64.
    kept
        Reads (or fragments) that count at all: the library size.
    seen
        Alignments in the file.
    """

    counts: IntArray
    kept: int
    seen: int


class BamReads:
    """A BAM file; `open_bam` makes it. No index is needed: every question is one pass.

    Attributes
    ----------
    path
        The file.
    chrom_lengths
        Length of every chromosome as the header says, bp.
    lengths_known
        True.
    """

    lengths_known = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with CheckedFile(self.path) as file:
            self.chrom_lengths, self._body = _read_header(file)

    def __reduce__(self) -> tuple[object, ...]:
        return (BamReads, (self.path,))

    def places(self, rules: ReadRules) -> Iterator[tuple[IntArray, IntArray, IntArray, int]]:
        """Where reads count: chromosome code, start and end in bp, and alignments looked at.

        Chunk by chunk, in the order of the file.

        Raises
        ------
        InputFormatError
            If the file is damaged.
        """
        for columns in self._columns():
            chrom, start, end = _place(columns, rules, self.path)
            yield chrom, start, end, columns.shape[1]

    def count(
        self,
        regions: pd.DataFrame,
        *,
        rules: ReadRules | None = None,
        exclude: Intervals | None = None,
    ) -> ReadCounts:
        """Count the reads of each region in one pass; a read counts in every region it overlaps.

        Parameters
        ----------
        regions
            `chrom start end`, in any order.
        rules
            Which reads count, and where; by default every mapped primary alignment, as it spans.
        exclude
            Chromosome -> sorted, disjoint starts and ends; reads that touch them count nowhere.

        Raises
        ------
        GenomeMismatchError
            If a region's chromosome is not in the header.
        InputFormatError
            If the file is damaged.
        """
        rules = rules or ReadRules()
        codes = {name: i for i, name in enumerate(self.chrom_lengths)}
        unknown = sorted(set(regions["chrom"]) - set(codes))
        if unknown:
            raise GenomeMismatchError(
                f"{self.path}: no chromosome {unknown[0]!r} in its header, which names"
                f" {', '.join(list(codes)[:5])}{', ...' if len(codes) > 5 else ''}. Give regions of"
                " the assembly that the reads were mapped to"
            )
        counter = OverlapCounter(
            regions["chrom"].map(codes).to_numpy(np.int64),
            regions["start"].to_numpy(np.int64),
            regions["end"].to_numpy(np.int64),
        )
        left_out = _left_out(codes, exclude)
        kept = seen = 0
        for chrom, start, end, n in self.places(rules):
            seen += n
            free = ~touches(chrom, start, end, left_out)
            if not free.all():
                chrom, start, end = chrom[free], start[free], end[free]  # noqa: PLW2901
            kept += chrom.size
            counter.add(chrom, start, end)
        if not seen:
            logger.warning("%s: no alignment in the file", self.path)
        return ReadCounts(counter.counts(), kept, seen)

    def _columns(self) -> Iterator[IntArray]:
        """Columns of `bam_records.walk_records`, chunk by chunk."""
        from resist_epi.io import bam_records

        skip, rest = self._body, b""
        with CheckedFile(self.path) as file:
            for chunk in inflated_chunks(file):
                if skip >= len(chunk):
                    skip -= len(chunk)
                    continue
                data = np.frombuffer(rest + chunk[skip:], dtype=np.uint8)
                skip = 0
                out = bam_records.empty_columns(data.size)
                n, used, state = bam_records.walk_records(data, len(self.chrom_lengths), out)
                if state != bam_records.OK:
                    problem = {
                        bam_records.TOO_SHORT: "a record of impossible length",
                        bam_records.NO_ROOM: "a record too short for what it says it holds",
                        bam_records.UNKNOWN_CHROMOSOME: "a record on an unknown chromosome",
                    }[state]
                    file.fail(f"{problem} (after {n} records of this part)")
                rest = data[used:].tobytes()
                yield out[:, :n]
            if rest or skip:
                file.fail("the last record is cut short")


def open_bam(path: str | Path) -> BamReads:
    """Open a BAM file and check its header and end.

    Raises
    ------
    InputFormatError
        If the file is missing, no BAM, cut short or damaged.
    """
    return BamReads(path)


def _read_header(file: CheckedFile) -> tuple[Mapping[str, int], int]:
    """Chromosome lengths by name, and where the records begin in the inflated content."""
    if file.size == 0:
        file.fail("the file is empty", expected="a BAM file")
    content = b""
    chunks = inflated_chunks(file)

    def need(size: int) -> None:
        nonlocal content
        while len(content) < size:
            part = next(chunks, None)
            if part is None or size > _MOST_HEADER:
                file.fail("the header is not complete")
            content += part

    need(12)
    if content[:4] != b"BAM\x01":
        file.fail(
            "this is not a BAM file",
            expected="blocked gzip that begins with BAM",
            remedy="check the path; SAM and CRAM must be converted (samtools view -b)",
        )
    at = 8 + _length(file, content, 4)
    need(at + 4)
    n, at = _length(file, content, at), at + 4
    lengths: dict[str, int] = {}
    for _ in range(n):
        need(at + 4)
        size = _length(file, content, at)
        need(at + 8 + size)
        name = content[at + 4 : at + 4 + size].rstrip(b"\x00").decode("utf-8", errors="replace")
        length = _length(file, content, at + 4 + size)
        if name in lengths or not name:
            file.fail("the header names a chromosome twice, or without a name", found=name)
        lengths[name] = length
        at += 8 + size
    return MappingProxyType(lengths), at


def _length(file: CheckedFile, content: bytes, at: int) -> int:
    value = int(struct.unpack_from("<i", content, at)[0])
    if value < 0:
        file.fail("a negative length in the header", found=value)
    return value


def _place(columns: IntArray, rules: ReadRules, path: Path) -> tuple[IntArray, IntArray, IntArray]:
    """Chromosome, start and end of what counts of each kept read."""
    chrom, start, end, flag, quality, mate, template = columns
    bad = _UNMAPPED | _SECONDARY | _SUPPLEMENTARY | _FAILED
    bad |= 0 if rules.duplicates else _DUPLICATE
    keep = ((flag & bad) == 0) & (quality >= rules.min_quality) & (chrom >= 0) & (start >= 0)
    paired = rules.count_as in {"fragment", "midpoint"}
    proper = np.zeros(keep.size, dtype=bool)
    if paired:
        proper = ((flag & _PROPER) > 0) & (mate == chrom)
        proper &= (np.abs(template) <= _LONGEST_FRAGMENT) & (template != 0)
        # Of a pair the mate on the left speaks for both.
        keep &= ~proper | (template > 0)
    chrom, start, end, flag, template, proper = (
        a[keep] for a in (chrom, start, end, flag, template, proper)
    )
    if rules.count_as == "read":
        return chrom, start, end
    reverse = (flag & _REVERSE) > 0
    if rules.count_as == "five_prime":
        point = np.where(reverse, end - 1 - rules.shift, start + rules.shift)
        point = np.maximum(point, 0)
        return chrom, point, point + 1
    if rules.fragment_length is None and not proper.all():
        raise InputFormatError(
            "reads without a pair need a fragment length",
            path=path,
            remedy="give FragmentLength in the sheet, or count whole reads",
        )
    size = np.where(proper, template, rules.fragment_length or 0)
    left = np.where(~proper & reverse, end - size, start)
    right = np.maximum(left + size, 1)
    left = np.maximum(left, 0)
    if rules.count_as == "midpoint":
        left = left + (right - left) // 2
        right = left + 1
    return chrom, left, right


def _left_out(
    codes: Mapping[str, int], exclude: Intervals | None
) -> tuple[IntArray, IntArray, IntArray]:
    known = sorted((codes[c], s, e) for c, (s, e) in (exclude or {}).items() if c in codes)
    none = np.zeros(0, dtype=np.int64)
    return (
        np.concatenate([none, *(np.full(len(s), c, dtype=np.int64) for c, s, _ in known)]),
        np.concatenate([none, *(np.asarray(s, dtype=np.int64) for _, s, _ in known)]),
        np.concatenate([none, *(np.asarray(e, dtype=np.int64) for _, _, e in known)]),
    )
