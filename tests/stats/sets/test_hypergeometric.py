"""Tails of the hypergeometric distribution: by whole fractions, and beside scipy's."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from resist_epi.stats.sets.hypergeometric import hypergeometric_tail, log_tails


@pytest.mark.parametrize(
    ("population", "marked", "drawn"),
    [(20, 7, 5), (20, 15, 9), (300, 40, 120), (5, 0, 3), (5, 5, 2), (4, 2, 0), (2000, 90, 400)],
)
def test_tails_are_those_of_whole_fractions(population: int, marked: int, drawn: int) -> None:
    whole = comb(population, drawn)
    for k in range(drawn + 2):
        ways = sum(
            comb(marked, i) * comb(population - marked, drawn - i) for i in range(k, drawn + 1)
        )
        expected = float(Fraction(ways, whole))
        assert hypergeometric_tail(k, population, marked, drawn) == pytest.approx(
            expected, rel=1e-12, abs=0
        )


def test_scipy_gives_the_same_ten_digits() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        population = int(rng.integers(2, 20_000))
        marked, drawn = (int(rng.integers(0, min(population, 400) + 1)) for _ in range(2))
        k = int(rng.integers(0, min(marked, drawn) + 2))
        ours = float(hypergeometric_tail(k, population, marked, drawn))
        assert ours == pytest.approx(
            float(hypergeom.sf(k - 1, population, marked, drawn)), rel=1e-11, abs=1e-290
        )


def test_logs_reach_beyond_the_smallest_number() -> None:
    fewest, tails = log_tails(100_000, 2000, 2000)
    assert fewest == 0
    assert tails[0] == 0
    assert tails[-1] < -8000
    assert (np.diff(tails) <= 0).all()
