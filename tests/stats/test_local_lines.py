"""The lines of many points, condensed, are those of each point."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess as other

from resist_epi.stats.smoothing import lowess


@pytest.mark.parametrize("heavy_ties", [False, True])
def test_lowess_of_many_points_equals_statsmodels(heavy_ties: bool) -> None:
    """Above some thousands the points are condensed; the curve is the same."""
    rng = np.random.default_rng(4)
    n = 20_000
    x = np.sort(rng.gamma(2, size=n))
    if heavy_ties:
        x[: n // 4] = x[n // 4]
    y = np.sin(x) + np.log(rng.chisquare(5, n))
    delta = 0.01 * np.ptp(x)
    order = np.lexsort((y, x))
    expected = other(y[order], x[order], frac=0.4, it=3, delta=delta, is_sorted=True)[:, 1]
    found = lowess(x, y, span=0.4)
    np.testing.assert_allclose(found[order], expected, atol=2e-8)
    shuffled = rng.permutation(n)
    again = lowess(x[shuffled], y[shuffled], span=0.4)
    np.testing.assert_allclose(again, found[shuffled], atol=1e-12)
