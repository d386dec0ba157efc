"""The calibration of purity in small: what is mixed, and that adjusting helps where it should."""

from __future__ import annotations

import numpy as np
import pytest

calibrate = pytest.importorskip("calibrate_purity", reason="no scripts beside the tests")


def test_purity_is_lower_in_the_poor_tumours_only_where_it_is_confounded() -> None:
    gaps = {}
    for scenario in ("independent", "confounded"):
        cohort = calibrate.simulate(scenario, "mean_signal", 20, 1)
        purity = cohort.sheet.numbers("Purity")
        poor = (cohort.sheet.table["Condition"] == "poor").to_numpy()
        assert purity is not None
        assert purity.min() >= calibrate.LOWEST
        assert purity.max() <= calibrate.HIGHEST
        gaps[scenario] = purity[~poor].mean() - purity[poor].mean()
    assert abs(gaps["independent"]) < 0.15 < gaps["confounded"]


def test_normal_tissue_moves_regions_by_its_share() -> None:
    """Log signal of unchanged regions follows purity, and does not where purity is alike."""
    follows = {}
    for scenario in ("alike", "independent"):
        cohort = calibrate.simulate(scenario, "reads", 20, 1)
        deep = (cohort.reads.mean(axis=1) > 100) & (cohort.truth == 0)
        level = np.log2(cohort.reads[deep] + 1) - np.log2(cohort.reads.sum(axis=0))
        axis = calibrate.simulate("independent", "reads", 20, 1).sheet.numbers("Purity")
        slope = [np.polyfit(axis, row, 1)[0] for row in level]
        follows[scenario] = np.std(slope)
    assert follows["independent"] > 1.5 * follows["alike"]


def test_a_run_warns_of_purity_where_it_goes_with_the_group() -> None:
    share = calibrate.warned([12], 200).set_index("scenario")["warned"]
    assert share["independent"] < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert share["confounded"] > 0.8


@pytest.mark.slow
def test_adjusting_for_purity_restores_type_one_error() -> None:
    table = calibrate.calibrate(["confounded"], ["mean_signal"], [12], [1, 2, 3, 4])
    found = table.set_index("adjusted")
    assert found.loc["none", "type_one_05"] > 0.075
    assert found.loc["exact", "type_one_05"] < 0.06
    assert found.loc["exact", "fdp"] < found.loc["none", "fdp"]
