"""Data blocks of a bigWig: read and inflated, many at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from resist_epi.arrays import Spans
from resist_epi.io.checked_file import CheckedFile
from resist_epi.tracks.bigwig.format import BlockIndex, Header
from resist_epi.tracks.bigwig.sections import HEAD_BYTES, OVERLAP, Buffer, decode
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs

# Inflated bytes worked on at a time: enough to hide the cost of some 60 calls of NumPy a chunk.
# From 4 to 8 MB it made no difference.
_CHUNK_BYTES = 6 << 20

# Whatever a damaged header claims, deflate cannot expand more than this, and a block cannot hold
# more than 65,535 items of 12 bytes.
_MOST_EXPANSION = 1032

_LARGEST_BLOCK = HEAD_BYTES + 65_535 * 12

Inflate = Callable[[Buffer, int], Buffer]


def block_runs(
    file: CheckedFile,
    header: Header,
    blocks: BlockIndex,
    *,
    length: int,
    within: Spans | None = None,
) -> Iterator[Runs | Grid | GridParts]:
    """Runs of one chromosome, sorted, without overlap, in chunks of a few megabytes.

    Parameters
    ----------
    file, header
        The bigWig and what its first bytes say.
    blocks
        The chromosome's blocks.
    length
        Length of the chromosome, bp.
    within
        Starts and ends (k,), sorted and apart, of what is asked for; other runs may be left out,
        and blocks that cannot hold any of it are not read.

    Raises
    ------
    InputFormatError
        If a block is damaged (its Adler-32 checksum is verified) or contradicts the index, or runs
        overlap or reach past the chromosome's end.
    """
    _keep_freed_memory()
    inflate, failures = _inflater()
    if within is not None:
        blocks = blocks.around(*within)
    largest = min(header.inflated_size, _LARGEST_BLOCK) or int(blocks.size[:1].sum())
    at, step, reached = 0, max(_CHUNK_BYTES // max(largest, 1), 1), 0
    while at < len(blocks):
        part = blocks[at : at + step]
        data = _read_blocks(file, part)
        if header.inflated_size:
            data = _inflate_blocks(file, header, part, data, inflate, failures)
        at += len(data)
        # The next chunk is cut by the size of the blocks seen so far.
        step = max(_CHUNK_BYTES * len(data) // max(sum(map(len, data)), 1), 1)
        decoded = decode(file, header, part, data, within)
        del data  # the last to hold what is let go of when it is decoded
        for runs in decoded:
            if runs.begin < reached:
                file.fail(
                    "two data blocks overlap",
                    offset=int(part.offset[0]),
                    expected=f"{reached} or more",
                    found=f"{runs.begin}",
                    remedy=OVERLAP,
                )
            if runs.end > length:
                file.fail(
                    "the data reach past the chromosome's end",
                    offset=int(part.offset[-1]),
                    expected=f"{length} or less",
                    found=f"{runs.end}",
                )
            reached = runs.end
            if not header.inflated_size:
                _check_values(file, header, part, runs)
            yield runs
            del runs


@cache
def _keep_freed_memory() -> None:
    """Teach glibc not to hand every chunk's memory back to the system.

    It raises its thresholds when a large piece is freed; without that the same pages are faulted in
    anew for every chunk, a tenth of the whole time. The piece itself is never touched. Other
    allocators take no notice.
    """
    np.empty(24 << 20, dtype=np.uint8)


def _inflater() -> tuple[Inflate, tuple[type[Exception], ...]]:
    """Libdeflate where it is installed, else zlib; with the errors that each raises."""
    try:
        import deflate
    except ImportError:
        return _zlib_inflate, (zlib.error,)
    return deflate.zlib_decompress, (deflate.DeflateError,)


def _zlib_inflate(data: Buffer, most: int) -> bytes:
    inflater = zlib.decompressobj()
    inflated = inflater.decompress(data, most + 1)
    if len(inflated) > most or not inflater.eof:
        raise zlib.error("block not complete, or larger than the header says")
    return inflated


def _read_blocks(file: CheckedFile, blocks: BlockIndex) -> list[Buffer]:
    """The bytes of each block; neighbours on disk are read at once."""
    ends = blocks.offset + blocks.size
    gaps = np.flatnonzero(blocks.offset[1:] != ends[:-1]) + 1
    data: list[Buffer] = []
    places = list(pairwise([0, *gaps.tolist(), len(blocks)]))
    file.expect((int(blocks.offset[a]), int(ends[b - 1])) for a, b in places)
    for a, b in places:
        first = int(blocks.offset[a])
        whole = memoryview(file.read(first, int(ends[b - 1]) - first, "data"))
        edges = [*(blocks.offset[a:b] - first).tolist(), len(whole)]
        data.extend(whole[c:d] for c, d in pairwise(edges))
    return data


def _inflate_blocks(
    file: CheckedFile,
    header: Header,
    blocks: BlockIndex,
    data: Sequence[Buffer],
    inflate: Inflate,
    failures: tuple[type[Exception], ...],
) -> list[Buffer]:
    inflated: list[Buffer] = []
    most = min(header.inflated_size, _LARGEST_BLOCK)
    try:
        for block in data:
            inflated.append(inflate(block, min(most, len(block) * _MOST_EXPANSION)))
    except failures:
        file.fail(
            "a data block cannot be inflated, or its checksum is wrong",
            offset=int(blocks.offset[len(inflated)]),
        )
    return inflated


def _check_values(
    file: CheckedFile, header: Header, blocks: BlockIndex, runs: Runs | Grid | GridParts
) -> None:
    """Without compression there is no checksum; the file's own extremes are the next best."""
    known = header.summary
    if known is None or not known.covered or not np.isfinite([known.minimum, known.maximum]).all():
        return
    slack = 1e-6 * max(abs(known.minimum), abs(known.maximum))
    limits = np.finfo(np.float32)
    extremes = np.clip([known.minimum - slack, known.maximum + slack], limits.min, limits.max)
    low, high = extremes.astype(np.float32)
    beyond = (runs.values < low) | (runs.values > high)
    if beyond.any():
        file.fail(
            "a value outside the range that the header gives",
            offset=int(blocks.offset[0]),
            expected=f"{known.minimum:g} to {known.maximum:g}",
            found=f"{runs.values[beyond][0]:g}",
        )
