"""What part of a track says of its fragments, each of its signs on a track made for it."""

from __future__ import annotations

import numpy as np
import pytest
from adversarial_kinds import Libraries, libraries, rebinned
from adversarial_tracks import ArrayTrack

from resist_epi.tracks.recovery.local_look import LocalLook, look_closely
from resist_epi.tracks.recovery.recovery import recover_counts

SPARSE = (12_000, 200, 0, 0.0, 50)
DEEP = (300_000, 200, 60, 0.1, 50)


@pytest.fixture(scope="module")
def sparse() -> Libraries:
    return libraries(31, SPARSE)


@pytest.fixture(scope="module")
def deep() -> Libraries:
    return libraries(32, DEEP)


def look(values: np.ndarray, bin_size: int = 50, *, mates: int = 1) -> LocalLook:
    track = ArrayTrack(values, bin_size)
    return look_closely(track, bin_size=bin_size, quantum=1.0, mates=mates)


def refused(values: np.ndarray, bin_size: int = 50, *, length: float | None = None) -> str:
    found = recover_counts(ArrayTrack(values, bin_size), fragment_length=length)
    return found.refused or ""


def test_independent_fragments_vary_as_their_mean(sparse: Libraries) -> None:
    found = look(sparse.counts[0])
    assert found.variance == pytest.approx(1, abs=3 * found.variance_error + 0.02)
    assert abs(found.alike) < 0.02
    assert found.overlaps > 0.9
    assert found.width == pytest.approx(250, abs=2)
    assert found.problem() is None


def test_duplicates_vary_more_and_are_no_problem(sparse: Libraries) -> None:
    found = look(2 * sparse.counts[0])
    assert found.variance == pytest.approx(2, rel=0.1)
    assert found.problem() is None


@pytest.mark.parametrize("n", [0, 1])
def test_means_rounded_to_whole_numbers_are_too_even(
    sparse: Libraries, deep: Libraries, n: int
) -> None:
    x = (sparse, deep)[n]
    values = np.ceil((x.counts[0] + x.counts[1]) / 2)
    assert look(values).variance < 0.8
    assert "whole numbers" in refused(values)
    assert refused(values, length=200.0)


def test_the_larger_of_two_lacks_overlaps(sparse: Libraries) -> None:
    values = np.maximum(sparse.counts[0], sparse.counts[1])
    assert look(values).overlaps < 0.8
    assert refused(values)


@pytest.mark.parametrize("n", [0, 1])
def test_means_over_two_bins_make_flights_of_steps(
    sparse: Libraries, deep: Libraries, n: int
) -> None:
    assert refused(rebinned((sparse, deep)[n].counts[0], 2))


def test_means_over_four_bins_of_a_deep_track_vary_too_much(deep: Libraries) -> None:
    assert "times as much as" in refused(rebinned(deep.counts[0], 4))


def test_a_deep_track_tells_the_mean_of_unequal_fragments(deep: Libraries) -> None:
    found = recover_counts(ArrayTrack(deep.counts[0] * 0.37, 50))
    assert found.refused is None
    assert found.fragment_length == pytest.approx(200, rel=0.05)
    assert found.library_size == pytest.approx(deep.sizes[0], rel=0.05)


def test_a_pair_is_never_torn_in_two(sparse: Libraries) -> None:
    pairs = 2 * sparse.counts[0]
    pairs[200:205] += 1
    assert look(pairs, mates=2).torn == 0
    values = np.maximum(pairs - sparse.counts[1], 0)
    assert look(values, mates=2).torn > 0.1
    assert refused(values)


@pytest.mark.parametrize("added", [1, 2])
def test_what_was_added_everywhere_is_seen_where_a_chromosome_ends(
    deep: Libraries, added: int
) -> None:
    assert "added everywhere" in refused(deep.counts[0] + added, length=200.0)


def test_capped_values_are_many_at_the_largest(deep: Libraries) -> None:
    assert "capped" in refused(np.minimum(deep.counts[0], 20), length=200.0)


def test_stretches_shorter_than_a_read_are_none() -> None:
    rng = np.random.default_rng(33)
    values = np.zeros(400_000)
    starts = rng.integers(0, values.size - 10, 6_000)
    np.add.at(values, starts, 1)
    np.add.at(values, starts[:2_000] + 1, 1)
    assert "no read is" in refused(values, 20)


def test_too_little_to_look_at_says_nothing() -> None:
    values = np.zeros(2_000)
    values[100:105] = 1
    found = look(values)
    assert np.isnan(found.variance)
    assert found.problem() is None
    assert found.problem_of_deep() is None
