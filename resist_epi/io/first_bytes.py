"""The beginning of a file, by which its kind is told."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.remote.address import is_remote
from resist_epi.io.store import unreadable

_GZIP = b"\x1f\x8b"

_START = 1 << 12  # bytes of a file elsewhere, in which a packed text has its first line

# How files begin that are neither tracks nor reads, what they are, and what to do.
NEITHER = (
    (b"PK\x03\x04", "a zip archive", "unpack it"),
    (b"BZh", "a bzip2 file", "unpack it"),
    (b"\xfd7zXZ", "an xz file", "unpack it"),
    (b"<", "a web page or XML", "the download failed, or asks for a login: get the file again"),
)


def is_gzip(path: str | Path) -> bool:
    """Whether a file is packed with gzip, told by its first bytes.

    Raises
    ------
    InputFormatError
        If the file cannot be read.
    """
    if is_remote(path):
        return _remote_start(path)[:2] == _GZIP
    try:
        with open(path, "rb") as raw:
            return raw.read(2) == _GZIP
    except OSError as error:
        raise unreadable(path, error) from error


def first_bytes(path: str | Path) -> bytes:
    """The first 64 bytes of the content, unpacked where it is gzip.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or is a damaged gzip.
    """
    try:
        if is_remote(path):
            start = _remote_start(path)
            return (
                zlib.decompressobj(31).decompress(start, 64) if start[:2] == _GZIP else start[:64]
            )
        with open(path, "rb") as raw:
            start = raw.read(64)
            if not start.startswith(_GZIP):
                return start
            raw.seek(0)
            return gzip.open(raw).read(64)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFormatError(
            f"damaged gzip file ({error})", path=path, remedy="copy or download the file again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _remote_start(path: str | Path) -> bytes:
    from resist_epi.io.remote.ranged_file import RangedFile  # of those who name files elsewhere

    with RangedFile(str(path), block=_START) as file:
        return file.read(0, min(_START, file.size), "first bytes")
