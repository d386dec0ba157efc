"""Levels, true variation and noise of units: planted ones come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.model.normalization import normalize
from resist_epi.model.pilot_variation import (
    TrueVariances,
    unit_noise,
    variation_of,
    varies_as_counts,
)
from resist_epi.stats.negbin.spread import TrueDispersions
from tests.support import builders, pilots


def design(per_group: int) -> np.ndarray:
    return np.column_stack([np.ones(2 * per_group), np.arange(2 * per_group) >= per_group])


@pytest.mark.parametrize("change", [0.0, 2.0])
def test_variation_of_reads_is_the_planted_one_whatever_the_groups_differ_by(change: float) -> None:
    matrix = normalize(pilots.reads(3, n=1500, change=change), "tmm")
    found = variation_of(matrix, design(3))
    assert found.of_counts
    assert isinstance(found.true, TrueDispersions)
    assert found.true.spread_df == pytest.approx(pilots.SPREAD_DF, rel=0.5)
    drawn = found.true.draw(np.random.default_rng(1))
    expected = pilots.DISPERSION * pilots.SPREAD_DF / 9.34  # median of that chi-square
    assert np.median(drawn) == pytest.approx(expected, rel=0.15)
    reads = np.exp(found.level) * matrix.effective_library_sizes.mean()
    assert np.median(reads / matrix.values.mean(axis=1)) == pytest.approx(1, abs=0.05)


def test_variation_of_signal_is_the_planted_one() -> None:
    matrix = normalize(pilots.signal(3, n=1500), "tmm")
    found = variation_of(matrix, design(3))
    assert not found.of_counts
    assert isinstance(found.true, TrueVariances)
    assert found.prior > 0
    drawn = found.true.draw(np.random.default_rng(1))
    assert np.median(drawn) == pytest.approx(pilots.VARIANCE * pilots.SPREAD_DF / 9.34, rel=0.15)


def test_the_trend_stays_beyond_its_ends() -> None:
    found = variation_of(normalize(pilots.reads(3), "tmm"), design(3))
    low, high = found.along_trend(np.array([-99.0, 99.0]))
    order = np.argsort(found.abundance)
    assert low == found.true.trended[order[0]]
    assert high == found.true.trended[order[-1]]


@pytest.mark.parametrize("make", [pilots.reads, pilots.signal])
def test_a_noisy_unit_is_seen_and_few_units_tell_nothing(make) -> None:
    matrix = make(4, n=1500)
    noise = np.random.default_rng(3).normal(0, 0.8, size=1500)
    values = matrix.values.copy()
    values[:, 0] = np.round(values[:, 0] * np.exp(noise), 0 if make is pilots.reads else 9)
    odd = normalize(builders.matrix(values, quantity=matrix.quantity), "tmm")
    found = variation_of(odd, design(4))
    seen = unit_noise(odd, design(4), found, odd.effective_library_sizes)
    assert seen.mean() == pytest.approx(1)
    assert seen.argmax() == 0
    assert seen[0] > 3 * np.median(seen[1:])
    few = normalize(make(2), "tmm")
    sizes = few.effective_library_sizes
    assert (unit_noise(few, design(2), variation_of(few, design(2)), sizes) == 1).all()


def test_recovered_reads_of_narrow_regions_vary_as_signal() -> None:
    reads = pilots.reads(3)
    assert varies_as_counts(reads)
    assert not varies_as_counts(pilots.signal(3))
    narrow = replace(reads, quantity="recovered_reads", metadata={"fragment_length": 300})
    wide = replace(reads, quantity="recovered_reads", metadata={"fragment_length": 100})
    assert not varies_as_counts(narrow)  # regions of 1,000 bp
    assert varies_as_counts(wide)
