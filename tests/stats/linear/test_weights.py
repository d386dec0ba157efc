from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.linear.weights import array_weights, without_shift

DESIGN = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])


def noisy(n=400, seed=1):
    """Samples 2 and 6 with three and two times the standard deviation."""
    scale = np.ones(8)
    scale[2], scale[6] = 3, 2
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 8)) * scale * rng.gamma(4, 0.25, (n, 1)), scale


def test_equal_r(scenario, golden) -> None:
    expected = golden("sample_weights").query("scenario == @scenario.name and method == 'reml'")
    weights = array_weights(scenario.log_cpm, scenario.design)
    np.testing.assert_allclose(weights, expected["weight"], rtol=1e-10)
    fit = fit_linear(scenario.log_cpm, scenario.design, weights=weights)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    found = moderated_t(*contrast(fit, scenario.contrast), squeezed)
    answer = scenario.answer
    assert np.abs(found.statistic - answer["weighted.t"]).max() < 1e-8
    assert np.abs(np.log10(found.pvalue) - np.log10(answer["weighted.p"])).max() < 1e-8


def test_maximise_the_restricted_likelihood() -> None:
    """The same maximum as a general optimiser finds on the definition."""
    y, _ = noisy(60)
    p = DESIGN.shape[1]

    def deviance(free: np.ndarray) -> float:
        w = np.exp(-np.r_[free, -free.sum()])
        x = np.sqrt(w)[:, None] * DESIGN
        q = np.linalg.qr(x, mode="complete")[0][:, p:]
        rss = (((np.sqrt(w) * y) @ q) ** 2).sum(axis=1)
        logdet = np.linalg.slogdet(x.T @ x)[1]
        return float(len(y) * (logdet - np.log(w).sum()) + (8 - p) * np.log(rss).sum())

    best = optimize.minimize(deviance, np.zeros(7), method="BFGS", options={"gtol": 1e-7}).x
    found = array_weights(y, DESIGN, prior_regions=0, tolerance=1e-14)
    np.testing.assert_allclose(found, np.exp(-np.r_[best, -best.sum()]), rtol=1e-5)


def test_known_weights_of_one_change_nothing() -> None:
    y, _ = noisy()
    plain = array_weights(y, DESIGN, tolerance=1e-13)
    known = array_weights(y, DESIGN, weights=np.ones_like(y), tolerance=1e-16)
    np.testing.assert_allclose(known, plain, rtol=1e-7)


def test_planted_noise_is_found_and_order_does_not_matter() -> None:
    y, scale = noisy(4000)
    found = array_weights(y, DESIGN)
    truth = scale**-2.0 / np.exp(np.log(scale**-2.0).mean())
    np.testing.assert_allclose(found, truth, rtol=0.12)
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(len(y)), rng.permutation(8)
    np.testing.assert_allclose(array_weights(y[rows], DESIGN), found, rtol=1e-10)
    moved = array_weights(y[:, columns], DESIGN[columns])
    np.testing.assert_allclose(moved, found[columns], rtol=1e-4)


def test_uninformative_regions_do_not_count() -> None:
    y, _ = noisy(50)
    flat = np.tile(DESIGN @ [3.0, 1.0], (20, 1))
    missing = np.full((1, 8), np.nan)
    np.testing.assert_allclose(
        array_weights(np.vstack([flat, y, missing]), DESIGN), array_weights(y, DESIGN), rtol=1e-10
    )


def test_errors() -> None:
    y, _ = noisy(5)
    with pytest.raises(DesignError, match="leave 1"):
        array_weights(y[:, :3], DESIGN[[0, 1, 7]])
    with pytest.raises(DesignError, match="shape"):
        array_weights(y, DESIGN, weights=np.ones(8))


def test_without_any_variance_all_samples_weigh_the_same(caplog) -> None:
    np.testing.assert_array_equal(array_weights(np.ones((4, 8)), DESIGN), np.ones(8))
    assert "all samples weigh the same" in caplog.text


def test_no_convergence_is_said(caplog) -> None:
    y, _ = noisy(5)
    array_weights(y, DESIGN, max_steps=1, tolerance=0)
    assert "not converged after 1 steps" in caplog.text


def test_groups_share_a_weight_at_the_maximum_of_their_likelihood() -> None:
    y, _ = noisy(80)
    groups = np.repeat([0, 1], [3, 5])
    design = np.column_stack([np.ones(8), groups])

    def deviance(log_ratio: float) -> float:
        w = np.exp(np.where(groups == 0, 5.0, -3.0) * log_ratio)
        x = np.sqrt(w)[:, None] * design
        q = np.linalg.qr(x, mode="complete")[0][:, 2:]
        rss = (((np.sqrt(w) * y) @ q) ** 2).sum(axis=1)
        logdet = np.linalg.slogdet(x.T @ x)[1]
        return float(len(y) * (logdet - np.log(w).sum()) + 6 * np.log(rss).sum())

    best = optimize.minimize_scalar(deviance, bounds=(-1, 1), method="bounded").x
    found = array_weights(y, design, groups=groups, prior_regions=0, tolerance=1e-14)
    np.testing.assert_allclose(found, np.exp(np.where(groups == 0, 5.0, -3.0) * best), rtol=1e-3)
    assert np.log(found).sum() == pytest.approx(0, abs=1e-9)


def test_one_group_or_a_sample_each_are_the_limits_of_groups() -> None:
    y, _ = noisy()
    np.testing.assert_array_equal(array_weights(y, DESIGN, groups=np.zeros(8)), np.ones(8))
    each = array_weights(y, DESIGN, groups=list("abcdefgh"))
    np.testing.assert_allclose(each, array_weights(y, DESIGN), rtol=1e-9)
    with pytest.raises(DesignError, match="3 group labels for 8 samples"):
        array_weights(y, DESIGN, groups=[1, 1, 2])


def test_weights_are_found_where_the_first_step_overshoots() -> None:
    rng = np.random.default_rng(8)
    y = np.outer(rng.normal(size=3000), [3.0, -1, 0, 0.5, 1, -2]) + rng.normal(
        0, 0.1, size=(3000, 6)
    )
    with np.errstate(over="raise", invalid="raise"):
        found = array_weights(y, np.column_stack([np.ones(6), np.repeat([0, 1], 3)]))
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_a_shift_of_a_whole_sample_is_no_variance() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(0, 0.3, size=(2000, 8)) + rng.normal(5, 2, size=(2000, 1))
    shifted = y.copy()
    shifted[:, 2] += 0.8
    seen = array_weights(shifted, DESIGN)
    centred = array_weights(without_shift(shifted, DESIGN), DESIGN)
    assert seen[2] < 0.6
    assert centred[2] == pytest.approx(1, abs=0.1)
    assert without_shift(y[:0], DESIGN).shape == (0, 8)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_many_samples_give_what_few_would(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    y, _ = noisy()
    y[3] = np.nan
    y[4] = 2.0
    whole = array_weights(y, DESIGN)
    monkeypatch.setattr("resist_epi.stats.linear.weights.MANY", 4)
    np.testing.assert_allclose(array_weights(y.astype(kind), DESIGN), whole, rtol=1e-5)


def test_a_shift_is_taken_from_float32_as_from_float64() -> None:
    y, _ = noisy()
    y = y.astype(np.float32)
    found = without_shift(y, DESIGN)
    np.testing.assert_allclose(found, without_shift(y.astype(np.float64), DESIGN), atol=1e-6)
    # Made by rows, and to the bit what a matrix of float32 would be.
    laid_out = np.asarray(found).astype(np.float32)
    np.testing.assert_array_equal(laid_out, np.asarray(found))
    np.testing.assert_array_equal(array_weights(found, DESIGN), array_weights(laid_out, DESIGN))


def test_of_many_samples_a_part_of_the_regions_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    y, scale = noisy(4000)
    known = np.random.default_rng(2).gamma(9, 1 / 9, size=y.shape)
    whole = array_weights(y, DESIGN, weights=known)
    monkeypatch.setattr("resist_epi.stats.linear.weights.MOST_SAMPLES", 4)
    monkeypatch.setattr("resist_epi.stats.linear.weights._LEAST_REGIONS", 100)
    part = array_weights(y, DESIGN, weights=known)
    assert not np.array_equal(part, whole)
    np.testing.assert_allclose(part, whole, rtol=0.2)
    assert set(np.argsort(part)[:2]) == set(np.argsort(-scale)[:2])
