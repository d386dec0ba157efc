"""Inflated sections of a bigWig: checked against index and chromosome, and turned into runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import Spans
from resist_epi.io.checked_file import CheckedFile
from resist_epi.tracks.bigwig.format import BlockIndex, Header
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs

_BEDGRAPH, _VARIABLE, _FIXED = 1, 2, 3

# By kind; 0 for those that do not exist.
_ITEM_BYTES = np.zeros(256, dtype=np.int64)

_ITEM_BYTES[[_BEDGRAPH, _VARIABLE, _FIXED]] = 12, 8, 4

HEAD_BYTES = 24

_HEADS = {
    order: np.dtype(
        [(name, order + "u4") for name in ("chrom", "start", "end", "step", "span")]
        + [("kind", "u1"), ("reserved", "u1"), ("count", order + "u2")]
    )
    for order in "<>"
}

_NATIVE = "<" if sys.byteorder == "little" else ">"

OVERLAP = (
    "one base can have one value only: write the track again from sorted, merged stretches"
    " (bedtools merge, bedGraphToBigWig)"
)

Buffer = bytes | bytearray | memoryview


def decode(
    file: CheckedFile,
    header: Header,
    blocks: BlockIndex,
    data: Sequence[Buffer],
    within: Spans | None = None,
) -> Iterator[Runs | Grid | GridParts]:
    """Runs of inflated blocks of one chromosome, neighbours of one kind at a time.

    Parameters
    ----------
    file, header
        The bigWig and what its first bytes say.
    blocks
        What the index says of these blocks.
    data
        The inflated blocks.
    within
        Starts and ends (k,), sorted and apart, of what is asked for; other runs may be left out.

    Raises
    ------
    InputFormatError
        If a block contradicts itself or the index, or its runs are not sorted or overlap.
    """
    heads = _heads(file, header, blocks, data)
    if not heads["count"].all():
        # libBigWig leaves an empty block behind where the kind changes.
        filled = heads["count"] > 0
        data = [block for block, keep in zip(data, filled.tolist(), strict=True) if keep]
        blocks, heads = blocks[filled], heads[filled]
    if not data:
        return
    bodies = [memoryview(block)[HEAD_BYTES:] for block in data]
    stretches = [(blocks[a:b], bodies[a:b], heads[a:b], grid) for a, b, grid in _stretches(heads)]
    stretches.reverse()
    del data, bodies
    # Nothing that was decoded stays here: memory is used again, which costs less than new pages.
    while stretches:
        its_blocks, its_bodies, its_heads, is_grid = stretches.pop()
        if is_grid:
            _check_grid(file, its_blocks, its_heads)
            yield _grid(its_bodies, its_heads, header.byte_order, within)
            continue
        body = b"".join(its_bodies)
        its_bodies.clear()
        yield _checked_runs(file, header, its_blocks, its_heads, body)


def _checked_runs(
    file: CheckedFile, header: Header, blocks: BlockIndex, heads: NDArray[np.void], body: bytes
) -> Runs:
    """Runs of blocks of one kind, laid out and checked."""
    runs = _DECODERS[int(heads["kind"][0])](body, heads, header.byte_order)
    gapless = _check_runs(file, blocks, heads, runs)
    return replace(runs, gapless=gapless, below_zero=_may_be_below_zero(body, heads, header))


def _may_be_below_zero(body: bytes, heads: NDArray[np.void], header: Header) -> bool:
    """Whether a value may have its sign bit set, asked of whole items, which lie side by side.

    The values alone lie apart from each other, which takes NumPy several times as long.
    """
    kind = int(heads["kind"][0])
    if kind == _FIXED or (header.byte_order, sys.byteorder) != ("<", "little"):
        return True
    # A varStep item ends with its value, so it has its sign. Of bedGraph's three parts none may
    # have its highest bit set: starts and ends have it beyond 2^31 only.
    return bool(np.frombuffer(body, np.int32 if kind == _BEDGRAPH else np.int64).min() < 0)


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
    if sizes.min() < HEAD_BYTES:
        file.fail("a data block is too short", offset=int(blocks.offset[sizes.argmin()]))
    raw = b"".join([block[:HEAD_BYTES] for block in data])
    heads = np.frombuffer(raw, _HEADS[header.byte_order])
    kinds = heads["kind"]
    items = _ITEM_BYTES[kinds]
    checks = (
        (items > 0, "a data block is of no known kind"),
        (heads["chrom"] == blocks.chrom, "a data block is of another chromosome"),
        (
            HEAD_BYTES + items * heads["count"] == sizes,
            "a data block's length and number of items disagree",
        ),
        ((kinds == _BEDGRAPH) | (heads["span"] > 0), "a data block has runs of length 0"),
    )
    for right, problem in checks:
        if not right.all():
            file.fail(problem, offset=int(blocks.offset[int(np.flatnonzero(~right)[0])]))
    return heads


def _grid(
    bodies: Sequence[memoryview],
    heads: NDArray[np.void],
    order: str,
    within: Spans | None,
) -> Grid | GridParts:
    """Blocks of equal steps without gaps; only the values asked for, where they are few."""
    begin, step = int(heads["start"][0]), int(heads["step"][0])
    edges = np.concatenate([[0], np.cumsum(heads["count"], dtype=np.int64)])
    n = int(edges[-1])
    asked = None if within is None else _numbers(within, begin, step, n)
    if asked is None or 2 * int((asked[1] - asked[0]).sum()) > n:
        return Grid(begin, step, _floats(b"".join(bodies), order))
    first, last = asked
    block, last_block = (np.searchsorted(edges, a, side="right") - 1 for a in (first, last - 1))
    places, low, high = block, first, last
    if (block != last_block).any():
        parts = last_block - block + 1
        which = np.repeat(np.arange(first.size), parts)
        places = block[which] + np.arange(which.size) - np.repeat(np.cumsum(parts) - parts, parts)
        low = np.maximum(first[which], edges[places])
        high = np.minimum(last[which], edges[places + 1])
    stretches = map(slice, *((4 * (a - edges[places])).tolist() for a in (low, high)))
    pieces = map(memoryview.__getitem__, map(bodies.__getitem__, places.tolist()), stretches)
    offset = np.concatenate([[0], np.cumsum(last - first)])
    values = _floats(b"".join(pieces), order)
    return GridParts(begin, begin + step * n, step, first, offset, values)


def _numbers(within: Spans, begin: int, step: int, n: int) -> Spans:
    """Numbers (first, one past the last) of the runs of a grid that intervals meet, each once."""
    starts, ends = within
    a = int(np.searchsorted(ends, begin, side="right"))
    b = int(np.searchsorted(starts, begin + step * n))
    first = np.maximum(starts[a:b] - begin, 0) // step
    last = np.minimum(-(-(ends[a:b] - begin) // step), n)
    # Neighbours that meet the same run, or runs side by side, become one.
    apart = first[1:] > last[:-1]
    return first[np.append(True, apart)[: b - a]], last[np.append(apart, True)[: b - a]]


def _floats(body: bytes, order: str) -> NDArray[np.float32]:
    return np.frombuffer(body, order + "f4").astype(np.float32, copy=False)


def _decode_bedgraph(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    items = np.frombuffer(body, order + "u4").reshape(-1, 3)
    # Every start and end is compared, so they are laid out in rows; values are read where they lie.
    starts, ends = (np.ascontiguousarray(items[:, i], np.uint32) for i in (0, 1))
    return Runs(starts, ends, _bits_as_floats(items[:, 2], order))


def _decode_variable(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    items = np.frombuffer(body, order + "u4").reshape(-1, 2)
    starts = np.ascontiguousarray(items[:, 0], np.uint32)
    ends = starts + _per_item(heads, "span")
    return Runs(starts, ends, _bits_as_floats(items[:, 1], order))


def _bits_as_floats(bits: NDArray[np.uint32], order: str) -> NDArray[np.float32]:
    native = bits if order == _NATIVE else bits.astype(np.uint32)
    return native.view(np.float32)


def _decode_fixed(body: bytes, heads: NDArray[np.void], order: str) -> Runs:
    values = _floats(body, order)
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
    starts, ends = runs.starts[1:], runs.ends[:-1]
    # The first runs mostly tell already that there are gaps.
    gapless = bool((starts[:64] == ends[:64]).all() and (starts == ends).all())
    ordered = gapless or bool((starts >= ends).all())
    ordered = ordered and _none_is_empty(heads, runs)
    if not ordered:
        disorder = ~(runs.starts < runs.ends)
        disorder[1:] |= runs.starts[1:] < runs.ends[:-1]
        i = int(np.flatnonzero(disorder)[0])
        block = int(np.searchsorted(last, i))
        offset, found = int(blocks.offset[block]), f"{runs.starts[i]}-{runs.ends[i]}"
        if block and i == first[block] and runs.starts[i] < runs.ends[i]:
            file.fail("two data blocks overlap", offset=offset, found=found, remedy=OVERLAP)
        file.fail(
            "the runs of a data block are not sorted or overlap",
            offset=offset,
            found=found,
            remedy=OVERLAP,
        )
    # libBigWig ends a block of fixed steps one step after its last start.
    gap = np.maximum(heads["step"].astype(np.int64) - heads["span"], 0)
    slack = np.where(heads["kind"] == _FIXED, gap, 0)
    begin, end = runs.starts[first].astype(np.int64), runs.ends[last].astype(np.int64)
    _check_places(file, blocks, begin, end, slack)
    return gapless


def _none_is_empty(heads: NDArray[np.void], runs: Runs) -> bool:
    """Whether each run begins before it ends."""
    spans = heads["span"]
    if heads["kind"][0] == _VARIABLE and (spans == spans[0]).all():
        # They have one length, so only an end beyond 32 bits, which wraps around, lies before.
        return int(runs.starts.max()) + int(spans[0]) <= np.iinfo(np.uint32).max
    return bool((runs.starts < runs.ends).all())


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
