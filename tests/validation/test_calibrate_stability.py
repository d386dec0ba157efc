"""Classes of calls add up, and the page shows the share of false ones in each."""

from __future__ import annotations

import calibrate_stability
import pandas as pd
from calibration_cohorts import draw


def test_every_call_is_in_one_class() -> None:
    cohort = draw(calibrate_stability.CHANGES["values"], "values", "mean_signal", 3, 1)
    rows = pd.DataFrame(list(calibrate_stability.measure(cohort, "plain")))
    assert rows["class"].tolist() == list(calibrate_stability.CLASSES)
    assert rows["calls"].sum() > 50
    assert (rows["false"] <= rows["calls"]).all()
    cell = {"quantity": "mean_signal", "way": "plain", "scenario": "values", "units": 3, "seed": 1}
    text = calibrate_stability.as_markdown(rows.assign(**cell))
    assert f"| {rows['calls'].sum():.1f} (" in text


def test_a_share_of_no_calls_is_none() -> None:
    assert calibrate_stability._share(0, 0) == "–"
    assert calibrate_stability._share(1, 8) == ".125"
