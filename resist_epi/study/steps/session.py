"""The session file that shows a study's tracks and results in IGV."""

from __future__ import annotations

from pathlib import Path

from resist_epi.io.igv import SessionTrack, write_session
from resist_epi.io.run_folder import run_path
from resist_epi.schema import KINDS
from resist_epi.study.study import Study


def write_study_session(study: Study, out: Path) -> None:
    """Write `igv_session.xml`: every track, and the calls of every kind of regions that has some.

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
