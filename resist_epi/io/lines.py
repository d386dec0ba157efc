"""Lines of text files too large for memory, some megabytes at a time; plain or gzip."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.store import LONGEST_LINE, line_too_long, unreadable, warn_of_no_end

_CHUNK_BYTES = 16 << 20

HEADER_LINE = re.compile(rb"^(?:(?:track|browser)(?=[ \t\n]|$)|#)[^\n]*\n?", re.MULTILINE)

_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)

_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?|nan|[+-]?inf", re.ASCII | re.IGNORECASE
)


def number(text: str) -> float | None:
    """The number that a cell holds; None where it holds none.

    Python's own spellings (`1_000`, digits of other scripts) are none in any of our formats.

    Examples
    --------
    >>> number("1e+03"), number("1_000")
    (1000.0, None)
    """
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def whole_number(text: str) -> int | None:
    """The whole number that a cell holds, as `1e+05` of R too; None where it holds none.

    Examples
    --------
    >>> whole_number("1e+05"), whole_number("7.0"), whole_number("7.5"), whole_number("1_000")
    (100000, 7, None, None)
    """
    if _WHOLE.fullmatch(text):
        return int(text)
    value = number(text)
    return int(value) if value is not None and abs(value) < 2**53 and value % 1 == 0 else None


def without_headers(text: bytes) -> bytes:
    """The lines that are no `track`, `browser` or `#` line."""
    return HEADER_LINE.sub(b"", text)


def line_chunks(path: Path, *, size: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Whole lines with the number of the first; any line ends, made line feeds.

    Raises
    ------
    InputFormatError
        If the file cannot be read, is a damaged gzip, or has a line of many megabytes.
    """
    line, rest = 1, b""
    for data in _bytes(path, size or _CHUNK_BYTES):
        rest += data
        newline = b"\n" if b"\n" in rest else b"\r"
        cut = rest.rfind(newline) + 1
        # A lone \r at the end may be the first half of \r\n.
        if not cut or (newline == b"\r" and cut == len(rest)):
            if len(rest) > max(LONGEST_LINE, 2 * (size or 0)):
                raise line_too_long(path, line)
            continue
        text, rest = _plain(rest[:cut]), rest[cut:]
        yield line, text
        line += text.count(b"\n")
    if rest:
        if not rest.endswith(b"\r"):
            warn_of_no_end(path)
        yield line, _plain(rest)


def _plain(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _bytes(path: Path, size: int) -> Iterator[bytes]:
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not packed:
                yield from iter(partial(raw.read, size), b"")
                return
            with gzip.open(raw) as unpacked:
                yield from iter(partial(unpacked.read, size), b"")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFormatError(
            f"damaged gzip file ({error})", path=path, remedy="copy or download the file again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
