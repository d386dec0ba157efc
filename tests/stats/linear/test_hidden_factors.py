"""Factors are taken from the residuals, and completed by what they add to a contrast."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.hidden_factors import (
    hidden_factors,
    leading_axes,
    orthogonal_effects,
    without_shift,
)
from resist_epi.stats.linear.least_squares import contrast, fit_linear

CONTRAST = np.array([0.0, 1.0])


def groups(first: int, second: int) -> np.ndarray:
    return np.column_stack([np.ones(first + second), np.repeat([0.0, 1.0], [first, second])])


def cohort(factor: np.ndarray, *, n: int = 3000, seed: int = 0) -> np.ndarray:
    """Unit noise, a tenth of the regions changed by 2, and a factor in all of them."""
    rng = np.random.default_rng(seed)
    change = np.where(rng.random(n) < 0.1, 2.0, 0.0) * rng.choice([-1, 1], n)
    X = groups(*[len(factor) // 2] * 2)
    noise = rng.normal(size=(n, len(factor))) * np.sqrt(8 / rng.chisquare(8, (n, 1)))
    return noise + np.outer(rng.normal(0, 0.8, n), factor) + np.outer(change, X[:, 1])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("correlated", [False, True])
def test_effects_hold_estimate_and_residual_variance(weighted: bool, correlated: bool) -> None:
    rng = np.random.default_rng(1)
    y, X = rng.normal(size=(40, 9)), groups(4, 5)
    weights = rng.uniform(0.5, 2, 9) if weighted else None
    shared = 0.3 + 0.7 * np.eye(9) if correlated else None
    effects = orthogonal_effects(y, X, CONTRAST, weights=weights, correlation=shared)
    fit = fit_linear(y, X, weights=weights, correlation=shared)
    estimate, unscaled = contrast(fit, CONTRAST)
    np.testing.assert_allclose(effects.contrast, estimate / unscaled, rtol=1e-9)
    np.testing.assert_allclose((effects.residual**2).mean(axis=1), fit.sigma2, rtol=1e-9)
    np.testing.assert_allclose((effects.scaled**2).mean(axis=1), 1)
    rebuilt = np.outer(effects.contrast, effects.direction) + effects.residual @ effects.space.T
    left = rebuilt - (y - y @ np.linalg.pinv(X).T @ X.T)
    assert np.linalg.matrix_rank(np.column_stack([X, left.T]), tol=1e-6) == 2


@pytest.mark.parametrize("per_group", [6, 12])
def test_a_factor_that_goes_with_the_groups_comes_back_whole(per_group: int) -> None:
    rng = np.random.default_rng(2)
    factor = rng.normal(size=2 * per_group) + np.repeat([0.0, 0.8], per_group)
    found = []
    for seed in range(4):
        effects = orthogonal_effects(
            cohort(factor, seed=seed), groups(per_group, per_group), CONTRAST
        )
        estimated = hidden_factors(effects, leading_axes(effects, 1))
        found.append(np.corrcoef(estimated.columns[:, 0], factor)[0, 1] ** 2)
        assert 0.3 < estimated.reliability[0] < 1
        np.testing.assert_allclose(estimated.columns.std(ddof=1), 1)
    assert min(found) > 0.985


def test_its_slope_is_that_of_the_true_loadings() -> None:
    # Without the correction for noise in the loadings it would be a fifth too flat.
    factor = np.tile([0.0, 0.0, 1.0, 0.0, 1.0, 1.0], 2) + np.repeat([0.0, 0.5], 6)
    X, slopes = groups(6, 6), []
    for seed in range(8):
        effects = orthogonal_effects(cohort(factor, seed=seed), X, CONTRAST)
        axes = leading_axes(effects, 1)
        estimated = hidden_factors(effects, axes)
        slopes.append(estimated.slope[0] * np.sign((effects.space @ axes)[:, 0] @ factor))
    inside = factor - X @ np.linalg.lstsq(X, factor, rcond=None)[0]
    along = np.linalg.pinv(X)[1] / np.linalg.norm(np.linalg.pinv(X)[1])
    assert np.mean(slopes) == pytest.approx(along @ factor / np.linalg.norm(inside), rel=0.04)


def test_adjusting_takes_the_factor_out_of_the_contrast() -> None:
    factor = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1.0])
    y, X = cohort(factor, seed=5), groups(6, 6)
    effects = orthogonal_effects(y, X, CONTRAST)
    columns = hidden_factors(effects, leading_axes(effects, 1)).columns
    estimates = [
        contrast(fit_linear(y, np.column_stack([X, z])), [0, 1, 0]).estimate
        for z in (columns, factor)
    ]
    assert np.corrcoef(*estimates)[0, 1] > 0.99


def test_two_factors_span_the_true_ones() -> None:
    rng = np.random.default_rng(6)
    factors = rng.normal(size=(20, 2))
    y = cohort(factors[:, 0], seed=6) + np.outer(rng.normal(0, 0.8, 3000), factors[:, 1])
    effects = orthogonal_effects(y, groups(10, 10), CONTRAST)
    found = hidden_factors(effects, leading_axes(effects, 2)).columns
    X = np.column_stack([np.ones(20), found])
    left = factors - X @ np.linalg.lstsq(X, factors, rcond=None)[0]
    assert (left.var(axis=0) < 0.03 * factors.var(axis=0)).all()


def test_what_all_regions_share_is_taken_away() -> None:
    rng = np.random.default_rng(7)
    y = rng.normal(size=(501, 6))
    moved = y + rng.normal(size=6)
    np.testing.assert_allclose(
        without_shift(moved) - without_shift(moved).mean(axis=1, keepdims=True),
        without_shift(y) - without_shift(y).mean(axis=1, keepdims=True),
        atol=1e-12,
    )
    assert without_shift(np.zeros((0, 6))).shape == (0, 6)


def test_without_residual_there_is_no_factor() -> None:
    with pytest.raises(DesignError, match="2 residual degrees of freedom; 1 are left"):
        orthogonal_effects(np.ones((3, 3)), groups(1, 2), CONTRAST)


def test_regions_of_zeros_are_passed_over() -> None:
    y = cohort(np.tile([0.0, 1.0, 1.0], 4))
    y[:100] = 0
    effects = orthogonal_effects(y, groups(6, 6), CONTRAST)
    found = hidden_factors(effects, leading_axes(effects, 1))
    assert not found.loadings[:100].any()
    assert np.isfinite(found.columns).all()
