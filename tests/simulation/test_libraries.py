"""Coverage of fragments, and peaks where the mark lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from resist_epi.simulation.cohort import library_fragments, simulate_cohort
from resist_epi.simulation.libraries import _most_by_chance, call_peaks, coverage
from tests.support.small_cohort import SMALL


@pytest.mark.parametrize(("length", "n"), [(1030, 40), (20_030, 40), (60_030, 200)])
def test_coverage_is_that_of_a_naive_count(length: int, n: int) -> None:
    rng = np.random.default_rng(3)
    bin_size, fragment = 50, 120
    starts = np.sort(rng.integers(0, length - fragment, n))
    naive = np.zeros(length)
    for start in starts:
        first, last = start // bin_size, (start + fragment - 1) // bin_size
        naive[first * bin_size : min((last + 1) * bin_size, length)] += 1
    runs = coverage(starts, fragment_length=fragment, bin_size=bin_size, length=length, scale=0.5)
    found = np.zeros(length)
    for start, end, value in zip(runs.starts, runs.ends, runs.values, strict=True):
        found[start:end] = value
    np.testing.assert_allclose(found, 0.5 * naive)
    assert (runs.starts[1:] >= runs.ends[:-1]).all()
    adjacent = runs.starts[1:] == runs.ends[:-1]
    assert (runs.values[1:][adjacent] != runs.values[:-1][adjacent]).all()


def test_coverage_of_no_fragment_is_empty() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert len(coverage(none, fragment_length=200, bin_size=50, length=999, scale=1.0)) == 0


def test_peaks_lie_where_the_mark_lies_and_hardly_elsewhere() -> None:
    cohort = simulate_cohort(replace(SMALL, fragments=150_000))
    for mark in SMALL.marks:
        sample = f"G01_{mark}"
        landscape = cohort.landscape
        peaks = call_peaks(
            library_fragments(cohort, sample),
            landscape.chroms,
            landscape.lengths,
            fragment_length=200,
        )
        parts = landscape.marks[mark]
        inside = np.array(
            [((parts.start < e) & (parts.end > s)).any() for s, e in peaks[["start", "end"]].values]
        )
        assert len(peaks) > 20
        assert inside.mean() > 0.95


def test_no_peak_in_noise() -> None:
    rng = np.random.default_rng(5)
    starts = np.sort(rng.integers(0, 10_000_000 - 200, 20_000))
    lengths = np.array([10_000_000])
    assert len(call_peaks([starts], ("chr1",), lengths, fragment_length=200)) <= 1
    none = call_peaks([starts[:0]], ("chr1",), lengths, fragment_length=200)
    assert none.empty


@pytest.mark.parametrize("p", [1e-5, 1e-3, 0.05, 0.5])
def test_the_most_by_chance_is_scipys(p: float) -> None:
    for mean in (1e-9, 0.02, 0.5, 1.0, 2.0, 7.3, 40.0, 2500.0):
        assert _most_by_chance(p, mean) == poisson.isf(p, mean)
