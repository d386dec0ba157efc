"""The same run once more: whether all it would make is there, told without reading the study.

A run that is done leaves a note: what was asked, every file that it read, and every file that it
wrote, with checksums. Where the same is asked again and nothing has changed, there is nothing to
do. Whoever finds anything else, runs the study, whose ledger knows which steps must be done.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resist_epi.io.digest import checksum, remember, settled_state, step_key
from resist_epi.io.lock import folder_lock
from resist_epi.io.run_folder import RunFile, run_path, stage_path
from resist_epi.io.run_log import run_log
from resist_epi.io.sealed import read_sealed, write_sealed
from resist_epi.io.store import parse_json, refuse_linked_folders
from resist_epi.study.ledger import remove_partial_files
from resist_epi.study.provenance import LIBRARIES

logger = logging.getLogger(__name__)

# What a run writes beside the outputs of its steps, which the ledger names.
_BESIDE: tuple[RunFile, ...] = (
    *("study", "provenance", "check", "all_quality", "session", "crate", "looks", "ledger"),
)

# Who says what holds for one run alone.
_OF_ONE_RUN = ("resist_epi.study.ledger", "resist_epi.io.", __name__)


def asked_key(given: Mapping[str, Any], out: Path) -> str:
    """Digest of what is asked: options, places, Python and the libraries that results rest on.

    Parameters
    ----------
    given
        Option -> value, of everything that a result depends on.
    """
    from importlib.metadata import version

    return step_key(
        given={name: repr(value) for name, value in given.items()},
        places=[os.getcwd(), str(out.resolve())],
        python=platform.python_version(),
        libraries=[version(name) for name in LIBRARIES],
    )


def is_unchanged(out: Path, key: str, *, unlock: bool = False) -> bool:
    """Whether a folder holds all that a run would make, from files that are as they were.

    What an earlier run warned of is then said again. Checksums of files that are as they were are
    known from then on, whether or not anything else has changed.

    Parameters
    ----------
    key
        Of `asked_key`.
    unlock
        Take the folder although another process seems to write it.

    Raises
    ------
    ResistEpiError
        If another process holds the folder, or it cannot be written.
    """
    path = run_path(out, "asked")
    if not path.is_file():
        return False
    refuse_linked_folders(out)
    note = read_sealed(path)
    try:
        if note is None or not _same_inputs(note["inputs"]) or note["key"] != key:
            return False
        # Before the log is opened: a run that is made after all says so there itself.
        if not _whole(out, note["beside"]) or stage_path(out, "looks").parent.exists():
            return False
        steps: dict[str, Any] = parse_json(run_path(out, "ledger").read_bytes())
        if not all(_whole(out, step["outputs"]) for step in steps.values()):
            return False
        said = [(int(level), str(text)) for level, text in note["said"]]
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return False
    with folder_lock(out, unlock=unlock), run_log(out):
        remove_partial_files(out)
        for level, text in said:
            logger.log(level, "%s", text)
        for name in steps:
            logger.info("reused, since nothing that it depends on has changed: %s", name)
    return True


def note_asked(
    out: Path, key: str, inputs: Iterable[Path], said: Iterable[tuple[int, str]]
) -> None:
    """Note what was asked of a run that is done.

    Parameters
    ----------
    inputs
        Every file that it has read, as it still is, or has not found.
    said
        Level and text of each warning.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    beside = [run_path(out, name) for name in _BESIDE]
    note = {
        "key": key,
        "inputs": {
            str(p): [checksum(p), settled_state(p)] if p.is_file() else None
            for p in dict.fromkeys(inputs)
        },
        "beside": {p.relative_to(out).as_posix(): checksum(p) for p in beside if p.is_file()},
        "said": [list(line) for line in dict.fromkeys(said)],
    }
    write_sealed(run_path(out, "asked"), note)


@contextmanager
def warnings_heard() -> Iterator[list[tuple[int, str]]]:
    """Level and text of what is warned of in a block, but for what holds for this run alone."""
    heard: list[tuple[int, str]] = []
    handler = _Heard(heard)
    package = logging.getLogger("resist_epi")
    package.addHandler(handler)
    try:
        yield heard
    finally:
        package.removeHandler(handler)


class _Heard(logging.Handler):
    def __init__(self, heard: list[tuple[int, str]]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_OF_ONE_RUN):
            self._heard.append((record.levelno, record.getMessage()))


def _same_inputs(noted: Mapping[str, Any]) -> bool:
    """Whether each file holds what it held; one whose state is as it was is not read."""
    # A file that was not there then may change what is counted.
    same = not any(found is None and Path(path).exists() for path, found in noted.items())
    for path, (digest, state) in ((p, found) for p, found in noted.items() if found is not None):
        now = settled_state(path) if Path(path).is_file() else None
        if now is not None and state is not None and list(now) == list(state):
            remember(now, str(digest))
        elif not Path(path).is_file() or checksum(path) != digest:
            same = False
    return same


def _whole(out: Path, outputs: Mapping[str, str]) -> bool:
    """Whether files are there as they were written."""
    for name, digest in outputs.items():
        path = out / name
        if path.is_symlink() or not path.is_file() or checksum(path) != digest:
            return False
    return True
