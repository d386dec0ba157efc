"""Count tests of gene sets against R: hypergeometric, Rao's score test, and goseq's idea."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.sets.set_counts import logistic_score, over_representation, spline_basis


@pytest.fixture(scope="module")
def genes(golden) -> pd.DataFrame:
    return golden("set_counts.genes")


@pytest.fixture(scope="module")
def sets(golden, genes) -> list[np.ndarray]:
    return [np.flatnonzero(genes[name]) for name in golden("set_counts.answer")["set"]]


def test_over_representation_is_the_hypergeometric_tail(golden, genes, sets) -> None:
    found = over_representation(genes["called"], sets)
    answer = golden("set_counts.answer")["hypergeometric"].to_numpy()
    np.testing.assert_allclose(found.pvalue, answer, rtol=1e-10)
    assert found.n_called.tolist() == [int(genes["called"].iloc[s].sum()) for s in sets]


def test_the_score_test_is_rs(golden, genes, sets) -> None:
    basis = spline_basis(np.log(genes["length"]), df=5)
    assert basis.shape[1] == 5
    found = logistic_score(genes["called"], sets, basis)
    answer = golden("set_counts.answer")["rao"].to_numpy()
    np.testing.assert_allclose(np.log10(found.pvalue), np.log10(answer), atol=1e-8)


def test_length_explains_what_it_explains_in_goseq(golden, genes, sets) -> None:
    answer = golden("set_counts.answer").set_index("set")
    plain = over_representation(genes["called"], sets)
    adjusted = logistic_score(genes["called"], sets, spline_basis(np.log(genes["length"])))
    one_sided = np.where(adjusted.statistic > 0, adjusted.pvalue / 2, 1 - adjusted.pvalue / 2)
    table = pd.DataFrame({"plain": plain.pvalue, "adjusted": one_sided}, index=answer.index)
    # Long genes are called more often: that alone makes the plain test call the set of long ones.
    assert table.loc["long", "plain"] < 1e-6
    assert min(table.loc["long", "adjusted"], answer.loc["long", "goseq"]) > 0.05
    assert max(table.loc["true", "adjusted"], answer.loc["true", "goseq"]) < 0.05
    assert table["adjusted"].idxmin() == answer["goseq"].idxmin() == "true"


def test_p_is_uniform_in_sets_of_long_genes() -> None:
    rng = np.random.default_rng(9)
    length = rng.normal(size=1500)
    basis = spline_basis(length)
    longest = np.argsort(-length)[:300]
    p, plain = [], []
    for _ in range(150):
        called = rng.random(1500) < 1 / (1 + np.exp(2.5 - length))
        chosen = [rng.choice(longest, 40, replace=False)]
        p.append(logistic_score(called, chosen, basis).pvalue[0])
        plain.append(over_representation(called, chosen).pvalue[0])
    assert np.mean(np.array(p) <= 0.05) <= 0.10
    assert np.mean(np.array(plain) <= 0.05) > 0.6


def test_edges() -> None:
    called = np.array([True, False, False, True, False, False])
    nothing = over_representation(called, [np.array([], dtype=int)])
    assert np.isnan(nothing.pvalue[0])
    everything = np.ones((6, 1))
    same = logistic_score(called, [np.array([0, 1])], everything)  # a constant adds nothing
    assert np.isfinite(same.pvalue[0])
    none = logistic_score(np.zeros(6), [np.array([0])], np.zeros((6, 0)))
    assert np.isnan(none.pvalue[0])
    assert spline_basis(np.full(5, 2.0)).shape == (5, 0)
    with pytest.raises(DesignError, match="not finite"):
        logistic_score(called, [np.array([0])], np.full((6, 1), np.nan))
    with pytest.raises(DesignError, match="cannot carry"):
        logistic_score(called[:2], [np.array([0])], np.array([[1.0], [2.0]]))
