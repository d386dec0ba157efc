"""The bigWig reader against pyBigWig, pybigtools, hand-made bytes and real files."""

from __future__ import annotations

import os
import pickle
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools
import pyBigWig
import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig
from tests.support.bigwig import CHROMS, MIXED, fails, patched, write


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
