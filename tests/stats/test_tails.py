"""Tails read off a table are those of the function itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.stats.linear.moderation import (
    t_quantile,
)
from resist_epi.stats.tails import f_upper_tail, log_f_tail, t_pvalue

N = 8000  # enough for a table


@pytest.mark.parametrize("df2", [0.7, 4.0, 20.6, 300.0, 6e5])
@pytest.mark.parametrize("df1", [1, 2, 10, 38])
def test_the_table_is_the_function(df1: int, df2: float) -> None:
    rng = np.random.default_rng(df1)
    f = np.r_[rng.f(df1, df2, N), rng.f(df1, df2, N) * rng.gamma(0.3, 3, N), 0, 1e-13, 1e4]
    expected = stats.f.sf(f, df1, df2)
    found = f_upper_tail(f, df1, df2)
    np.testing.assert_allclose(found, expected, rtol=2e-9, atol=0)
    logs = log_f_tail(f, df1, df2)
    present = expected > 0
    np.testing.assert_allclose(logs[present], np.log(expected[present]), rtol=0, atol=2e-9)
    # Single values never come from a table.
    one_by_one = np.array([float(f_upper_tail([v], df1, df2)[0]) for v in f[:50]])
    np.testing.assert_allclose(found[:50], one_by_one, rtol=2e-9, atol=0)


def test_regions_of_other_degrees_of_freedom_and_nan_are_their_own() -> None:
    rng = np.random.default_rng(3)
    t = rng.standard_t(9, N)
    df = np.full(N, 9.5)
    df[:20], df[20:30], df[30], t[31] = 3.2, np.inf, np.nan, np.nan
    found = t_pvalue(t, df)
    np.testing.assert_allclose(found[:20], 2 * stats.t.sf(np.abs(t[:20]), 3.2), rtol=1e-11)
    np.testing.assert_allclose(found[20:30], 2 * stats.norm.sf(np.abs(t[20:30])), rtol=1e-11)
    assert np.isnan(found[[30, 31]]).all()
    np.testing.assert_allclose(found[32:], 2 * stats.t.sf(np.abs(t[32:]), 9.5), rtol=1e-9)


def test_all_equal_and_no_statistics() -> None:
    np.testing.assert_array_equal(t_pvalue(np.zeros(N), 5.0), np.ones(N))
    assert t_pvalue(np.zeros(0), 5.0).shape == (0,)
    assert float(t_pvalue(2.0, 5.0)) == pytest.approx(2 * stats.t.sf(2, 5))
    np.testing.assert_array_equal(log_f_tail(np.full(2, 1e300), 1.0, 1e5), [-np.inf] * 2)


@pytest.mark.parametrize("df", [1.0, 3.7, 40.0, np.inf])
def test_tails_equal_scipy(df) -> None:
    t = np.array([0.0, 0.4, -2.0, 9.0, 30.0])
    two_sided = 2 * (stats.t.sf(np.abs(t), df) if np.isfinite(df) else stats.norm.sf(np.abs(t)))
    np.testing.assert_allclose(t_pvalue(t, df), two_sided, rtol=1e-10)
    f = np.array([0.0, 0.3, 4.0, 50.0])
    tail = stats.f.sf(f, 3, df) if np.isfinite(df) else stats.chi2.sf(3 * f, 3)
    np.testing.assert_allclose(f_upper_tail(f, 3, df), tail, rtol=1e-10)
    half = stats.t.ppf(0.975, df) if np.isfinite(df) else stats.norm.ppf(0.975)
    assert t_quantile(0.95, df) == pytest.approx(half, rel=1e-10)
