"""Changes in some samples of a group: the scan, the shape of noise, and both together."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.groups.carriers import carrier_tests

POOR = np.repeat([False, True], 8)
DESIGN = np.column_stack([np.ones(16), POOR])


def _noise(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sd = np.sqrt(12 / rng.chisquare(12, size=(n, 1))) * 0.5
    return rng.normal(7, 2, size=(n, 1)) + sd * rng.standard_normal((n, 16))


def test_half_of_a_group_is_found_and_named() -> None:
    y = _noise(1500, 5)
    y[:100, 8:12] += 2.5
    y[100:150, 12:16] -= 2.5
    found = carrier_tests(y, DESIGN, DESIGN[:, :1], POOR, draws=20_000)
    assert (found.pvalue[:150] < 1e-3).mean() > 0.8
    assert (found.statistic[:100] > 0).mean() > 0.97
    assert (found.statistic[100:150] < 0).mean() > 0.97
    named = found.carriers[:100]
    assert named[:, 8:12].mean() > 0.9
    assert named[:, 12:].mean() < 0.1
    assert not found.carriers[:, :8].any()
    assert np.median(found.shift[:100]) == pytest.approx(2.5, abs=0.2)
    assert (found.pvalue[150:] <= 0.05).mean() < 0.06


@pytest.mark.parametrize("odd", ["nothing", "outlier", "variance", "tails", "efficiency"])
def test_noise_alone_is_not_called(odd: str) -> None:
    rng, rates = np.random.default_rng(6), []
    for seed in range(3):
        y = _noise(2000, seed)
        centre = y.mean(axis=1, keepdims=True)
        if odd == "outlier":
            y[:, 15] = centre[:, 0] + 3 * (y[:, 15] - centre[:, 0])
        if odd == "variance":
            y[:, 8:] = centre + 2**0.5 * (y[:, 8:] - centre)
        if odd == "tails":
            y = centre + 0.5 * rng.standard_t(4, size=y.shape) / 2**0.5
        if odd == "efficiency":
            y = y + rng.normal(0, 0.5, size=16)
        found = carrier_tests(y, DESIGN, DESIGN[:, :1], POOR, draws=20_000, seed=seed)
        rates.append([(found.pvalue <= p).mean() for p in (0.05, 0.001)])
    at_05, at_001 = np.mean(rates, axis=0)
    assert at_05 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 6000)
    assert at_001 < 0.001 + 3 * np.sqrt(0.001 / 6000)


def test_the_order_of_regions_and_samples_does_not_matter() -> None:
    y = _noise(600, 7)
    rng = np.random.default_rng(8)
    rows, columns = rng.permutation(600), rng.permutation(16)
    first = carrier_tests(y, DESIGN, DESIGN[:, :1], POOR, draws=5000)
    again = carrier_tests(
        y[rows][:, columns], DESIGN[columns], DESIGN[columns, :1], POOR[columns], draws=5000
    )
    np.testing.assert_allclose(again.pvalue, first.pvalue[rows], rtol=1e-3)
    assert (again.carriers == first.carriers[rows][:, columns]).all()


def test_few_regions_are_refused() -> None:
    with pytest.raises(DesignError, match="200 tested regions"):
        carrier_tests(_noise(20, 1), DESIGN, DESIGN[:, :1], POOR)
