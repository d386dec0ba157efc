"""bigWigs byte by byte, so that tests can have what no writer makes any more."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAGIC = 0x888FFC26


@dataclass(frozen=True)
class Block:
    """One data block; `items` are (start, end, value), (start, value) or (value,)."""

    chrom: int
    start: int
    end: int
    kind: int
    items: Sequence[tuple[float, ...]]
    step: int = 0
    span: int = 0

    def runs(self) -> list[tuple[int, int, float]]:
        """Start, end, value of each item."""
        if self.kind == 1:
            return [(int(s), int(e), v) for s, e, v in self.items]
        if self.kind == 2:
            return [(int(s), int(s) + self.span, v) for s, v in self.items]
        starts = [self.start + i * self.step for i in range(len(self.items))]
        return [(s, s + self.span, v) for s, (v,) in zip(starts, self.items, strict=True)]

    def encode(self, order: str) -> bytes:
        item = {1: "IIf", 2: "If", 3: "f"}[self.kind]
        head = struct.pack(
            order + "IIIIIBBH",
            self.chrom,
            self.start,
            self.end,
            self.step,
            self.span,
            self.kind,
            0,
            len(self.items),
        )
        return head + b"".join(struct.pack(order + item, *i) for i in self.items)


@dataclass(frozen=True)
class RawBigWig:
    """A bigWig to be encoded; `node_items` children per tree node."""

    chroms: dict[str, int]
    blocks: list[Block]
    order: str = "<"
    version: int = 4
    compressed: bool = True
    trailing_magic: bool = True
    node_items: int = 4
    damage: Callable[[int, bytes], bytes] | None = None
    places: dict[str, int] = field(default_factory=dict)

    def encode(self) -> bytes:
        order = self.order
        tree_at = 64 + (40 if self.version > 1 else 0)
        tree = self._chrom_tree(tree_at)
        data_at = tree_at + len(tree)
        bodies, at, leaves = [], data_at + 8, []
        raw = [block.encode(order) for block in self.blocks]
        raw = [self.damage(i, body) for i, body in enumerate(raw)] if self.damage else raw
        for block, body in zip(self.blocks, raw, strict=True):
            packed = zlib.compress(body) if self.compressed else body
            leaves.append(
                struct.pack(
                    order + "IIIIQQ",
                    block.chrom,
                    block.start,
                    block.chrom,
                    block.end,
                    at,
                    len(packed),
                )
            )
            bodies.append(packed)
            at += len(packed)
        data = struct.pack(order + "Q", len(bodies)) + b"".join(bodies)
        index = self._index(at, leaves)
        inflated = max(map(len, raw), default=0) if self.compressed else 0
        header = struct.pack(
            order + "IHHQQQHHQQIQ",
            MAGIC,
            self.version,
            0,
            tree_at,
            data_at,
            at,
            0,
            0,
            0,
            64 if self.version > 1 else 0,
            inflated,
            0,
        )
        summary = self._summary() if self.version > 1 else b""
        end = struct.pack(order + "I", MAGIC) if self.trailing_magic else b""
        self.places.update(tree=tree_at, data=data_at, first=data_at + 8, index=at)
        return header + summary + tree + data + index + end

    def _summary(self) -> bytes:
        runs = [run for block in self.blocks for run in block.runs()]
        sizes = [end - start for start, end, _ in runs]
        values = [value for _, _, value in runs]
        total = sum(n * v for n, v in zip(sizes, values, strict=True))
        squares = sum(n * v * v for n, v in zip(sizes, values, strict=True))
        low, high = min(values, default=0), max(values, default=0)
        return struct.pack(self.order + "Qdddd", sum(sizes), low, high, total, squares)

    def _chrom_tree(self, at: int) -> bytes:
        key = max(map(len, self.chroms), default=1)
        items = [
            struct.pack(f"{self.order}{key}sII", name.encode(), i, length)
            for i, (name, length) in enumerate(self.chroms.items())
        ]
        head = struct.pack(
            self.order + "IIIIQQ", 0x78CA8C91, self.node_items, key, 8, len(items), 0
        )
        keys = [item[:key] for item in items]
        return head + self._nodes(at + len(head), items, keys)

    def _index(self, at: int, leaves: list[bytes]) -> bytes:
        head = struct.pack(
            self.order + "IIQIIIIQII", 0x2468ACE0, self.node_items, len(leaves), 0, 0, 0, 0, 0, 1, 0
        )
        return head + self._nodes(at + len(head), leaves, [leaf[:16] for leaf in leaves])

    def _nodes(self, at: int, items: list[bytes], keys: list[bytes]) -> bytes:
        """Leaves and, where one node does not hold them, one level of inner nodes above."""
        order, n = self.order, self.node_items
        groups = [items[i : i + n] for i in range(0, len(items), n)] or [[]]
        leaves = [struct.pack(order + "BBH", 1, 0, len(g)) + b"".join(g) for g in groups]
        if len(leaves) == 1:
            return leaves[0]
        first = [keys[i] for i in range(0, len(keys), n)]
        size = 4 + len(leaves) * (len(first[0]) + 8)
        places = [at + size + sum(map(len, leaves[:i])) for i in range(len(leaves))]
        root = struct.pack(order + "BBH", 0, 0, len(leaves))
        root += b"".join(
            k + struct.pack(order + "Q", p) for k, p in zip(first, places, strict=True)
        )
        return root + b"".join(leaves)
