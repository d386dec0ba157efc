"""The one pass over a study's tracks: what each is, and its counts, before the study is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resist_epi.counting.files import plan_tables
from resist_epi.counting.look_and_tally import Foreseen
from resist_epi.counting.read_once import ToRead, read_once, unsaid
from resist_epi.counting.sources import has_reads, track_files
from resist_epi.errors import ResistEpiError
from resist_epi.io.parts import Parts
from resist_epi.io.run_folder import run_path
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.count_mark import asked_of_mark
from resist_epi.study.study import Study, counting_pass, load_study, mark_kinds
from resist_epi.tracks.looks import LookCache, TrackFile


@dataclass(frozen=True)
class ReadTracks:
    """What the first pass over the tracks of a study left.

    Attributes
    ----------
    parts
        The counts that were kept, under the keys by which counting looks for them.
    study
        The study as it was read before its tracks were looked at; None where that was not possible.
    """

    parts: Parts
    study: Study | None = None


def read_tracks(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    looks: LookCache,
    progress: Callable[[str], None] | None = None,
) -> ReadTracks:
    """Look at every bigWig that is not known yet, and count it in the same pass.

    Regions, names and exclusions do not hang on what a track holds, so they are there before it is
    read. Whatever cannot be foreseen is left to those who ask later: the check, which names what is
    wrong, looks at the rest, and counting counts what no part holds.

    Parameters
    ----------
    out
        The run's folder, where counts are kept until a mark's are all there.
    looks
        What tracks are; what is found is added, and written.
    """
    parts = Parts(run_path(out, "parts"))
    unknown = _unknown(sheet, looks)
    study = _foreseen_study(settings, sheet, looks) if unknown else None
    if study is None:
        return ReadTracks(parts)
    asked = _foreseen(study, settings.quantity)
    tasks = {
        sample: ToRead(file, study.sources[mark].files[sample], mark)
        for sample, (mark, file) in unknown.items()
        if mark in asked
    }
    read_once(tasks, asked, looks, parts, jobs=settings.jobs, progress=progress)
    if tasks:
        looks.write()  # whatever the check finds, no track is read again for it
    return ReadTracks(parts, study)


def _unknown(sheet: SampleSheet, looks: LookCache) -> dict[str, tuple[str, TrackFile]]:
    """Sample -> mark and track, of those that nobody has looked at."""
    return {
        sample: (mark, file)
        for mark in sheet.marks
        for sample, file in track_files(sheet.for_mark(mark)).items()
        # To find a look costs the checksum of the track, which whoever reads it sums up as well.
        if Path(file.path).is_file() and (looks.is_empty or looks.find(file) is None)
    }


def _foreseen_study(settings: StudySettings, sheet: SampleSheet, looks: LookCache) -> Study | None:
    """The study with its tracks opened for their headers alone; None where it cannot be read yet.

    What is wrong is told by the check, or by reading the study after it.
    """
    signal = settings.model_copy(update={"quantity": "mean_signal"})
    try:
        with unsaid("resist_epi.counting"):
            return load_study(signal, sheet=sheet, looks=looks)
    except ResistEpiError:
        return None


def _foreseen(study: Study, quantity: str) -> dict[str, Foreseen]:
    """Mark -> what will be asked of its tracks; of those marks of which it can be foreseen."""
    found: dict[str, Foreseen] = {}
    how = counting_pass(study)
    for mark, sources in study.sources.items():
        own = study.sheet.for_mark(mark)
        if quantity == "reads" or (quantity == "auto" and has_reads(own)):
            continue
        if any(file.kind != "bigWig" for file in sources.files.values()):
            continue  # a text states no chromosomes
        try:
            with unsaid("resist_epi.counting"):
                asked = asked_of_mark(study, mark, mark_kinds(study, mark), study.consensus[mark])
                _, plan = plan_tables(
                    sources.files,
                    asked.tables,
                    within=asked.within,
                    adjacent=asked.adjacent,
                    how=how,
                )
        except ResistEpiError:
            continue
        found[mark] = Foreseen(plan, plan.digest(), quantity)
    return found
