"""What is counted as false: by hand on a cohort small enough to see through."""

from __future__ import annotations

import calibrate_loci
import numpy as np
import pandas as pd
import pytest


def test_a_cohort_is_measured_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_loci, "REGIONS", 600)
    calibrate_loci._regions.cache_clear()
    cohort = calibrate_loci.draw("domains, .7", "mean_signal", 3, 1)
    region, locus = calibrate_loci.measure(cohort)
    calibrate_loci._regions.cache_clear()
    assert region["by"] == "padj"
    assert locus["by"] == "locus_padj"
    assert locus["called"] < region["called"]
    assert locus["regions_a_locus"] > 1.5
    rows = pd.DataFrame(
        [
            {"quantity": "mean_signal", "units": 3, "structure": "x", "seed": seed} | row
            for seed in (1, 2)
            for row in (region, locus)
        ]
    )
    assert "| mean_signal | 3 | x | " in calibrate_loci.as_markdown(rows)


def test_false_domains_are_those_without_a_change() -> None:
    cohort = calibrate_loci.draw("independent", "mean_signal", 3, 1)
    called = np.zeros(calibrate_loci.REGIONS, dtype=bool)
    true, null = np.flatnonzero(cohort.changed)[:3], np.flatnonzero(~cohort.changed)[:1]
    called[true] = called[null] = True
    scores = calibrate_loci._scores(
        cohort, called, np.flatnonzero(called), called & ~cohort.changed
    )
    assert scores["false"] == scores["false_domains"] == 0.25
    assert scores["regions_found"] == 3 / cohort.changed.sum()
