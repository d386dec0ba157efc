"""The scan is the best moderated t over all subsets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as t_distribution

from resist_epi.errors import DesignError
from resist_epi.stats.groups.subset_scan import fewest_carriers, scan_splits
from resist_epi.stats.linear.least_squares import fit_linear

POOR = np.repeat([False, True], 8)


def _scan(y: np.ndarray, null_design: np.ndarray, weights: np.ndarray, df_prior: float = 4.0):
    n = len(y)
    return scan_splits(
        y,
        null_design,
        POOR,
        prior=np.full(n, 0.5),
        df_prior=np.full(n, df_prior),
        posterior=np.full(n, 1e6),
        weights=weights,
    )


def test_scan_is_the_best_moderated_t_over_all_subsets() -> None:
    y = np.random.default_rng(1).normal(size=(6, 16))
    scan = _scan(y, np.ones((16, 1)), np.ones(16))
    members, df = np.flatnonzero(POOR), 16 - 2
    for g in range(len(y)):
        best = -np.inf
        for k in range(fewest_carriers(8), 9):
            for chosen in combinations(members, k):
                one = np.isin(np.arange(16), chosen)
                inside, others = y[g, one], y[g, ~one]
                left = inside.var() * inside.size + others.var() * others.size
                error = np.sqrt((4 * 0.5 + left) / (4 + df) * (1 / k + 1 / (16 - k)))
                best = max(best, (inside.mean() - others.mean()) / error)
        score = -norm.ppf(t_distribution.sf(best, 4 + df))
        assert scan.statistic[g, 0] == pytest.approx(score)
    assert (scan.carriers[:, 0].sum(axis=1) == scan.size[:, 0]).all()
    for g in range(len(y)):
        inside = y[g, scan.carriers[g, 0]].mean() - y[g, ~scan.carriers[g, 0]].mean()
        assert scan.shift[g, 0] == pytest.approx(inside)


def test_a_scan_adjusts_for_a_covariate() -> None:
    rng = np.random.default_rng(1)
    y, covariate = rng.normal(size=(40, 16)), rng.normal(size=16)
    null_design = np.column_stack([np.ones(16), covariate])
    scan = _scan(y, null_design, np.ones(16))
    moved = _scan(y + 5 * covariate, null_design, np.ones(16))
    np.testing.assert_allclose(scan.statistic, moved.statistic)
    mark = scan.carriers[0, 0].astype(float)
    fit = fit_linear(y[:1], np.column_stack([null_design, mark]))
    assert scan.shift[0, 0] == pytest.approx(fit.coefficients[0, 2])


def test_turning_the_signs_turns_the_directions() -> None:
    rng = np.random.default_rng(2)
    y, weights = rng.normal(size=(50, 16)), rng.uniform(0.5, 2, size=16)
    up, down = _scan(y, np.ones((16, 1)), weights), _scan(-y, np.ones((16, 1)), weights)
    np.testing.assert_allclose(up.statistic, down.statistic[:, ::-1])
    np.testing.assert_allclose(up.shift, -down.shift[:, ::-1])


def test_known_variances_and_regions_without_variation() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(size=(5, 16))
    y[0] = 3.0
    scan = _scan(y, np.ones((16, 1)), np.ones(16), df_prior=np.inf)
    assert scan.statistic[0] == pytest.approx([0, 0])
    assert np.isfinite(scan.statistic).all()


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(DesignError, match="residual degrees of freedom"):
        _scan(np.zeros((1, 16)), np.eye(16)[:, :15], np.ones(16))
