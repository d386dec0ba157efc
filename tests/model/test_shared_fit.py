"""Several contrasts share one fit, which no order of theirs changes and who asks again gets."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.model import shared_fit
from resist_epi.model.analysis import analyse, analyse_several, joint_results
from resist_epi.samples.question import Question
from tests.support.builders import matrix, sheet

GROUPS = ["a"] * 4 + ["b"] * 4 + ["c"] * 4
PAIRS = ("b-a", "c-a", "c-b")
N = 400


def counts(seed: int = 3, *, quantity: str = "reads"):
    rng = np.random.default_rng(seed)
    mean = rng.gamma(3, 40, size=(N, 1)) * rng.uniform(0.7, 1.4, 12)
    mean[:40, 4:8] *= 4
    mean[20:60, 8:] *= 5
    return matrix(rng.poisson(mean * rng.gamma(20, 1 / 20, size=mean.shape)), quantity=quantity)


@pytest.mark.parametrize("method", ["trend", "voom", "ql"])
def test_all_pairs_and_their_f_find_what_was_planted(method: str) -> None:
    found = analyse_several(counts(), sheet(GROUPS), PAIRS, method=method, normalize="tmm")
    called = {a.contrast.name: (a.results["padj"] <= 0.05).to_numpy() for a in found}
    truth = {"Condition:b-a": slice(0, 40), "Condition:c-a": slice(20, 60)}
    for name, rows in truth.items():
        assert called[name][rows].mean() > 0.9
        assert called[name].sum() <= called[name][rows].sum() + 8
    table = joint_results(found)
    assert table["df1"].eq(2).all()  # the third pair follows from the others
    assert (table["padj"] <= 0.05)[:60].mean() > 0.95
    assert (table["padj"] <= 0.05)[60:].mean() < 0.03
    sides = [table[f"log2FoldChange_{a.contrast.name}"] for a in found]
    np.testing.assert_allclose(sides[2], sides[1] - sides[0], atol=1e-9)


def test_the_fit_is_made_once_and_no_order_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = []
    whole = shared_fit.fit_units
    monkeypatch.setattr(shared_fit, "fit_units", lambda *a, **k: fits.append(1) or whole(*a, **k))
    made = counts()
    first = {a.contrast.name: a for a in analyse_several(made, sheet(GROUPS), PAIRS)}
    assert len(fits) == 1
    assert len({id(a.fit) for a in first.values()}) == 1
    for order in list(permutations(PAIRS))[1:4]:
        for again in analyse_several(made, sheet(GROUPS), order):
            pd.testing.assert_frame_equal(again.results, first[again.contrast.name].results)


def test_who_asks_one_of_them_again_gets_the_same() -> None:
    made = counts()
    for one in analyse_several(made, sheet(GROUPS), PAIRS):
        stored = Question.from_values(one.question.as_values())
        assert len(stored.beside) == 2
        again = analyse(made, sheet(GROUPS), stored)
        pd.testing.assert_frame_equal(again.results, one.results)


def test_two_groups_alone_are_what_they_were_without_the_others() -> None:
    """One contrast in a list is that contrast."""
    alone = analyse(counts(), sheet(GROUPS), contrast="b-a")
    (listed,) = analyse_several(counts(), sheet(GROUPS), ["b-a"])
    pd.testing.assert_frame_equal(alone.results, listed.results)


def test_a_contrast_that_cannot_be_tested_leaves_the_others_theirs() -> None:
    groups = [*GROUPS[:8], "c", "a", "b", "a"]
    found = analyse_several(counts(), sheet(groups), ["b-a", "c-a"], fold_changes="if_untestable")
    assert [a.tested for a in found] == [True, False]
    assert found[1].results["pvalue"].isna().all()
    assert found[1].results["log2FoldChange"].notna().any()
    alone = analyse(counts(), sheet(groups), contrast="b-a")
    np.testing.assert_allclose(found[0].results["pvalue"], alone.results["pvalue"])
    with pytest.raises(DesignError, match="1 of the contrasts can be tested"):
        joint_results(found)
    with pytest.raises(DesignError, match="one side rests on 1"):
        analyse_several(counts(), sheet(groups), ["b-a", "c-a"])


@pytest.mark.parametrize(
    ("contrasts", "message"),
    [
        ([], "no contrast is named"),
        (["b-a", "b-a"], "asked for twice"),
        (["b-a", "Condition:b-a"], "asked for twice"),
        (["b-a", "d-a"], "no column of the design"),
        (["b-a", "Condition[T.d]"], r"its coefficients are Condition\[T\.b\]"),
    ],
)
def test_contrasts_that_are_none_are_refused(contrasts: list[str], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        analyse_several(counts(), sheet(GROUPS), contrasts)


def test_the_null_is_held_by_each_and_by_f() -> None:
    rng = np.random.default_rng(8)
    mean = rng.gamma(3, 40, size=(3000, 1)) * rng.uniform(0.7, 1.4, 12)
    made = matrix(rng.poisson(mean * rng.gamma(20, 1 / 20, size=mean.shape)), quantity="reads")
    found = analyse_several(made, sheet(GROUPS), PAIRS, normalize="tmm")
    for p in (*(a.results["pvalue"] for a in found), joint_results(found)["pvalue"]):
        assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.015)


def test_a_hidden_factor_is_completed_for_all_contrasts() -> None:
    """A batch of half of each group's units, stronger in the third group, misleads no contrast."""
    rng = np.random.default_rng(5)
    groups = ["a"] * 8 + ["b"] * 8 + ["c"] * 8
    batch = np.r_[[0, 1] * 4, [0, 1] * 4, [0, 1, 1, 1] * 2].astype(float)
    level = rng.normal(6, 1, size=(1500, 1)) + rng.normal(0, 0.25, size=(1500, 24))
    level += np.outer(rng.normal(0, 0.5, 1500), batch)
    made = matrix(2.0**level, library_sizes=np.ones(24))
    rows = sheet(groups)
    found = analyse_several(made, rows, PAIRS, normalize="library_size")
    assert found[0].facts["hidden"]["adjusted"] == 1
    column = found[0].fit.design["hidden1"].to_numpy()
    assert abs(np.corrcoef(column, batch)[0, 1]) > 0.97
    for a in found:
        assert np.mean(a.results["pvalue"] < 0.05) == pytest.approx(0.05, abs=0.025)
        assert "unadjusted_pvalue" in a.results
