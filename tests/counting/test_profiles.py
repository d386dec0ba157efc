"""Signal along regions, against a naive implementation and against deepTools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from resist_epi.counting.profile_files import read_profile_matrix, write_profile_matrix
from resist_epi.counting.profiles import profile_regions
from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.tracks.open import open_track

LENGTH = 60_000
REGIONS = pd.DataFrame(
    {
        "chrom": ["chr1"] * 4,
        "start": [10_000, 20_003, 100, 30_000],
        "end": [14_000, 21_001, 2_100, 30_700],
        "strand": ["+", "-", "+", "-"],
        "region_id": list("abcd"),
        "direction": ["gain", "none", "gain", "loss"],
    }
)


@pytest.fixture(scope="module")
def bases() -> np.ndarray:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.gamma(2, 2, LENGTH // 20), 20)
    values[rng.random(LENGTH) < 0.1] = 0
    return values.astype(np.float32)


@pytest.fixture(scope="module")
def track(bases: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracks") / "t.bw"
    with pyBigWig.open(str(path), "w") as out:
        out.addHeader([("chr1", LENGTH)])
        out.addEntries("chr1", 0, values=[float(v) for v in bases], span=1, step=1)
    return path


def naive(bases: np.ndarray, point: int, strand: str, before: int, after: int, size: int) -> list:
    """Means of bins around a point, a base at a time."""
    row = []
    for k in range(-before // size, after // size):
        places = range(k * size, (k + 1) * size)
        here = [point + p if strand == "+" else point - 1 - p for p in places]
        known = [float(bases[p]) for p in here if 0 <= p < len(bases)]
        row.append(np.mean(known) if known else np.nan)
    return row


def test_bins_around_the_tss_run_from_5_to_3(track: Path, bases: np.ndarray) -> None:
    matrix = profile_regions(
        {"t": open_track(track)}, REGIONS, point="TSS", before=500, after=1000, bin_size=50
    )
    for row, region in zip(matrix.values["t"], REGIONS.itertuples(), strict=True):
        tss = region.start if region.strand == "+" else region.end
        assert np.allclose(
            row, naive(bases, tss, region.strand, 500, 1000, 50), rtol=1e-5, equal_nan=True
        )
    assert np.isnan(matrix.values["t"][2, :8]).all()  # before the start of the chromosome


@pytest.mark.parametrize("point", ["TES", "center"])
def test_other_points(track: Path, bases: np.ndarray, point: str) -> None:
    matrix = profile_regions(
        {"t": open_track(track)}, REGIONS[:2], point=point, before=100, after=200, bin_size=10
    )
    ends = {"TES": (14_000, 20_003), "center": (12_000, 20_502)}[point]
    for row, at, strand in zip(matrix.values["t"], ends, "+-", strict=True):
        assert np.allclose(row, naive(bases, at, strand, 100, 200, 10), rtol=1e-5)


def test_bodies_are_scaled(track: Path, bases: np.ndarray) -> None:
    matrix = profile_regions(
        {"t": open_track(track)}, REGIONS, before=100, after=50, body=1000, bin_size=50
    )
    assert matrix.reference == "TSS,TES"
    first = matrix.values["t"][0]
    assert np.allclose(first[2:22], bases[10_000:14_000].reshape(20, 200).mean(axis=1), rtol=1e-5)
    assert np.allclose(first[:2], bases[9_900:10_000].reshape(2, 50).mean(axis=1), rtol=1e-5)
    last = matrix.values["t"][3]  # minus strand: 35 bp a bin, from the right
    assert np.allclose(
        last[2:22], bases[30_000:30_700].reshape(20, 35).mean(axis=1)[::-1], rtol=1e-5
    )
    assert np.isclose(last[22], bases[29_950:30_000].mean(), rtol=1e-5)


def test_regions_shorter_than_their_bins(track: Path) -> None:
    tiny = REGIONS[:1].assign(end=10_003)
    matrix = profile_regions(
        {"t": open_track(track)}, tiny, before=50, after=50, body=500, bin_size=50
    )
    assert np.isfinite(matrix.values["t"]).all()


def test_no_regions(track: Path) -> None:
    assert profile_regions({"t": open_track(track)}, REGIONS[:0]).values["t"].shape == (0, 120)


def test_wrong_windows_and_chromosomes_are_refused(track: Path) -> None:
    tracks = {"t": open_track(track)}
    with pytest.raises(InputFormatError, match="unknown point 'middle'"):
        profile_regions(tracks, REGIONS, point="middle")
    with pytest.raises(InputFormatError, match="multiples of the bin size"):
        profile_regions(tracks, REGIONS, before=110)
    with pytest.raises(GenomeMismatchError):
        profile_regions(tracks, REGIONS.assign(chrom="chr9"))


def deeptools(tool: str, *arguments: object) -> None:
    code = f"from deeptools.{tool} import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("body", [0, 1000])
def test_the_same_as_computematrix(track: Path, tmp_path: Path, body: int) -> None:
    bed = tmp_path / "r.bed"
    # Windows inside the chromosome: outside it, deepTools writes zeros where we write NaN.
    inside = REGIONS.iloc[[0, 1, 3]]
    lines = inside.assign(score=0)[["chrom", "start", "end", "region_id", "score", "strand"]]
    lines.to_csv(bed, sep="\t", header=False, index=False)
    mode = ["scale-regions", "-m", body] if body else ["reference-point"]
    deeptools(
        "computeMatrix",
        *[*mode, "-S", track, "-R", bed, "-b", 500, "-a", 1000, "-bs", 50],
        *["--missingDataAsZero", "--sortRegions", "keep", "-o", tmp_path / "m.gz"],
    )
    theirs = read_profile_matrix(tmp_path / "m.gz")
    assert theirs.samples == ("t",)
    ours = profile_regions(
        {"t": open_track(track)},
        theirs.regions,
        point="TSS",
        before=500,
        after=1000,
        body=body,
        bin_size=50,
    )
    if body:  # their bins of bodies begin at rounded places; the ends are the same
        outside = np.r_[0:10, 30:50]
        assert np.allclose(ours.values["t"][:, outside], theirs.values["t"][:, outside], atol=1e-4)
        assert np.allclose(ours.values["t"], theirs.values["t"], rtol=0.25)
    else:
        assert np.allclose(ours.values["t"], theirs.values["t"], atol=1e-4)
    assert ours.reference == theirs.reference


@pytest.mark.slow
@pytest.mark.parametrize("body", [0, 1000])
def test_where_windows_leave_the_chromosome(track: Path, tmp_path: Path, body: int) -> None:
    """Bins outside are NaN here and 0 there; bins partly outside: the mean of the part inside here,
    of the whole bin, zeros outside, there."""
    bed = tmp_path / "r.bed"
    bed.write_text(
        "chr1\t120\t2120\ta\t0\t+\nchr1\t330\t59930\tb\t0\t-\nchr1\t57985\t59985\tc\t0\t-\n"
    )
    mode = ["scale-regions", "-m", body] if body else ["reference-point"]
    deeptools(
        "computeMatrix",
        *[*mode, "-S", track, "-R", bed, "-b", 500, "-a", 500, "-bs", 50],
        *["--missingDataAsZero", "--sortRegions", "keep", "-o", tmp_path / "m.gz"],
    )
    theirs = read_profile_matrix(tmp_path / "m.gz")
    window = {"point": "TSS", "before": 500, "after": 500, "body": body, "bin_size": 50}
    ours = profile_regions({"t": open_track(track)}, theirs.regions, **window).values["t"]
    share = np.ones(ours.shape)
    for row, first, part in ((0, 7, 20 / 50), (1, 8, 20 / 50), (2, 9, 15 / 50)):
        share[row, :first], share[row, first] = 0, part
    if body:  # the long region downstream, on the left: 330 - 500 bp
        share[1, -3:], share[1, -4] = 0, 30 / 50
    np.testing.assert_array_equal(np.isnan(ours), share == 0)
    expected = np.nan_to_num(ours) * share
    np.testing.assert_allclose(theirs.values["t"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_plotheatmap_opens_what_we_write(track: Path, tmp_path: Path) -> None:
    matrix = profile_regions({"t": open_track(track)}, REGIONS, before=500, after=500)
    write_profile_matrix(tmp_path / "m.gz", matrix, group="direction")
    for tool in ("plotHeatmap", "plotProfile"):
        out = tmp_path / f"{tool}.png"
        deeptools(tool, "-m", tmp_path / "m.gz", "-o", out)
        assert out.stat().st_size > 1000
