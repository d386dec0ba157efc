"""Header, chromosome tree and block index of a bigWig, with every number checked before its use.

Layout after Kent et al. 2010 (Bioinformatics 26:2204): a 64-byte header, zoom headers, a B+ tree
of chromosomes, data blocks, an R-tree over the blocks, zoom levels (not read here: they are
approximations), and the magic number once more at the end of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.io.checked_file import COPY_AGAIN, CUT_SHORT, CheckedFile

BIGWIG_MAGIC = 0x888FFC26

BIGBED_MAGIC = 0x8789F2EB

_CHROM_TREE_MAGIC = 0x78CA8C91

_INDEX_MAGIC = 0x2468ACE0

_HEADER = "IHHQQQHHQQIQ"

_MAX_KEY = 4096


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole file's own totals; some writers get them wrong, so they only bear witness."""

    covered: int
    minimum: float
    maximum: float
    sum: float
    squares: float


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of a bigWig say. Offsets and sizes are in bytes."""

    byte_order: str
    version: int
    zooms: int
    chrom_tree: int
    data: int
    index: int
    inflated_size: int
    """Largest inflated block; 0 where blocks are not compressed."""
    summary: Summary | None


@dataclass(frozen=True, slots=True)
class BlockIndex:
    """All data blocks, sorted by chromosome and start; (n,) int64 each, offsets in bytes."""

    chrom: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    offset: NDArray[np.int64]
    size: NDArray[np.int64]

    def of(self, chrom: int) -> BlockIndex:
        """Blocks of one chromosome id."""
        first, last = np.searchsorted(self.chrom, [chrom, chrom + 1])
        return self[int(first) : int(last)]

    def around(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> BlockIndex:
        """Blocks of one chromosome that can hold anything of these intervals (sorted, apart).

        An entry of the index is believed only as far as its neighbours bear it out: a block may
        hold whatever lies between the block before and the one after. So a damaged entry leads to
        a block that contradicts it, never to a block passed over. Where the blocks do not lie in
        the file in the order of their starts, which no writer does, all are taken.
        """
        if not len(self) or (self.offset[1:] < self.offset[:-1]).any():
            return self
        low, high = self.start.copy(), self.end.copy()
        low[0], high[-1] = 0, np.iinfo(np.int64).max
        np.minimum(low[1:], self.end[:-1], out=low[1:])
        np.maximum(high[:-1], self.start[1:], out=high[:-1])
        next_asked = np.searchsorted(ends, low, side="right")
        return self[np.append(starts, np.iinfo(np.int64).max)[next_asked] < high]

    def __getitem__(self, which: slice | NDArray[np.bool_]) -> BlockIndex:
        return BlockIndex(
            self.chrom[which],
            self.start[which],
            self.end[which],
            self.offset[which],
            self.size[which],
        )

    def __len__(self) -> int:
        return self.chrom.size


def read_header(file: CheckedFile) -> Header:
    """Header of a bigWig, and whether the file is whole.

    Raises
    ------
    InputFormatError
        If this is no bigWig, a bigBed, a version that does not exist, or a file cut short.
    """
    order = _byte_order(file)
    raw = file.read(0, 64, "header")
    (_, version, zooms, chrom_tree, data, index, _, _, _, summary_at, inflated, _) = struct.unpack(
        order + _HEADER, raw
    )
    if not 1 <= version <= 4:
        file.fail("bigWig of an unknown version", offset=4, expected="1 to 4", found=version)
    head_end = 64 + 24 * zooms
    if head_end > file.size:
        file.fail("more zoom levels than fit into the file", offset=6, found=zooms)
    for at, value, what in ((8, chrom_tree, "chromosome tree"), (16, data, "data")):
        if not head_end <= value < file.size:
            file.fail(
                f"the {what} lies outside the file",
                offset=at,
                expected=f"{head_end} to {file.size}",
                found=value,
                remedy=CUT_SHORT if value >= file.size else COPY_AGAIN,
            )
    # Writers that were given no data at all leave the index out.
    if index and not data < index < file.size:
        file.fail(
            "the index lies outside the file",
            offset=24,
            expected=f"{data} to {file.size}",
            found=index,
            remedy=CUT_SHORT if index >= file.size else COPY_AGAIN,
        )
    summary = _read_summary(file, order, summary_at, head_end) if version > 1 else None
    header = Header(order, version, zooms, chrom_tree, data, index, inflated, summary)
    _check_end(file, header)
    return header


def read_chromosomes(file: CheckedFile, header: Header) -> tuple[dict[str, int], dict[str, int]]:
    """Length (bp) and id of every chromosome, both in the order of the file's ids.

    Raises
    ------
    InputFormatError
        If the tree is damaged: wrong magic or sizes, loops, doubled names or ids, lengths of 0.
    """
    at, order = header.chrom_tree, header.byte_order
    magic, _, key_size, value_size, count, _ = struct.unpack(
        order + "IIIIQQ", file.read(at, 32, "chromosome tree")
    )
    if magic != _CHROM_TREE_MAGIC:
        file.fail("no chromosome tree where the header says", offset=at, found=f"0x{magic:08x}")
    if not 1 <= key_size <= _MAX_KEY or value_size != 8:
        file.fail("chromosome tree with impossible sizes", offset=at + 8)
    if count * (key_size + 8) > file.size:
        file.fail("more chromosomes than fit into the file", offset=at + 16, found=count)
    key = ("key", f"S{key_size}")
    leaf = np.dtype([key, ("id", order + "u4"), ("length", order + "u4")])
    inner = np.dtype([key, ("child", order + "u8")])
    nodes = (
        list(_leaves(file, at + 32, order, leaf, inner, count, "chromosome tree")) if count else []
    )
    items = np.concatenate([items for _, items in nodes]) if nodes else np.zeros(0, leaf)
    if items.size != count:
        file.fail(
            "the chromosome tree is not complete", offset=at, expected=count, found=items.size
        )
    items = items[np.argsort(items["id"], kind="stable")]
    names = _names(file, items["key"].tolist(), at)
    if not np.array_equal(items["id"], np.arange(count)) or len(set(names)) != count:
        file.fail("the chromosome tree names a chromosome or an id twice, or skips one", offset=at)
    if count and int(items["length"].min()) == 0:
        name = names[int(items["length"].argmin())]
        file.fail("chromosome of length 0", offset=at, found=name)
    lengths = dict(zip(names, map(int, items["length"]), strict=True))
    return lengths, {name: i for i, name in enumerate(names)}


def read_index(file: CheckedFile, header: Header, lengths: list[int]) -> BlockIndex:
    """Every data block of the file, checked against file, header and chromosomes.

    Parameters
    ----------
    file, header
        The bigWig and what its first bytes say.
    lengths
        Chromosome lengths by id, bp.

    Raises
    ------
    InputFormatError
        If the index is damaged or contradicts header, chromosomes or file length.
    """
    at, order = header.index, header.byte_order
    if not at:
        # Nothing but the number of blocks (0) and the magic number may then follow.
        if file.size - header.data > 12:
            file.fail("the file holds data, but no index", offset=24)
        empty = np.zeros(0, dtype=np.int64)
        return BlockIndex(empty, empty, empty, empty, empty)
    raw = file.read(at, 48, "index")
    magic, _, count = struct.unpack(order + "IIQ", raw[:16])
    if magic != _INDEX_MAGIC:
        file.fail("no index where the header says", offset=at, found=f"0x{magic:08x}")
    if count * 32 > file.size:
        file.fail("more data blocks than fit into the file", offset=at + 8, found=count)
    place = [("chrom", "u4"), ("start", "u4"), ("last_chrom", "u4"), ("end", "u4")]
    place = [(name, order + kind) for name, kind in place]
    leaf = np.dtype([*place, ("offset", order + "u8"), ("size", order + "u8")])
    inner = np.dtype([*place, ("child", order + "u8")])
    nodes = list(_leaves(file, at + 48, order, leaf, inner, count, "index")) if count else []
    items = np.concatenate([items for _, items in nodes]) if nodes else np.zeros(0, leaf)
    if items.size != count:
        file.fail("the index is not complete", offset=at + 8, expected=count, found=items.size)
    _check_offsets(file, header, items)
    if not np.array_equal(items["chrom"], items["last_chrom"]):
        file.fail("a data block over two chromosomes", offset=at)
    chrom, start, end, offset, size = (
        items[name].astype(np.int64) for name in ("chrom", "start", "end", "offset", "size")
    )
    sequence = np.lexsort((start, chrom))
    index = BlockIndex(*(a[sequence] for a in (chrom, start, end, offset, size)))
    _check_places(file, index, np.array(lengths, dtype=np.int64), at)
    return index


def _byte_order(file: CheckedFile) -> str:
    if file.size == 0:
        file.fail("the file is empty", expected="a bigWig", remedy=CUT_SHORT)
    start = file.read(0, min(file.size, 4), "magic number")
    for order in "<>":
        if start == struct.pack(order + "I", BIGWIG_MAGIC):
            return order
        if start == struct.pack(order + "I", BIGBED_MAGIC):
            file.fail(
                "this is a bigBed file, not a bigWig",
                expected="a coverage track",
                remedy="give a bigWig or bedGraph here; a bigBed holds regions (bigBedToBed)",
            )
    file.fail(
        "this is not a bigWig file",
        offset=0,
        expected="the bigWig magic number 0x888ffc26",
        found="0x" + start.hex(),
        remedy="check the path, or whether the download failed",
    )


def _read_summary(file: CheckedFile, order: str, at: int, head_end: int) -> Summary | None:
    if at == 0:
        return None
    if at < head_end:
        file.fail("the totals lie inside the header", offset=44, found=at)
    return Summary(*struct.unpack(order + "Qdddd", file.read(at, 40, "totals")))


def _check_end(file: CheckedFile, header: Header) -> None:
    """The last bytes repeat the magic number, so a file that lost its end is noticed."""
    if file.read(file.size - 4, 4, "end") == struct.pack(header.byte_order + "I", BIGWIG_MAGIC):
        return
    if header.version < 4 and file.size == _end_of_structures(file, header):
        return  # early writers stopped after the last index
    file.fail(
        "the file does not end as a bigWig does",
        offset=file.size - 4,
        expected="the magic number",
        remedy=CUT_SHORT,
    )


def _end_of_structures(file: CheckedFile, header: Header) -> int:
    """Where the last node of the last index ends (its padding to the full node included)."""
    order = header.byte_order
    zooms = file.read(64, 24 * header.zooms, "zoom headers")
    indices = [header.index, *(i for *_, i in struct.iter_unpack(order + "IIQQ", zooms))]
    at = max(indices)
    if at == 0:
        return file.size
    _, block_size, count = struct.unpack(order + "IIQ", file.read(at, 48, "last index")[:16])
    if count * 32 > file.size:
        file.fail("more data blocks than fit into the file", offset=at + 8, found=count)
    leaf = np.dtype([("place", "S16"), ("offset", order + "u8"), ("size", order + "u8")])
    inner = np.dtype([("place", "S16"), ("child", order + "u8")])
    last, items = max(
        (
            (node, items.size)
            for node, items in _leaves(file, at + 48, order, leaf, inner, count, "index")
        ),
        default=(at + 48, 0),
    )
    full = last + 4 + block_size * leaf.itemsize
    return full if file.size == full else last + 4 + items * leaf.itemsize


def _leaves(
    file: CheckedFile,
    root: int,
    order: str,
    leaf: np.dtype[np.void],
    inner: np.dtype[np.void],
    count: int,
    what: str,
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Leaf nodes of a tree of `count` items, left to right, as (offset, items)."""
    waiting, seen, items_seen = [root], set[int](), 0
    # Inner nodes have children and leaves have items, so a sound tree has no more nodes than this.
    most = 4 * count + 64
    while waiting:
        at = waiting.pop()
        if at in seen or len(seen) + len(waiting) > most:
            file.fail(f"the {what} runs in a circle", offset=at)
        seen.add(at)
        head = file.read(at, 4, what)
        kind = leaf if head[0] else inner
        n = int.from_bytes(head[2:], "big" if order == ">" else "little")
        items = np.frombuffer(file.read(at + 4, n * kind.itemsize, what), kind)
        if not head[0]:
            if not n:
                file.fail(f"empty node in the {what}", offset=at)
            waiting.extend(map(int, items["child"][::-1]))
            continue
        items_seen += n
        if items_seen > count:
            file.fail(f"the {what} holds more than it says", offset=at, expected=count)
        yield at, items


def _names(file: CheckedFile, keys: list[bytes], at: int) -> list[str]:
    names = [key.decode("utf-8", errors="replace") for key in keys]
    for name in names:
        if not name.isprintable() or "\ufffd" in name or not name:
            file.fail("a chromosome name is no text", offset=at, found=ascii(name)[:80])
    return names


def _check_offsets(file: CheckedFile, header: Header, items: NDArray[np.void]) -> None:
    """Blocks lie between the data's start and the end of the file and do not overlap."""
    if not items.size:
        if header.index - header.data not in {4, 8}:
            file.fail("the file holds data, but its index is empty", offset=header.index)
        return
    smallest = 8 if header.inflated_size else 24
    # Unsigned 64-bit numbers from the file are compared before anything is added to them.
    beyond = (items["offset"] >= file.size) | (items["size"] > file.size)
    beyond |= (items["offset"] < header.data + 4) | (items["size"] < smallest)
    if not beyond.any():
        order = np.argsort(items["offset"], kind="stable")
        offset, size = (items[n][order].astype(np.int64) for n in ("offset", "size"))
        limits = np.append(offset[1:], header.index if header.index > header.data else file.size)
        beyond = offset + size > limits
        items = items[order]
    if beyond.any():
        bad = items[int(np.flatnonzero(beyond)[0])]
        file.fail(
            "the index points to a block outside the data or inside another block",
            offset=int(bad["offset"]),
            found=f"{bad['size']} bytes",
        )
    # The number of blocks stands before the first: 8 bytes, 4 from early writers.
    gap = int(items["offset"].min()) - header.data
    if gap not in {4, 8}:
        file.fail("the first block is not where the data begin", offset=header.data, found=gap)
    raw = file.read(header.data, gap, "number of blocks")
    written = int.from_bytes(raw, "little" if header.byte_order == "<" else "big")
    if written != items.size:
        file.fail(
            "index and data disagree on the number of blocks",
            offset=header.data,
            expected=items.size,
            found=written,
        )


def _check_places(
    file: CheckedFile, index: BlockIndex, lengths: NDArray[np.int64], at: int
) -> None:
    """Blocks lie on known chromosomes and begin inside them.

    libBigWig lets a block end up to one step past its last run, so their ends, and whether they
    overlap, are checked when the runs are known.
    """
    if not index.chrom.size:
        return
    if int(index.chrom.max()) >= lengths.size:
        file.fail("the index names an unknown chromosome", offset=at, found=int(index.chrom.max()))
    wrong = (index.start >= index.end) | (index.start >= lengths[index.chrom])
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        file.fail(
            "a data block lies past its chromosome's end",
            offset=int(index.offset[i]),
            expected=f"0 to {lengths[index.chrom[i]]}",
            found=f"{index.start[i]}-{index.end[i]}",
        )
