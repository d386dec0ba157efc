from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.errors import DesignError
from resist_epi.stats.groups.rank_tests import welch_tests, wilcoxon_tests

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(("n1", "n2"), [(3, 3), (6, 6), (4, 9), (1, 7), (30, 25)])
def test_wilcoxon_without_ties_is_exact(n1, n2) -> None:
    x = RNG.normal(size=(40, n1 + n2))
    second = np.arange(n1 + n2) >= n1
    expected = stats.mannwhitneyu(x[:, second], x[:, ~second], axis=1, method="exact").pvalue
    np.testing.assert_allclose(wilcoxon_tests(x, second).pvalue, expected, rtol=1e-9)


def test_smallest_p_at_6_against_6_is_2_in_924() -> None:
    found = wilcoxon_tests(np.arange(12.0)[None], np.arange(12) >= 6)
    assert found.pvalue[0] == pytest.approx(2 / 924)
    assert found.estimate[0] == 6
    assert found.statistic[0] > 0


@pytest.mark.parametrize("n", [12, 120])
def test_wilcoxon_with_ties_is_the_corrected_normal(n) -> None:
    x = RNG.integers(0, 6, size=(40, n)).astype(float)
    second = np.arange(n) >= n // 3
    expected = stats.mannwhitneyu(
        x[:, second], x[:, ~second], axis=1, method="asymptotic", use_continuity=True
    ).pvalue
    np.testing.assert_allclose(wilcoxon_tests(x, second).pvalue, expected, rtol=1e-9)


def test_welch_equals_scipy() -> None:
    x = RNG.normal(size=(50, 9)) * np.r_[np.ones(4), np.full(5, 3.0)]
    second = np.arange(9) >= 4
    expected = stats.ttest_ind(x[:, second], x[:, ~second], axis=1, equal_var=False)
    found = welch_tests(x, second)
    np.testing.assert_allclose(found.statistic, expected.statistic, rtol=1e-10)
    np.testing.assert_allclose(found.pvalue, expected.pvalue, rtol=1e-9)
    np.testing.assert_allclose(found.df, expected.df, rtol=1e-10)


@pytest.mark.parametrize("test", [welch_tests, wilcoxon_tests])
def test_swapping_groups_flips_signs(test) -> None:
    x = RNG.normal(size=(30, 10))
    second = np.arange(10) >= 4
    a, b = test(x, second), test(x, ~second)
    np.testing.assert_allclose(a.statistic, -b.statistic, rtol=1e-10)
    np.testing.assert_allclose(a.pvalue, b.pvalue, rtol=1e-10)
    order = RNG.permutation(10)
    np.testing.assert_allclose(test(x[:, order], second[order]).pvalue, a.pvalue, rtol=1e-10)


@pytest.mark.parametrize("test", [welch_tests, wilcoxon_tests])
def test_edges(test) -> None:
    x = np.vstack([np.ones(6), np.r_[np.nan, np.ones(5)], np.arange(6.0)])
    second = np.arange(6) >= 3
    found = test(x, second)
    assert np.isnan(found.pvalue[:2]).all()
    assert np.isfinite(found.pvalue[2])
    assert test(np.empty((0, 6)), second).pvalue.shape == (0,)
    with pytest.raises(DesignError, match="at least"):
        test(x, np.ones(6))
    with pytest.raises(DesignError, match="labels"):
        test(x, [True, False])


@pytest.mark.parametrize("test", [welch_tests, wilcoxon_tests])
def test_null_is_held(test) -> None:
    x = RNG.normal(size=(20_000, 16))
    p = test(x, np.arange(16) >= 8).pvalue
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.006)
