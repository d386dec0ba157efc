"""Changes in some samples of a group: the scan, the shape of noise, and both together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm, skew
from scipy.stats import t as t_distribution

from resist_epi.errors import DesignError
from resist_epi.stats.groups.carriers import carrier_tests
from resist_epi.stats.groups.noise_shape import Shape, fit_shape
from resist_epi.stats.groups.subset_scan import fewest_carriers, scan_splits
from resist_epi.stats.linear.least_squares import fit_linear

POOR = np.repeat([False, True], 8)
DESIGN = np.column_stack([np.ones(16), POOR])


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


def test_shape_has_mean_zero_and_variance_one_and_can_be_found_again() -> None:
    rng = np.random.default_rng(4)
    normal = rng.standard_normal((40_000, 16))
    for shape in (Shape(0.0, 1.0), Shape(-0.4, 0.8), Shape(0.3, 0.6)):
        drawn = shape.apply(normal)
        assert drawn.mean() == pytest.approx(0, abs=0.01)
        assert drawn.var() == pytest.approx(1, abs=0.05)
        assert np.sign(round(float(skew(drawn[:, 0])), 1)) == np.sign(shape.skew)
        scale = np.exp(rng.normal(0, 0.5, size=(len(drawn), 1)))  # which regions have of their own
        projector = np.eye(16) - DESIGN @ np.linalg.pinv(DESIGN)
        residual = (drawn * scale) @ projector
        found = fit_shape(residual, POOR, projector, np.ones(16))
        assert found.skew == pytest.approx(shape.skew, abs=0.05)
        assert found.tail == pytest.approx(shape.tail, abs=0.05)
    np.testing.assert_allclose(Shape(0.0, 1.0).apply(normal), normal)


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
