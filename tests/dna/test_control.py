"""Inputs: their scale, the filter, and the offset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.dna.control import over_control, scaled_control, with_control_offset
from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from tests.support import builders
from tests.support.controls import chip_and_input


def test_scale_is_that_of_the_background() -> None:
    bins, control_bins, regions, of_regions, scale = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    np.testing.assert_allclose(found.scales, scale, rtol=0.06)
    naive = bins.values.sum(axis=0) / control_bins.values.sum(axis=0)
    assert (np.abs(np.log(found.scales / scale)) < np.abs(np.log(naive / scale)) / 3).all()


def test_filter_keeps_marked_regions() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    over = over_control(regions, found)
    assert over[:50].mean() > 0.97
    assert over[50:].mean() < 0.15


def test_filter_in_an_analysis_is_blind_to_the_groups() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    over = over_control(regions, found)
    sheet = builders.sheet(["good"] * 3 + ["poor"] * 3)
    kept = analyse(regions, sheet, method="trend", over_input=over)
    tested = kept.results["pvalue"].notna().to_numpy()
    np.testing.assert_array_equal(tested, over.sum(axis=1) >= 3)
    assert "1.25 times" in kept.header["control"]
    order = [3, 0, 4, 1, 5, 2]
    mixed = analyse(
        regions.select(samples=[f"s{i}" for i in order]),
        builders.sheet(["good", "poor"] * 3).for_samples([f"s{i}" for i in order]),
        method="trend",
        over_input=over[:, order],
    )
    np.testing.assert_array_equal(mixed.results["pvalue"].notna(), tested)


def test_offset_takes_out_what_the_input_has_and_leaves_the_mark() -> None:
    rng = np.random.default_rng(4)
    level = rng.gamma(20, 10, 2000)
    own = np.ones((2000, 8))
    own[:100, 4:] = 2.5  # the inputs of the poor differ here, as does their background
    mark = np.zeros((2000, 8))
    mark[500:700, 4:] = 400
    share = rng.uniform(0.5, 1.5, 8)
    chip = rng.poisson(share * (level[:, None] * own + mark)).astype(float)
    control = rng.poisson(level[:, None] * own).astype(float)
    bins, control_bins = (builders.matrix(v, quantity="reads") for v in (chip, control))
    matrix = replace(bins, library_sizes=share * 1e6)
    found = scaled_control(matrix, control_bins, bins=bins, control_bins=control_bins)
    corrected = with_control_offset(matrix, found)
    sheet = builders.sheet(["good"] * 4 + ["poor"] * 4)
    options = {"method": "trend", "normalize": "tmm"}
    before = analyse(matrix, sheet, **options).results["log2FoldChange"].to_numpy()
    after = analyse(corrected, sheet, **options).results["log2FoldChange"].to_numpy()
    assert np.median(before[:100]) == pytest.approx(np.log2(2.5), abs=0.1)
    assert abs(np.median(after[:100])) < 0.2
    assert np.median(after[500:700]) == pytest.approx(np.median(before[500:700]), abs=0.1)
    assert abs(np.median(after[1000:])) < 0.05


def test_input_without_signal_in_a_region_has_no_say() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    empty = replace(of_regions, values=np.zeros_like(of_regions.values))
    found = scaled_control(regions, empty, bins=bins, control_bins=control_bins)
    corrected = with_control_offset(regions, found)
    np.testing.assert_allclose(corrected.expected, 0.0)


def test_inputs_that_do_not_fit_are_refused() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    fewer = of_regions.select(samples=["s0", "s1"])
    with pytest.raises(DesignError, match="no input of s2, s3, s4, s5"):
        scaled_control(regions, fewer, bins=bins, control_bins=control_bins)
    with pytest.raises(DesignError, match="200 regions of ChIP, 10 of input"):
        scaled_control(
            regions, of_regions.select(regions=np.arange(10)), bins=bins, control_bins=control_bins
        )
    silent = replace(control_bins, values=np.zeros_like(control_bins.values))
    with pytest.raises(DesignError, match="the input of s0: no signal"):
        scaled_control(regions, of_regions, bins=bins, control_bins=silent)
