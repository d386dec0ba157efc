"""Relabelling of a fitted study."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.relabelling import Relabelling, relabel, with_relabelling
from tests.support.builders import matrix, planted, sheet

GROUPS = ["good"] * 4 + ["poor"] * 4


def relabelled(analysis: Analysis, **options: object) -> Relabelling:
    return relabel(analysis.fit, analysis.design, analysis.contrast, **options)  # type: ignore[arg-type]


def test_planted_changes_stand_out_and_the_count_is_that_of_the_results() -> None:
    analysis = analyse(planted(n=500, change=0.8), sheet(GROUPS))
    sets = {"changed": range(40), "quiet": range(100, 140)}
    found = relabelled(analysis, sets=sets)
    assert found.complete
    assert len(found.calls) == 70
    assert found.observed == (analysis.results["direction"] != "none").sum()
    assert found.pvalue == pytest.approx(2 / 70)  # the true labels and their mirror image
    assert found.sets.loc["changed", "pvalue"] == pytest.approx(2 / 70)
    assert found.sets.loc["quiet", "pvalue"] > 0.05
    assert found.sentence.startswith("70 relabellings of the units: a median of ")
    assert found.sentence.endswith(f"; here {found.observed}")
    assert found.extremes.loc[1e-3, "observed"] > 0.05


def test_without_a_change_the_true_labels_are_like_any_others() -> None:
    shares = []
    for seed in range(20):
        analysis = analyse(planted(n=200, changed=0, seed=seed), sheet(GROUPS))
        found = relabelled(analysis, sets={"some": range(30)})
        shares.append(found.sets.loc["some", "pvalue"])
        assert found.extremes.loc[1e-2, "relabelled"] == pytest.approx(0.01, abs=0.006)
    assert 0.25 < np.mean(shares) < 0.75


def test_labels_stay_within_batches() -> None:
    rows = sheet(GROUPS, Batch=["a", "b"] * 4)
    analysis = analyse(planted(n=200), rows, formula="~ Batch + Condition")
    assert len(relabelled(analysis).calls) == 36  # 6 in each batch
    pairs = sheet(GROUPS, Line=["p", "q", "r", "s"] * 2)
    analysis = analyse(planted(n=200), pairs, formula="~ Line + Condition")
    assert len(relabelled(analysis).calls) == 16


def test_weights_of_units_are_those_of_the_fit() -> None:
    analysis = analyse(planted(n=500, per_group=6), sheet(["good"] * 6 + ["poor"] * 6))
    assert analysis.fit.linear.weights is not None
    found = relabelled(analysis)
    assert found.observed == (analysis.results["direction"] != "none").sum()
    assert len(found.calls) == 924


def test_what_cannot_be_relabelled_is_refused() -> None:
    analysis = analyse(planted(n=100), sheet(GROUPS), method="welch")
    with pytest.raises(DesignError, match="fits by trend"):
        relabelled(analysis)
    ages = sheet(GROUPS, Age=[50, 60, 55, 70, 65, 40, 45, 58])
    analysis = analyse(planted(n=100), ages, formula="~ Age", contrast="Age")
    with pytest.raises(DesignError, match="two groups"):
        relabelled(analysis)


@pytest.mark.parametrize("method", ["voom", "ql"])
def test_trend_is_relabelled_in_place_of_a_count_model_and_says_so(method: str) -> None:
    rng = np.random.default_rng(1)
    counts = matrix(rng.poisson(rng.gamma(20, 5, size=(300, 8))), quantity="reads")
    analysis = analyse(counts, sheet(GROUPS), method=method)
    found = with_relabelling(analysis)
    said = found.header
    assert said["relabelling"].startswith("70 relabellings of the units")
    assert said["relabelling"].endswith(f"(by trend on the same regions, in place of {method})")
    assert said["relabelling at the extremes"].startswith("P of at most 0.01 in ")
    assert found.facts["relabelling"]["n"] == 70
    with pytest.raises(DesignError, match="fits by trend"):
        relabel(analysis.fit, analysis.design, analysis.contrast)


def test_what_cannot_be_relabelled_is_said() -> None:
    found = with_relabelling(analyse(planted(n=100), sheet(GROUPS), method="welch"))
    assert found.header["relabelling"].startswith("not done: ")
    assert "relabelling" not in found.facts


def test_calls_under_relabelling_know_no_threshold_and_say_so() -> None:
    plain, harder = (
        with_relabelling(analyse(planted(n=300), sheet(GROUPS), lfc_threshold=t))
        for t in (0.0, 1.0)
    )
    assert harder.facts["relabelling"] == plain.facts["relabelling"]
    assert harder.header["relabelling"] == plain.header["relabelling"] + (
        " (these counts are against no change, not the threshold of 1)"
    )
