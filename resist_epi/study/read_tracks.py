"""The one pass over a study's tracks: what each is, and its counts, before the study is checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from resist_epi.counting.files import keep_tally, plan_tables
from resist_epi.counting.look_and_tally import Foreseen, look_and_tally
from resist_epi.counting.sources import has_reads, track_files
from resist_epi.errors import ResistEpiError
from resist_epi.io.digest import State, checksum, fingerprint, remember, settled_state
from resist_epi.io.parts import Parts
from resist_epi.io.run_folder import run_path
from resist_epi.io.store import changed_meanwhile, unreadable
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.count_mark import asked_of_mark
from resist_epi.study.study import Study, counting_pass, load_study, mark_kinds
from resist_epi.tracks.looks import LookCache, TrackFile
from resist_epi.tracks.opened import OpenedFile
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)


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
        sample: _Task(mark, file, study.sources[mark].files[sample])
        for sample, (mark, file) in unknown.items()
        if mark in asked
    }

    def done(sample: str, found: _Found | ResistEpiError) -> None:
        if isinstance(found, ResistEpiError):
            return  # the check looks at the track again, and says what is wrong with it
        if found.state is not None:
            remember(found.state, found.sha256)
        looks.add(tasks[sample].file, found.look)
        if found.key is not None:
            parts.note(found.key)
        if progress is not None:
            progress(f"{sample}: looked at")

    run_tasks(_Reading(asked, parts), tasks, jobs=settings.jobs, done=done)
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
        with _unsaid("resist_epi.counting"):
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
            with _unsaid("resist_epi.counting"):
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


@contextmanager
def _unsaid(name: str) -> Iterator[None]:
    """What a logger would say is left to those who do the same when all is known."""
    log = logging.getLogger(name)
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@dataclass(frozen=True)
class _Task:
    """A track to be read, and the file as its header tells it."""

    mark: str
    file: TrackFile
    opened: OpenedFile


@dataclass(frozen=True)
class _Found:
    """What a worker tells of a track; the counts it keeps itself.

    Attributes
    ----------
    state
        In which the track was read; None where it had just been written.
    key
        Of the part; None where none was kept.
    """

    sha256: str
    state: State | None
    look: OpenedFile
    key: str | None


@dataclass(frozen=True)
class _Reading:
    """The work of one task: sum up a track, look at it, and keep its counts where they hold."""

    asked: Mapping[str, Foreseen]
    parts: Parts

    def __call__(self, task: _Task) -> _Found | ResistEpiError:
        path, asked = task.file.path, self.asked[task.mark]
        try:
            before, state = fingerprint(path), settled_state(path)
            digest = checksum(path)
            read = look_and_tally(task.file, task.opened, asked)
            if fingerprint(path) != before:
                return changed_meanwhile(path)
            key = None
            if read.counted is not None and read.tally is not None:
                key = read.counted.key(asked.digest)
                keep_tally(self.parts, key, read.tally)
        except ResistEpiError as error:
            return error
        except OSError as error:
            return unreadable(path, error)
        return _Found(digest, state, read.look, key)
