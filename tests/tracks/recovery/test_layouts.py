"""Recovery where fragments are laid down in other ways: pairs, deep tracks, short reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.tracks.recovery.recovery import recover_counts
from tests.support.recovered import fragments_in
from tests.tracks.recovery.test_recovery import LENGTH, N, bins_over, fragments, smoothed, write


def regions_of(width: int = 5000) -> pd.DataFrame:
    starts = np.arange(0, LENGTH - width, width)
    return pd.DataFrame({"chrom": "c", "start": starts, "end": starts + width})


def by_share(starts: np.ndarray, ends: np.ndarray, regions: pd.DataFrame) -> np.ndarray:
    """Fragments in each region by the share of their bases there."""
    out = np.zeros(len(regions))
    for i, (a, b) in enumerate(zip(regions["start"], regions["end"], strict=True)):
        inside = np.minimum(ends, b) - np.maximum(starts, a)
        out[i] = (np.maximum(inside, 0) / (ends - starts)).sum()
    return out


@pytest.mark.parametrize("bin_size", [1, 10, 50])
@pytest.mark.parametrize("kind", ["CPM", "none"])
def test_pairs_laid_down_twice_count_once(tmp_path: Path, bin_size: int, kind: str) -> None:
    starts, ends = fragments(6000, spread=80, seed=4)
    alone = np.random.default_rng(5).integers(0, LENGTH - 500, 300)
    counts = 2 * bins_over(starts, ends, bin_size) + bins_over(alone, alone + 200, bin_size)
    scale = {"CPM": 1e6 / (2 * 6000 + 300), "none": 1.0}[kind]
    track = write(tmp_path / "t.bg", counts * scale, bin_size)
    found = recover_counts(track)
    assert (found.refused, found.mates, found.normalisation) == (None, 2, kind)
    assert found.library_size == pytest.approx(6150, rel=1e-5 if kind == "CPM" else 0.06)
    regions = regions_of()
    direct = by_share(starts, ends, regions) + by_share(alone, alone + 200, regions) / 2
    reads = fragments_in(track, found, regions)
    assert np.corrcoef(reads, direct)[0, 1] > 0.999


@pytest.mark.parametrize(("bin_size", "length"), [(1, 200), (10, 147), (50, 200), (50, 147)])
def test_a_deep_track_tells_the_length_by_its_steps(
    tmp_path: Path, bin_size: int, length: int
) -> None:
    rng = np.random.default_rng(6)
    density = 1 + np.arange(LENGTH) % 50_000 / 10_000
    starts = np.sort(rng.choice(LENGTH, 400_000, p=density / density.sum()))
    starts = starts[starts < LENGTH - length]
    counts = bins_over(starts, starts + length, bin_size)
    found = recover_counts(write(tmp_path / "t.bg", counts * 0.37, bin_size))
    assert found.refused is None
    assert "steps" in str(found.evidence["fragment_length_from"])
    assert found.fragment_length == pytest.approx(length, rel=0.02)
    assert found.library_size == pytest.approx(starts.size, rel=0.01)


def test_a_deep_track_of_unequal_fragments_is_refused_unless_their_length_is_given(
    tmp_path: Path,
) -> None:
    starts, ends = fragments(400_000, spread=120, seed=7)
    track = write(tmp_path / "t.bg", bins_over(starts, ends, 50) * 0.37, 50)
    assert "FragmentLength" in str(recover_counts(track).refused)
    found = recover_counts(track, fragment_length=200)
    assert found.library_size == pytest.approx(400_000, rel=0.01)


@pytest.mark.parametrize("n", [N, 400_000])
def test_smoothed_stays_refused_whatever_length_is_given(tmp_path: Path, n: int) -> None:
    counts = bins_over(*fragments(n, seed=8), 50)
    track = write(tmp_path / "t.bg", smoothed(counts), 50)
    for length in (None, 200.0):
        assert "smoothed" in str(recover_counts(track, fragment_length=length).refused)


@pytest.mark.parametrize(("length", "better"), [(36, 0.65), (76, 0.7)])
def test_short_reads_in_wide_bins_are_told_apart(
    tmp_path: Path, length: int, better: float
) -> None:
    rng = np.random.default_rng(9)
    starts = np.sort(rng.integers(0, LENGTH - 100, 10_000))
    counts = bins_over(starts, starts + length, 50)
    track = write(tmp_path / "t.bg", counts * 1e6 / 10_000, 50)
    found = recover_counts(track)
    assert found.bin_shares is not None
    regions = regions_of()
    direct = by_share(starts, starts + length, regions)
    error = np.std(fragments_in(track, found, regions) - direct)
    plain = counts[: len(regions) * 100].reshape(-1, 100).sum(1) * 50 / found.width
    assert error < better * np.std(plain - direct)
    assert fragments_in(track, found, regions).sum() == pytest.approx(direct.sum(), rel=0.01)
