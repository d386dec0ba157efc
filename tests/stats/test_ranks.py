"""Ranks and their correlation are what scipy gives, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from resist_epi.stats.ranks import average_ranks, spearman


@pytest.mark.parametrize("decimals", [15, 1])
@pytest.mark.parametrize("n", [2, 3, 10, 2000])
def test_scipy_has_the_same_bits(n: int, decimals: int) -> None:
    rng = np.random.default_rng(n)
    one = rng.normal(size=n).round(decimals)
    other = (one + rng.normal(size=n)).round(decimals)
    assert (average_ranks(one) == rankdata(one)).all()
    assert spearman(one, other) == float(spearmanr(one, other).statistic)


def test_there_is_no_correlation_with_a_constant_or_of_one() -> None:
    assert np.isnan(spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    assert np.isnan(spearman([1.0], [1.0]))
    assert average_ranks([]).shape == (0,)
