"""Small files of reads."""

from __future__ import annotations

from pathlib import Path

import pysam

from resist_epi.tracks.opened import OpenedFile, open_file


def write_reads(folder: Path, name: str, length: int, starts: list[int]) -> OpenedFile:
    """A BAM of one chromosome, with reads of 8 bp."""
    header = pysam.AlignmentHeader.from_references(["chr1"], [length])
    path = folder / f"{name}.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for start in starts:
            read = pysam.AlignedSegment(header)
            read.query_name, read.cigarstring = f"r{start}", "8M"
            read.reference_id, read.reference_start, read.flag = 0, start, 0
            out.write(read)
    return open_file(str(path), "reads")
