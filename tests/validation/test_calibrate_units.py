"""The calibration of units that differ in small: its cohorts, its scores and its page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

calibrate = pytest.importorskip("calibrate_units", reason="no scripts beside the tests")
cohorts = pytest.importorskip("unit_cohorts")
page = pytest.importorskip("units_page")

CASES = [(name, quantity) for name, cell in cohorts.CELLS.items() for quantity in cell.quantities]


@pytest.mark.parametrize(("name", "quantity"), CASES)
def test_a_seed_gives_one_cohort_of_the_groups_named(name: str, quantity: str) -> None:
    first, again = (cohorts.simulate(name, quantity, 5) for _ in range(2))
    assert np.array_equal(first.reads, again.reads)
    assert not np.array_equal(first.reads, cohorts.simulate(name, quantity, 6).reads)
    groups = first.sheet.table["Condition"].value_counts()
    assert name.endswith(f"{groups['good']} v {groups['poor']}")


def test_what_is_odd_is_in_the_counts() -> None:
    def variances(name: str) -> np.ndarray:
        cohort = cohorts.simulate(name, "reads", 1)
        rows = cohort.reads.mean(axis=1) > 100
        level = np.log2(cohort.reads[rows] / cohort.reads.sum(axis=0) + 1e-5)
        poor = (cohort.sheet.table["Condition"] == "poor").to_numpy()
        away = [
            level[:, side] - level[:, side].mean(axis=1, keepdims=True) for side in (poor, ~poor)
        ]
        return np.array([(a**2).mean() * a.shape[1] / (a.shape[1] - 1) for a in away])

    poor, good = variances("poor vary 3-fold 4 v 12")
    assert 1.5 < poor / good < 6
    gaps = (cohorts.simulate("zeros 10 % 8 v 8", "reads", 1).reads == 0).mean()
    assert gaps - (cohorts.simulate("clean 8 v 8", "reads", 1).reads == 0).mean() > 0.07
    low, usual = (
        np.median(cohorts.simulate(name, "reads", 1).reads)
        for name in ("low counts 8 v 8", "clean 8 v 8")
    )
    assert 0.15 < low / usual < 0.35


def test_power_at_a_true_rate_is_of_the_longest_list_within_it() -> None:
    truth = np.repeat([1.0, 0.0, 1.0, 0.0], [10, 1, 10, 79])
    p = np.linspace(0.001, 0.99, 100)
    assert calibrate.true_power(truth, p) == 1.0, "one false among 21 is within 5 %"
    assert calibrate.true_power(np.repeat([1.0, 0.0, 1.0, 0.0], [10, 2, 10, 78]), p) == 0.5
    assert calibrate.true_power(truth, np.where(truth == 0, 0.001, np.nan)) == 0.0


def _stored(**changed: dict[str, float]) -> pd.DataFrame:
    usual = {"type_one_05": 0.05, "type_one_001": 0.001, "fdp": 0.05, "power": 0.5,
             "true_power": 0.5, "chosen": "trend"}  # fmt: skip
    names = ("default", "ql", "trend_weights", "deseq2")
    cell = {"quantity": "reads", "cell": "clean 4 v 4"}
    return pd.DataFrame(
        cell | usual | {"method": name, "seed": seed} | changed.get(name, {})
        for seed in (1, 2)
        for name in names
    )


def test_misses_name_the_cell_and_the_figure() -> None:
    assert page.misses(_stored()) == []
    assert page.misses(_stored(default={"fdp": 0.08})) == ["clean 4 v 4, reads: FDR .080 (.000)"]
    (power,) = page.misses(_stored(ql={"power": 0.53}))
    assert power == "clean 4 v 4, reads: power 0.030 (0.000) below ql"
    assert page.misses(_stored(ql={"power": 0.53, "fdp": 0.2})) == [], "no yardstick"
    (found,) = page.misses(_stored(deseq2={"true_power": 0.6}))
    assert "fewer found than by DESeq2" in found
    once = _stored(deseq2={"true_power": 0.6}).query("seed == 1 or method == 'default'")
    assert page.misses(once) == [], "one set has no error to speak of"


def test_what_was_measured_makes_the_page_and_is_not_measured_again(tmp_path: Path) -> None:
    store = tmp_path / "units.tsv"
    wanted = [("clean 4 v 4", "reads", 1), ("poor vary 3-fold 12 v 4", "mean_signal", 1)]
    calibrate.run(wanted[:1], store, 0)
    first = store.read_text()
    calibrate.run(wanted, store, 0)
    assert store.read_text().startswith(first)
    stored = pd.read_csv(store, sep="\t")
    assert not stored.duplicated(["cell", "method"]).any()
    text = page.as_markdown(stored, page.misses(stored))
    assert text.startswith("1 sets a cell.")
    assert "| clean 4 v 4 | " in text
    row = stored.set_index(["cell", "method"]).loc[("poor vary 3-fold 12 v 4", "default")]
    assert row["fdp"] < 0.15
    assert row["chosen"].startswith("trend, ")


def test_known_weights_tell_the_bad_sample_and_find_more_than_none() -> None:
    key = ("one bad sample 4 v 4", "mean_signal", 1)
    known = pytest.importorskip("known_weights")
    weights = known.weights_of(cohorts.ingredients(*key))
    assert weights.argmin() == 7
    assert weights[7] < 0.3
    cohort = cohorts.simulate(*key)
    with_them, without = (
        known.fit_with(w, cohort)["padj"].le(0.05).sum() for w in (weights, np.ones(8))
    )
    assert with_them > without
