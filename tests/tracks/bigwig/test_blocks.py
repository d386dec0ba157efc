"""Blocks of a bigWig: read only where asked for, checked, held in little memory."""

from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig import blocks
from resist_epi.tracks.bigwig.track import open_bigwig
from tests.support.bigwig import MIXED, fails, many_blocks, patched, write


@pytest.mark.parametrize("chunk", [1, 500, 5000])
def test_chunks_change_nothing(tmp_path: Path, monkeypatch, chunk: int) -> None:
    raw = RawBigWig(
        {"c": 100_000},
        [Block(0, i * 100, i * 100 + 60, 1, [(i * 100, i * 100 + 60, i)]) for i in range(200)],
    )
    path = write(tmp_path / "t.bw", raw)
    starts, ends = np.arange(0, 20_000, 130), np.arange(0, 20_000, 130) + 1000
    whole = open_bigwig(path).summarise("c", starts, ends)
    monkeypatch.setattr(blocks, "_CHUNK_BYTES", chunk)
    parts = open_bigwig(path).summarise("c", starts, ends)
    np.testing.assert_allclose(parts.sum, whole.sum, rtol=1e-14)
    np.testing.assert_array_equal(parts.max, whole.max)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("chunk", [400, 1 << 20])
def test_few_regions_of_many_blocks(
    tmp_path: Path, monkeypatch, kind: int, order: str, compressed: bool, chunk: int
) -> None:
    monkeypatch.setattr(blocks, "_CHUNK_BYTES", chunk)
    path = write(tmp_path / "t.bw", many_blocks(kind, order, compressed=compressed))
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 13_000, 12)
    ends = starts + rng.integers(1, 90, 12)
    track = open_bigwig(path)
    found = track.summarise("c", starts, ends)
    bins = track.bin_sums("c", starts[:, None] + np.arange(0, 330, 11))
    oracle = pyBigWig.open(str(write(tmp_path / "o.bw", many_blocks(kind))))
    bases = np.append(oracle.values("c", 0, 20_000, numpy=True).astype(float), np.nan)
    for i, (a, b) in enumerate(zip(starts, ends, strict=True)):
        here = bases[a:b][~np.isnan(bases[a:b])]
        assert (found.sum[i], found.covered[i]) == (pytest.approx(here.sum()), here.size)
        if here.size:
            assert (found.min[i], found.max[i]) == (here.min(), here.max())
        sums = np.nansum(bases[a : a + 319].reshape(29, 11), axis=1)
        np.testing.assert_allclose(bins[i], sums, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_blocks_that_hold_nothing_asked_for_are_not_read(tmp_path: Path, kind: int) -> None:
    raw = many_blocks(kind)
    whole = bytearray(raw.encode())
    whole[raw.places["index"] - 20] ^= 255  # in the last block
    path = tmp_path / "t.bw"
    path.write_bytes(whole)
    sound = open_bigwig(write(tmp_path / "o.bw", raw))
    expected = sound.summarise("c", [40, 3000], [60, 3100])
    found = open_bigwig(path).summarise("c", [40, 3000], [60, 3100])
    np.testing.assert_array_equal(found.sum, expected.sum)
    last = max(block.start for block in raw.blocks)
    for ask in (
        lambda track: track.summarise("c", [last + 3], [last + 4]),
        lambda track: track.bin_sums("c", [[last, last + 9]]),
        lambda track: track.total(),
        lambda track: track.verify(),
    ):
        with pytest.raises(InputFormatError, match="cannot be inflated"):
            ask(open_bigwig(path))


@pytest.mark.parametrize("kind", [1, 3])
@pytest.mark.parametrize("field", ["start", "end"])
def test_damaged_index_never_hides_a_block(tmp_path: Path, kind: int, field: str) -> None:
    """Whatever an entry claims, the regions of its block get the right answer or an error."""
    raw = many_blocks(kind)
    whole, path = raw.encode(), tmp_path / "t.bw"
    starts = np.arange(0, 14_000, 100)
    expected = open_bigwig(write(path, raw)).summarise("c", starts, starts + 50).sum
    block = raw.blocks[25]
    entry = struct.pack("<IIII", 0, block.start, 0, block.end)
    assert whole.count(entry) == 1
    caught = 0
    for wrong in (
        0,
        1,
        block.start - 500,
        block.start + 1,
        block.start + 150,
        block.end + 7,
        15_000,
    ):
        for only in (slice(45, 65), slice(50, 51), slice(57, 60), slice(0, 3), slice(135, 139)):
            place = {"start": block.start, "end": block.end} | {field: wrong}
            changed = struct.pack("<IIII", 0, place["start"], 0, place["end"])
            path.write_bytes(whole.replace(entry, changed))
            try:
                found = open_bigwig(path).summarise("c", starts[only], starts[only] + 50).sum
            except InputFormatError:
                caught += 1
            else:
                np.testing.assert_array_equal(found, expected[only])
    assert caught > 10


@pytest.mark.parametrize("kind", ["bedgraph", "fixed"])
def test_memory_does_not_grow_with_the_track(tmp_path: Path, monkeypatch, kind: str) -> None:
    monkeypatch.setattr(blocks, "_CHUNK_BYTES", 1 << 17)
    peaks = []
    for n in (60_000, 600_000):
        path, values = tmp_path / f"{n}.bw", np.random.default_rng(n).gamma(2, 3, n)
        with pyBigWig.open(str(path), "w") as out:
            out.addHeader([("c", 10 * n)])
            if kind == "fixed":
                out.addEntries("c", 0, values=values, span=10, step=10)
            else:
                starts = np.arange(n) * 10
                out.addEntries(np.full(n, "c"), starts, ends=starts + 7, values=values)
        track = open_bigwig(path)
        tracemalloc.start()
        whole = track.summarise("c", [0, 5], [10 * n, 50])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert whole.covered[0] == n * (10 if kind == "fixed" else 7)
    assert peaks[0] > 1 << 17
    assert peaks[1] < 1.5 * peaks[0]


def test_flipped_data_byte_fails_its_checksum(tmp_path: Path) -> None:
    raw = bytearray(MIXED.encode())
    raw[MIXED.places["first"] + 12] ^= 4
    path = tmp_path / "t.bw"
    path.write_bytes(raw)
    assert fails(path, "cannot be inflated, or its checksum").offset == MIXED.places["first"]


def test_checksum_is_verified_even_if_the_block_inflates(tmp_path: Path, monkeypatch) -> None:
    whole = bytearray(MIXED.encode())
    first = MIXED.places["first"]
    size = struct.unpack_from("<Q", whole, whole.index(struct.pack("<Q", first)) + 8)[0]
    whole[first + size - 1] ^= 1
    path = tmp_path / "t.bw"
    path.write_bytes(whole)
    fails(path, "checksum is wrong")
    monkeypatch.setitem(__import__("sys").modules, "deflate", None)
    fails(path, "checksum is wrong")


def block(*runs: tuple[int, int, float], chrom: int = 0) -> Block:
    return Block(chrom, runs[0][0], runs[-1][1], 1, list(runs))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([block((10, 20, 1), (15, 30, 1))], "not sorted or overlap.*found 15-30"),
        ([block((40, 50, 1), (10, 20, 1), (60, 70, 1))], "not sorted or overlap"),
        ([block((10, 10, 1), (20, 30, 1))], "not sorted or overlap"),
        ([block((10, 20, 1)), block((15, 30, 1))], "two data blocks overlap"),
        ([block((480, 501, 1))], "past the chromosome's end"),
        ([Block(0, 5, 30, 1, [(10, 20, 1)])], "does not hold what the index says"),
        ([Block(0, 10, 25, 1, [(10, 20, 1)])], "does not hold what the index says"),
        ([Block(0, 0, 50, 3, [(1.0,)] * 5, step=10, span=0)], "runs of length 0"),
        ([Block(0, 0, 50, 3, [(1.0,)] * 5, step=5, span=10)], "not sorted or overlap"),
        ([Block(0, 0, 9, 3, [(1.0,)] * 5, step=4294967295, span=9)], "not sorted or overlap"),
        ([Block(0, 30, 20, 1, [(30, 40, 1)])], "past its chromosome's end"),
        ([Block(9, 10, 20, 1, [(10, 20, 1)])], "unknown chromosome"),
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_contradictions_are_found(
    tmp_path: Path, blocks: list[Block], message: str, compressed: bool
) -> None:
    fails(write(tmp_path / "t.bw", RawBigWig({"c": 500}, blocks, compressed=compressed)), message)


def test_huge_claimed_block_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(MIXED.encode())
    open_bigwig(path).total()
    path.write_bytes(patched({}, MIXED.encode(), "", 52, b"\xff" * 4))
    tracemalloc.start()
    assert open_bigwig(path).total() > 0  # the claim is an upper bound, nothing more
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_empty_block_behind_a_right_checksum(tmp_path: Path) -> None:
    raw = replace(MIXED, damage=lambda i, body: b"" if i == 0 else body)
    fails(write(tmp_path / "t.bw", raw), "a data block is too short")
