"""Composition factors of background bins."""

from __future__ import annotations

import numpy as np

from resist_epi.stats.scaling.background import background_factors, less_abundant_half
from resist_epi.stats.scaling.size_factors import tmm


def bins(gain: float, covered: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Reads in bins of which a share is domains that gain in the second half of the samples."""
    rng = np.random.default_rng(seed)
    rate = np.full((6000, 1), 20.0) * rng.gamma(50, 1 / 50, size=(6000, 1))
    rate = np.repeat(rate, 8, axis=1)
    domains = rng.permutation(6000) < covered * 6000
    rate[domains] *= 3
    rate[domains, 4:] *= 2**gain
    depth = 1.2e6 / rate.sum(axis=0)
    counts = rng.poisson(rate * depth).astype(float)
    return counts, depth


def shift(factors: np.ndarray, counts: np.ndarray, depth: np.ndarray) -> float:
    """log2 of what the factors leave between the groups where nothing changes."""
    left = np.log2(depth / (counts.sum(axis=0) * factors))
    return float(left[4:].mean() - left[:4].mean())


def test_the_lower_half_withstands_domains_on_nearly_half_of_the_genome() -> None:
    counts, depth = bins(1.0, 0.45)
    sizes = counts.sum(axis=0)
    assert abs(shift(background_factors(counts, sizes), counts, depth)) < 0.03
    assert shift(background_factors(counts, sizes, lower_half=False), counts, depth) < -0.15
    assert shift(np.ones(8), counts, depth) < -0.4


def test_the_choice_of_bins_is_blind_to_the_order_of_samples() -> None:
    counts, _ = bins(1.0, 0.2)
    sizes = counts.sum(axis=0)
    order = np.array([3, 6, 1, 0, 7, 2, 5, 4])
    chosen = less_abundant_half(counts, sizes)
    np.testing.assert_array_equal(less_abundant_half(counts[:, order], sizes[order]), chosen)
    assert 0.45 < chosen.mean() < 0.55
    np.testing.assert_allclose(background_factors(counts, sizes), tmm(counts[chosen], sizes))


def test_few_bins() -> None:
    np.testing.assert_array_equal(background_factors(np.empty((0, 3)), np.ones(3)), np.ones(3))
    np.testing.assert_allclose(background_factors(np.ones((1, 3)), np.ones(3)), np.ones(3))
