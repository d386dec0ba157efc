"""Data blocks of a bigWig: read, inflated, checked and turned into runs, many at a time."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resist_epi.coverage_runs import Grid, Runs
from resist_epi.io.bigwig_format import BlockIndex, Header
from resist_epi.io.checked_file import CheckedFile

_BEDGRAPH, _VARIABLE, _FIXED = 1, 2, 3
_ITEM_BYTES = np.array([0, 12, 8, 4])
_HEAD_BYTES = 24
_HEADS = {
    order: np.dtype(
        [(name, order + "u4") for name in ("chrom", "start", "end", "step", "span")]
        + [("kind", "u1"), ("reserved", "u1"), ("count", order + "u2")]
    )
    for order in "<>"
}
_NATIVE = "<" if sys.byteorder == "little" else ">"
# Inflated bytes worked on at a time: large enough to hide the cost of a call, small enough to stay
# in the processor's cache.
_CHUNK_BYTES = 2 << 20
# Whatever a damaged header claims, deflate cannot expand more than this, and a block cannot hold
# more than 65,535 items of 12 bytes.
_MOST_EXPANSION = 1032
_LARGEST_BLOCK = _HEAD_BYTES + 65_535 * 12
_OVERLAP = (
    "one base can have one value only: write the track again from sorted, merged stretches"
    " (bedtools merge, bedGraphToBigWig)"
)

Buffer = bytes | bytearray | memoryview
Inflate = Callable[[Buffer, int], Buffer]


def block_runs(
    file: CheckedFile, header: Header, blocks: BlockIndex, *, length: int
) -> Iterator[Runs | Grid]:
    """Runs of one chromosome, sorted, without overlap, in chunks of a few megabytes.

    Parameters
    ----------
    file, header
        The bigWig and what its first bytes say.
    blocks
        The chromosome's blocks.
    length
        Length of the chromosome, bp.

    Raises
    ------
    InputFormatError
        If a block is damaged (its Adler-32 checksum is verified) or contradicts the index, or runs
        overlap or reach past the chromosome's end.
    """
    _keep_freed_memory()
    inflate, failures = _inflater()
    at, step, reached = 0, 1, 0
    while at < len(blocks):
        part = blocks[at : at + step]
        data = _read_blocks(file, part)
        if header.inflated_size:
            data = _inflate_blocks(file, header, part, data, inflate, failures)
        at += len(data)
        # The next chunk is cut by the size of the blocks seen so far.
        step = max(_CHUNK_BYTES * len(data) // max(sum(map(len, data)), 1), 1)
        for runs in _decode(file, header, part, data):
            if runs.begin < reached or runs.end > length:
                file.fail(
                    "the runs of two data blocks overlap or reach past the chromosome's end",
                    offset=int(part.offset[0]),
                    expected=f"{reached} to {length}",
                    found=f"{runs.begin}-{runs.end}",
                    remedy=_OVERLAP,
                )
            reached = runs.end
            if not header.inflated_size:
                _check_values(file, header, part, runs)
            yield runs


@cache
def _keep_freed_memory() -> None:
    """Teach glibc not to hand every chunk's memory back to the system.

    It raises its thresholds when a large piece is freed; without that the same pages are faulted in
    anew for every chunk, a tenth of the whole time. The piece itself is never touched. Other
    allocators take no notice.
    """
    np.empty(8 * _CHUNK_BYTES, dtype=np.uint8)


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
    ends = blocks.offset + blocks.size
    if (blocks.offset[1:] == ends[:-1]).all():
        # One read for neighbours on disk.
        first = int(blocks.offset[0])
        whole = memoryview(file.read(first, int(ends[-1]) - first, "data"))
        edges = [*(blocks.offset - first).tolist(), len(whole)]
        return [whole[a:b] for a, b in pairwise(edges)]
    places = zip(blocks.offset.tolist(), blocks.size.tolist(), strict=True)
    return [file.read(offset, size, "data") for offset, size in places]


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


def _decode(
    file: CheckedFile, header: Header, blocks: BlockIndex, data: Sequence[Buffer]
) -> Iterator[Runs | Grid]:
    heads = _heads(file, header, blocks, data)
    if not heads["count"].all():
        # libBigWig leaves an empty block behind where the kind changes.
        filled = heads["count"] > 0
        data = [block for block, keep in zip(data, filled.tolist(), strict=True) if keep]
        blocks, heads = blocks[filled], heads[filled]
    if not data:
        return
    for a, b, is_grid in _stretches(heads):
        body = b"".join([memoryview(block)[_HEAD_BYTES:] for block in data[a:b]])
        part = heads[a:b]
        if is_grid:
            _check_grid(file, blocks[a:b], part)
            values = np.frombuffer(body, header.byte_order + "f4").astype(np.float32, copy=False)
            yield Grid(int(part["start"][0]), int(part["step"][0]), values)
            continue
        runs = _DECODERS[int(part["kind"][0])](body, part, header.byte_order)
        gapless = _check_runs(file, blocks[a:b], part, runs)
        yield replace(runs, gapless=gapless)


def _stretches(heads: NDArray[np.void]) -> Iterator[tuple[int, int, bool]]:
    """Neighbouring blocks to be decoded together, and whether they make one grid."""
    n = len(heads)
    kinds = heads["kind"]
    change = kinds[1:] != kinds[:-1]
    is_grid = (kinds == _FIXED) & (heads["step"] == heads["span"])
    if is_grid.any():
        jump = change | (is_grid[1:] != is_grid[:-1]) | (heads["step"][1:] != heads["step"][:-1])
        ends = heads["start"] + heads["count"].astype(np.int64) * heads["step"]
        jump |= is_grid[1:] & (heads["start"][1:] != ends[:-1])
        # Many small grids cost more than their items one by one.
        if 4 * np.count_nonzero(jump) <= n:
            change = jump
        else:
            is_grid[:] = False
    edges = [0, *(np.flatnonzero(change) + 1).tolist(), n]
    for a, b in pairwise(edges):
        yield a, b, bool(is_grid[a])


def _heads(
    file: CheckedFile, header: Header, blocks: BlockIndex, data: Sequence[Buffer]
) -> NDArray[np.void]:
    """Section headers, each checked against its block's length and the index."""
    sizes = np.array(list(map(len, data)))
    if sizes.min() < _HEAD_BYTES:
        file.fail("a data block is too short", offset=int(blocks.offset[sizes.argmin()]))
    raw = b"".join([block[:_HEAD_BYTES] for block in data])
    heads = np.frombuffer(raw, _HEADS[header.byte_order])
    kinds = heads["kind"]
    known = (kinds >= _BEDGRAPH) & (kinds <= _FIXED)
    items = _ITEM_BYTES[np.where(known, kinds, 0)]
    checks = (
        (known, "a data block is of no known kind"),
        (heads["chrom"] == blocks.chrom, "a data block is of another chromosome"),
        (
            _HEAD_BYTES + items * heads["count"] == sizes,
            "a data block's length and number of items disagree",
        ),
        ((kinds == _BEDGRAPH) | (heads["span"] > 0), "a data block has runs of length 0"),
    )
    for right, problem in checks:
        if not right.all():
            file.fail(problem, offset=int(blocks.offset[int(np.flatnonzero(~right)[0])]))
    return heads


def _decode_bedgraph(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    items = np.frombuffer(body, order + "u4").reshape(-1, 3)
    # The ends are searched, so they are laid out in a row; the rest is read where it lies.
    if order == _NATIVE:
        return Runs(items[:, 0], items[:, 1].copy(), items[:, 2].view(np.float32))
    starts, ends, bits = (items[:, i].astype(np.uint32) for i in range(3))
    return Runs(starts, ends, bits.view(np.float32))


def _decode_variable(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    items = np.frombuffer(body, order + "u4").reshape(-1, 2)
    starts, bits = (items[:, i].astype(np.uint32) for i in range(2))
    return Runs(starts, starts + _per_item(heads, "span"), bits.view(np.float32))


def _decode_fixed(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    values = np.frombuffer(body, order + "f4").astype(np.float32, copy=False)
    counts = heads["count"].astype(np.int64)
    steps = np.arange(values.size, dtype=np.int64)
    before = np.cumsum(counts) - counts
    # start + step x (position in the block), the block's own offset taken out at once.
    base = heads["start"].astype(np.int64) - heads["step"].astype(np.int64) * before
    starts = steps * _per_item(heads, "step", np.int64) + np.repeat(base, counts)
    ends = starts + _per_item(heads, "span", np.int64)
    # What does not fit in 32 bits would wrap around: it must stay visible to the checks.
    limit = np.iinfo(np.uint32).max
    return Runs(
        np.minimum(starts, limit).astype(np.uint32),
        np.minimum(ends, limit).astype(np.uint32),
        values,
    )


_DECODERS = {_BEDGRAPH: _decode_bedgraph, _VARIABLE: _decode_variable, _FIXED: _decode_fixed}


def _per_item(
    heads: NDArray[np.void], name: str, kind: type[np.integer] = np.uint32
) -> NDArray[np.integer]:
    """A number of the section headers for each of their items; one number where all agree."""
    values = heads[name].astype(kind)
    if (values == values[0]).all():
        return values[:1]
    return np.repeat(values, heads["count"])


def _check_values(file: CheckedFile, header: Header, blocks: BlockIndex, runs: Runs | Grid) -> None:
    """Without compression there is no checksum; the file's own extremes are the next best."""
    known = header.summary
    if known is None or not known.covered or not np.isfinite([known.minimum, known.maximum]).all():
        return
    slack = 1e-6 * max(abs(known.minimum), abs(known.maximum))
    limits = np.finfo(np.float32)
    low = np.float32(max(known.minimum - slack, float(limits.min)))
    high = np.float32(min(known.maximum + slack, float(limits.max)))
    beyond = (runs.values < low) | (runs.values > high)
    if beyond.any():
        file.fail(
            "a value outside the range that the header gives",
            offset=int(blocks.offset[0]),
            expected=f"{known.minimum:g} to {known.maximum:g}",
            found=f"{runs.values[beyond][0]:g}",
        )


def _check_grid(file: CheckedFile, blocks: BlockIndex, heads: NDArray[np.void]) -> None:
    """Blocks of fixed steps without gaps begin and end where the index says."""
    begin = heads["start"].astype(np.int64)
    end = begin + heads["count"].astype(np.int64) * heads["step"]
    _check_places(file, blocks, begin, end, np.zeros_like(begin))


def _check_runs(file: CheckedFile, blocks: BlockIndex, heads: NDArray[np.void], runs: Runs) -> bool:
    """Runs are sorted, do not overlap, and begin and end where the index says.

    Returns whether no base lies between them.
    """
    counts = heads["count"].astype(np.int64)
    last = np.cumsum(counts) - 1
    first = last - counts + 1
    gapless = bool((runs.starts[1:] == runs.ends[:-1]).all())
    if gapless:
        ordered = runs.starts[0] < runs.ends[0] and (runs.ends[:-1] < runs.ends[1:]).all()
    else:
        ordered = (runs.starts < runs.ends).all() and (runs.starts[1:] >= runs.ends[:-1]).all()
    if not ordered:
        disorder = ~(runs.starts < runs.ends)
        disorder[1:] |= runs.starts[1:] < runs.ends[:-1]
        i = int(np.flatnonzero(disorder)[0])
        file.fail(
            "the runs of a data block are not sorted or overlap",
            offset=int(blocks.offset[int(np.searchsorted(last, i))]),
            found=f"{runs.starts[i]}-{runs.ends[i]}",
            remedy=_OVERLAP,
        )
    # libBigWig ends a block of fixed steps one step after its last start.
    gap = np.maximum(heads["step"].astype(np.int64) - heads["span"], 0)
    slack = np.where(heads["kind"] == _FIXED, gap, 0)
    begin, end = runs.starts[first].astype(np.int64), runs.ends[last].astype(np.int64)
    _check_places(file, blocks, begin, end, slack)
    return gapless


def _check_places(
    file: CheckedFile,
    blocks: BlockIndex,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    slack: NDArray[np.int64],
) -> None:
    off = (begin != blocks.start) | (end > blocks.end) | (end + slack < blocks.end)
    if off.any():
        i = int(np.flatnonzero(off)[0])
        file.fail(
            "a data block does not hold what the index says",
            offset=int(blocks.offset[i]),
            expected=f"{blocks.start[i]}-{blocks.end[i]}",
            found=f"{begin[i]}-{end[i]}",
        )
