from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.linear.precision import voom, voom_with_sample_weights

DESIGN = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])


def test_voom_equals_r(scenario) -> None:
    found = voom(scenario.counts, scenario.design, scenario.library_sizes)
    check(found, scenario, "voom")


def test_quality_weights_equal_r(scenario, golden) -> None:
    found = voom_with_sample_weights(scenario.counts, scenario.design, scenario.library_sizes)
    check(found, scenario, "quality")
    table = golden("sample_weights").query("scenario == @scenario.name and method == 'voom_reml'")
    np.testing.assert_allclose(found.sample_weights, table["weight"], rtol=1e-9)


def check(found, scenario, tag) -> None:
    fit = fit_linear(found.log_cpm, scenario.design, weights=found.weights)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, robust=True)
    test = moderated_t(*contrast(fit, scenario.contrast), squeezed)
    answer = scenario.answer
    assert np.abs(test.statistic - answer[f"{tag}.t"]).max() < 1e-8
    assert np.abs(np.log10(test.pvalue) - np.log10(answer[f"{tag}.p"])).max() < 1e-8


def counts(n=500, seed=3):
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(1, 60, size=(n, 1)), size=(n, 6)).astype(float)


def test_small_counts_weigh_less() -> None:
    x = counts()
    found = voom(x, DESIGN, x.sum(axis=0))
    low, high = x.mean(axis=1) < 10, x.mean(axis=1) > 60
    assert np.median(found.weights[high]) > 3 * np.median(found.weights[low])


def test_order_does_not_matter_and_zero_regions_have_weights() -> None:
    x = np.vstack([counts(), np.zeros((5, 6))])
    sizes = x.sum(axis=0)
    order = np.random.default_rng(4).permutation(len(x))
    first = voom(x, DESIGN, sizes)
    np.testing.assert_allclose(
        voom(x[order], DESIGN, sizes).weights, first.weights[order], rtol=1e-9
    )
    assert np.isfinite(first.weights).all()
    np.testing.assert_allclose(voom(x[:500], DESIGN, sizes).weights, first.weights[:500])


def test_offsets_of_every_observation() -> None:
    x = counts()
    sizes = x.sum(axis=0)
    plain = voom(x, DESIGN, sizes)
    every = voom(x, DESIGN, np.tile(sizes, (len(x), 1)))
    np.testing.assert_allclose(every.weights, plain.weights, rtol=1e-12)
    own = voom(x, DESIGN, sizes * np.linspace(0.5, 2, len(x))[:, None])
    np.testing.assert_allclose(own.weights, plain.weights, rtol=1e-6)


def test_a_noisy_sample_weighs_less() -> None:
    x = counts(2000)
    x[:, 1] = np.random.default_rng(5).poisson(
        x[:, 1] * np.random.default_rng(6).gamma(2, 0.5, 2000)
    )
    found = voom_with_sample_weights(x, DESIGN, x.sum(axis=0))
    assert found.sample_weights is not None
    assert int(np.argmin(found.sample_weights)) == 1
    assert found.sample_weights[1] < 0.4


def test_errors() -> None:
    x = counts(10)
    with pytest.raises(QuantityError, match="region 0, sample 0"):
        voom(-x - 1, DESIGN, x.sum(axis=0))
    with pytest.raises(QuantityError, match="library size"):
        voom(x, DESIGN, np.zeros(6))
    with pytest.raises(DesignError, match="replicates"):
        voom(x[:, :2], np.eye(2), x.sum(axis=0)[:2])
    with pytest.raises(DesignError, match="2 regions"):
        voom(np.zeros((4, 6)), DESIGN, np.ones(6))
