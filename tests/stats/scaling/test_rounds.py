"""Rounds of TMM find the unchanged regions where more rise than fall."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from resist_epi.arrays import FloatArray
from resist_epi.stats.scaling.rounds import seem_to_differ, tmm_rounds
from resist_epi.stats.scaling.size_factors import tmm


def shift(changed: float, up: float, per_group: int = 10) -> tuple[float, float]:
    """log2 of what TMM, and its rounds, leave between the groups where nothing changes."""
    rng = np.random.default_rng(11)
    n, poor = 2000, np.repeat([0, 1], per_group)
    sign = np.zeros(n)
    sign[: int(changed * n)] = -1
    sign[: int(changed * up * n)] = 1
    level = rng.normal(7, 1, size=(n, 1)) + rng.normal(0, 0.3, size=(n, 2 * per_group))
    counts = rng.poisson(2.0 ** (level + np.outer(sign, poor))).astype(float)
    sizes = np.full(2 * per_group, 1e6)

    def test(factors: FloatArray) -> FloatArray:
        level = np.log2(counts / factors + 0.5)
        return np.asarray(ttest_ind(level[:, poor == 1], level[:, poor == 0], axis=1).pvalue)

    def left(factors: FloatArray) -> float:
        logs = np.log2(factors)
        return float(logs[poor == 1].mean() - logs[poor == 0].mean())

    return left(tmm(counts, sizes)), left(tmm_rounds(counts, sizes, test))


@pytest.mark.parametrize(("changed", "up"), [(0.2, 0.95), (0.4, 0.95), (0.4, 1.0)])
def test_one_sided_changes_move_tmm_and_not_its_rounds(changed: float, up: float) -> None:
    plain, rounds = shift(changed, up)
    assert plain > 0.05
    assert abs(rounds) < plain / 3


@pytest.mark.parametrize(("changed", "up"), [(0.0, 0.5), (0.4, 0.5)])
def test_where_changes_balance_rounds_do_no_harm(changed: float, up: float) -> None:
    plain, rounds = shift(changed, up)
    assert abs(plain) < 0.02
    assert abs(rounds) < 0.02


def test_at_least_a_twentieth_is_left_out() -> None:
    p = np.append(np.linspace(0.1, 1, 100), np.nan)
    assert seem_to_differ(p).sum() == 5
    p[:20] = 1e-6
    assert seem_to_differ(p)[:20].all()
    assert seem_to_differ(p).sum() == 20
    assert not seem_to_differ(np.full(3, np.nan)).any()


def test_what_cannot_be_tested_is_plain_tmm() -> None:
    counts = np.random.default_rng(1).poisson(50, size=(200, 4)).astype(float)
    sizes = counts.sum(axis=0)
    found = tmm_rounds(counts, sizes, lambda _: np.full(200, np.nan))
    np.testing.assert_array_equal(found, tmm(counts, sizes))
