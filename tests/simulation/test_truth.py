"""The truth is exact: deep libraries show it, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.counting.coverage import summarise_regions
from resist_epi.genome.regions import bed_regions, gene_bodies, promoters
from resist_epi.simulation.cohort import Cohort, library_track, simulate_cohort
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import expected_change
from tests.support.small_cohort import SMALL


def test_the_truth_is_what_very_deep_libraries_show() -> None:
    """Tumours without any deviation, millions of fragments: signal per background is the truth."""
    settings = CohortSettings(
        chromosomes=("chr21",),
        good=1,
        poor=1,
        fragments=2e6,
        biological_sd=0.0,
        efficiency_sd=0.0,
        effect_scale=1.5,
    )
    cohort = simulate_cohort(settings)
    annotation = cohort.annotation
    regions = pd.concat([promoters(annotation), gene_bodies(annotation)], ignore_index=True)
    for mark in settings.marks:
        good, poor = (
            summarise_regions(library_track(cohort, f"{t}_{mark}"), regions) for t in ("G01", "P01")
        )
        rates = (
            cohort.libraries.set_index("sample")["rate"]
            / cohort.libraries.set_index("sample")["fragments"]
        )
        found = np.log2(poor / rates[f"P01_{mark}"]) - np.log2(good / rates[f"G01_{mark}"])
        width = (regions["end"] - regions["start"]).to_numpy()
        n = good * width / 1e6 * 2e6 / 250  # fragments, of which the error is made
        true = expected_change(cohort, mark, regions)
        z = (found - true) / (np.sqrt(2 / n) / np.log(2))
        assert (true != 0).sum() > 3
        assert np.abs(z[n > 200]).max() < 6
        assert np.abs(z[(n > 200) & (true != 0)]).mean() < 2


def test_expected_change_is_zero_where_nothing_planted_reaches(cohort: Cohort) -> None:
    mark = "H3K27me3"
    parts = cohort.landscape.marks[mark]
    changed = np.flatnonzero(cohort.effects[mark][parts.unit] != 0)
    segment = changed[0]
    start, end = int(parts.start[segment]), int(parts.end[segment])
    far = 40_000_000
    assert not ((parts.start < far + 2000) & (parts.end > far - 2000)).any()
    regions = bed_regions([("chr21", start, end), ("chr21", far, far + 1000)])
    change = expected_change(cohort, mark, regions)
    at = regions["start"].to_numpy() == far
    assert change[at] == 0
    assert np.sign(change[~at][0]) == np.sign(cohort.effects[mark][parts.unit[segment]])


def test_one_group_alone_has_no_truth_of_change() -> None:
    cohort = simulate_cohort(replace(SMALL, good=0))
    assert expected_change(cohort, "H3K27me3", promoters(cohort.annotation)).shape[0] > 100
    assert np.isnan(expected_change(cohort, "H3K27me3", promoters(cohort.annotation))).all()
