"""Blocked gzip (BGZF) streams: read, checked and inflated a few megabytes at a time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from resist_epi.io.checked_file import CUT_SHORT, CheckedFile

# An empty block closes every whole file (SAM specification, 4.1.2).
END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_HEAD = 18

READ_BYTES = 4 << 20

_MOST_INFLATED = 1 << 16


def is_bgzf(start: bytes) -> bool:
    """Whether a file that begins like this is blocked gzip."""
    return start[:4] == b"\x1f\x8b\x08\x04" and start[12:16] == b"BC\x02\x00"


def inflated_chunks(file: CheckedFile) -> Iterator[bytes]:
    """Content of a BGZF file, in chunks of whole blocks; CRC32 and length of each are verified.

    Raises
    ------
    InputFormatError
        If the file is no BGZF, cut short, or a block is damaged.
    """
    tail = len(END_OF_FILE)
    if file.size < tail or file.read(file.size - tail, tail, "end") != END_OF_FILE:
        file.fail(
            "the file does not end as a BAM file does",
            offset=max(file.size - tail, 0),
            expected="an empty block",
            remedy=CUT_SHORT,
        )
    inflate, failures = _inflater()
    at, rest = 0, b""
    while at < file.size:
        data = rest + file.read(at, min(READ_BYTES, file.size - at), "data")
        first = at - len(rest)
        at = first + len(data)
        inflated, used = [], 0
        view = memoryview(data)
        while used + _HEAD <= len(data):
            size = _block_size(file, data, used, first + used)
            if used + size > len(data):
                break
            try:
                inflated.append(inflate(view[used : used + size]))
            except failures:
                file.fail("a block is damaged, or its checksum is wrong", offset=first + used)
            used += size
        rest = data[used:]
        if not used and at >= file.size:
            break
        if inflated:
            yield b"".join(inflated)
    if rest:
        file.fail("the last block is cut short", offset=file.size - len(rest), remedy=CUT_SHORT)


def _block_size(file: CheckedFile, data: bytes, used: int, offset: int) -> int:
    if not is_bgzf(data[used : used + _HEAD]):
        file.fail("no block of a BAM file where one should begin", offset=offset)
    size = int(struct.unpack_from("<H", data, used + 16)[0]) + 1
    if size < len(END_OF_FILE) - 2:
        file.fail("a block of impossible length", offset=offset, found=size)
    return size


def _inflater() -> tuple[Callable[[memoryview], bytes | bytearray], tuple[type[Exception], ...]]:
    """Libdeflate where it is installed, else zlib; with the errors that each raises."""
    try:
        import deflate
    except ImportError:
        return _zlib_inflate, (zlib.error,)

    def inflate(block: memoryview) -> bytes | bytearray:
        size = struct.unpack_from("<I", block, len(block) - 4)[0]
        if size > _MOST_INFLATED:
            raise deflate.DeflateError("a block of impossible size")
        if size == 0:
            return b""
        inflated: bytes | bytearray = deflate.gzip_decompress(block, size)
        return inflated

    return inflate, (deflate.DeflateError, ValueError)


def _zlib_inflate(block: memoryview) -> bytes:
    inflater = zlib.decompressobj(31)
    inflated = inflater.decompress(block, _MOST_INFLATED + 1)
    if len(inflated) > _MOST_INFLATED or not inflater.eof:
        raise zlib.error("block not complete, or too large")
    return inflated
