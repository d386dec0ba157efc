"""The stage `look`: what each track is, and the checksum of every file, a file of its own each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resist_epi.counting.sources import track_files
from resist_epi.errors import ResistEpiError
from resist_epi.io.digest import State, checksum, read_unchanged, remember, settled_state, step_key
from resist_epi.io.remote.address import identity, is_remote
from resist_epi.io.run_folder import run_path, stage_path
from resist_epi.io.sealed import read_sealed, write_sealed
from resist_epi.io.store import unreadable
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.study.first_look import FirstLook
from resist_epi.study.settings import StudySettings
from resist_epi.study.staged import remote_cells, stage_sheet
from resist_epi.study.stages.shard import Shard
from resist_epi.study.study import named_files
from resist_epi.tracks.looks import LookCache, TrackFile, look_at_track
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    """A file of a study, and as what it is looked at, if it is a track."""

    path: str
    track: TrackFile | None = None


@dataclass(frozen=True)
class _Seen:
    """What was seen of a file.

    Attributes
    ----------
    state
        In which it was seen; None where it had just been written.
    looks
        `TrackFile.key` -> look, of a track.
    """

    sha256: str
    state: State | None
    looks: dict[str, Any]


def know_looks(out: Path, looks: LookCache) -> set[State]:
    """Take over what jobs have seen of files: looks, and checksums of files that are as they were.

    Returns
    -------
    set
        The states of the files that they have seen.
    """
    seen: set[State] = set()
    for path in sorted(stage_path(out, "looks").glob("*.json")):
        stored = read_sealed(path)
        try:
            if stored is None:
                continue
            looks.take(stored["looks"])
            if stored["state"] is not None:
                ino, size, changed, status = map(int, stored["state"])
                remember((ino, size, changed, status), str(stored["sha256"]))
                seen.add((ino, size, changed, status))
        except (KeyError, TypeError, ValueError):
            logger.warning("%s is of another version: made anew", path)
    return seen


def fetch_files(
    settings: StudySettings,
    first: FirstLook,
    out: Path,
    cache: Path | None,
    progress: Callable[[str], None] | None = None,
    shard: Shard | None = None,
) -> SampleSheet:
    """The sheet with every file here: those from elsewhere fetched, and watched from now on.

    What jobs have summed up is known first, or every copy in the cache would be read for that.

    Parameters
    ----------
    cache
        As of `staged.stage_sheet`.
    shard
        Fetch the files that this one looks at, and leave the addresses of the others.

    Raises
    ------
    SampleSheetError
        If a file cannot be had.
    """
    know_looks(out, LookCache())
    only = None if shard is None else _addresses(first.sheet, settings, shard)
    sheet = stage_sheet(first.sheet, cache, only=only, progress=progress)
    first.inputs.add(named_files(sheet, settings))
    return sheet


def look_at_files(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    shard: Shard | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[str]:
    """Look at a shard's tracks, and sum up its files, as far as no job has done so before.

    Parameters
    ----------
    out
        The run's folder.

    Returns
    -------
    list of str
        The files of the shard.

    Raises
    ------
    InputFormatError
        If a track is damaged, or a file cannot be read; the others are done by then.
    """
    shard = Shard() if shard is None else shard
    looks = LookCache(run_path(out, "looks"))
    seen = know_looks(out, looks)
    mine = [file for file in _share(sheet, settings, shard) if not is_remote(file.path)]
    waiting = {str(i): f for i, f in enumerate(mine) if not _is_known(f, looks, seen)}
    if len(waiting) < len(mine):
        logger.info("looked at before: %d of %d files", len(mine) - len(waiting), len(mine))
    errors: list[ResistEpiError] = []

    def done(number: str, found: _Seen | ResistEpiError) -> None:
        if isinstance(found, ResistEpiError):
            errors.append(found)
            return
        name = step_key(file=found.sha256, looks=sorted(found.looks), state=found.state)
        value = {"sha256": found.sha256, "state": found.state, "looks": found.looks}
        write_sealed(stage_path(out, "looks") / f"{name}.json", value)
        if progress is not None:
            progress(f"{Path(waiting[number].path).name}: looked at")

    run_tasks(_Seeing(looks), waiting, jobs=settings.jobs, done=done)
    if errors:
        raise errors[0]
    return [file.path for file in mine]


def _share(sheet: SampleSheet, settings: StudySettings, shard: Shard) -> list[_File]:
    """A shard's files, the same ones whether those from elsewhere are fetched or not."""
    tracks, others = _files(sheet, settings)
    return shard.mine(tracks) + shard.mine(others)


def _addresses(sheet: SampleSheet, settings: StudySettings, shard: Shard) -> set[str]:
    """Every address in a sheet of the files from elsewhere that are a shard's."""
    files = _share(sheet, settings, shard)
    mine = {identity(file.path) for file in files if is_remote(file.path)}
    return {url for url in remote_cells(sheet) if identity(url) in mine}


def _files(sheet: SampleSheet, settings: StudySettings) -> tuple[list[_File], list[_File]]:
    """Tracks, then every other file that is named, each once; elsewhere or here."""
    tracks = {
        (column, _own(file.path)): _File(file.path, file)  # one control of several libraries
        for column in ("Coverage", "ControlCoverage")
        for file in track_files(sheet, column).values()
        if is_remote(file.path) or Path(file.path).is_file()
    }
    cells = [str(p) for column in PATH_COLUMNS for p in sheet.table.get(column, ())]
    named = [str(p) for p in settings.named_paths.values()] + cells
    others = {_own(path): _File(path) for path in named if is_remote(path) or Path(path).is_file()}
    for _, own in tracks:
        others.pop(own, None)
    return list(tracks.values()), list(others.values())


def _own(path: str) -> str:
    """What tells a file from others: one address may be written, and signed, in several ways."""
    return identity(path) if is_remote(path) else path


def _is_known(file: _File, looks: LookCache, seen: set[State]) -> bool:
    """Whether a job has seen the file as it is; it is not read for that."""
    try:
        if settled_state(file.path) not in seen:
            return False
    except OSError as error:
        raise unreadable(file.path, error) from error
    return file.track is None or looks.stored(file.track) is not None


@dataclass(frozen=True)
class _Seeing:
    """The work of one task: sum up a file, and look at it if it is a track of unknown content."""

    looks: LookCache

    def __call__(self, file: _File) -> _Seen | ResistEpiError:
        try:
            with read_unchanged(file.path):
                state, digest, found = settled_state(file.path), checksum(file.path), {}
                if file.track is not None:
                    if self.looks.stored(file.track) is None:
                        self.looks.add(file.track, look_at_track(file.track))
                    found[file.track.key()] = self.looks.stored(file.track)
        except ResistEpiError as error:
            return error
        return _Seen(digest, state, found)
