"""Checksums of files, and keys of what a step was made from."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from resist_epi.version import VERSION


def step_key(**depends_on: Any) -> str:
    """Digest of what a step depends on: plain JSON values, and the version of the package."""
    text = json.dumps({"version": VERSION, **depends_on}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_BLOCK = 1 << 20

Fingerprint = tuple[int, int, int, int, int]

_SETTLED_NS = 2_000_000_000  # a file changed less long ago may change again at the same time

_known: dict[Fingerprint, str] = {}


def fingerprint(path: str | Path) -> Fingerprint:
    """Device, inode, size, and times of change of content and of status, ns.

    Raises
    ------
    OSError
        If there is no such file.
    """
    state = os.stat(path)
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits; read again only if its fingerprint changed.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    before = fingerprint(path)
    if before in _known:
        return _known[before]
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if fingerprint(path) == before and time.time_ns() - max(before[3:]) > _SETTLED_NS:
        _known[before] = digest.hexdigest()
    return digest.hexdigest()
