"""Checksums of files, and keys of what a step was made from."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resist_epi.io.store import changed_meanwhile, unreadable
from resist_epi.version import VERSION


def step_key(**depends_on: Any) -> str:
    """Digest of what a step depends on: plain JSON values, and the version of the package."""
    text = json.dumps({"version": VERSION, **depends_on}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_BLOCK = 1 << 20

Fingerprint = tuple[int, int, int, int, int]

_SETTLED_NS = 2_000_000_000  # a file changed less long ago may change again at the same time

_known: dict[Fingerprint, str] = {}

# A file's state on any computer that shares it: a fingerprint without the device, whose number is
# each computer's own.
State = tuple[int, int, int, int]

_told: dict[State, str] = {}


def fingerprint(path: str | Path) -> Fingerprint:
    """Device, inode, size, and times of change of content and of status, ns.

    Raises
    ------
    OSError
        If there is no such file.
    """
    state = os.stat(path)
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


@contextmanager
def read_unchanged(path: str | Path) -> Iterator[None]:
    """A block that reads a file, of which nothing is believed if the file changed meanwhile.

    Raises
    ------
    InputFormatError
        If it changed, or cannot be read.
    """
    try:
        before = fingerprint(path)
        yield
        if fingerprint(path) != before:
            raise changed_meanwhile(path)
    except OSError as error:
        raise unreadable(Path(path), error) from error


def settled_state(path: str | Path) -> State | None:
    """What tells this content of a file on every computer; None where it changed just now.

    Raises
    ------
    OSError
        If there is no such file.
    """
    _, *state = fingerprint(path)
    settled = time.time_ns() - max(state[2:]) > _SETTLED_NS
    return (state[0], state[1], state[2], state[3]) if settled else None


def remember(state: State, digest: str) -> None:
    """Take the checksum of a file in this state as known: another process has read it."""
    _told[state] = digest


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits; read again only if its fingerprint changed.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    before = fingerprint(path)
    known = _known.get(before) or _told.get(before[1:])
    if known is not None:
        return known
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if fingerprint(path) == before and time.time_ns() - max(before[3:]) > _SETTLED_NS:
        _known[before] = digest.hexdigest()
    return digest.hexdigest()
