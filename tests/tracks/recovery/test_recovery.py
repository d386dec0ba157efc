"""Counts read back out of simulated tracks, and tracks that must be refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.files import count_tables
from resist_epi.counting.passes import Pass
from resist_epi.counting.sources import sheet_sources
from resist_epi.errors import QuantityError
from resist_epi.samples.sheet import make_sheet
from resist_epi.tracks.bedgraph import read_bedgraph
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import open_file
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.tracks.recovery.recovery import recover_counts
from tests.support.recovered import fragments_in

LENGTH = 2_000_000
N = 14_043
KINDS = ("none", "CPM", "RPKM", "BPM", "RPGC")


def fragments(n: int = N, length: int = 200, *, seed: int = 0, spread: int = 0):
    """Starts and ends of fragments, half of them enriched in a tenth of the chromosome."""
    rng = np.random.default_rng(seed)
    wide = rng.integers(0, LENGTH - 2000, n // 2)
    peaks = rng.integers(0, 20, n - n // 2) * 100_000 + rng.integers(0, 10_000, n - n // 2)
    starts = np.sort(np.concatenate([wide, peaks]))
    lengths = length + (rng.integers(-spread, spread + 1, n) if spread else 0)
    return starts, starts + lengths


def bins_over(starts: np.ndarray, ends: np.ndarray, bin_size: int) -> np.ndarray:
    """Fragments over each bin, counted one by one as bamCoverage does."""
    change = np.zeros(-(-LENGTH // bin_size) + 1, dtype=np.int64)
    np.add.at(change, starts // bin_size, 1)
    np.add.at(change, (ends - 1) // bin_size + 1, -1)
    return np.cumsum(change)[:-1]


def scale_of(kind: str, counts: np.ndarray, n: int, bin_size: int) -> float:
    return {
        "none": 1.0,
        "CPM": 1e6 / n,
        "RPKM": 1e9 / (n * bin_size),
        "BPM": 1e6 / counts.sum(),
        "RPGC": LENGTH / (n * 200),
        "scaled": 0.37,
    }[kind]


def write(path: Path, values: np.ndarray, bin_size: int, digits: str = "{:g}") -> CoverageTrack:
    """A bedGraph with equal neighbours joined, values in six digits, as bamCoverage writes it."""
    first = np.flatnonzero(np.diff(values, prepend=-1.0))
    ends = np.minimum(np.append(first[1:], values.size) * bin_size, LENGTH)
    lines = [
        f"c\t{a}\t{b}\t{digits.format(v)}\n"
        for a, b, v in zip(first * bin_size, ends, values[first], strict=True)
    ]
    path.write_text("".join(lines))
    return read_bedgraph(path, chrom_lengths={"c": LENGTH})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("bin_size", "length"), [(1, 200), (10, 200), (50, 200), (50, 36), (10, 36)]
)
def test_counts_come_back(tmp_path: Path, kind: str, bin_size: int, length: int) -> None:
    starts, ends = fragments(length=length)
    counts = bins_over(starts, ends, bin_size)
    track = write(tmp_path / "t.bg", counts * scale_of(kind, counts, N, bin_size), bin_size)
    found = recover_counts(track)
    assert found.refused is None
    assert found.bin_size == bin_size
    assert found.fragment_length == pytest.approx(length, rel=0.02, abs=2)
    assert found.normalisation == {"RPGC": "scaled"}.get(kind, kind)
    exact = kind in {"CPM", "RPKM"}
    assert found.library_size == pytest.approx(N, rel=1e-5 if exact else 0.02)
    regions = pd.DataFrame({"chrom": "c", "start": np.arange(0, LENGTH - 5000, 5000)})
    regions["end"] = regions["start"] + 5000
    direct = np.histogram((starts + ends) // 2, np.append(regions["start"], LENGTH - 5000))[0]
    reads = fragments_in(track, found, regions)
    assert np.corrcoef(reads, direct)[0, 1] > 0.99
    many = direct >= 20
    assert np.median(np.abs(reads[many] / direct[many] - 1)) < 0.03


def test_scale_factor_and_unequal_fragments(tmp_path: Path) -> None:
    starts, ends = fragments(spread=60)
    counts = bins_over(starts, ends, 10)
    found = recover_counts(write(tmp_path / "t.bg", counts * 0.37, 10))
    assert (found.refused, found.normalisation) == (None, "scaled")
    assert found.scale == pytest.approx(0.37, rel=1e-6)
    assert found.fragment_length == pytest.approx(200, rel=0.03)
    assert found.library_size == pytest.approx(N, rel=0.03)


def test_reads_counted_once_a_bin_are_not_fragments(tmp_path: Path) -> None:
    starts, _ = fragments(4000, 1)
    counts = bins_over(starts, starts + 1, 500)
    track = write(tmp_path / "t.bg", counts * 1e6 / 4000, 500)
    found = recover_counts(track)
    assert (found.fragment_length, found.normalisation) == (1.0, "CPM")
    bins = pd.DataFrame({"chrom": "c", "start": np.arange(0, LENGTH, 500)})
    bins["end"] = bins["start"] + 500
    np.testing.assert_array_equal(fragments_in(track, found, bins), counts)


def test_what_the_sheet_says_wins(tmp_path: Path) -> None:
    starts, ends = fragments()
    track = write(tmp_path / "t.bg", bins_over(starts, ends, 50) * 0.37, 50)
    found = recover_counts(track, library_size=5e6, fragment_length=147.0)
    assert (found.library_size, found.fragment_length) == (5e6, 147.0)
    free = recover_counts(track)
    assert free.library_size == pytest.approx(N, rel=0.02)


def smoothed(counts: np.ndarray) -> np.ndarray:
    return np.convolve(counts, np.ones(5) / 5, mode="same") * 0.4


def averaged(counts: np.ndarray) -> np.ndarray:
    other = bins_over(*fragments(N - 1777, seed=9), 50)
    return (counts * 1e6 / N + other * 1e6 / (N - 1777)) / 2


def logged(counts: np.ndarray) -> np.ndarray:
    return np.log2((counts + 1) / (np.roll(counts, 7) + 1))


def enriched(counts: np.ndarray) -> np.ndarray:
    control = np.convolve(np.roll(counts, 900), np.ones(21) / 21, mode="same") + 0.4
    return counts / control


@pytest.mark.parametrize(
    ("change", "digits", "message"),
    [
        (smoothed, "{:g}", "smoothed"),
        (averaged, "{:g}", "not whole multiples"),
        (logged, "{:g}", "below zero"),
        (enriched, "{:g}", "not whole multiples|different values"),
        (lambda c: c * 0.0347123, "{:.5f}", "rounded to 5 decimals"),
        (lambda c: c * 0.0347123, "{:.2f}", "rounded to 2 decimals"),
        (lambda c: np.minimum(c, 2) * 0.4, "{:g}", "too few"),
        (lambda c: c * 0.0, "{:g}", "too few"),
    ],
)
def test_refused_with_the_reason(tmp_path: Path, change, digits: str, message: str) -> None:
    counts = bins_over(*fragments(), 50)
    track = write(tmp_path / "t.bg", change(counts), 50, digits)
    found = recover_counts(track)
    assert found.refused is not None
    with pytest.raises(QuantityError, match=message):
        RecoveredTrack(track, found)
    rows = {"SampleID": ["a"], "Factor": "ER", "Condition": "x", "Coverage": str(track.path)}
    with pytest.raises(QuantityError, match=r"a \(.*t\.bg\): no counts"):
        sheet_sources(make_sheet(pd.DataFrame(rows)), "recovered_reads")


def test_counting_gives_a_matrix_of_fragments(tmp_path: Path) -> None:
    tracks, whole = {}, []
    for i, scale in enumerate((1.0, 0.37)):
        starts, ends = fragments(seed=i)
        counts = bins_over(starts, ends, 50)
        whole.append(counts.sum() * 50)
        tracks[f"s{i}"] = write(tmp_path / f"{i}.bg", counts * scale, 50)
    regions = pd.DataFrame({"chrom": ["c", "c"], "start": [0, 0], "end": [LENGTH, LENGTH // 2]})
    found = {name: recover_counts(track) for name, track in tracks.items()}
    files = {
        name: replace(open_file(str(track.path), "recovered_reads"), recovery=found[name])
        for name, track in tracks.items()
    }
    out = {"c": (np.array([LENGTH // 2]), np.array([LENGTH]))}
    matrix = count_tables(files, {"r": regions}).matrices["r"]
    half = count_tables(files, {"r": regions}, how=Pass(out)).matrices["r"]
    assert matrix.quantity == "recovered_reads"
    for i, name in enumerate(tracks):
        assert matrix.values[0, i] == pytest.approx(whole[i] / found[name].width)
        assert half.values[0, i] == pytest.approx(matrix.values[1, i])
        assert matrix.library_sizes[i] == found[name].library_size
        whole_track = RecoveredTrack(tracks[name], found[name])
        assert whole_track.total() == pytest.approx(whole[i])
        assert whole_track.total(exclude=out) == pytest.approx(
            half.values[1, i] * found[name].width
        )


@pytest.mark.real
def test_rat_counts_come_back_exactly(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "rat_heart_h3k27me3_bn_shr"
    counts = pd.read_csv(folder / "chr12_500bp_counts.tsv.gz", sep="\t")
    bins, sheet, out = tmp_path / "bins.bed", tmp_path / "sheet.csv", tmp_path / "counts.tsv"
    counts[["chrom", "start", "end"]].to_csv(bins, sep="\t", header=False, index=False)
    script = Path(__file__).resolve().parents[3] / "scripts" / "rat_heart_sheet.py"
    subprocess.run([sys.executable, script, folder, "-o", sheet], check=True)
    arguments = ["--regions", bins, "--quantity", "recovered_reads", "-o", out]
    subprocess.run([sys.executable, "-m", "resist_epi", "count", sheet, *arguments], check=True)
    found = pd.read_csv(out, sep="\t", comment="#")
    libraries = [c for c in counts if c.startswith("H3K")]
    assert len(libraries) == 8
    for name in libraries:
        np.testing.assert_array_equal(found[name], counts[name])


@pytest.mark.real
def test_other_real_tracks(real_data: Path) -> None:
    folder = real_data / "coverage_files_small"
    peaks = recover_counts(open_track(folder / "A549_RAD21_chr21_hg19.bw"))
    assert (peaks.refused, peaks.normalisation, peaks.fragment_length) == (None, "none", 50.0)
    shares = recover_counts(open_track(folder / "H1_bisulfite_chr21_hg19.bedGraph.gz"))
    assert shares.refused is not None
