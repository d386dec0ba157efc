"""Checksums of files, and keys of what a step was made from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from resist_epi.version import VERSION


def step_key(**depends_on: Any) -> str:
    """Digest of what a step depends on: plain JSON values, and the version of the package."""
    text = json.dumps({"version": VERSION, **depends_on}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_BLOCK = 1 << 20


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
