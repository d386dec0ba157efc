"""The bigWig reader against pyBigWig, pybigtools, hand-made bytes and real files."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools
import pyBigWig
import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.tracks.bigwig import blocks
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig

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


def listed(path: Path, chrom: str) -> list[tuple[int, int, float]]:
    return [
        (int(s), int(e), float(v))
        for runs in open_bigwig(path).runs(chrom)
        for s, e, v in zip(runs.starts, runs.ends, runs.values, strict=True)
    ]


def make_random(path: Path, seed: int, kind: str) -> Path:
    """A track through pyBigWig whose three chromosomes are of one kind; chrM has no data."""
    rng = np.random.default_rng(seed)
    with pyBigWig.open(str(path), "w") as out:
        out.addHeader(list(CHROMS.items()))
        for chrom in ("chr1", "chr2"):
            n = 700 if chrom == "chr1" else 90
            values = rng.gamma(2, 3, n).astype(np.float32).astype(float).tolist()
            if kind == "bedgraph":
                edges = np.cumsum(rng.integers(0, 40, 2 * n) + np.tile([0, 1], n))
                starts, ends = edges[::2].tolist(), edges[1::2].tolist()
                out.addEntries([chrom] * n, starts, ends=ends, values=values)
            elif kind == "variable":
                starts = np.cumsum(rng.integers(7, 60, n)).tolist()
                out.addEntries(chrom, starts, values=values, span=7)
            else:
                out.addEntries(chrom, 33, values=values, span=5, step=9)
    return path


@pytest.mark.parametrize("kind", ["bedgraph", "variable", "fixed"])
@pytest.mark.parametrize("seed", [0, 1])
def test_regions_equal_pybigwig_and_pybigtools(tmp_path: Path, kind: str, seed: int) -> None:
    path = make_random(tmp_path / "t.bw", seed, kind)
    rng = np.random.default_rng(seed + 100)
    track, oracle, second = open_bigwig(path), pyBigWig.open(str(path)), pybigtools.open(str(path))
    for chrom in ("chr1", "chr2", "chrM"):
        length = CHROMS[chrom]
        starts = rng.integers(0, length - 1, 60)
        ends = np.minimum(starts + rng.integers(1, length, 60), length)
        found = track.summarise(chrom, starts, ends)
        for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            bases = np.array(oracle.values(chrom, start, end))
            bases = bases[~np.isnan(bases)]
            assert found.covered[i] == bases.size
            assert found.sum[i] == pytest.approx(bases.sum(), rel=1e-9)
            if chrom != "chrM":
                other = np.asarray(second.values(chrom, start, end, fillna=0))
                assert found.sum[i] == pytest.approx(np.nansum(other), rel=1e-9)
            if bases.size:
                assert (found.min[i], found.max[i]) == (bases.min(), bases.max())
    assert oracle.header()["sumData"] == int(track.total() + 1e-6)


def test_runs_equal_pybigwig(tmp_path: Path) -> None:
    path = make_random(tmp_path / "t.bw", 5, "bedgraph")
    assert listed(path, "chr1") == list(pyBigWig.open(str(path)).intervals("chr1"))
    assert listed(path, "chrM") == []


def test_reads_what_pybigtools_writes(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    entries = [("chr1", i * 10, i * 10 + 7, i % 11 * 0.5) for i in range(3000)]
    entries += [("chr2", 5, 900, 2.25)]
    pybigtools.open(str(path), "w").write(CHROMS, iter(entries))
    track = open_bigwig(path)
    assert listed(path, "chr1") == [e[1:] for e in entries if e[0] == "chr1"]
    assert track.total() == pytest.approx(sum((e - s) * v for _, s, e, v in entries))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("node_items", [2, 3, 10])
def test_every_variant_of_the_format(
    tmp_path: Path, order: str, compressed: bool, version: int, node_items: int
) -> None:
    raw = replace(MIXED, order=order, compressed=compressed, version=version, node_items=node_items)
    path = write(tmp_path / "t.bw", raw)
    assert open_bigwig(path).chrom_lengths == CHROMS
    assert listed(path, "chr1") == [
        (10, 15, 1.5),
        (15, 20, 2.5),
        (30, 40, -1.0),
        (50, 55, 4.0),
        (70, 75, 5.0),
        (100, 110, 1.0),
        (120, 130, 2.0),
        (140, 150, 3.0),
        (155, 158, 8.0),
        *((i, i + 1, 7.0) for i in range(200, 206)),
    ]
    assert listed(path, "chr2") == []
    assert listed(path, "chrM") == [(0, 500, 0.25)]


def test_hand_made_file_is_what_pybigwig_reads(tmp_path: Path) -> None:
    path = write(tmp_path / "t.bw", MIXED)
    assert listed(path, "chr1") == list(pyBigWig.open(str(path)).intervals("chr1"))


def test_zlib_serves_where_libdeflate_is_missing(tmp_path: Path, monkeypatch) -> None:
    path = make_random(tmp_path / "t.bw", 2, "bedgraph")
    expected = listed(path, "chr1")
    monkeypatch.setitem(__import__("sys").modules, "deflate", None)
    assert listed(path, "chr1") == expected


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


def test_no_entries_at_all(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    out = pyBigWig.open(str(path), "w")
    out.addHeader(list(CHROMS.items()))
    out.close()
    track = open_bigwig(path)
    assert track.chrom_lengths == CHROMS
    assert track.total() == 0.0
    assert track.summarise("chr1", [0], [100]).covered.tolist() == [0]
    assert open_bigwig(write(path, RawBigWig(CHROMS, []))).total() == 0.0


def test_clipping_is_known_to_the_caller(tmp_path: Path) -> None:
    track = open_bigwig(write(tmp_path / "t.bw", MIXED))
    found = track.summarise("chrM", [-100, 400, 900], [100, 700, 1000])
    assert found.clipped.tolist() == [100, 200, 100]
    assert found.sum.tolist() == [25.0, 25.0, 0.0]


def test_total_leaves_out_what_is_excluded(tmp_path: Path) -> None:
    track = open_bigwig(write(tmp_path / "t.bw", MIXED))
    out = {"chrM": (np.array([400, -5, 90]), np.array([9000, 100, 120]))}
    assert track.total(["chrM"], out) == pytest.approx(280 * 0.25)
    assert track.total(exclude=out) == pytest.approx(track.total(["chr1", "chr2"]) + 70)
    assert track.total([]) == 0.0


def test_survives_pickling(tmp_path: Path) -> None:
    track = open_bigwig(write(tmp_path / "t.bw", MIXED))
    assert pickle.loads(pickle.dumps(track)).total() == track.total()


def test_unknown_chromosome_is_named(tmp_path: Path) -> None:
    track = open_bigwig(write(tmp_path / "t.bw", MIXED))
    for ask in (lambda: track.summarise("1", [0], [5]), lambda: track.total(["1"])):
        with pytest.raises(GenomeMismatchError, match=r"no chromosome '1'.*3 \(chr1, chr2, chrM\)"):
            ask()


def test_undefined_values_are_said(tmp_path: Path, caplog) -> None:
    raw = RawBigWig({"c": 100}, [Block(0, 0, 20, 1, [(0, 10, float("nan")), (10, 20, 2.0)])])
    found = open_bigwig(write(tmp_path / "t.bw", raw)).summarise("c", [0], [100])
    assert (found.sum[0], found.covered[0]) == (20.0, 10)
    assert "1 stretches with NaN" in caplog.text


# -- damage -------------------------------------------------------------------------------------


def fails(path: Path, message: str) -> InputFormatError:
    with pytest.raises(InputFormatError, match=message) as error:
        open_bigwig(path).total()
    assert str(path) in str(error.value)
    return error.value


def test_bigbed_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bb"
    for order in "<>":
        path.write_bytes(struct.pack(order + "I", 0x8789F2EB) + bytes(200))
        fails(path, "this is a bigBed file, not a bigWig")


@pytest.mark.parametrize("content", [b"chr1\t0\t5\t1\n", b"\x1f\x8b\x08\x00abcdef", b"ab"])
def test_other_files_are_no_bigwig(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(content)
    fails(path, "not a bigWig file")


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.bw").touch()
    fails(tmp_path / "empty.bw", "the file is empty")
    fails(tmp_path / "missing.bw", "cannot be read: No such file")
    fails(tmp_path, "cannot be read: Is a directory")


@pytest.mark.parametrize("version", [1, 4])
def test_every_cut_is_noticed(tmp_path: Path, version: int) -> None:
    path = tmp_path / "t.bw"
    whole = replace(MIXED, version=version).encode()
    # Version 1 need not end with the magic number: losing exactly that loses nothing.
    harmless = {len(whole) - 4} if version < 4 else set()
    for size in set(range(1, len(whole))) - harmless:
        path.write_bytes(whole[:size])
        fails(path, ".")


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


def patched(places: dict[str, int], whole: bytes, key: str, at: int, value: bytes) -> bytes:
    raw = bytearray(whole)
    position = places.get(key, 0) + at
    raw[position : position + len(value)] = value
    return bytes(raw)


@pytest.mark.parametrize(
    ("key", "at", "value", "message"),
    [
        ("", 4, b"\x09\x00", "unknown version"),
        ("", 6, b"\xff\xff", "more zoom levels than fit"),
        ("", 8, b"\xff" * 8, "chromosome tree lies outside"),
        ("", 16, b"\xff" * 8, "data lies outside"),
        ("", 24, b"\xff" * 8, "index lies outside"),
        ("", 44, b"\xff" * 8, "ends before its totals"),
        ("", 44, b"\x08" + bytes(7), "totals lie inside the header"),
        ("tree", 0, b"\x00", "no chromosome tree"),
        ("tree", 8, b"\xff" * 4, "impossible sizes"),
        ("tree", 16, b"\xff" * 8, "more chromosomes than fit"),
        ("tree", 16, b"\x02", "holds more than it says"),
        ("tree", 16, b"\x04", "not complete"),
        ("tree", 36, b"\xff", "no text"),
        ("tree", 39, b"2", "names a chromosome or an id twice"),
        ("tree", 40, b"\x02", "names a chromosome or an id twice"),
        ("tree", 44, b"\x00" * 4, "chromosome of length 0"),
        ("index", 0, b"\x00", "no index"),
        ("index", 8, b"\xff" * 8, "more data blocks than fit"),
        ("index", 8, b"\x06", "holds more than it says"),
        ("index", 8, b"\x08", "not complete"),
        ("data", 0, b"\x01", "disagree on the number of blocks"),
        ("data", 8, b"\x00", "cannot be inflated"),
    ],
)
def test_damaged_numbers_are_found(
    tmp_path: Path, key: str, at: int, value: bytes, message: str
) -> None:
    raw = replace(MIXED, node_items=10)
    path = tmp_path / "t.bw"
    path.write_bytes(patched(raw.places, raw.encode(), key, at, value))
    fails(path, message)


def test_circles_in_the_trees_are_noticed(tmp_path: Path) -> None:
    raw = replace(MIXED, node_items=2, places={})
    whole = raw.encode()
    path = tmp_path / "t.bw"
    for key, head, item in (("index", 48, 24), ("tree", 32, 4 + 8)):
        root = raw.places[key] + head
        child = root + 4 + item - 8
        path.write_bytes(patched(raw.places, whole, "", child, struct.pack("<Q", root)))
        fails(path, "runs in a circle")


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


def test_data_without_an_index_are_not_an_empty_track(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(patched({}, MIXED.encode(), "", 24, bytes(8)))
    fails(path, "holds data, but no index")
    path.write_bytes(patched(MIXED.places, MIXED.encode(), "index", 8, bytes(8)))
    fails(path, "its index is empty")


def test_files_without_checksums_are_held_against_their_totals(tmp_path: Path, caplog) -> None:
    plain = replace(MIXED, compressed=False, places={})
    whole, path = plain.encode(), tmp_path / "t.bw"
    at = plain.places["first"] + 24 + 8
    path.write_bytes(whole)
    open_bigwig(path).verify()
    path.write_bytes(patched({}, whole, "", at, struct.pack("<f", 1.25)))
    with pytest.raises(InputFormatError, match="do not add up to the totals"):
        open_bigwig(path).verify()
    path.write_bytes(patched({}, whole, "", at, struct.pack("<f", 1e9)))
    fails(path, "outside the range that the header gives")
    for at, extreme in ((72, 6e197), (72, 1.7e308), (80, -6e197)):  # beyond 32-bit floats
        path.write_bytes(patched({}, whole, "", at, struct.pack("<d", extreme)))
        fails(path, "outside the range that the header gives")
    with caplog.at_level("INFO"):
        path.write_bytes(patched({}, MIXED.encode(), "", 64, b"\x01"))
        open_bigwig(path).verify()
    assert "the data passed their checksums" in caplog.text


# -- writing ------------------------------------------------------------------------------------


def test_written_track_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    runs = {
        "chr1": ([5, 10], [10, 60_000], [1.0, 0.5]),
        "chr2": ([], [], []),
        "chrM": ([0], [500], [2]),
    }
    write_bigwig(path, CHROMS, lambda chrom: runs[chrom])
    assert listed(path, "chr1") == [(5, 10, 1.0), (10, 60_000, 0.5)]
    assert listed(path, "chrM") == [(0, 500, 2.0)]
    assert open_bigwig(path).chrom_lengths == CHROMS
    assert [p.name for p in tmp_path.iterdir()] == ["t.bw"]


@pytest.mark.parametrize("runs", [([5, 1], [9, 3], [1, 1]), ([5], [501], [1]), ([1], [5], [1, 2])])
def test_unwritable_runs_leave_nothing_behind(tmp_path: Path, runs) -> None:
    with pytest.raises(InputFormatError):
        write_bigwig(tmp_path / "t.bw", {"c": 500}, lambda _: runs)
    assert list(tmp_path.iterdir()) == []


# -- real files ---------------------------------------------------------------------------------


@pytest.mark.real
def test_real_files_equal_pybigwig(real_data: Path) -> None:
    paths = sorted((real_data / "coverage_files_small").glob("*.bw"))
    assert len(paths) > 10
    for path in paths:
        oracle, track = pyBigWig.open(str(path)), open_bigwig(path)
        assert dict(track.chrom_lengths) == oracle.chroms()
        for chrom in track.chrom_lengths:
            assert listed(path, chrom) == list(oracle.intervals(chrom) or ())


@pytest.mark.real
def test_rat_tracks_are_proportional_to_the_exact_counts(real_data: Path) -> None:
    folder = real_data / "rat_heart_h3k27me3_bn_shr"
    counts = pd.read_csv(folder / "chr12_500bp_counts.tsv.gz", sep="\t")
    tracks = sorted((folder / "derived_bigwig").glob("*.cpm.bw"))
    assert len(tracks) == 8
    for path in tracks:
        track = open_bigwig(path)
        reads = counts[path.name.removesuffix(".cpm.bw")].to_numpy()
        # The last bin reaches past the end of the chromosome.
        sums = track.summarise("chr12", counts["start"].to_numpy(), counts["end"].to_numpy()).sum
        scale = sums.sum() / reads.sum()
        np.testing.assert_allclose(sums[reads > 0] / (reads[reads > 0] * scale), 1, atol=1e-4)
        assert (sums[reads == 0] == 0).all()


def test_file_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch) -> None:
    track = open_bigwig(write(tmp_path / "t.bw", MIXED))
    whole = os.pread
    monkeypatch.setattr(os, "pread", lambda *at: whole(*at)[:-1])
    with pytest.raises(InputFormatError, match="could not be read in full"):
        track.total()
    monkeypatch.undo()
    (tmp_path / "t.bw").write_bytes(MIXED.encode()[:250])
    with pytest.raises(InputFormatError, match="the file ends before its data"):
        track.total()
