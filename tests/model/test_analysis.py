"""One question of one matrix, and every quantity that must answer the same one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import analyse, analyse_several
from resist_epi.model.differential import contrast_results
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.normalization import normalize
from resist_epi.samples.question import Question
from tests.support.builders import matrix, planted, sheet

GROUPS = ["good"] * 4 + ["poor"] * 4


def test_a_question_and_its_fields_by_name_ask_the_same() -> None:
    made, rows = planted(n=100), sheet(GROUPS)
    question = Question(contrast="good-poor", fdr=0.1, method="trend")
    one = analyse(made, rows, question)
    other = analyse(made, rows, contrast="good-poor", fdr=0.1, method="trend")
    pd.testing.assert_frame_equal(one.results, other.results)
    assert one.question == other.question
    third = analyse(made, rows, replace(question, fdr=0.5), fdr=0.1)
    assert third.question == one.question
    with pytest.raises(TypeError, match="metod"):
        analyse(made, rows, metod="voom")


def test_who_asks_the_answered_question_again_gets_the_same_test() -> None:
    rng = np.random.default_rng(1)
    counts = matrix(rng.poisson(rng.gamma(20, 5, size=(300, 8))), quantity="reads")
    first = analyse(counts, sheet(GROUPS, batch=["a", "b"] * 4), formula="~ BATCH + condition")
    asked = first.question
    assert (asked.formula, asked.contrast) == ("~ Batch + Condition", "Condition:poor-good")
    assert asked.method == first.fit.method
    assert asked.normalize == first.matrix.metadata["normalization"]
    again = analyse(counts, sheet(GROUPS, batch=["a", "b"] * 4), asked)
    pd.testing.assert_frame_equal(again.results, first.results)
    assert again.question == asked


def test_a_hazard_is_asked_again_without_a_contrast() -> None:
    times = ["5", "6", "7", "8", "1", "2", "3", "4"]
    rows = sheet(GROUPS, TimeToProgression=times, Progressed=["1"] * 8)
    first = analyse(planted(n=60), rows, method="cox")
    assert first.facts["contrast"]["kind"] == "hazard"
    again = analyse(planted(n=60), rows, first.question)
    pd.testing.assert_frame_equal(again.results, first.results)


def test_facts_say_what_the_sentences_say(tmp_path: Path) -> None:
    analysis = analyse(planted(n=100, changed=10), sheet(GROUPS))
    about = json.loads(json.dumps(analysis.about(tmp_path / "results.tsv")))
    facts = about["facts"]
    assert facts["contrast"]["units"] == [4, 4]
    assert facts["units"] == {"n": 8, "patients": False}
    assert facts["calls"]["gain"] == (analysis.results["direction"] == "gain").sum()
    kept = facts["filter"]
    assert about["filter"].startswith(f"{kept['kept']} of {kept['of']} regions tested: ")
    assert kept["kept"] == analysis.fit.tested.sum()
    assert about["method"].startswith(f"{facts['method']['name']}: {facts['method']['summary']}")
    assert Question.from_values(about["question"]) == analysis.question


def test_a_threshold_holds_for_agreement_calls_and_high_confidence() -> None:
    rng = np.random.default_rng(3)
    effect = np.zeros(600)
    effect[:130] = np.tile([0.6, -0.6, 0.8, -0.8, 1.6, -1.6, 0.5, -0.5, 0.6, -0.6], 13)
    level = rng.normal(4, 1, size=(600, 1)) + rng.normal(0, 0.15, size=(600, 12))
    level[:, 6:] += effect[:, None]
    made = matrix(2.0**level, library_sizes=np.full(12, 1e6))
    rows = sheet(["good"] * 6 + ["poor"] * 6)
    analysis, agreement = with_agreement(analyse(made, rows, lfc_threshold=0.7))
    headline = int((analysis.results["direction"] != "none").sum())
    assert 0 < headline < 80
    assert agreement.sentence.startswith(f"{headline} regions differ under ")
    other = agreement.table.drop_duplicates("normalization").set_index("normalization")
    for name in other.index[1:]:
        scaled = normalize(analysis.matrix, name)
        fitted = fit_model(
            scaled,
            analysis.design,
            method=analysis.fit.method,
            tested=analysis.fit.tested,
            options=analysis.options,
        )
        own = contrast_results(fitted, analysis.contrast, lfc_threshold=0.7)
        called = agreement.calls.loc[agreement.calls[name] == 1, "n_regions"].sum()
        assert called == (own["direction"] != "none").sum()
        plain = contrast_results(fitted, analysis.contrast)
        assert called < (plain["direction"] != "none").sum()


@pytest.mark.parametrize(
    ("normalize", "changed", "both_ways", "expected"),
    [
        ("tmm_rounds", 160, False, True),
        ("tmm_rounds", 40, False, False),
        ("tmm_rounds", 160, True, False),
        ("library_size", 160, False, False),
        ("column sums", 160, False, True),
    ],
)
def test_changes_of_most_regions_one_way_are_said(
    normalize: str, changed: int, both_ways: bool, expected: bool
) -> None:
    counts = planted(n=400, per_group=6, changed=changed, change=1.5)
    values = counts.values.copy()
    if both_ways:
        values[: changed // 2] = values[: changed // 2, ::-1]
    sums = {"library_size_from": ["column_sum"]} if normalize == "column sums" else {}
    counts = replace(counts, values=values, metadata=sums)
    rows = sheet(["good"] * 6 + ["poor"] * 6)
    name = "library_size" if sums else normalize
    found = analyse(counts, rows, normalize=name)
    assert ("composition" in found.facts) == expected
    if expected:
        said = found.header["composition"]
        assert f"no normalisation from the regions themselves ({name}) can be trusted" in said
        assert "SpikeInReads" in said
        assert "--background" in said


def test_an_option_that_is_none_is_named_beside_those_that_are() -> None:
    counts, rows = planted(n=50), sheet(GROUPS)
    options = r"no option 'background'; .* formula, contrast, .* inputs="
    with pytest.raises(TypeError, match=options):
        analyse(counts, rows, background=counts)
    with pytest.raises(TypeError, match=options):
        analyse_several(counts, rows, ["poor-good"], background=counts)
    with pytest.raises(TypeError, match=r"did you mean 'lfc_threshold' for 'lfc_treshold'\?"):
        analyse(counts, rows, lfc_treshold=1.0)


@pytest.mark.parametrize(
    ("share", "both_ways", "threshold", "expected"),
    [(0.7, False, 0.0, True), (0.7, False, 0.3, True), (0.5, True, 0.0, False)],
)
def test_factors_that_went_with_the_changed_regions_are_said(
    share: float, both_ways: bool, threshold: float, expected: bool
) -> None:
    n = 600
    rng = np.random.default_rng(5)
    size = np.where(np.arange(n) < share * n, np.exp(rng.normal(0, 0.3, n)), 0.0)
    size[::2] *= -1 if both_ways else 1
    level = rng.normal(7, 1, (n, 1)) + rng.normal(0, 0.25, (n, 16))
    counts = rng.poisson(2.0 ** (level + np.outer(size, np.arange(16) >= 8))).astype(float)
    rows = sheet(["good"] * 8 + ["poor"] * 8)
    asked = {"normalize": "tmm_rounds", "lfc_threshold": threshold}
    found = analyse(matrix(counts), rows, contrast="poor-good", **asked)
    assert ("composition" in found.facts) == expected
    if expected:
        directions = found.results["direction"].value_counts()
        assert directions["gain"] < 0.9 * (directions["gain"] + directions["loss"])
        assert "half of the regions or more may change one way" in found.header["composition"]
        assert "(tmm_rounds) can be trusted" in found.header["composition"]
