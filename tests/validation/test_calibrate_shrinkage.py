"""The calibration of s-values in small: its cohorts, its scores and its page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

calibrate = pytest.importorskip("calibrate_shrinkage", reason="no scripts beside the tests")
page = pytest.importorskip("shrinkage_page")


@pytest.mark.parametrize("effects", calibrate.SHAPES)
def test_a_seed_gives_one_cohort_with_the_effects_named(effects: str) -> None:
    first, again = (calibrate.simulate(effects, "low", 3, "reads", 5) for _ in range(2))
    assert np.array_equal(first.reads, again.reads)
    share = (first.truth != 0).mean()
    assert share == (0 if effects == "none" else calibrate.CHANGED)
    if effects == "one size":
        assert np.abs(first.truth[first.truth != 0]).mean() == pytest.approx(2.0, abs=0.1)
    high = calibrate.simulate(effects, "high", 3, "reads", 5)
    assert np.median(high.reads) > 2 * np.median(first.reads)


def test_scores_count_wrong_signs_and_what_stands_on_top() -> None:
    truth = np.r_[np.full(50, 2.0), np.full(50, -2.0), np.zeros(300)]
    change = np.r_[np.full(50, 2.0), np.full(49, -2.0), 2.0, np.tile([3.0, 0.1], 150)]
    true = np.abs(truth) > 0
    found = calibrate.score(
        truth,
        pd.DataFrame(
            {
                "log2FoldChange": change,
                "shrunkenLog2FoldChange": np.where(true, change, 0.1),
                "svalue": np.where(true, 0.01, 0.5),
                "pvalue": np.where(true, 1e-6, 0.5),
                "padj": np.where(true, 1e-4, 0.6),
            }
        ),
    )
    assert (found["supported"], found["called"]) == (100, 100)
    assert found["false_signs"] == pytest.approx(0.01)
    assert found["found"] == pytest.approx(0.99)
    assert found["top_change"] == pytest.approx(0.25 * 99 / 100, abs=0.01)
    assert found["top_support"] == pytest.approx(99 / 200)


def _stored(false_signs: float) -> pd.DataFrame:
    measures = {"supported": 10, "found": 0.5, "called": 9, "false_calls": 0.04, "tested": 100}
    measures |= {"top_change": 0.8, "top_p": 0.9, "top_support": 0.95}
    measures |= {"error_raw": 1.0, "error_shrunken": 0.5}
    rows = [
        {"effects": effects, "counts": "low", "units": 3, "quantity": "reads", "seed": seed,
         "method": "ql", "false_signs": false_signs + 0.001 * seed, **measures}
        for effects in ("one size", "none") for seed in (1, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_page_holds_each_cell_and_names_what_is_missed() -> None:
    assert page.misses(_stored(0.03)) == []
    missed = page.misses(_stored(0.2))
    assert missed[0] == "reads, effects of one size, low counts, 3 a group, ql: .202 (.001)"
    text = page.as_markdown(_stored(0.03), [])
    assert "| reads | one size | low | 3 | ql | 10 | .032 (.001) |" in text
    assert "| reads | low | 3 | ql | 1.000 | .040 (.000) |" in text
    assert text.startswith("2 sets a cell.")
    assert text.endswith("None.")


def test_the_page_is_there_with_its_numbers() -> None:
    text = Path(page.PAGE).read_text(encoding="utf-8")
    assert "### s-values of at most .05" in text
