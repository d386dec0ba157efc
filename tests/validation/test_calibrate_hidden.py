"""The calibration of hidden factors in small: its cohorts, its scores and its page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

calibrate = pytest.importorskip("calibrate_hidden", reason="no scripts beside the tests")
cohorts = pytest.importorskip("hidden_cohorts")

ALL = {**cohorts.NULLS, **cohorts.FACTORS, **cohorts.TWINS}


@pytest.mark.parametrize("name", ALL)
def test_a_seed_gives_one_cohort_with_one_truth(name: str) -> None:
    first, again = (cohorts.draw(name, 6, 6, 3) for _ in range(2))
    np.testing.assert_array_equal(first.matrix.values, again.matrix.values)
    clean = cohorts.draw("clean", 6, 6, 3)
    np.testing.assert_array_equal(first.truth, clean.truth)
    assert (first.by_factor != 0).any() <= (name in cohorts.FACTORS)


def test_the_factors_values_stand_in_the_sheet() -> None:
    table = cohorts.draw("two", 8, 16, 1).sheet.table
    assert {"Known1", "Known2"} <= set(table)
    first = table["Known1"].astype(float)
    assert first.groupby(table["Condition"]).sum().to_dict() == {"good": 5, "poor": 5}


def test_what_was_measured_makes_the_page_and_is_not_measured_again(tmp_path: Path) -> None:
    store = tmp_path / "store.tsv"
    wanted = [
        ("test", "trend", "batch_2to1", 6, 6, 1),
        ("test", "trend", "subtype", 12, 12, 1),
        ("look", "trend", "twins_9", 6, 6, 1),
        ("look", "voom", "clean", 6, 6, 1),
    ]
    calibrate.run(wanted, store, 1.0)
    once = store.read_text()
    calibrate.run(wanted, store, 1.0)
    assert store.read_text() == once
    stored = pd.read_csv(store, sep="\t")
    tested = stored[stored["scenario"] == "batch_2to1"].set_index("way")
    assert tested.loc["auto", "adjusted"] == 1
    assert tested.loc["auto", "type_one"] < 0.08
    assert stored.set_index("scenario").loc["twins_9", "twins"] == 1
    text = calibrate.as_markdown(stored)
    assert "| trend | `batch_2to1` | 6 v 6 | 100% |" in text
    assert "1 sets a cell" in text
