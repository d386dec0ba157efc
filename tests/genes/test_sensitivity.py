"""The smallest shift that a set's test would have seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.sensitivity import smallest_effects
from resist_epi.genes.set_methods import SetPvalues
from tests.support.builders import regions


@pytest.fixture
def level() -> GeneLevel:
    """Genes whose standard error is .5: a change of z halves."""
    z = np.random.default_rng(1).normal(size=200)
    table = regions(200, width=100_000).assign(
        baseMean=1.0, log2FoldChange=z / 2, stat=z, df=np.inf, direction="none"
    )
    return GeneLevel(table)


def test_it_is_the_critical_value_and_the_power_in_standard_errors(level: GeneLevel) -> None:
    error = np.array([0.2, 0.1, np.nan])
    found = SetPvalues(np.ones(3), np.ones(3), "", error=error, df=np.full(3, 12.0))
    members = {n: np.arange(20) for n in "abc"}
    made = smallest_effects(level, members, found, fdr=0.05, n_sets=10)
    by_hand = (t.isf(0.0025, 12) + norm.ppf(0.8)) * error * 0.5
    assert made == pytest.approx(by_hand, nan_ok=True)
    more = smallest_effects(level, members, found, fdr=0.05, n_sets=1)
    assert (more[:2] < made[:2]).all()


def test_a_bound_that_has_to_be_exceeded_besides_counts_too(level: GeneLevel) -> None:
    found = SetPvalues(np.ones(1), np.ones(1), "", error=np.array([0.1]), df=np.array([1e6]))
    members = {"a": np.arange(20)}
    made = smallest_effects(level, members, found, fdr=0.05, n_sets=1, beyond=np.array([3.0]))
    assert made == pytest.approx([3.0 + norm.ppf(0.8) * 0.05])
    nothing = smallest_effects(level, members, found, fdr=0.05, n_sets=1, beyond=np.array([np.nan]))
    assert nothing == pytest.approx((norm.isf(0.025) + norm.ppf(0.8)) * 0.05, rel=1e-4)


def test_tests_without_an_error_say_nothing(level: GeneLevel) -> None:
    found = SetPvalues(np.ones(1), np.ones(1), "")
    assert np.isnan(smallest_effects(level, {"a": np.arange(5)}, found, fdr=0.05, n_sets=1)).all()
