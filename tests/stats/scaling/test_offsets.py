"""Trended offsets and lines through common peaks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import QuantityError
from resist_epi.stats.scaling.offsets import common_peak_offsets, robust_line, trended_offsets
from tests.support.golden import load

Golden = Callable[[str], pd.DataFrame]


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_trend_equals_loess_fit_of_r(golden: Golden, name: str) -> None:
    level = np.log(load(name).counts + 0.5)
    np.testing.assert_allclose(trended_offsets(level), golden(f"{name}.loess"), atol=1e-9)


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_robust_lines_equal_rlm_of_r(golden: Golden, name: str) -> None:
    level = np.log(load(name).counts + 0.5)
    mean = level.mean(axis=1)
    common = mean > np.median(mean)
    expected = golden(f"{name}.lines").to_numpy()
    found = [robust_line(mean[common], y[common] - mean[common]) for y in level.T]
    np.testing.assert_allclose(found, expected, atol=1e-8)
    lines = expected[:, 0] + np.outer(np.clip(mean, mean[common].min(), None), expected[:, 1])
    np.testing.assert_allclose(
        common_peak_offsets(level, common), lines - lines.mean(axis=1, keepdims=True), atol=1e-8
    )


def test_a_planted_trend_is_found() -> None:
    rng = np.random.default_rng(1)
    mean = rng.uniform(0, 8, size=4000)
    trend = np.column_stack([0 * mean, 0.3 * np.sin(mean), 0.1 * mean])
    level = mean[:, None] + trend + rng.normal(0, 0.1, size=trend.shape)
    level[:300, 2] += 3  # changed regions, few at every level
    centred = trend - trend.mean(axis=1, keepdims=True)
    assert np.abs(trended_offsets(level, span=0.2) - centred).mean() < 0.05


def test_regions_that_were_not_used_take_the_nearest_value() -> None:
    level = np.column_stack([np.arange(100.0), np.arange(100.0) * 1.1])
    inner = np.zeros(100, dtype=bool)
    inner[20:80] = True
    offsets = trended_offsets(level, fitted_on=inner)
    np.testing.assert_allclose(offsets[:20], offsets[20:21].repeat(20, axis=0))
    np.testing.assert_allclose(common_peak_offsets(level, inner)[90], offsets[79], atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (5, 2)])
def test_few_regions_or_samples(shape: tuple[int, int]) -> None:
    level = np.random.default_rng(2).normal(size=shape)
    for offsets in (trended_offsets(level), common_peak_offsets(level, np.ones(shape[0], bool))):
        assert np.isfinite(offsets).all()
        np.testing.assert_allclose(offsets.mean(axis=1), 0, atol=1e-12)


def test_nothing_to_learn_from() -> None:
    with pytest.raises(QuantityError, match="there is none"):
        trended_offsets(np.ones((3, 2)), fitted_on=np.zeros(3, dtype=bool))


def test_a_line_through_equal_levels_is_flat() -> None:
    intercept, slope = robust_line(np.full(5, 2.0), np.array([1.0, 1, 1, 1, 9]))
    assert slope == 0
    assert intercept == pytest.approx(1, abs=0.5)
