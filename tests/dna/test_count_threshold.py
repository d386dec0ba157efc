"""The count above which an input's bin is no background."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.dna.count_threshold import high_threshold


@pytest.mark.parametrize("counts", [True, False])
def test_threshold_is_the_quantile_of_the_bulk(counts: bool) -> None:
    rng = np.random.default_rng(1)
    values = rng.negative_binomial(8, 8 / 28, 50_000).astype(float)
    dirty = values.copy()
    dirty[:200] *= 30
    for one in (values, dirty):
        share = (values[200:] > high_threshold(one, quantile=0.999, counts=counts)).mean()
        assert 0.0003 < share < 0.002
    assert high_threshold(np.zeros(10), quantile=0.99, counts=counts) == np.inf
    assert high_threshold(np.full(10, 5.0), quantile=0.99, counts=counts) == np.inf
    assert high_threshold(np.empty(0), quantile=0.99, counts=counts) == np.inf
    poisson = high_threshold(np.array([3.0, 4, 3, 4, 3, 4, 3]), quantile=0.99, counts=True)
    assert poisson > 4
