"""What a file of reads holds, told from its beginning and its index."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from resist_epi.tracks.reads.bam import BamReads
from resist_epi.tracks.reads.bed_reads import BedReads
from resist_epi.tracks.reads.bgzf import READ_BYTES
from resist_epi.tracks.reads.reads import (
    DUPLICATE,
    FAILED,
    PAIRED,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
    ReadsFile,
)

logger = logging.getLogger(__name__)

_NOT_COUNTED = UNMAPPED | SECONDARY | SUPPLEMENTARY | FAILED

_ENOUGH = 50_000  # alignments that tell whether reads are paired, and how many are duplicates


@dataclass(frozen=True)
class ReadsSummary:
    """What the beginning of a file of reads says.

    Attributes
    ----------
    reader
        `BAM`, or `BED reads`.
    looked_at
        Alignments looked at.
    whole
        Whether these are all.
    mapped
        Mapped alignments of the file; None where that is not known without reading it all.
    mapped_from
        `counted`, `the index` or `estimated from the size of the file`.
    paired, duplicates
        Share of those looked at that are so flagged, 0 to 1.
    length
        Median bp that an alignment spans; NaN without any.
    """

    reader: Literal["BAM", "BED reads"]
    looked_at: int
    whole: bool
    mapped: int | None
    mapped_from: str
    paired: float
    duplicates: float
    length: float

    def describe(self) -> str:
        """Say it in one clause."""
        about = "about " if self.mapped_from.startswith("estimated") else ""
        mapped = (
            "mapped reads not counted yet"
            if self.mapped is None
            else f"{about}{self.mapped:,} mapped ({self.mapped_from})"
        )
        kind = "paired" if self.paired > 0.5 else "single"
        seen = "" if self.whole else f" of the first {self.looked_at:,}"
        text = f"{mapped}, {kind}, a median of {self.length:g} bp"
        if self.reader == "BAM":
            text += f", {self.duplicates:.1%}{seen} marked as duplicates"
        return text


def summarise_reads(file: ReadsFile) -> ReadsSummary:
    """Look at the first reads of a file, and at its index if it has one.

    Raises
    ------
    InputFormatError
        If what was read is damaged.
    """
    seen = mapped = paired = duplicates = chunks = 0
    lengths: list[np.ndarray] = []
    whole = True
    for columns in file.columns():
        if seen >= _ENOUGH:
            whole = False
            break
        chunks += 1
        flag = columns[3]
        usable = (flag & _NOT_COUNTED) == 0
        seen += columns.shape[1]
        mapped += int(np.count_nonzero((flag & UNMAPPED) == 0))
        paired += int(np.count_nonzero(flag & PAIRED))
        duplicates += int(np.count_nonzero(flag & DUPLICATE))
        lengths.append((columns[2] - columns[1])[usable])
    total, source = _mapped(file, mapped, chunks, whole=whole)
    spans = np.concatenate([np.zeros(0, dtype=np.int64), *lengths])
    return ReadsSummary(
        reader="BAM" if isinstance(file, BamReads) else "BED reads",
        looked_at=seen,
        whole=whole,
        mapped=total,
        mapped_from=source,
        paired=paired / seen if seen else 0.0,
        duplicates=duplicates / seen if seen else 0.0,
        length=float(np.median(spans)) if spans.size else float("nan"),
    )


def _mapped(file: ReadsFile, seen: int, chunks: int, *, whole: bool) -> tuple[int | None, str]:
    if whole:
        return seen, "counted"
    size = file.path.stat().st_size
    if isinstance(file, BedReads):
        return None, "not counted"
    indexed = _from_index(file.path)
    if indexed is not None:
        return indexed, "the index"
    return round(seen * max(size / (chunks * READ_BYTES), 1.0)), (
        "estimated from the size of the file"
    )


def _from_index(path: Path) -> int | None:
    beside = (path.with_name(path.name + ".bai"), path.with_suffix(".bai"))
    index = next((p for p in beside if p.is_file()), None)
    if index is None:
        return None
    import pysam

    before = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(str(path), index_filename=str(index)) as opened:
            return int(opened.mapped)
    except (ValueError, OSError, AttributeError):
        logger.info("%s: its index cannot be read, and is not needed", path)
        return None
    finally:
        pysam.set_verbosity(before)
