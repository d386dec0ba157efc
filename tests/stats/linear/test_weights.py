from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.linear.weights import array_weights

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
