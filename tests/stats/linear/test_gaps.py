"""P of a region in which gaps decide is no smaller than gaps are rare."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from resist_epi.stats.linear.gaps import chance_of_gaps

GROUPS = np.repeat([0, 1], [12, 4])


def gappy(rate: float, *, n: int = 2_000, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(3, 1, (n, 1)) * rng.lognormal(0, 0.2, (n, 16))
    values[rng.uniform(size=values.shape) < rate] = 0
    return values


def test_the_chance_is_the_binomial_tail_at_the_share_of_zeros() -> None:
    values = gappy(0.1)
    found = chance_of_gaps(values, np.ones(values.shape, dtype=bool), GROUPS)
    zeros = (values[:, 12:] == 0).sum(axis=1)
    few = (values[:, :12] == 0).sum(axis=1) < 6
    assert (found[few & (zeros < 2)] == 0).all(), "one gap of four decides nothing"
    for k in (2, 3):
        expected = binom.sf(k - 1, 4, 0.1)
        assert np.median(found[few & (zeros == k)]) == pytest.approx(expected, rel=0.25)


def test_gaps_that_are_left_out_decide_nothing() -> None:
    values = gappy(0.1)
    assert (chance_of_gaps(values, values > 0, GROUPS) == 0).all()


def test_a_group_without_signal_where_zeros_are_rare_is_no_gap() -> None:
    values = gappy(0.001)
    values[7, 12:] = 0
    found = chance_of_gaps(values, np.ones(values.shape, dtype=bool), GROUPS)
    assert 0 < found[7] < 1e-8


def test_zeros_of_few_reads_are_told_by_regions_of_few_reads() -> None:
    rng = np.random.default_rng(2)
    values = rng.poisson(np.r_[np.full(1_000, 1.0), np.full(1_000, 50.0)][:, None], (2_000, 16))
    values[0, 12:] = 0
    values[1_500, 12:] = 0
    found = chance_of_gaps(values.astype(float), np.ones(values.shape, dtype=bool), GROUPS)
    assert found[0] == pytest.approx(np.exp(-1) ** 4, rel=0.5)
    assert found[1_500] < 1e-6


@pytest.mark.parametrize("shape", [(0, 16), (1, 16)])
def test_small_input(shape: tuple[int, int]) -> None:
    held = np.ones(shape, dtype=bool)
    assert chance_of_gaps(np.ones(shape), held, GROUPS).tolist() == [0.0] * shape[0]
    assert len(chance_of_gaps(np.zeros(shape), held, GROUPS)) == shape[0]
