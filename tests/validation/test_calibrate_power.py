"""The calibration of power in small: populations, scores, and what is called a miss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

calibrate = pytest.importorskip("calibrate_power", reason="no scripts beside the tests")
cohorts = pytest.importorskip("power_cohorts")


@pytest.mark.parametrize("name", cohorts.POPULATIONS)
def test_studies_of_a_population_share_regions_and_no_tumours(name: str) -> None:
    population = cohorts.make_population(name, 1)
    first, again = (cohorts.draw(population, 3, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first.matrix.values, again.matrix.values)
    other = cohorts.draw(population, 3, np.random.default_rng(3))
    assert not np.array_equal(first.truth, other.truth)
    level = [np.log(study.matrix.values.mean(axis=1) + 0.01) for study in (first, other)]
    assert np.corrcoef(*level)[0, 1] > 0.8
    assert first.matrix.quantity == cohorts.POPULATIONS[name].quantity


def test_planted_changes_and_depth_are_in_the_counts() -> None:
    population = cohorts.make_population("reads", 1)
    study = cohorts.draw(population, 12, np.random.default_rng(1), effect=2.0, carriers=0.5)
    assert (study.truth > 0).sum() == (study.truth < 0).sum() == 50
    rate = study.matrix.values / study.matrix.library_sizes
    change = np.log2(rate[:, 12:].mean(axis=1) / rate[:, :12].mean(axis=1))
    deep = population.level > 50
    up = np.median(change[deep & (study.truth > 0)])
    assert up == pytest.approx(np.log2((1 + 4) / 2), abs=0.3), "half of the tumours carry it"
    twice = cohorts.draw(population, 12, np.random.default_rng(1), depth=2.0)
    once = cohorts.draw(population, 12, np.random.default_rng(1))
    assert twice.matrix.values.sum() == pytest.approx(2 * once.matrix.values.sum(), rel=0.02)


def test_a_study_is_scored_by_direction_in_regions_with_reads() -> None:
    population = cohorts.make_population("reads", 1)
    study = cohorts.draw(population, 10, np.random.default_rng(1), effect=3.0)
    power, fdr = calibrate.found(study, population)
    assert power > 0.9
    assert fdr < 0.2
    wrong = cohorts.Drawn(study.matrix, study.sheet, -study.truth)
    assert calibrate.found(wrong, population) == (0.0, 1.0)


def stored(foretold: list[float]) -> pd.DataFrame:
    real = [{"what": "realised", "power": p, "fdr": 0.04} for p in (0.48, 0.5, 0.52)]
    told = [
        {"what": "foretold", "pilot": 3, "power": p, "fdr": 0.05, "low": p - 0.1, "high": p + 0.1}
        for p in foretold
    ]
    return pd.DataFrame([{"population": "signal", "target": 0, **row} for row in (*real, *told)])


def test_what_is_off_is_marked() -> None:
    good = calibrate.summarise(stored([0.50, 0.52, 0.51, 0.45]))
    (row,) = good.to_dict("records")
    assert (row["pilot"], row["study"]) == ("3 v 3", "6 a group, 1")
    assert row["realised"] == pytest.approx(0.5)
    assert row["held"] == 1.0
    assert "**" not in calibrate.as_markdown(good)
    bad = calibrate.as_markdown(calibrate.summarise(stored([0.70, 0.72, 0.71, 0.69])))
    assert "**+0.205**" in bad
    assert "| 0% |" in bad


def test_reads_alone_are_foretold_at_another_depth() -> None:
    assert calibrate.OF_READS in calibrate.targets("reads")
    assert calibrate.OF_READS not in calibrate.targets("signal")
