"""Sections of a bigWig: values below zero are seen, and nothing decoded is kept."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.tracks.bigwig import blocks
from resist_epi.tracks.bigwig.sections import decode
from resist_epi.tracks.bigwig.track import open_bigwig
from resist_epi.tracks.engine.track import lowest_value
from tests.support.bigwig import fails, many_blocks, write


def one_block(kind: int, values: list[float], at: int = 100) -> Block:
    """Runs of 10 bp, 20 bp from start to start."""
    n, step = len(values), 20
    items = {
        1: [(at + step * i, at + step * i + 10, v) for i, v in enumerate(values)],
        2: [(at + step * i, v) for i, v in enumerate(values)],
        3: [(v,) for v in values],
    }[kind]
    return Block(0, at, at + step * (n - 1) + 10, kind, items, step=step, span=10)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "values",
    [[1, 2, 3], [1, -2.5, 3], [-1, 2, 3], [1, 2, -1e-30], [0, -0.0, 1], [1, np.nan, -4], [np.nan]],
)
def test_the_lowest_value_is_known(
    tmp_path: Path, kind: int, order: str, values: list[float]
) -> None:
    raw = RawBigWig({"c": 1000}, [one_block(kind, values)], order=order)
    track = open_bigwig(write(tmp_path / "t.bw", raw))
    lowest = min(0.0, float(np.nanmin([*values, 0.0])))
    (runs,) = track.runs("c")
    assert lowest_value(runs) == np.float32(lowest)
    assert track.summarise("c", [0], [1000]).lowest == np.float32(lowest)


@pytest.mark.parametrize("kind", [1, 2])
def test_values_from_zero_on_are_not_looked_at_again(tmp_path: Path, kind: int) -> None:
    for values, below in (([1, 0, 3], False), ([1, 0, -3], True)):
        path = write(tmp_path / "t.bw", RawBigWig({"c": 1000}, [one_block(kind, values)]))
        (runs,) = open_bigwig(path).runs("c")
        assert runs.below_zero == below


def test_a_run_beyond_32_bits_is_seen(tmp_path: Path) -> None:
    """It wraps around, and so seems to end before what follows it begins."""
    block = Block(0, 5, 27, 2, [(5, 1), (2**32 - 15, 1), (7, 1)], span=20)
    fails(write(tmp_path / "t.bw", RawBigWig({"c": 500}, [block])), "not sorted or overlap")


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_a_chunk_is_let_go_of_before_the_next_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    seen: list[weakref.ref[np.ndarray]] = []
    alive: list[int] = []

    def decoding(*asked):
        alive.append(sum(ref() is not None for ref in seen))
        for runs in decode(*asked):
            seen.append(weakref.ref(runs.values))
            yield runs
            del runs

    monkeypatch.setattr(blocks, "_CHUNK_BYTES", 1000)
    monkeypatch.setattr(blocks, "decode", decoding)
    track = open_bigwig(write(tmp_path / "t.bw", many_blocks(kind)))
    track.summarise("c", [0], [20_000], extremes=False)
    track.bin_sums("c", [[0, 100, 20_000]])
    assert len(alive) > 4
    assert not any(alive)
