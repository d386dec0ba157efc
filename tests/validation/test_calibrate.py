"""The calibration in small: what the script simulates, scores and says is missed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

calibrate = pytest.importorskip("calibrate", reason="no scripts beside the tests")
cohorts = pytest.importorskip("calibration_cohorts")
page = pytest.importorskip("calibration_page")


@pytest.mark.parametrize("scenario", cohorts.SCENARIOS)
@pytest.mark.parametrize("quantity", cohorts.QUANTITIES)
def test_a_seed_gives_one_cohort(scenario: str, quantity: str) -> None:
    first, again = (cohorts.simulate(scenario, quantity, 3, 5) for _ in range(2))
    assert np.array_equal(first.reads, again.reads)
    other = cohorts.simulate(scenario, quantity, 3, 6)
    assert not np.array_equal(first.reads, other.reads)
    baseline = cohorts.simulate("baseline", quantity, 3, 5)
    assert np.array_equal(first.truth, baseline.truth), "a scenario leaves the truth alone"


def test_planted_changes_are_in_the_counts() -> None:
    cohort = cohorts.simulate("baseline", "reads", 20, 1)
    rate = cohort.reads / cohort.reads.sum(axis=0)
    deep = cohort.reads.mean(axis=1) > 50
    change = np.log2(rate[:, 20:].mean(axis=1) / rate[:, :20].mean(axis=1))[deep]
    assert np.polyfit(cohort.truth[deep], change, 1)[0] == pytest.approx(1.0, abs=0.1)


def test_scores_count_wrong_signs_as_false_and_untested_changes_as_missed() -> None:
    truth = np.array([0.0, 0.0, 1.0, 1.0, -1.0])
    p = np.array([0.01, 0.5, 0.001, 0.001, np.nan])
    found = calibrate.score(truth, p, p, np.array([1.0, 1.0, 1.0, -1.0, np.nan]))
    assert found["type_one_05"] == 0.5
    assert found["fdp"] == pytest.approx(2 / 3)
    assert found["power"] == pytest.approx(1 / 3)


def test_misses_name_the_cell() -> None:
    rows = [
        {"method": "default", "type_one_05": 0.07, "fdp": 0.05, "power": 0.5},
        {"method": "edger_ql", "type_one_05": 0.05, "fdp": 0.05, "power": 0.6},
        {"method": "deseq2", "type_one_05": 0.05, "fdp": 0.2, "power": 0.9},
    ]
    cell = {"quantity": "reads", "scenario": "baseline", "units": 3, "type_one_001": 0.001}
    stored = pd.DataFrame([{**cell, **row, "seed": s} for row in rows for s in (1, 2)])
    found = page.misses(stored)
    assert len(found) == 2, "a peer whose FDR does not hold is no yardstick"
    assert found[0].endswith("type I 0.0700")
    assert "power 0.100 (0.000) below edgeR QL" in found[1]


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "cohorts.tsv"
    wanted = [("mean_signal", "baseline", 3, seed) for seed in (1, 2)]
    calibrate.run(wanted[:1], store, peers=False, slow_seeds=0)
    first = store.read_text()
    calibrate.run(wanted, store, peers=False, slow_seeds=0)
    assert store.read_text().startswith(first)
    rows = pd.read_csv(store, sep="\t")
    assert rows.groupby("seed").size().nunique() == 1
    assert page.DEFAULT in rows["method"].to_list()
    text = page.as_markdown(page.summarise(rows), page.misses(rows))
    assert text.startswith("2 cohorts a cell.")
    assert text.count("| baseline | 3 | ") == text.count("**") / 2, "the default is in bold"


@pytest.mark.slow
@pytest.mark.parametrize("quantity", cohorts.QUANTITIES)
@pytest.mark.parametrize("units", [3, 6])
def test_the_default_holds_its_rates(quantity: str, units: int) -> None:
    """docs/evidence/calibration.md: the same over twenty seeds, four group sizes, all methods."""
    rows = []
    for scenario in cohorts.SCENARIOS:
        for seed in range(101, 104):
            cohort = cohorts.simulate(scenario, quantity, units, seed)
            (row,) = calibrate.measure(cohort, [page.DEFAULT], None)
            rows.append({"scenario": scenario, **row})
    table = pd.DataFrame(rows)
    baseline = table[table["scenario"] == "baseline"]
    assert baseline["type_one_05"].mean() == pytest.approx(0.05, abs=0.01)
    assert baseline["power"].mean() > 0.4
    # Outliers and heavy tails make small groups conservative; nothing may make them liberal.
    means = table.groupby("scenario")[["type_one_05", "type_one_001", "fdp"]].mean()
    assert means["type_one_05"].between(0.02, 0.062).all(), means
    # 8,100 true nulls a scenario: two standard errors of .002 are .001.
    assert (means["type_one_001"] < 0.003).all(), means
    error = table["fdp"].std() / np.sqrt(len(table))
    assert table["fdp"].mean() <= 0.055 + 2 * error
