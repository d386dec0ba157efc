from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import contrast, contrast_mean_square, fit_linear
from resist_epi.stats.linear.moderation import (
    moderated_f,
    moderated_t,
    squeeze_variances,
    treat,
)

EXACT = 1e-8


def close(found, answer, tag) -> None:
    """Statistic and log10 P within the parity bound."""
    assert np.abs(found.statistic - answer[f"{tag}.t"]).max() < EXACT
    assert np.abs(np.log10(found.pvalue) - np.log10(answer[f"{tag}.p"])).max() < EXACT


@pytest.mark.parametrize(
    ("tag", "trend", "robust"),
    [("plain", False, False), ("trend", True, False), ("robust", True, True)],
)
def test_moderated_t_equals_r(scenario, tag, trend, robust) -> None:
    fit = fit_linear(scenario.log_cpm, scenario.design)
    squeezed = squeeze_variances(
        fit.sigma2, fit.df_residual, covariate=fit.mean if trend else None, robust=robust
    )
    effect = contrast(fit, scenario.contrast)
    close(moderated_t(*effect, squeezed), scenario.answer, tag)
    if robust:
        close(treat(*effect, squeezed, threshold=0.3), scenario.answer, "treat")
        np.testing.assert_allclose(squeezed.df_prior, scenario.answer["df_prior"], rtol=1e-7)
        np.testing.assert_allclose(squeezed.prior, scenario.answer["s2_prior"], rtol=1e-8)
        np.testing.assert_allclose(effect.estimate, scenario.answer["lfc"], atol=1e-11)


def test_unequal_weights_equal_r(dense, golden) -> None:
    answer = golden("weights.answer")
    fit = fit_linear(
        np.log2(dense.counts + 0.5), dense.design, weights=golden("weights.observation").to_numpy()
    )
    effect = contrast(fit, dense.contrast)
    np.testing.assert_allclose(np.sqrt(fit.sigma2), answer["sigma"], rtol=1e-11)
    np.testing.assert_allclose(effect.unscaled_sd, answer["sd"], rtol=1e-11)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    close(moderated_t(*effect, squeezed), answer.add_prefix("x."), "x")


def test_joint_f_equals_r() -> None:
    from tests.support.golden import load

    case = load("covariate")
    fit = fit_linear(case.log_cpm, case.design)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean)
    found = moderated_f(contrast_mean_square(fit, np.eye(4)[:, 1:]), 3, squeezed)
    np.testing.assert_allclose(found.statistic, case.answer["joint.f"], rtol=EXACT)
    assert np.abs(np.log10(found.pvalue) - np.log10(case.answer["joint.p"])).max() < EXACT


def variances(n=3000, df=8, prior=6.0, seed=2):
    rng = np.random.default_rng(seed)
    return 0.3 * rng.chisquare(df, n) / df / (rng.chisquare(prior, n) / prior)


@pytest.mark.parametrize("robust", [False, True])
def test_planted_prior_is_found(robust) -> None:
    squeezed = squeeze_variances(variances(), 8, robust=robust)
    assert np.median(squeezed.df_prior) == pytest.approx(6, rel=0.25)
    assert squeezed.prior[0] == pytest.approx(0.3, rel=0.06)


def test_outlying_variances_keep_their_own() -> None:
    s2 = variances(prior=50.0)
    s2[:5] = 60.0
    plain = squeeze_variances(s2, 8)
    robust = squeeze_variances(s2, 8, robust=True)
    assert robust.df_prior[:5].max() < 2 < robust.df_prior[10:].min()
    assert np.median(robust.df_prior) > plain.df_prior[0]


def test_equal_variances_have_an_infinite_prior() -> None:
    rng = np.random.default_rng(8)
    s2 = rng.chisquare(8, 4000) / 8
    squeezed = squeeze_variances(np.clip(s2, 0.3, 2), 8)
    assert np.isinf(squeezed.df_prior).all()
    assert np.ptp(squeezed.posterior) == 0
    assert (squeezed.df_total == 8 * 4000).all()


def test_unequal_degrees_of_freedom() -> None:
    """Variances on fewer degrees of freedom weigh less; the prior is found all the same."""
    rng = np.random.default_rng(4)
    df = rng.choice([3.0, 6.0, 8.0], 6000)
    s2 = 0.3 * rng.chisquare(df) / df / (rng.chisquare(6, 6000) / 6)
    for robust in (False, True):
        squeezed = squeeze_variances(s2, df, robust=robust)
        assert np.median(squeezed.df_prior) == pytest.approx(6, rel=0.25)
        assert squeezed.prior[0] == pytest.approx(0.3, rel=0.06)


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("trend", [False, True])
def test_order_and_nan_do_not_matter(robust, trend) -> None:
    s2 = variances()
    along = np.random.default_rng(3).normal(size=len(s2))
    first = squeeze_variances(s2, 8, covariate=along if trend else None, robust=robust)
    order = np.random.default_rng(5).permutation(len(s2))
    with_nan = np.r_[s2[order], np.nan]
    same = np.r_[along[order], 1] if trend else None
    df = np.r_[np.full(len(s2), 8.0), 0]
    again = squeeze_variances(with_nan, df, covariate=same, robust=robust)
    np.testing.assert_allclose(again.posterior[:-1], first.posterior[order], rtol=1e-11)
    np.testing.assert_allclose(again.df_total[:-1], first.df_total[order], rtol=1e-9)
    assert np.isnan(again.posterior[-1])


def test_edges() -> None:
    one = squeeze_variances([2.0], 3, covariate=[1.0], robust=True)
    assert one.posterior[0] == 2
    assert one.df_total[0] == 3
    same = squeeze_variances(np.zeros(10), 4, robust=True)
    assert np.isfinite(same.posterior).all()
    with pytest.raises(DesignError, match="without replicates"):
        squeeze_variances([np.nan, 1.0], [4, 0])
    with pytest.raises(DesignError, match=">= 0"):
        treat([1.0], [1.0], one, threshold=-1)


def test_undefined_standard_errors_give_nan() -> None:
    squeezed = squeeze_variances(np.r_[variances(20), np.nan], 4)
    found = moderated_t(np.ones(21), np.r_[0, np.ones(20)], squeezed)
    assert np.isnan(found.pvalue[[0, 20]]).all()
    assert np.isfinite(found.pvalue[1:20]).all()


def test_null_p_values_are_uniform() -> None:
    rng = np.random.default_rng(12)
    y = rng.normal(size=(20_000, 6)) * np.sqrt(variances(20_000, 4, 5.0))[:, None]
    fit = fit_linear(y, np.column_stack([np.ones(6), np.repeat([0, 1], 3)]))
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
    p = moderated_t(*contrast(fit, [0, 1]), squeezed).pvalue
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.006)
    assert np.mean(p < 0.001) == pytest.approx(0.001, abs=0.0008)


def test_treat_at_zero_is_the_t_test() -> None:
    squeezed = squeeze_variances(variances(50), 4)
    estimate = np.random.default_rng(1).normal(size=50)
    plain = moderated_t(estimate, np.ones(50), squeezed)
    zero = treat(estimate, np.ones(50), squeezed, threshold=0)
    np.testing.assert_allclose(zero.pvalue, plain.pvalue, rtol=1e-10)
    np.testing.assert_allclose(zero.statistic, plain.statistic)
    stricter = treat(estimate, np.ones(50), squeezed, threshold=0.5)
    assert (stricter.pvalue > plain.pvalue).all()
