"""Mixture weights: a closed form, a slow oracle, the optimum's own conditions, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError
from resist_epi.stats.mixture import mixture_weights, nonnegative_minimum


def densities(seed: int, n: int = 400) -> FloatArray:
    rng = np.random.default_rng(seed)
    widths = np.array([0.3, 1.0, 1.5, 3.0, 9.0])
    x = rng.normal(0, rng.choice(widths, n, p=[0.5, 0, 0.4, 0, 0.1]))
    return np.asarray(np.exp(-((x[:, None] / widths) ** 2) / 2) / widths)


def by_expectation(dense: FloatArray, share: FloatArray, steps: int = 60_000) -> FloatArray:
    weights = np.full(dense.shape[1], 1 / dense.shape[1])
    for _ in range(steps):
        weights = weights * ((share / (dense @ weights)) @ dense)
    return weights


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_weights_are_those_of_slow_expectation_and_maximisation(seed: int) -> None:
    dense = densities(seed)
    share = np.random.default_rng(seed).uniform(0.5, 2, len(dense))
    share /= share.sum()
    slow = by_expectation(dense, share)
    fast = mixture_weights(dense, counts=share * 50)
    assert fast == pytest.approx(slow, abs=2e-3)  # the slow one is not quite there
    assert share @ np.log(dense @ fast) >= share @ np.log(dense @ slow) - 1e-9


def test_no_component_could_gain_at_the_optimum() -> None:
    dense = densities(4)
    weights = mixture_weights(dense)
    gain = (1 / (dense @ weights)) @ dense / len(dense)
    assert gain.max() <= 1 + 1e-6
    assert gain[weights > 0] == pytest.approx(1, abs=1e-5)


def test_scale_of_a_row_and_order_do_not_matter() -> None:
    dense = densities(5)
    scale = np.random.default_rng(1).uniform(0.01, 100, (len(dense), 1))
    found = mixture_weights((dense * scale)[::-1, ::-1])[::-1]
    assert found == pytest.approx(mixture_weights(dense), abs=1e-5)


def test_equal_components_share_what_one_of_them_has() -> None:
    dense = densities(6)
    twice = mixture_weights(np.column_stack([dense, dense[:, 2]]))
    assert twice[2] + twice[5] == pytest.approx(mixture_weights(dense)[2], abs=1e-4)


@pytest.mark.parametrize("wrong", [[[1.0, -1.0]], [[np.nan, 1.0]], [1.0, 2.0]])
def test_densities_are_a_matrix_of_finite_positive_numbers(wrong: object) -> None:
    with pytest.raises(QuantityError, match="matrix of finite numbers"):
        mixture_weights(wrong)  # type: ignore[arg-type]


def test_an_impossible_observation_is_an_error() -> None:
    with pytest.raises(QuantityError, match="impossible"):
        mixture_weights([[1.0, 2.0], [0.0, 0.0]])


@pytest.mark.parametrize("seed", range(5))
def test_bounded_minimum_meets_its_conditions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(8, 8))
    curvature, linear = root @ root.T + 0.1 * np.eye(8), rng.normal(size=8)
    y = nonnegative_minimum(curvature, linear)
    slope = curvature @ y - linear
    assert (y >= 0).all()
    assert slope[y > 0] == pytest.approx(0, abs=1e-9)
    assert (slope[y == 0] >= -1e-9).all()
