"""Tumours: copies, normal tissue, and the fewest that can be drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.coverage import summarise_regions
from resist_epi.genome.regions import bed_regions, promoters
from resist_epi.simulation.cohort import Cohort, library_track, simulate_cohort
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import expected_change
from tests.support.small_cohort import SMALL


def test_one_tumour_of_each_option_still_draws() -> None:
    settings = replace(
        SMALL,
        outlier=True,
        batches=2,
        purity=True,
        copy_number=True,
        spike_in=True,
        global_shift=-0.5,
    )
    cohort = simulate_cohort(settings)
    plain = simulate_cohort(SMALL)
    assert cohort.tumours["outlier"].tolist() == [False, False, False, True]
    assert set(cohort.tumours["batch"]) == {1, 2}
    assert cohort.tumours["purity"].between(0.35, 0.95).all()
    assert (cohort.libraries["spike_in_reads"] > 0).all()
    # Options do not disturb what they have nothing to do with.
    assert cohort.tumours["months"].tolist() == plain.tumours["months"].tolist()
    assert cohort.libraries["fragments"].tolist() == plain.libraries["fragments"].tolist()


def test_more_copies_bring_more_of_everything_in_their_segment() -> None:
    settings = CohortSettings(
        chromosomes=("chr21",),
        good=3,
        poor=2,
        fragments=400_000,
        null=True,
        copy_number=True,
        biological_sd=0.0,
    )
    cohort = simulate_cohort(settings)
    assert cohort.copies is not None
    assert cohort.tumours["amplified"].tolist() == [True, False, False, True, False]
    start = cohort.copies.start
    regions = bed_regions(
        [("chr21", start - 9_000_000, start), ("chr21", start, start + 9_000_000)]
    )
    ratios = {}
    for tumour in ("P01", "P02"):
        values = summarise_regions(library_track(cohort, f"{tumour}_H3K27me3"), regions)
        ratios[tumour] = values[1] / values[0]
    assert ratios["P01"] / ratios["P02"] == pytest.approx(1.5, rel=0.03)
    signal = expected_change(cohort, "H3K27me3", regions, with_copies=True)
    expected = np.log2((1.5 + 1) / 2) - np.log2((1.5 + 2) / 3)
    np.testing.assert_allclose(signal, [0.0, expected], atol=1e-3)
    assert (expected_change(cohort, "H3K27me3", regions) == 0).all()


def test_normal_tissue_dilutes_the_truth_but_is_no_difference_itself(cohort: Cohort) -> None:
    regions = promoters(cohort.annotation)
    mixed = simulate_cohort(replace(SMALL, purity=True))
    pure_change = expected_change(cohort, "H3K27me3", regions)
    change = expected_change(mixed, "H3K27me3", regions)
    np.testing.assert_array_equal(change != 0, pure_change != 0)
    gains = pure_change > 0.1
    assert gains.any()
    assert (change[gains] < pure_change[gains]).mean() > 0.5
    null = simulate_cohort(replace(SMALL, purity=True, null=True))
    assert (expected_change(null, "H3K27me3", regions) == 0).all()
