"""The session file that shows a study's tracks and results in IGV."""

from __future__ import annotations

from pathlib import Path

from resist_epi.io.igv import SessionTrack, write_session
from resist_epi.io.run_folder import run_path
from resist_epi.study.study import Study, mark_kinds


def write_study_session(study: Study, out: Path) -> None:
    """Write `igv_session.xml`: every track, and the calls of every kind of regions.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    table = study.sheet.table
    tracks = [
        SessionTrack(Path(row["Coverage"]), row["SampleID"], row["Condition"], row["Factor"])
        for row in table.sort_values(["Factor", "Condition"], kind="stable").to_dict("records")
        if row.get("Coverage")
    ]
    calls = [
        (run_path(out, "calls", mark, kind), f"{mark} {kind}: gain and loss")
        for mark in study.sheet.marks
        for kind in mark_kinds(study, mark)
    ]
    for mark in study.sheet.marks:
        bed = run_path(out, "calls", mark, "domains")
        if bed.exists():
            calls.append((bed, f"{mark} domains: gain and loss"))
    genome = study.reference.genome
    write_session(
        run_path(out, "session"), tracks, calls, genome=None if genome is None else genome.name
    )
