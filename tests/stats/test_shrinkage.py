"""Adaptive shrinkage: another implementation, a naive one, planted truth, null, properties."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError
from resist_epi.stats.shrinkage import (
    MOST_FOR_WEIGHTS,
    NULL_WEIGHT,
    normal_errors,
    shrink,
    svalues,
)
from tests.support.golden import read as golden


def planted(seed: int, n: int = 2000, share: float = 0.1) -> tuple[FloatArray, ...]:
    """Truth, estimates and errors."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.uniform(size=n) < share, rng.normal(0, 1.5, n), 0.0)
    error = np.exp(rng.normal(-1, 0.5, n))
    return truth, truth + error * rng.normal(size=n), error


def naive(x: FloatArray, s: FloatArray, widths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Effects and false sign rates from the definition, component by component."""
    spread = np.hypot(s[:, None], widths)
    dense = stats.norm.pdf(x[:, None], 0, spread)
    weights = np.full(len(widths), 1 / len(widths))
    prior = np.where(widths == 0, NULL_WEIGHT - 1, 0.0)
    for _ in range(20_000):
        joint = dense * weights
        weights = (joint / joint.sum(axis=1, keepdims=True)).sum(axis=0) + prior
        weights /= weights.sum()
    joint = dense * weights
    joint /= joint.sum(axis=1, keepdims=True)
    kept = widths**2 / spread**2
    sd = np.where(widths == 0, 1.0, s[:, None] * np.sqrt(kept))
    below = np.where(widths == 0, 0.0, stats.norm.cdf(0, kept * x[:, None], sd))
    negative, zero = (joint * below).sum(axis=1), joint[:, widths == 0].sum(axis=1)
    return (joint * kept).sum(axis=1) * x, np.minimum(negative + zero, 1 - negative)


def test_effects_and_svalues_are_those_of_another_implementation() -> None:
    table = golden("shrinkage")
    found = shrink(table["estimate"], table["error"], widths=golden("shrinkage.widths")["width"])
    assert found.effect == pytest.approx(table["effect"].to_numpy(), abs=1e-6)
    assert found.false_sign == pytest.approx(table["false_sign"].to_numpy(), abs=1e-6)
    assert found.svalue == pytest.approx(table["svalue"].to_numpy(), abs=1e-6)
    # Its own rule for the widths starts from the smallest error instead of a small one.
    own = shrink(table["estimate"], table["error"])
    assert own.effect == pytest.approx(table["effect"].to_numpy(), abs=1e-3)
    assert own.svalue == pytest.approx(table["svalue"].to_numpy(), abs=1e-3)


def test_effects_are_those_of_the_definition() -> None:
    _, x, s = planted(1, n=300, share=0.3)
    widths = np.array([0.2, 0.5, 1.0, 2.0])
    found = shrink(x, s, widths=widths)
    effect, false_sign = naive(x, s, np.r_[0.0, widths])
    assert found.effect == pytest.approx(effect, abs=1e-4)
    assert found.false_sign == pytest.approx(false_sign, abs=1e-4)


def test_wrong_signs_are_as_rare_as_the_svalue_says() -> None:
    false, called = 0, 0
    for seed in range(20):
        truth, x, s = planted(seed)
        found = shrink(x, s)
        supported = found.svalue <= 0.05
        called += supported.sum()
        false += (np.sign(found.effect) != np.sign(truth))[supported].sum()
    assert called > 1000
    assert 0.02 <= false / called <= 0.06


def test_shrunken_effects_are_nearer_the_truth() -> None:
    truth, x, s = planted(3)
    found = shrink(x, s)
    assert np.mean((found.effect - truth) ** 2) < 0.35 * np.mean((x - truth) ** 2)


def test_nothing_is_supported_where_nothing_changes() -> None:
    for seed in range(10):
        _, x, s = planted(seed, share=0.0)
        found = shrink(x, s)
        assert not (found.svalue <= 0.05).any()
        assert found.weights[0] > 0.95


def test_shrinkage_pulls_towards_zero_and_keeps_the_sign() -> None:
    _, x, s = planted(4)
    found = shrink(x, s)
    assert (np.abs(found.effect) <= np.abs(x)).all()
    assert (found.effect * x >= 0).all()
    assert ((found.false_sign >= 0) & (found.false_sign <= 1)).all()
    assert found.weights.sum() == pytest.approx(1)


def test_unit_sign_and_order_do_not_matter() -> None:
    _, x, s = planted(5)
    first, order = shrink(x, s), np.random.default_rng(1).permutation(len(x))
    other = shrink(-3 * x[order], 3 * s[order])
    assert other.effect == pytest.approx(-3 * first.effect[order], abs=1e-4)
    assert other.svalue == pytest.approx(first.svalue[order], abs=1e-5)


def test_what_has_no_estimate_or_error_is_left_out() -> None:
    _, x, s = planted(6)
    x[0], s[1], x[2] = np.nan, np.nan, np.inf
    found, alone = shrink(x, s), shrink(x[3:], s[3:])
    assert np.isnan(found.effect[:3]).all()
    assert np.isnan(found.svalue[:3]).all()
    assert found.effect[3:] == pytest.approx(alone.effect)
    nothing = shrink([np.nan, np.nan], [1.0, np.nan])
    assert np.isnan(nothing.effect).all()
    assert shrink([], []).effect.shape == (0,)


def test_few_and_extreme_estimates_are_shrunk_too() -> None:
    one = shrink([3.0], [1.0])
    assert 0 <= one.effect[0] < 3
    far = shrink([500.0, *np.zeros(50)], [0.01, *np.ones(50)])
    assert far.effect[0] == pytest.approx(500, rel=1e-3)
    assert np.isfinite(far.svalue).all()
    same = shrink(np.zeros(20), np.ones(20))
    assert (same.effect == 0).all()
    assert (same.svalue > 0.5).all()


def test_more_regions_than_weights_need_cost_no_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    _, x, s = planted(7, n=6000)
    every = shrink(x, s)
    monkeypatch.setattr("resist_epi.stats.shrinkage.MOST_FOR_WEIGHTS", 2000)
    some = shrink(x, s)
    assert np.corrcoef(every.effect, some.effect)[0, 1] > 0.999
    clear = every.svalue <= 0.2
    assert np.abs(every.svalue - some.svalue)[clear].max() < 0.06


def test_errors_and_widths_are_positive() -> None:
    with pytest.raises(QuantityError, match="standard errors"):
        shrink([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(QuantityError, match="widths"):
        shrink([1.0, 2.0], [1.0, 1.0], widths=[0.0, 1.0])


@pytest.mark.parametrize("df", [3.0, 10.0, np.inf])
def test_a_normal_test_with_the_errors_has_the_p_of_t(df: float) -> None:
    t = np.array([0.01, 0.4, 0.8, 2.0, 5.0, 60.0])
    p = 2 * (stats.norm.sf(t) if np.isinf(df) else stats.t.sf(t, df))
    found = normal_errors(2 * t, np.full(6, 2.0), t, df, p)
    assert 2 * stats.norm.sf(2 * t / found)[2:] == pytest.approx(p[2:], rel=2e-3)
    assert (found >= 2 * 0.999).all()
    assert found[0] == pytest.approx(found[1], rel=0.02)  # near zero one ratio


def test_errors_of_a_likelihood_ratio_are_what_its_p_speaks_of() -> None:
    # No reads in one group: the error of the fit is large, its likelihood is not in doubt.
    found = normal_errors([-5.0, 0.0], [4.0, 1.0], [-6.0, 0.0], 40.0, [1e-8, 1.0])
    assert found[0] == pytest.approx(5 / stats.norm.isf(5e-9))
    assert found[1] == pytest.approx(1.0, rel=0.01)


def test_errors_of_nothing_are_nothing() -> None:
    found = normal_errors([np.nan, 1.0, 0.0], [1.0, np.nan, 0.0], 1.0, 5.0, [0.1, np.nan, 1.0])
    assert np.isnan(found).all()


def test_svalues_do_not_hang_on_the_order_of_ties() -> None:
    rates = np.array([0.2, 0.1, 0.2, 0.4])
    assert svalues(rates) == pytest.approx([0.5 / 3, 0.1, 0.5 / 3, 0.225])
    assert svalues([]).shape == (0,)


@pytest.mark.parametrize("place", [0, 1, 2, 70_000])
def test_a_lone_change_among_very_many_regions_keeps_its_size(place: int) -> None:
    rng = np.random.default_rng(7)
    estimate = rng.normal(0, 0.5, MOST_FOR_WEIGHTS + 9_000)
    error = np.full(len(estimate), 0.5)
    estimate[place] = 50.0
    found = shrink(estimate, error)
    assert np.isfinite(found.effect).all()
    assert np.isfinite(found.svalue).all()
    assert found.effect[place] == pytest.approx(50, rel=0.01)
    assert found.svalue[place] < 1e-6
    assert (found.svalue <= 0.05).sum() == 1


def test_weights_do_not_depend_on_the_order_of_very_many_regions() -> None:
    rng = np.random.default_rng(8)
    error = rng.uniform(0.3, 0.6, 70_000)
    estimate = rng.normal(0, error) + np.where(rng.random(70_000) < 0.02, rng.normal(0, 2), 0)
    turned = rng.permutation(70_000)
    straight, other = shrink(estimate, error), shrink(estimate[turned], error[turned])
    assert np.allclose(straight.effect[turned], other.effect, atol=1e-6)
