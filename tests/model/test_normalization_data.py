"""What normalisations get from a sheet and from bins, merged by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.units import merge_units
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins
from resist_epi.model.normalization_data import merge_inputs, normalization_inputs
from tests.support.builders import matrix, sheet

LENGTHS = {"chr1": 3_000_000, "chr2": 1_000_000, "chrX": 500_000}


def table(*rows: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def test_a_sheet_offers_spike_in_and_factors() -> None:
    counts = matrix(np.full((3, 2), 10.0), quantity="reads")
    rows = sheet(["good", "poor"], SpikeInReads=[100, 400], sizefactor=[1, 2])
    inputs = normalization_inputs(counts, rows)
    assert inputs.spike_in is not None
    assert list(inputs.spike_in.values[0]) == [100, 400]
    assert inputs.given == {"s0": 1.0, "s1": 2.0}
    assert inputs.groups == {"s0": "good", "s1": "poor"}
    assert "no counts in bins" in inputs.missing["background"]


def test_spike_in_beside_a_normalised_track_needs_the_reads() -> None:
    counts = matrix(np.full((3, 2), 10.0), library_sizes=[1000, 1000])
    inputs = normalization_inputs(counts, sheet(["good", "poor"], SpikeInReads=[100, 400]))
    assert inputs.spike_in is None
    assert "LibrarySize" in inputs.missing["spike_in"]
    known = sheet(["good", "poor"], SpikeInReads=[100, 400], LibrarySize=[1e6, 2e6])
    spike_in = normalization_inputs(counts, known).spike_in
    assert spike_in is not None
    # Per read of the library the second has twice as much exogenous chromatin.
    np.testing.assert_allclose(spike_in.values[0], [0.1, 0.2])


def test_half_a_column_and_a_wrong_factor_are_refused() -> None:
    counts = matrix(np.full((3, 2), 10.0), quantity="reads")
    with pytest.raises(DesignError, match="SpikeInReads holds no positive number for s1"):
        normalization_inputs(counts, sheet(["a", "b"], SpikeInReads=[100, ""]))
    with pytest.raises(DesignError, match="SizeFactor holds no positive number for s0, s1"):
        normalization_inputs(counts, sheet(["a", "b"], SizeFactor=["-1", "x"]))


@pytest.mark.parametrize("quantity", ["reads", "mean_signal"])
def test_units_are_merged_like_the_matrix(quantity: str) -> None:
    rng = np.random.default_rng(2)
    sizes = np.array([1e3, 3e3, 2e3])
    values = rng.poisson(50, size=(6, 3)).astype(float)
    counts = matrix(values, quantity=quantity, library_sizes=sizes)
    rows = sheet(
        ["good", "good", "poor"],
        Patient=["P1", "P1", "P2"],
        SizeFactor=[2, 2, 1],
        SpikeInReads=[10, 30, 20],
        LibrarySize=[1e3, 3e3, 2e3],
    )
    peaks = {s: table(("chr1", 10 * i, 10 * i + 5)) for i, s in enumerate(counts.samples)}
    background = replace(
        matrix(rng.poisson(20, size=(450, 3)) + 1.0, quantity=quantity, library_sizes=sizes),
        regions=genome_bins(LENGTHS, 10_000),
    )
    inputs = normalization_inputs(counts, rows, bins=background, peaks=peaks)
    merged = merge_inputs(inputs, counts, rows)
    unit_matrix, _, _ = merge_units(counts, rows)
    assert merged.background is not None
    assert merged.spike_in is not None
    assert merged.background.samples == merged.spike_in.samples == ("s0", "s2")
    np.testing.assert_allclose(merged.background.library_sizes, unit_matrix.library_sizes)
    # Library size and spike-in agree in every library, so they agree in every unit.
    np.testing.assert_allclose(merged.spike_in.values[0] * 100, unit_matrix.library_sizes)
    assert merged.given == {"s0": pytest.approx(2), "s2": pytest.approx(1)}
    assert merged.peaks is not None
    assert list(merged.peaks["s0"]["start"]) == [0, 10]
