"""The spread of true dispersions: recovered from few units, and held against naive ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.stats.negbin.dispersion import Trend, estimate_trend
from resist_epi.stats.negbin.glm import CountData, count_data
from resist_epi.stats.negbin.spread import _RATIOS, TrueDispersions, true_dispersions


def simulated(df: float, per_group: int, seed: int = 1) -> tuple[CountData, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, units = 2_000, 2 * per_group
    level = 2.0 ** rng.normal(6, 1.5, size=n)
    true = (0.08 + 1 / level) * df / rng.chisquare(df, size=n)
    phi = np.repeat(true[:, None], units, axis=1)
    counts = rng.poisson(level[:, None] * rng.gamma(1 / phi) * phi)
    X = np.column_stack([np.ones(units), np.arange(units) >= per_group])
    return count_data(counts, X, offsets=np.zeros(units)), true


@pytest.mark.parametrize(("df", "per_group"), [(4.0, 2), (10.0, 3), (40.0, 3)])
def test_true_dispersions_come_back_where_estimates_scatter(df: float, per_group: int) -> None:
    data, true = simulated(df, per_group)
    known = true_dispersions(data, estimate_trend(data))
    assert known.spread_df == pytest.approx(df, rel=0.5)
    drawn = known.draw(np.random.default_rng(2))
    shares = [0.1, 0.25, 0.5, 0.75, 0.9]
    assert np.quantile(drawn, shares) == pytest.approx(np.quantile(true, shares), rel=0.2)
    # Estimates, one by one, are spread far wider than what they estimate.
    mean = data.counts.mean(axis=1)
    single = (data.counts.var(axis=1, ddof=1) - mean) / mean**2
    assert np.quantile(single, 0.1) < 0.7 * np.quantile(drawn, 0.1)


def test_equal_dispersions_are_drawn_as_such() -> None:
    data, _ = simulated(1e7, 6)
    known = true_dispersions(data, estimate_trend(data))
    assert known.spread_df > 80


def naive_posterior(y: np.ndarray, per_group: int, trended: float, df: float) -> float:
    """Mean log2 ratio of a dispersion, from densities of scipy; groups have equal libraries."""
    likelihood = []
    groups = (y[:per_group], y[per_group:])
    for ratio in _RATIOS:
        phi = trended * 2.0**ratio
        total = 0.0
        for own in groups:
            mean = own.mean()
            total += stats.nbinom.logpmf(own, 1 / phi, 1 / (1 + phi * mean)).sum()
            total -= 0.5 * np.log(per_group * mean / (1 + phi * mean))
        likelihood.append(total)
    law = stats.chi2(df)
    edges = 2.0 ** (np.append(_RATIOS, _RATIOS[-1] + 0.25) - 0.125)
    prior = np.diff(law.sf(df / edges))
    mass = np.exp(np.array(likelihood) - max(likelihood)) * prior
    return float((mass * _RATIOS).sum() / mass.sum())


def test_what_a_region_leaves_possible_is_what_densities_say() -> None:
    data, _ = simulated(8.0, 3)
    trend = estimate_trend(data)
    known = true_dispersions(data, trend)
    mass = np.diff(known.cumulated, axis=1, prepend=0.0)
    ours = mass @ _RATIOS
    # Beyond the grid of the likelihood (dispersion below 1e-4) it is taken to be flat.
    rows = np.flatnonzero((data.counts.min(axis=1) > 0) & (known.trended > 0.03))[:40]
    for i in rows:
        naive = naive_posterior(data.counts[i], 3, known.trended[i], known.df)
        assert ours[i] == pytest.approx(naive, abs=0.05)


def test_regions_without_reads_follow_the_law_alone() -> None:
    data, _ = simulated(8.0, 3)
    empty = CountData(np.vstack([data.counts, np.zeros((1, 6))]), data.offsets, data.design)
    known = true_dispersions(empty, estimate_trend(empty))
    law = np.diff(known.cumulated[-1], prepend=0.0)
    assert law.sum() == pytest.approx(1)
    assert _RATIOS[int(law.argmax())] == pytest.approx(0, abs=0.6)


def test_draws_are_those_of_the_seed_and_within_their_cells() -> None:
    cumulated = np.cumsum(np.eye(len(_RATIOS))[[32, 36]], axis=1)  # ratios 1 and 2
    known = TrueDispersions(np.array([0.1, 0.2]), 5.0, cumulated)
    first, again = (known.draw(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.log2(first / np.array([0.1, 0.4])) == pytest.approx(0, abs=0.125)


def test_a_trend_that_is_off_is_made_up_for() -> None:
    data, _ = simulated(8.0, 3)
    trend = estimate_trend(data)
    doubled = Trend(trend.common, trend.trended * 2, trend.average_log_cpm)
    one, other = true_dispersions(data, trend), true_dispersions(data, doubled)
    assert other.trended == pytest.approx(one.trended, rel=0.1), "the law's scale makes up for it"
