"""Tails under exchange: against every permutation, against many, and where nothing changes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import special

from resist_epi.errors import DesignError
from resist_epi.stats.groups.exchange import exchange_pvalues
from resist_epi.stats.groups.survival import cox_score_tests

RNG = np.random.default_rng(20)


def test_near_every_permutation_of_seven_units() -> None:
    scores = np.array([0.9, 0.7, 0.4, -0.2, -0.5, -0.6, -0.7])
    x = RNG.lognormal(0, 0.7, size=(40, 7))
    sums = np.array([x @ scores[list(order)] for order in permutations(range(7))])
    observed = x @ scores
    upper = ((sums > observed).mean(axis=0) + (sums >= observed).mean(axis=0)) / 2
    exact = 2 * np.minimum(upper, 1 - upper)
    found = exchange_pvalues(x, scores)
    assert np.median(np.abs(found - exact)) < 0.02
    assert np.abs(found - exact).max() < 0.15
    small = exact < 0.1
    assert np.median(found[small] / exact[small]) == pytest.approx(1, abs=0.25)


def test_near_many_permutations_where_few_scores_are_large() -> None:
    scores = np.r_[np.full(6, 0.9), np.full(54, -0.1)]
    x = RNG.lognormal(0, 1, size=(4, 60))
    x[:, :6] *= np.array([[1.5], [2.0], [2.5], [3.0]])
    orders = RNG.permuted(np.broadcast_to(scores, (200_000, 60)), axis=1)
    sums = orders @ x.T
    upper = (sums >= x @ scores).mean(axis=0)
    exact = 2 * np.minimum(upper, 1 - upper)
    found = exchange_pvalues(x, scores)
    assert (np.abs(found - exact) < 4 * np.sqrt(exact / len(orders)) + 0.15 * exact).all()


def test_a_class_of_its_own_where_values_are_normal_and_scores_even() -> None:
    scores = np.linspace(-1, 1, 80)
    x = RNG.normal(size=(500, 80))
    x += np.linspace(0, 0.6, 500)[:, None] * scores
    sd = np.sqrt(x.var(axis=1, ddof=1) * (scores**2).sum())
    normal = 2 * special.ndtr(-np.abs(x @ scores) / sd)
    assert exchange_pvalues(x, scores) == pytest.approx(normal, rel=0.35, abs=0.01)


def test_properties() -> None:
    scores = RNG.normal(size=20)
    scores -= scores.mean()
    x = RNG.gamma(0.5, size=(50, 20))
    found = exchange_pvalues(x, scores)
    order = RNG.permutation(20)
    assert exchange_pvalues(x[:, order], scores[order]) == pytest.approx(found, rel=1e-6)
    assert exchange_pvalues(3 - 2 * x, scores) == pytest.approx(found, rel=1e-6)
    assert exchange_pvalues(x, -5 * scores) == pytest.approx(found, rel=0.02)  # classes fall anew
    assert ((found > 0) & (found <= 1)).all()


def test_strata_are_exchanged_within() -> None:
    stratum = np.repeat(["a", "b"], 10)
    scores = RNG.normal(size=20)
    scores[:10] -= scores[:10].mean()
    scores[10:] -= scores[10:].mean()
    x = RNG.gamma(0.5, size=(30, 20))
    far = x + 100 * (stratum == "b")  # a difference between strata says nothing
    found = exchange_pvalues(x, scores, strata=stratum)
    assert exchange_pvalues(far, scores, strata=stratum) == pytest.approx(found, rel=1e-4)
    one = np.zeros(20)
    one[:10] = scores[:10]
    alone = exchange_pvalues(x[:, :10], scores[:10])
    assert exchange_pvalues(x, one, strata=stratum) == pytest.approx(alone, rel=1e-3)


def test_the_last_arrangement_has_a_p() -> None:
    x = np.arange(12.0)[None] ** 3
    scores = np.arange(12.0) - 5.5
    found = exchange_pvalues(x, scores)
    assert 0 < found[0] < 1e-4


def test_flat_regions_are_nan_and_shapes_are_named() -> None:
    scores = np.array([1.0, 0.0, -1.0])
    found = exchange_pvalues(np.array([[2.0, 2, 2], [1, 2, 4]]), scores)
    assert np.isnan(found[0])
    assert 0 < found[1] <= 1
    assert exchange_pvalues(np.empty((0, 3)), scores).shape == (0,)
    with pytest.raises(DesignError, match="2 scores"):
        exchange_pvalues(np.ones((1, 3)), [1, -1])
    with pytest.raises(DesignError, match="4 strata"):
        exchange_pvalues(np.ones((1, 3)), scores, strata=[1, 1, 2, 2])


@pytest.mark.parametrize("events", [6, 9, 18])
@pytest.mark.parametrize("adjusted", [False, True])
def test_few_events_and_skewed_signal_hold_the_tail(events: int, adjusted: bool) -> None:
    below = tested = 0
    for _ in range(5):
        time = RNG.exponential(size=60)
        event = np.zeros(60)
        event[RNG.permutation(np.argsort(time)[:30])[:events]] = 1
        z = RNG.normal(size=(60, 1))
        x = RNG.lognormal(0, 1, size=(3000, 60)) + (0.5 * z.T if adjusted else 0)
        found = cox_score_tests(
            x, time, event, covariates=z if adjusted else None, tail="exchange", estimate=False
        )
        below += (found.pvalue < 0.001).sum()
        tested += len(x)
    rate = below / tested
    assert rate - 2 * np.sqrt(0.001 / tested) <= 0.0015
    assert rate >= 0.0004
