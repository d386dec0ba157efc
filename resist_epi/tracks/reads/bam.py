"""Reads of BAM files, through our own reader."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from resist_epi.arrays import IntArray
from resist_epi.errors import GenomeMismatchError
from resist_epi.io.checked_file import CheckedFile
from resist_epi.tracks.reads.bgzf import inflated_chunks
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile

_MOST_HEADER = 64 << 20


class BamReads(ReadsFile):
    """A BAM file; `open_bam` makes it. No index is needed: every question is one pass.

    Attributes
    ----------
    path
        The file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with CheckedFile(self.path) as file:
            self._lengths, self._body = _read_header(file)

    def __reduce__(self) -> tuple[object, ...]:
        return (BamReads, (self.path,))

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome as the header says, bp."""
        return self._lengths

    @property
    def lengths_known(self) -> bool:
        """True: the header states them."""
        return True

    def _check(self, rules: ReadRules) -> None:
        """Any rules will do; what a read lacks is found when it is placed."""

    def _codes(self, wanted: Sequence[str]) -> dict[str, int]:
        codes = {name: i for i, name in enumerate(self.chrom_lengths)}
        unknown = sorted(set(wanted) - set(codes))
        if unknown:
            raise GenomeMismatchError(
                f"{self.path}: no chromosome {unknown[0]!r} in its header, which names"
                f" {', '.join(list(codes)[:5])}{', ...' if len(codes) > 5 else ''}. Give regions of"
                " the assembly that the reads were mapped to"
            )
        return codes

    def _columns(self, codes: dict[str, int]) -> Iterator[IntArray]:
        """Columns of `bam_records.walk_records`, chunk by chunk."""
        from resist_epi.tracks.reads import bam_records

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
