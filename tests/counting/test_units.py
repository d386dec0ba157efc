"""Libraries of one patient are one unit."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.counting.units import merge_units
from resist_epi.errors import DesignError
from tests.support.builders import matrix, sheet
from tests.support.memory import peak_memory


def test_without_a_patient_each_row_is_a_unit_and_that_is_said() -> None:
    made = matrix([[1, 2], [3, 4]])
    merged, units, note = merge_units(made, sheet(["a", "b"]))
    assert merged is made
    assert units.samples == ("s0", "s1")
    assert "no Patient column" in note


def test_reads_are_summed() -> None:
    made = matrix([[1, 2, 5], [3, 4, 6]], quantity="reads")
    rows = sheet(["a", "a", "b"], Patient=["p", "p", "q"])
    merged, units, note = merge_units(made, rows)
    np.testing.assert_array_equal(merged.values, [[3, 5], [7, 6]])
    np.testing.assert_array_equal(merged.library_sizes, [10, 11])
    assert units.samples == ("s0", "s2")
    assert "3 libraries merged into 2 units" in note
    assert "s0+s1" in note


def test_signal_is_averaged_by_depth() -> None:
    # Two libraries of a tumour that differ in depth and in signal: as if their reads were pooled.
    made = matrix([[10.0, 0.0, 4.0], [0.0, 90.0, 5.0]], library_sizes=[1000, 3000, 50])
    merged, _, _ = merge_units(made, sheet(["a", "a", "b"], Patient=["p", "p", "q"]))
    np.testing.assert_allclose(
        merged.values / merged.library_sizes, [[0.0025, 0.08], [0.0225, 0.1]]
    )


def test_a_patient_before_and_after_treatment_is_two_units() -> None:
    rows = sheet(["a", "a"], Patient=["p", "p"], Treatment=["before", "after"])
    merged, _, _ = merge_units(matrix([[1, 2]]), rows)
    assert len(merged.samples) == 2


def test_columns_of_the_design_keep_libraries_apart() -> None:
    rows = sheet(["a", "a"], Patient=["p", "p"], Batch=["1", "2"])
    assert len(merge_units(matrix([[1, 2]]), rows)[0].samples) == 1
    assert len(merge_units(matrix([[1, 2]]), rows, design_columns=["Batch"])[0].samples) == 2


def test_patient_for_some_rows_only() -> None:
    with pytest.raises(DesignError, match="Patient is empty for s1"):
        merge_units(matrix([[1, 2]]), sheet(["a", "b"], Patient=["p", ""]))


def test_the_order_of_the_matrix_does_not_matter() -> None:
    rows = sheet(["a", "a", "b"], Patient=["p", "p", "q"])
    made = matrix([[1, 2, 5]], quantity="reads")
    shuffled = made.select(samples=["s2", "s1", "s0"])
    merged, units, _ = merge_units(shuffled, rows)
    assert units.samples == ("s2", "s1")
    np.testing.assert_array_equal(merged.values, [[5, 3]])


def test_units_are_merged_without_a_copy_beside_them() -> None:
    n = 40
    made = matrix(np.ones((20_000, n)), quantity="reads")
    rows = sheet(["a"] * n, Patient=[f"p{i // 2}" for i in range(n)])
    peak, (merged, _, _) = peak_memory(lambda: merge_units(made, rows))
    assert len(merged.samples) == n // 2
    assert peak < 1.6 * merged.values.nbytes
