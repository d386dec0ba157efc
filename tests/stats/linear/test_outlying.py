"""Values far from the rest of their region: planted gaps are found, clean data keep theirs."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.outlying import outlying_values

DESIGN = np.column_stack([np.ones(16), np.repeat([0, 1], 8)])


def clean(n: int = 2000, units: int = 16, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sd = 0.4 * np.sqrt(8 / rng.chisquare(8, size=(n, 1)))
    return rng.normal(6, 1.5, size=(n, 1)) + sd * rng.normal(size=(n, units))


def test_clean_values_stay() -> None:
    assert outlying_values(clean(), DESIGN).mean() < 1e-4


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_gaps_are_found_and_hardly_anything_else(share: float) -> None:
    y = clean()
    gap = np.random.default_rng(2).uniform(size=y.shape) < share
    found = outlying_values(np.where(gap, y.min() - 3, y), DESIGN)
    assert found[gap].mean() > 0.85
    assert (found & ~gap).sum() <= 0.02 * found.sum()


def test_two_gaps_of_a_region_do_not_hide_one_another() -> None:
    y = clean()
    y[:200, [1, 12]] -= 6
    found = outlying_values(y, DESIGN)
    assert found[:200, [1, 12]].mean() > 0.9
    assert found[200:].mean() < 1e-3


def test_a_noisy_sample_is_noisy_not_odd() -> None:
    y = clean()
    y[:, 3] += np.random.default_rng(4).normal(0, 1.5, size=len(y))
    weights = np.ones(16)
    weights[3] = (0.4 / 1.5) ** 2
    assert outlying_values(y, DESIGN, weights=weights)[:, 3].mean() < 0.01


def test_a_change_of_the_group_is_no_outlier_and_order_does_not_matter() -> None:
    y = clean()
    y[:500, 8:] += 3
    y[0, 2] -= 8
    found = outlying_values(y, DESIGN)
    assert found[0, 2]
    assert found.mean() < 1e-3
    order = np.random.default_rng(5).permutation(16)
    np.testing.assert_array_equal(outlying_values(y[:, order], DESIGN[order]), found[:, order])


def test_the_order_of_regions_does_not_matter() -> None:
    """The first of many are quiet, as where the table begins with a chromosome that was lost."""
    y = clean(20_000)
    y[:8000] = 6 + 0.05 * (y[:8000] - 6)
    y[::7, 5] -= np.linspace(0.5, 4, len(y[::7]))
    found = outlying_values(y, DESIGN)
    assert found[::7, 5].mean() > 0.5
    np.testing.assert_array_equal(outlying_values(y[::-1], DESIGN), found[::-1])


def test_a_region_keeps_most_of_its_values_and_two_a_group() -> None:
    y = clean(300, units=6)
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    y[:50, :2] -= [[9.0, 12.0]]
    found = outlying_values(y, design)
    assert (found[:, :3].sum(axis=1) <= 1).all()
    assert (found.sum(axis=1) <= 1.8).all()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_one_that_belongs_stays_among_gaps(scale: float) -> None:
    y = clean(units=8)
    design = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])
    y[:100, [4, 5, 6]] = y.min() - 3
    y[100:400, 2] = y.min() - 3
    weights = np.r_[1, 1, 1, 1, scale, 1, 1, 1]
    found = outlying_values(y, design, weights=weights, fdr=0.05)
    assert not found[:100].any(), "the fourth is like the other group"
    assert found[100:400, 2].mean() > 0.8
    assert found[100:400].sum() <= 1.02 * found[100:400, 2].sum()


def test_a_gap_is_one_below_a_change_too() -> None:
    y = clean()
    y[:300, 8:] -= 2
    y[:300, 3] = y[:300, 12] = y.min() - 3
    found = outlying_values(y, DESIGN)
    assert found[:300, [3, 12]].mean() > 0.8


def test_limits() -> None:
    assert outlying_values(np.empty((0, 16)), DESIGN).shape == (0, 16)
    with pytest.raises(DesignError, match="at least 4 residual"):
        outlying_values(np.ones((3, 4)), np.column_stack([np.ones(4), [0, 0, 1, 1]]))
    flat = outlying_values(np.ones((5, 16)), DESIGN)
    assert not flat.any()
