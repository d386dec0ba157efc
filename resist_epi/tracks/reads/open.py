"""Files of reads of any kind, told apart by their content."""

from __future__ import annotations

from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.first_bytes import NEITHER, first_bytes
from resist_epi.tracks.reads.bam import open_bam
from resist_epi.tracks.reads.bed_reads import open_bed_reads
from resist_epi.tracks.reads.reads import ReadsFile

_NOT_READS = (
    (b"CRAM", "a CRAM file", "convert it: samtools view -b"),
    (b"@HD\t", "a SAM file", "convert it: samtools view -b"),
    (b"@SQ\t", "a SAM file", "convert it: samtools view -b"),
    (b"\x26\xfc\x8f\x88", "a bigWig", "name it under Coverage"),
    (b"\x88\x8f\xfc\x26", "a bigWig", "name it under Coverage"),
    *NEITHER,
)


def is_bam(path: str | Path) -> bool:
    """Whether a file begins as a BAM does, or is no text at all.

    Raises
    ------
    InputFormatError
        If it cannot be read, or is known to be something else.
    """
    path = Path(path)
    start = first_bytes(path)
    if start.startswith(b"BAM\x01") or path.suffix.lower() == ".bam":
        return True
    for magic, kind, remedy in _NOT_READS:
        if start.startswith(magic):
            raise InputFormatError(
                f"this is {kind}, not a file of reads",
                path=path,
                expected="a BAM, or reads as BED or tagAlign",
                remedy=remedy,
            )
    return not start.isascii()


def open_reads(path: str | Path) -> ReadsFile:
    """Open a BAM, or reads as BED or tagAlign (plain or gzip), whatever its name.

    Raises
    ------
    InputFormatError
        If the file cannot be read, is of another kind, or is damaged.
    """
    return open_bam(path) if is_bam(path) else open_bed_reads(path)
