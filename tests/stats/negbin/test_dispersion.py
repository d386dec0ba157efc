"""Dispersions equal R's, and the profile its definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special

from resist_epi.stats.negbin import dispersion as dispersions
from resist_epi.stats.negbin.dispersion import estimate_trend, spline_slopes
from resist_epi.stats.negbin.glm import CountData, count_data
from tests.support.negative_binomial import ADJUSTED, TWO, counts


def log_likelihood(y, mu, phi):
    r = 1 / phi
    return np.sum(
        special.gammaln(y + r) - special.gammaln(r) - special.gammaln(y + 1)
        + special.xlogy(y, mu / (mu + r)) + r * np.log(r / (mu + r))
    )  # fmt: skip


@pytest.mark.parametrize("design", [TWO, ADJUSTED], ids=["groups", "general"])
def test_profile_equals_the_definition(design) -> None:
    """Cox and Reid's adjusted profile likelihood, by a general optimiser."""
    x = counts(6)
    offset = np.log(x.sum(axis=0))
    profile = dispersions.profile_likelihood(count_data(x, design, offsets=offset))
    grid = 0.1 * 2.0 ** np.linspace(-10, 10, 21)
    for y, row in zip(x, profile, strict=True):
        found = []
        for phi in grid[[5, 10, 13]]:
            best = optimize.minimize(
                lambda b, phi=phi, y=y: -log_likelihood(y, np.exp(design @ b + offset), phi),
                np.r_[np.log(y.sum()) - np.log(x.sum()), np.zeros(design.shape[1] - 1)],
                method="BFGS",
            ).x
            mu = np.exp(design @ best + offset)
            information = design.T @ (design * (mu / (1 + phi * mu))[:, None])
            found.append(log_likelihood(y, mu, phi) - 0.5 * np.linalg.slogdet(information)[1])
        np.testing.assert_allclose(np.diff(row[[5, 10, 13]]), np.diff(found), atol=1e-4)


@pytest.mark.parametrize("step", [1.0, 0.25, 1 / 3, 0.0])
def test_log_gammas_that_are_looked_up_are_those_of_each_count(step: float) -> None:
    """Whole counts, steps of one over a fragment, and counts that never repeat."""
    rng = np.random.default_rng(2)
    y = rng.poisson(9, size=(6, 500)).astype(np.float64) * (step or 1)
    y = y if step else y + rng.uniform(size=y.shape)
    grid = np.array([1e-4, 0.1, 50.0])
    rising = dispersions._Rising(y, dispersions._rising_table(grid, 12))
    for t, phi in enumerate(grid):
        expected = (special.gammaln(y + 1 / phi) - special.gammaln(1 / phi)).sum(axis=0)
        np.testing.assert_allclose(rising.at(t, phi), expected, rtol=1e-9, atol=1e-7)


def test_spline_is_exact_for_cubics_and_its_maximum_is_found() -> None:
    x = np.arange(21.0)
    values = -0.01 * (x - 7.3) ** 3 + 0.4 * (x - 3) ** 2
    slopes = -0.03 * (x - 7.3) ** 2 + 0.8 * (x - 3)
    np.testing.assert_allclose(spline_slopes(21) @ values, slopes, atol=1e-9)
    grid = np.linspace(-10, 10, 21)
    for peak in (-9.2, -3.0, 0.37, 9.99):
        found = dispersions._dispersion_at(-((grid - peak) ** 2)[None])
        assert np.log2(found[0] / 0.1) == pytest.approx(peak, abs=1e-9)
    edge = dispersions._dispersion_at(np.vstack([grid, -grid]))
    np.testing.assert_allclose(np.log2(edge / 0.1), [10, -10])


def test_dispersion_equals_r(scenario, golden) -> None:
    data = count_data(scenario.counts, scenario.design, scenario.library_sizes)
    found = estimate_trend(data)
    prior = golden("prior").query("scenario == @scenario.name").iloc[0]
    groups = scenario.name not in {"covariate", "paired"}
    # In other designs R stops its fits early, above all where a pair holds zeros only.
    tolerance = 1e-7 if groups else 5e-3
    assert found.common == pytest.approx(prior["common"], rel=tolerance)
    np.testing.assert_allclose(found.trended, scenario.answer["ql.trended"], rtol=tolerance)


def test_planted_dispersion_is_found() -> None:
    x = counts(3000, mean=100, dispersion=0.2)
    found = estimate_trend(count_data(x, TWO))
    assert found.common == pytest.approx(0.2, rel=0.05)
    assert np.median(found.trended) == pytest.approx(0.2, rel=0.05)


def test_of_many_samples_a_part_of_the_regions_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(2, 60, size=(3000, 1)) * np.ones(12)
    shape = 1 / (0.05 + 2 / mean)
    x = rng.poisson(rng.gamma(shape, mean / shape)).astype(float)
    data = count_data(x, np.ones((12, 1)))
    whole = estimate_trend(data)
    monkeypatch.setattr(dispersions, "MOST_SAMPLES", 6)
    monkeypatch.setattr(dispersions, "_LEAST_REGIONS", 100)
    part = estimate_trend(data)
    assert part.common != whole.common
    np.testing.assert_allclose(part.trended, whole.trended, rtol=0.15)
    assert np.corrcoef(part.average_log_cpm, whole.average_log_cpm)[0, 1] > 0.999


def test_float32_counts_are_those_of_float64() -> None:
    x = counts(40)
    offsets = np.log(x.sum(axis=0))
    double = count_data(x, TWO, offsets=offsets)
    single = CountData(x.astype(np.float32), double.offsets, double.design)
    one, other = estimate_trend(double), estimate_trend(single)
    assert (one.trended == other.trended).all()  # whole numbers
    assert one.common == other.common
