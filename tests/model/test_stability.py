"""Stability of calls: what it is, held against refits; and its sentence."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import DesignError
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.stability import (
    check_stability,
    stability,
    stability_in_words,
    with_stability,
)
from resist_epi.schema import STABILITY, names
from tests.support import builders
from tests.support.small_stability import GROUPS, ODD, ODD_UNIT, TRUE, odd_matrix

HELD = {"contrast": "poor-good", "weights": "none", "hidden": "none", "normalize": "library_size"}


def _analysis(**asked: str) -> Analysis:
    return analyse(odd_matrix(), builders.sheet(GROUPS), **({"method": "trend"} | HELD | asked))


def test_shares_and_smallest_effects_are_those_of_refits() -> None:
    analysis = _analysis()
    found = stability(analysis)
    called = (analysis.results["direction"] != "none").to_numpy()
    assert np.isnan(found.share[~called]).all()
    stays, effects = [], []
    for gone in analysis.matrix.samples:
        kept = tuple(s for s in analysis.matrix.samples if s != gone)
        part = analyse(
            analysis.matrix.select(samples=kept),
            builders.sheet(GROUPS).for_samples(kept),
            method="trend",
            **HELD,
        ).results
        stays.append((part["direction"] == analysis.results["direction"]).to_numpy()[called])
        effects.append(part["log2FoldChange"].to_numpy()[called])
    naive = np.mean(stays, axis=0)
    assert (np.abs(found.share[called] - naive) < 1e-9).mean() > 0.97
    sign = np.sign(analysis.results["log2FoldChange"].to_numpy()[called])
    smallest = sign * np.min(sign * np.array(effects), axis=0)
    assert np.allclose(found.smallest[called], smallest, atol=0.01)


def test_what_one_tumour_makes_hangs_on_it() -> None:
    found = with_stability(_analysis())
    table = found.results
    assert list(table.columns[-3:]) == names(STABILITY)
    true = table.iloc[TRUE]
    assert (true["stability"] == 1).mean() > 0.9
    odd = table.iloc[ODD][table["direction"].iloc[ODD] != "none"]
    assert (odd["stability"] < 1).mean() > 0.4
    hangs = odd.loc[odd["hangs_on"] != "", "hangs_on"]
    assert hangs.value_counts().index[0] == f"s{ODD_UNIT}"
    assert next(iter(found.facts["stability"]["units"])) == f"s{ODD_UNIT}"
    assert (true["stability_min_log2FoldChange"] < true["log2FoldChange"]).all()
    facts = found.facts["stability"]
    assert facts["calls"] == facts["stay"] + facts["one"] + facts["several"]
    assert facts["left_out"] == 12
    assert found.header["stability"] == stability_in_words(facts)


def test_pairs_are_left_out_together() -> None:
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(6), 2)
    level = rng.normal(6, 1, (500, 1)) + rng.normal(0, 1, (500, 6))[:, patient]
    level += 0.2 * rng.standard_normal((500, 12))
    level[:50, 1::2] += 1.2
    level[50:56, 5] += 4.0
    sheet = builders.sheet(["primary", "relapse"] * 6, Patient=[f"P{i}" for i in patient])
    matrix = builders.matrix(2.0**level, library_sizes=np.full(12, 1e6))
    question = {"formula": "~ Patient + Condition", "contrast": "relapse-primary"}
    analysis = analyse(
        matrix, sheet, method="trend", weights="none", normalize="library_size", **question
    )
    found = with_stability(analysis)
    assert found.facts["stability"]["left_out"] == 6
    assert set(found.results["hangs_on"]) <= {"", *(f"P{i}" for i in range(6))}
    called = found.results["direction"].iloc[:50] != "none"
    assert (found.results["stability"].iloc[:50][called] == 1).mean() > 0.9
    # The same without the column Patient: the other half of a pair says nothing on its own.
    bare = builders.sheet(["primary", "relapse"] * 6, Pair=[f"P{i}" for i in patient])
    again = with_stability(
        analyse(
            matrix, bare, method="trend", weights="none", normalize="library_size",
            formula="~ Pair + Condition", contrast="relapse-primary",
        )
    )  # fmt: skip
    assert np.allclose(again.results["stability"], found.results["stability"], equal_nan=True)


def test_no_calls_no_stability() -> None:
    values = 2.0 ** np.random.default_rng(5).normal(6, 0.3, (300, 12))
    found = with_stability(
        analyse(builders.matrix(values), builders.sheet(GROUPS), method="trend", **HELD)
    )
    assert (found.results["direction"] == "none").all()
    assert found.results["stability"].isna().all()
    assert found.header["stability"] == "nothing is called, so no call hangs on one unit"


def test_too_few_units_are_said(caplog: pytest.LogCaptureFixture) -> None:
    matrix = odd_matrix().select(samples=["s0", "s1", "s6", "s7"])
    sheet = builders.sheet(GROUPS).for_samples(matrix.samples)
    with caplog.at_level(logging.WARNING):
        found = with_stability(analyse(matrix, sheet, method="trend", **HELD))
    assert found.facts["stability"]["calls"] > 0
    assert found.facts["stability"]["left_out"] == 0
    assert found.results["stability"].isna().all()
    assert "fewer than 2 are left on a side" in found.header["stability"]
    assert "stability: of" in caplog.text


def test_an_analysis_without_a_test_stays_as_it_is() -> None:
    matrix = odd_matrix()
    analysis = analyse(matrix, builders.sheet(GROUPS), contrast="poor-good", fold_changes="always")
    assert with_stability(analysis) is analysis
    with pytest.raises(DesignError, match="needs a test"):
        check_stability(tested=False)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ((1, 1, 0, 0, {}), "none of 1 call hangs on one unit alone; 0 are lost when any of several"
         " is left out, and 1 stays whichever of 6 is left out"),
        ((4, 1, 1, 2, {"T1": 1}), "1 of 4 calls hangs on one unit: it is lost without that one"
         " alone, without T1 (1); 2 are lost"),
        ((9, 4, 4, 1, {"T1": 2, "T2": 2}), "4 of 9 calls hang on one unit: each is lost without"
         " that one alone, most without T1, T2 (2 each); 1 is lost"),
    ],
)  # fmt: skip
def test_the_sentence(facts: tuple[int, int, int, int, dict[str, int]], said: str) -> None:
    keys = ("calls", "stay", "one", "several", "units")
    known = dict(zip(keys, facts, strict=True)) | {"left_out": 6, "not_fitted": []}
    assert said in stability_in_words(known)
    skipped = stability_in_words(known | {"not_fitted": ["T9"]})
    assert skipped.endswith("(no test is possible without T9)")


def test_diff_writes_it_on_request(tmp_path: Path) -> None:
    counts, sheet = tmp_path / "counts.parquet", tmp_path / "sheet.tsv"
    write_counts(counts, odd_matrix())
    write_table(sheet, builders.sheet(GROUPS).table)
    plain, asked = tmp_path / "plain.tsv", tmp_path / "asked.tsv"
    common = ["diff", str(counts), "--samples", str(sheet), "--contrast", "poor-good"]
    assert main([*common, "-o", str(plain)]) == 0
    assert main([*common, "--stability", "-o", str(asked)]) == 0
    without, found = read_table(plain), read_table(asked)
    assert "stability" not in without
    assert set(names(STABILITY)) <= set(found.columns)
    pd.testing.assert_frame_equal(found[without.columns], without)
    header = found.attrs["header"]
    assert header["stability"] == stability_in_words(header["facts"]["stability"])
    wrong = [*common, "--stability", "--fold-changes-only", "-o", str(tmp_path / "no.tsv")]
    assert main(wrong) == 1


def test_of_many_units_those_are_left_out_that_calls_lean_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = stability(_analysis())
    monkeypatch.setattr("resist_epi.model.stability.MOST_LEFT_OUT", 4)
    analysis = with_stability(_analysis())
    facts = analysis.facts["stability"]
    assert (facts["left_out"], facts["of"]) == (4, 12)
    assert f"s{ODD_UNIT}" in facts["units"]
    found = analysis.results["hangs_on"] == f"s{ODD_UNIT}"
    assert found.sum() >= (whole.hangs_on == f"s{ODD_UNIT}").sum()
    said = analysis.header["stability"]
    assert "whichever of 4 of 12 units, those that calls lean on most, is left out" in said
    assert "of" not in whole.facts
