"""Matrices are filled a column at a time and handed over as they are."""

from __future__ import annotations

import numpy as np

from resist_epi.counting.filling import MatrixFilling
from resist_epi.counting.tally import Tally
from tests.support.builders import regions
from tests.support.memory import peak_memory

N, SAMPLES = 20_000, tuple(f"s{i}" for i in range(40))


def filled() -> MatrixFilling:
    filling = MatrixFilling({"bins": regions(N)}, SAMPLES, quantity="reads")
    for i, sample in enumerate(SAMPLES):
        tally = Tally(
            values={"bins": np.full(N, float(i))},
            shares={},
            library_size=100.0 + i,
            chrom_lengths={"chr1": N * 1000},
            reached={},
        )
        filling.add(sample, tally)
    return filling


def test_a_column_a_sample_in_any_order() -> None:
    made = filled().matrices(told="so")["bins"]
    np.testing.assert_array_equal(made.values[7], np.arange(40.0))
    np.testing.assert_array_equal(made.library_sizes, 100.0 + np.arange(40))
    assert made.metadata["told"] == "so"
    assert not made.values.flags.writeable


def test_what_was_filled_is_not_copied() -> None:
    filling = filled()
    peak, made = peak_memory(filling.matrices)
    assert peak < 0.5 * made["bins"].values.nbytes
    again = filling.matrices()["bins"]
    assert again.values is made["bins"].values
