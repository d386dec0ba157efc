from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.sets.joint import adafilter, joint_correlation, max_p

GROUPS = np.column_stack([np.ones(12), np.repeat([0.0, 1.0], 6)])
SECOND = np.array([0.0, 1.0])


def rejected_by_definition(p: np.ndarray, r: int, level: float) -> np.ndarray:
    """AdaFilter BH as the paper defines it: the largest threshold whose estimate is low enough.

    The estimate jumps up where a filter statistic is passed, so the supremum is found on a grid of
    the statistics and what lies just above them.
    """
    n = p.shape[1]
    ordered = np.sort(p, axis=1)
    filtering, selection = (n - r + 1) * ordered[:, r - 2], (n - r + 1) * ordered[:, r - 1]
    best = 0.0
    for value in np.r_[filtering, selection]:
        for threshold in (value, np.nextafter(value, 2)):
            estimate = threshold * (filtering < threshold).sum()
            if estimate / max((selection < threshold).sum(), 1) <= level:
                best = max(best, threshold)
    return np.asarray(selection < best)


@pytest.mark.parametrize(("n", "r"), [(2, 2), (3, 3), (4, 2), (4, 3)])
@pytest.mark.parametrize("seed", range(6))
def test_adafilter_is_what_the_paper_defines(n: int, r: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=(300, n)) ** rng.choice([1, 6], size=(300, n))
    for level in (0.01, 0.05, 0.3):
        called = adafilter(p, replicates=r) <= level
        np.testing.assert_array_equal(called, rejected_by_definition(p, r, level))
    assert called.any()


def test_max_p_is_benjamini_hochberg_of_the_largest() -> None:
    p = np.random.default_rng(1).uniform(size=(50, 3)) ** 3
    np.testing.assert_array_equal(max_p(p), benjamini_hochberg(p.max(axis=1)))
    assert (adafilter(p) <= max_p(p) + 1e-12).all()


def test_rows_with_nan_do_not_count() -> None:
    p = np.random.default_rng(1).uniform(size=(60, 2)) ** 3
    with_nan = np.r_[p, [[np.nan, 1e-9], [1e-9, np.nan]]]
    for test in (adafilter, max_p):
        np.testing.assert_array_equal(test(with_nan)[:60], test(p))
        assert np.isnan(test(with_nan)[60:]).all()


def test_order_of_rows_and_studies_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(size=(60, 3)) ** 3
    shuffle = rng.permutation(60)
    np.testing.assert_array_equal(adafilter(p[shuffle][:, ::-1]), adafilter(p)[shuffle])


def test_edges() -> None:
    assert adafilter(np.empty((0, 2))).shape == (0,)
    assert adafilter([[0.0, 0.0]]).tolist() == [0.0]
    assert adafilter([[1.0, 1.0]]).tolist() == [1.0]
    assert np.isnan(adafilter([[np.nan, 0.1]])).all()
    for wrong in ([[0.1]], [[0.1, 0.1], [0.2, 0.2]]):
        with pytest.raises(DesignError, match="conjunction"):
            adafilter(wrong, replicates=1)
    with pytest.raises(QuantityError, match="rows x studies"):
        adafilter([0.1, 0.2])
    with pytest.raises(QuantityError, match="between 0 and 1"):
        max_p([[0.1, 1.2]])


def simulate(rng: np.random.Generator, rho: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    first = rng.normal(size=(n, 12))
    second = rho * first + np.sqrt(1 - rho**2) * rng.normal(size=(n, 12))
    scale = np.sqrt(5 / rng.chisquare(5, size=(n, 1)))
    return first * scale + rng.normal(size=(n, 1)), 3 * second * scale


def p_values(y: np.ndarray) -> np.ndarray:
    fit = fit_linear(y, GROUPS)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
    return moderated_t(*contrast(fit, SECOND), squeezed).pvalue


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.0, 0.5])
def test_the_correlation_is_recovered(rho: float) -> None:
    y = simulate(np.random.default_rng(3), rho)
    p = np.column_stack([p_values(y[0]), p_values(y[1])])
    found = joint_correlation(y, (GROUPS, GROUPS), (SECOND, SECOND), np.arange(12), pvalues=p)
    assert found.residual == pytest.approx(rho, abs=0.015)
    assert found.estimates == pytest.approx(found.residual)
    assert found.candidates == pytest.approx(rho, abs=0.06)
    assert found.information == pytest.approx(10)
    assert found.n_genes == 4000


def test_units_of_one_study_only_and_other_designs() -> None:
    first, second = simulate(np.random.default_rng(4), -0.6, 20000)
    mine, theirs = np.arange(0, 10), np.array([11, 9, 8, 7, 5, 4, 3, 1])
    batch = np.column_stack([GROUPS[theirs], np.tile([0.0, 1.0], 4)])
    link = np.array([list(theirs).index(i) if i in theirs else -1 for i in mine])
    vectors = (SECOND, np.array([0.0, 1.0, 0.0]))
    found = joint_correlation(
        (first[:, mine], second[:, theirs]), (GROUPS[mine], batch), vectors, link
    )
    assert found.residual == pytest.approx(-0.6, abs=0.03)
    # What follows for the estimates is seen in the estimates themselves: nothing was changed.
    a = fit_linear(first[:, mine], GROUPS[mine]).coefficients @ vectors[0]
    b = fit_linear(second[:, theirs], batch).coefficients @ vectors[1]
    scale = np.abs(first).mean(axis=1) * np.abs(second).mean(axis=1)
    seen = (a * b / scale).mean() / np.sqrt((a**2 / scale).mean() * (b**2 / scale).mean())
    assert -0.6 < found.estimates < -0.2
    assert found.estimates == pytest.approx(seen, abs=0.05)


def test_units_that_are_not_shared() -> None:
    y = simulate(np.random.default_rng(5), -0.9, 50)
    arguments = (GROUPS, GROUPS), (SECOND, SECOND)
    apart = joint_correlation(y, *arguments, np.full(12, -1))
    assert apart.estimates == 0
    assert apart.n_genes == 0
    one = joint_correlation(y, *arguments, np.r_[0, np.full(11, -1)])
    assert np.isnan(one.estimates)
    with pytest.raises(DesignError, match="rows must agree"):
        joint_correlation(y, *arguments, np.arange(5))


def test_rows_without_residuals_are_left_out() -> None:
    y = simulate(np.random.default_rng(6), 0.4, 300)
    arguments = (GROUPS, GROUPS), (SECOND, SECOND), np.arange(12)
    whole = joint_correlation(y, *arguments)
    holes = tuple(np.r_[x, np.full((2, 12), np.nan), np.zeros((1, 12))] for x in y)
    again = joint_correlation((holes[0], holes[1]), *arguments)
    assert again.n_genes == 300
    assert again.residual == pytest.approx(whole.residual)


@pytest.mark.parametrize(("test", "rho"), [(adafilter, 0.0), (max_p, -0.8)])
def test_the_false_discovery_rate_holds(test, rho) -> None:
    rng = np.random.default_rng(7)
    false, power = [], []
    for _ in range(12):
        first, second = simulate(rng, rho)
        effect = np.repeat([0.0, 1.0], 6) * 2.5
        first[:1000] += effect
        second[:200] -= 3 * effect
        second[1000:1500] += 3 * effect
        p = np.column_stack([p_values(first), p_values(second)])
        opposite = np.sign(first @ (GROUPS[:, 1] - 0.5)) != np.sign(second @ (GROUPS[:, 1] - 0.5))
        called = np.zeros(len(p), dtype=bool)
        called[opposite] = test(p[opposite]) <= 0.05
        false.append(called[200:].sum() / max(called.sum(), 1))
        power.append(called[:200].mean())
    assert np.mean(false) < 0.065
    assert np.mean(power) > 0.3
