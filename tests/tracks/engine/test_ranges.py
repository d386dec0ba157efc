"""Range sums and extremes against slices and exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from resist_epi.tracks.engine.ranges import range_extremes, range_sums


@pytest.mark.parametrize("seed", range(5))
def test_equal_slices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=97)
    first = rng.integers(0, 97, 300)
    last = np.minimum(first + 1 + rng.integers(0, 97, 300) * rng.integers(0, 2, 300), 97)
    slices = [values[a:b] for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(range_sums(values, first, last), [s.sum() for s in slices])
    for ufunc in (np.minimum, np.maximum):
        expected = [ufunc.reduce(s) for s in slices]
        np.testing.assert_array_equal(range_extremes(values, first, last, ufunc), expected)


def test_small_sums_behind_huge_ones_are_exact() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.uniform(1e10, 1e11, 5000), rng.uniform(1e-6, 1e-5, 500)])
    first, last = np.arange(5000, 5400), np.arange(5050, 5450)
    found = range_sums(values, first, last)
    for i in (0, 170, 399):
        exact = sum(map(Fraction, values[first[i] : last[i]].tolist()), Fraction(0))
        assert found[i] == pytest.approx(float(exact), rel=1e-9)


def test_nothing_asked() -> None:
    none = np.zeros(0, dtype=np.intp)
    assert range_sums(np.ones(3), none, none).size == 0
    assert range_extremes(np.ones(3), none, none, np.minimum).size == 0
