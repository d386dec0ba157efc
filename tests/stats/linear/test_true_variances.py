"""True variances: drawn as they were planted, not as their estimates scatter."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.stats.linear.moderation import Squeezed, squeeze_variances
from resist_epi.stats.linear.true_variances import TrueVariances


@pytest.mark.parametrize("robust", [False, True])
def test_planted_variances_come_back(robust: bool) -> None:
    rng = np.random.default_rng(1)
    n, df, spread = 5_000, 4.0, 8.0
    true = 0.1 * spread / rng.chisquare(spread, size=n)
    estimates = true * rng.chisquare(df, size=n) / df
    squeezed = squeeze_variances(estimates, df, robust=robust)
    known = TrueVariances.of(estimates, np.full(n, df), squeezed)
    assert known.spread_df == pytest.approx(spread, rel=0.3)
    drawn = known.draw(rng)
    shares = [0.1, 0.5, 0.9]
    assert np.quantile(drawn, shares) == pytest.approx(np.quantile(true, shares), rel=0.1)
    assert np.quantile(estimates, 0.9) > 1.1 * np.quantile(drawn, 0.9)
    assert np.corrcoef(np.log(drawn), np.log(true))[0, 1] > 0.15, "each keeps what is known of it"


def test_equal_variances_are_the_trend() -> None:
    trend = np.array([0.1, 0.2])
    squeezed = Squeezed(trend, trend, np.full(2, np.inf), np.full(2, 8.0))
    known = TrueVariances.of(np.array([0.3, 0.1]), np.full(2, 4.0), squeezed)
    assert known.draw(np.random.default_rng(1)) == pytest.approx(trend)
