"""Log signal by rows is that of the whole matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix, scaled, scaled_cells, scaled_means
from resist_epi.genome.bins import genome_bins
from resist_epi.model.linear_models import log_level
from resist_epi.model.log_rows import ExpRows, KeptWeights, LogLevel, ScaledRows
from resist_epi.stats.linear import responses
from resist_epi.stats.rows import GatheredRows, gathered

N, UNITS = 600, 5


def matrices(offsets: bool) -> tuple[CountMatrix, CountMatrix]:
    """Float32 with offsets by rows, and float64 of the same numbers."""
    rng = np.random.default_rng(1)
    values = rng.gamma(2, 10, size=(N, UNITS)).astype(np.float32)
    names = tuple(f"s{i}" for i in range(UNITS))
    single = CountMatrix(
        values, genome_bins({"chr1": N * 2_000}, 2_000), names, "reads", np.arange(1.0, UNITS + 1)
    )
    double = replace(single, values=values.astype(np.float64))
    if not offsets:
        return single, double
    table, member = rng.normal(size=(40, UNITS)), rng.integers(0, 40, size=N)
    return (
        replace(single, offsets=gathered(table, member)),
        replace(double, offsets=table[member]),
    )


@pytest.mark.parametrize("offsets", [False, True])
@pytest.mark.parametrize("block", [256, 1 << 14])
def test_log_level_of_float32_is_made_by_rows(offsets, block, monkeypatch) -> None:
    monkeypatch.setattr(responses, "_BLOCK", block)
    single, double = matrices(offsets)
    made, prior = log_level(single, np.ones(N, dtype=bool))
    whole, expected = log_level(double, np.ones(N, dtype=bool))
    assert isinstance(made, LogLevel)
    assert isinstance(whole, np.ndarray)
    assert prior == expected
    np.testing.assert_array_equal(whole, np.log2(scaled(double) + prior))
    np.testing.assert_array_equal(made, whole)
    np.testing.assert_array_equal(made.cells(slice(4), slice(1, 3)), whole[:4, 1:3])
    np.testing.assert_array_equal(ScaledRows(single), scaled(double))
    np.testing.assert_array_equal(scaled_means(single), scaled(double).mean(axis=1))
    np.testing.assert_array_equal(scaled_cells(single, np.array([7, 3])), scaled(double)[[7, 3]])


def test_a_part_of_a_matrix_has_the_offsets_of_its_rows() -> None:
    single, double = matrices(offsets=True)
    keep = np.arange(N) % 3 == 0
    part = single.select(regions=keep)
    assert not isinstance(part.offsets, np.ndarray)
    np.testing.assert_array_equal(part.offsets, double.offsets[keep])
    one = single.select(regions=keep, samples=("s3",))
    np.testing.assert_array_equal(one.offsets, double.offsets[keep][:, [3]])


def test_exponentials_of_offsets() -> None:
    table, member = np.random.default_rng(2).normal(size=(4, UNITS)), np.arange(9) % 4
    made = ExpRows(GatheredRows(table, member))
    np.testing.assert_array_equal(made, np.exp(table[member]))
    np.testing.assert_array_equal(made.cells(slice(2, 5), slice(1, 3)), made[2:5][:, 1:3])


def test_weights_of_what_is_left_out() -> None:
    odd = np.random.default_rng(3).uniform(size=(N, UNITS)) < 0.1
    each = np.arange(1.0, UNITS + 1)
    made = KeptWeights(odd, 1e-12, each)
    np.testing.assert_array_equal(made, np.where(odd, 1e-12, 1.0) * each)
    np.testing.assert_array_equal(made.cells(slice(9), slice(1, 4)), made[:9][:, 1:4])
