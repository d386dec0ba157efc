"""The session file that shows a study's tracks and results in IGV."""

from __future__ import annotations

import logging
from pathlib import Path

from resist_epi.io.igv import SessionTrack, write_session
from resist_epi.io.run_folder import run_path
from resist_epi.schema import KINDS
from resist_epi.study.study import Study
from resist_epi.tracks.reads.bam_coverage import has_index

logger = logging.getLogger(__name__)


def write_study_session(study: Study, out: Path) -> None:
    """Write `igv_session.xml`: every track, and the calls of every kind of regions that has some.

    Of a row without a track its file of reads is shown.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    table = study.sheet.table
    tracks = [
        SessionTrack(Path(path), row["SampleID"], row["Condition"], row["Factor"])
        for row in table.sort_values(["Factor", "Condition"], kind="stable").to_dict("records")
        if (path := row.get("Coverage") or _bam(row.get("bamReads")))
    ]
    without = [t.name for t in tracks if _bam(str(t.path)) and not has_index(t.path)]
    if without:
        logger.info(
            "IGV opens a BAM by its index, which %s %s not have: samtools index FILE makes it, or"
            " resist-epi tracks makes bigWigs",
            ", ".join(without),
            "does" if len(without) == 1 else "do",
        )
    # Bins have no calls, and not every mark has domains: what is named is there.
    calls = [
        (bed, f"{mark} {kind}{f', {place.name}' if study.contrasts else ''}: gain and loss")
        for mark in study.sheet.marks
        for kind in KINDS
        for place in study.contrasts or (out,)
        if (bed := run_path(place, "calls", mark, kind)).is_file()
    ]
    genome = study.reference.genome
    write_session(
        run_path(out, "session"), tracks, calls, genome=None if genome is None else genome.name
    )


def _bam(path: str | None) -> str:
    """The file of reads, where IGV shows its depth: reads as BED it does not."""
    return path if path and path.lower().endswith(".bam") else ""
