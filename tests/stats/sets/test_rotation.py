"""Rotation tests against R, and under the null."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import fit_linear, whitened_effects
from resist_epi.stats.sets.rotation import roast
from resist_epi.stats.sets.set_tests import fry
from tests.stats.sets.test_set_tests import SETS

R_ROTATIONS = 49_999


@pytest.fixture(scope="module")
def effects(golden, dense) -> np.ndarray:
    fit = fit_linear(golden("sets.response").to_numpy(), dense.design)
    return whitened_effects(fit, [0, 1])


def test_roast_equals_r_within_monte_carlo_error(effects, golden) -> None:
    n = 9999
    found, answer = roast(effects, SETS, n_rotations=n), golden("roast.answer")
    for mine, theirs in (("pvalue", "either"), ("up", "up"), ("down", "down"), ("mixed", "mixed")):
        p, q = getattr(found, mine), answer[theirs].to_numpy()
        error = np.sqrt(q * (1 - q) * (1 / n + 1 / R_ROTATIONS)) + 2 / n
        assert (np.abs(p - q) < 4 * error).all(), mine


def test_many_rotations_come_to_fry(effects) -> None:
    few = [s for s in SETS if len(s) > 5]
    by_rotation = roast(effects, few, n_rotations=9999).pvalue
    limit = fry(effects, few).pvalue
    # Not the same statistic: fry standardises without moderation in each rotation.
    assert np.abs(np.log10(by_rotation + 1e-4) - np.log10(limit + 1e-4)).max() < 0.35


def test_p_is_uniform_where_correlated_genes_do_not_change() -> None:
    rng = np.random.default_rng(8)
    p = []
    for k in range(150):
        common = rng.normal(size=11)
        effects = rng.normal(size=(60, 11))
        effects[:20] += 0.7 * common
        p.append(roast(effects, [np.arange(20)], n_rotations=199, seed=k).pvalue[0])
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.10
    assert 0.42 <= np.mean(p) <= 0.58


def test_one_gene_alone_is_its_moderated_t(effects) -> None:
    up = roast(effects, [np.array([0])], n_rotations=4999)
    assert up.mixed[0] == pytest.approx(up.pvalue[0])  # one gene: its size is its direction
    assert up.up[0] + up.down[0] == pytest.approx(1, abs=1e-3)


def test_empty_sets_missing_genes_and_no_residuals(effects) -> None:
    broken = effects.copy()
    broken[:40] = np.nan
    found = roast(broken, [np.arange(40), np.array([], dtype=int)], n_rotations=9)
    assert found.n_genes.tolist() == [0, 0]
    assert np.isnan(found.pvalue).all()
    with pytest.raises(DesignError, match="residual effects"):
        roast(effects[:, :1], SETS)
    with pytest.raises(DesignError, match="at least 1"):
        roast(effects, SETS, n_rotations=0)
