"""Mean tracks against the mean of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.mean_track import write_mean_track
from resist_epi.tracks.open import open_track

LENGTHS = {"chr1": 1010, "chr2": 300}


def track(path: Path, seed: int, lengths: dict[str, int] | None = None) -> Path:
    rng = np.random.default_rng(seed)

    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        starts = np.arange(0, (lengths or LENGTHS)[chrom] - 10, 30)
        return starts, starts + 10, rng.integers(0, 4, starts.size).astype(float)

    write_bigwig(path, lengths or LENGTHS, runs)
    return path


def values(path: Path, chrom: str) -> np.ndarray:
    with pyBigWig.open(str(path)) as file:
        return np.nan_to_num(file.values(chrom, 0, LENGTHS[chrom], numpy=True))


def test_units_count_once(tmp_path: Path) -> None:
    paths = [track(tmp_path / f"{i}.bw", i) for i in range(3)]
    opened = [open_track(p) for p in paths]
    out = tmp_path / "mean.bw"
    write_mean_track(out, [opened[:2], opened[2:]], bin_size=10)
    for chrom in LENGTHS:
        a, b, c = (values(p, chrom) for p in paths)
        np.testing.assert_allclose(values(out, chrom), ((a + b) / 2 + c) / 2, rtol=1e-6)
    with pyBigWig.open(str(out)) as file:
        assert dict(file.chroms()) == LENGTHS


def test_bins_are_means_and_the_last_is_short(tmp_path: Path) -> None:
    path, out = track(tmp_path / "t.bw", 7), tmp_path / "mean.bw"
    write_mean_track(out, [[open_track(path)]], bin_size=100)
    expected = np.array([values(path, "chr1")[i : i + 100].mean() for i in range(0, 1010, 100)])
    np.testing.assert_allclose(values(out, "chr1")[::100], expected, rtol=1e-6)


def test_tracks_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    first = open_track(track(tmp_path / "a.bw", 1))
    other = open_track(track(tmp_path / "b.bw", 1, {"chr1": 900}))
    text = tmp_path / "c.bedGraph"
    text.write_text("chr1\t0\t10\t1\n")
    out = tmp_path / "mean.bw"
    for units, words in (
        ([[first], [other]], "900 bp"),
        ([[open_track(text)]], "does not state the lengths"),
        ([], "no track"),
    ):
        with pytest.raises(InputFormatError, match=words):
            write_mean_track(out, units)
    assert not out.exists()
