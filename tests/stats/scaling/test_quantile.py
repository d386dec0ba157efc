"""Smooth quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resist_epi.stats.scaling.quantile import smooth_quantile
from tests.support.golden import load


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_equals_r(golden: Callable[[str], pd.DataFrame], name: str) -> None:
    level = np.log(load(name).counts + 0.5)
    found = smooth_quantile(level, [0] * 6 + [1] * 6)
    np.testing.assert_allclose(found, golden(f"{name}.quantile"), atol=1e-10)


def test_without_groups_all_distributions_become_one() -> None:
    level = np.random.default_rng(1).normal(size=(500, 4)) * [1, 2, 3, 1] + [0, 1, 2, 3]
    found = np.sort(smooth_quantile(level), axis=0)
    np.testing.assert_allclose(found, found[:, :1].repeat(4, axis=1))
    np.testing.assert_allclose(found[:, 0], np.sort(level, axis=0).mean(axis=1))


def test_a_difference_between_groups_stays_and_one_within_them_goes() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(size=(2000, 1)) + rng.normal(0, 0.05, size=(2000, 8))
    groups = ["a"] * 4 + ["b"] * 4
    apart = smooth_quantile(base + np.array([0] * 4 + [2] * 4), groups)
    assert np.median(apart[:, 4:].mean(axis=1) - apart[:, :4].mean(axis=1)) > 1.9
    noise = smooth_quantile(base + np.array([0, 2] * 4), groups)
    assert abs(np.median(noise[:, 1] - noise[:, 0])) < 0.01


def test_ties_stay_ties_and_empty_input_passes() -> None:
    level = np.array([[1.0, 5], [1, 6], [2, 7]])
    found = smooth_quantile(level)
    assert found[0, 0] == found[1, 0]
    assert smooth_quantile(np.empty((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(smooth_quantile(level[:, :1]), level[:, :1])
