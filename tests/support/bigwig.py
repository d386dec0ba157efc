"""Small bigWig files, made by hand and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig.track import open_bigwig

CHROMS = {"chr1": 60_000, "chr2": 9_000, "chrM": 500}
MIXED = RawBigWig(
    CHROMS,
    [
        Block(0, 10, 40, 1, [(10, 15, 1.5), (15, 20, 2.5), (30, 40, -1.0)]),
        Block(0, 50, 75, 2, [(50, 4.0), (70, 5.0)], span=5),
        Block(0, 50, 75, 2, [], span=5),
        Block(0, 100, 160, 3, [(1.0,), (2.0,), (3.0,)], step=20, span=10),
        Block(0, 155, 158, 1, [(155, 158, 8.0)]),
        Block(0, 200, 206, 3, [(7.0,)] * 6, step=1, span=1),
        Block(2, 0, 500, 1, [(0, 500, 0.25)]),
    ],
)


def write(path: Path, raw: RawBigWig) -> Path:
    path.write_bytes(raw.encode())
    return path


def many_blocks(kind: int, order: str = "<", *, compressed: bool = True) -> RawBigWig:
    """One chromosome in 60 blocks of 20 items of 10 bp; gaps between blocks but in kind 3."""
    rng = np.random.default_rng(kind)
    blocks, gap = [], 0 if kind == 3 else 30
    items: list[tuple[float, ...]]
    for i in range(60):
        at = i * (200 + gap)
        values = rng.integers(1, 90, 20) * 0.25
        if kind == 1:
            items = [(at + 10 * k, at + 10 * k + 10, v) for k, v in enumerate(values)]
        elif kind == 2:
            items = [(at + 10 * k, v) for k, v in enumerate(values)]
        else:
            items = [(v,) for v in values]
        blocks.append(Block(0, at, at + 200, kind, items, step=10, span=10))
    return RawBigWig({"c": 20_000}, blocks, order=order, compressed=compressed, node_items=8)


def fails(path: Path, message: str) -> InputFormatError:
    with pytest.raises(InputFormatError, match=message) as error:
        open_bigwig(path).total()
    assert str(path) in str(error.value)
    return error.value


def patched(places: dict[str, int], whole: bytes, key: str, at: int, value: bytes) -> bytes:
    raw = bytearray(whole)
    position = places.get(key, 0) + at
    raw[position : position + len(value)] = value
    return bytes(raw)
