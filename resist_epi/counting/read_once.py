"""Several tracks looked at and counted in one pass each, by several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from resist_epi.counting.files import keep_tally
from resist_epi.counting.look_and_tally import Foreseen, look_and_tally
from resist_epi.errors import ResistEpiError
from resist_epi.io.digest import State, checksum, read_unchanged, remember, settled_state
from resist_epi.io.parts import Parts
from resist_epi.tracks.load_loops import load_loops
from resist_epi.tracks.looks import LookCache, TrackFile
from resist_epi.tracks.opened import OpenedFile
from resist_epi.workers import run_tasks


@dataclass(frozen=True)
class ToRead:
    """A track to be read.

    Attributes
    ----------
    opened
        The file as its header tells it, its chromosomes by the names of the study.
    asked
        Under which name `read_once` finds what is asked of it.
    """

    file: TrackFile
    opened: OpenedFile
    asked: str


def read_once(
    tasks: Mapping[str, ToRead],
    asked: Mapping[str, Foreseen],
    looks: LookCache,
    parts: Parts,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Look at tracks and count them in the same pass, by several processes.

    A track that is damaged is passed over: whoever looks at it for its own sake says what is wrong.

    Parameters
    ----------
    tasks
        SampleID -> track.
    asked
        Name -> what will be asked of some of the tracks.
    looks
        What tracks are; what is found is added.
    parts
        Where counts are kept that hold, under the keys by which `files.tally_files` finds them.
    progress
        Called with a line whenever a track was read.

    Raises
    ------
    WorkerDiedError
        If worker processes were killed.
    """

    def done(sample: str, found: _Found | ResistEpiError) -> None:
        if isinstance(found, ResistEpiError):
            return
        if found.state is not None:
            remember(found.state, found.sha256)
        looks.add(tasks[sample].file, found.look)
        if found.key is not None:
            parts.note(found.key)
        if progress is not None:
            progress(f"{sample}: looked at")

    if jobs > 1:
        load_loops(task.file.path for task in tasks.values())
    run_tasks(_Reading(asked, parts), tasks, jobs=jobs, done=done)


@contextmanager
def unsaid(name: str) -> Iterator[None]:
    """What is said of tracks before they are read is left to those who ask once they are known.

    Parameters
    ----------
    name
        Of the logger.
    """
    log = logging.getLogger(name)
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


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

    def __call__(self, task: ToRead) -> _Found | ResistEpiError:
        path, asked = task.file.path, self.asked[task.asked]
        try:
            with read_unchanged(path):
                state, digest = settled_state(path), checksum(path)
                read = look_and_tally(task.file, task.opened, asked)
            key = None
            if read.counted is not None and read.tally is not None:
                key = read.counted.key(asked.digest)
                keep_tally(self.parts, key, read.tally)
        except ResistEpiError as error:
            return error
        return _Found(digest, state, read.look, key)
