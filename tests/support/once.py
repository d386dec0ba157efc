"""What several test files read is made once, whichever process of the tests needs it first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_LONGEST = 900  # seconds that another process may take to make it

_made: dict[Path, dict[Path, tuple[int, int]]] = {}  # folder -> its files as they were first seen


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder of this name, filled by `make` in one of the processes of this session.

    It is read by tests of all of them, which may run at the same time: none may write there.
    """
    place = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # that of all workers of the session
    folder, done = place / name, place / f"{name}.done"
    try:
        folder.mkdir()
    except FileExistsError:
        _wait(done)
    else:
        try:
            make(folder)
        except BaseException as error:
            done.write_text(f"{type(error).__name__}: {error}")
            raise
        done.touch()
    if failed := done.read_text():
        pytest.fail(f"{name} could not be made: {failed}")
    _made.setdefault(folder, _files(folder))
    return folder


def written_to() -> list[str]:
    """Files that a test has written, changed or removed where many tests read, told once."""
    found = []
    for folder, before in _made.items():
        now = _files(folder)
        changed = [p for p in now.keys() | before.keys() if now.get(p) != before.get(p)]
        found += sorted(map(str, changed))
        _made[folder] = now
    return found


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    """File -> size and time of the last change, ns."""
    states = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (state.st_size, state.st_mtime_ns) for path, state in states.items()}


def _wait(done: Path) -> None:
    began = time.monotonic()
    while not done.exists():
        if time.monotonic() - began > _LONGEST:
            pytest.fail(f"{done.stem} was not made within {_LONGEST} s")
        time.sleep(0.1)
