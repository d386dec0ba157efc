"""Copy number and inputs, put into what is expected of counts, one after the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.dna.adjust_counts import adjust_counts
from resist_epi.dna.control import over_control, scaled_control, with_control_offset
from resist_epi.dna.copy_number import log2_copy_number
from resist_epi.errors import DesignError
from tests.support import builders
from tests.support.controls import chip_and_input

SHEET = builders.sheet(["good", "poor"] * 3)


def test_nothing_asked_for_changes_nothing() -> None:
    bins, _, regions, _, _ = chip_and_input()
    found = adjust_counts(regions, SHEET, bins)
    assert found.matrix is regions
    assert found.bins is bins
    assert found.over_input is None
    assert not found.header


@pytest.mark.parametrize("use", ["filter", "offset"])
def test_inputs_are_used_as_asked(use: str) -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    found = adjust_counts(regions, SHEET, bins, control=use, controls=(of_regions, control_bins))
    scaled = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    if use == "filter":
        assert found.matrix is regions
        np.testing.assert_array_equal(found.over_input, over_control(regions, scaled))
    else:
        assert found.over_input is None
        expected = with_control_offset(regions, scaled).expected
        np.testing.assert_array_equal(found.matrix.expected, expected)
        assert "nothing is subtracted" in found.header["control"]


def test_segments_reach_regions_and_bins() -> None:
    bins, _, regions, _, _ = chip_and_input()
    half, end = int(regions.regions["start"].median()), int(bins.regions["end"].max())
    rows = [
        {
            "sample": s,
            "chrom": "chr1",
            "start": a,
            "end": b,
            "n_bins": 9.0,
            "log2_ratio": level * (s == "s0"),
        }
        for s in regions.samples
        for a, b, level in ((0, half, 1.0), (half, end, 0.0))
    ]
    segments = pd.DataFrame(rows)
    found = adjust_counts(regions, SHEET, bins, segments=segments, segments_note="as given")
    copies = log2_copy_number(regions.regions, segments, regions.samples)
    assert np.ptp(copies[:, 0]) > 0
    np.testing.assert_allclose(found.matrix.expected, np.log(2) * copies)
    assert found.bins is not None
    assert found.bins.expected is not None
    assert found.header["copy number"].endswith("as given")


def test_inputs_without_bins_are_refused() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    with pytest.raises(DesignError, match="--background"):
        adjust_counts(regions, SHEET, None, control="offset", controls=(of_regions, control_bins))
    with pytest.raises(DesignError, match="--background"):
        adjust_counts(regions, SHEET, bins, control="filter")
