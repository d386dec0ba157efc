"""The matrix is checked once and cannot be changed afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError, QuantityError
from tests.support.builders import matrix, regions
from tests.support.memory import peak_memory


def test_arrays_are_read_only_and_the_callers_stays_writable() -> None:
    values = np.ones((2, 2))
    made = CountMatrix(values, regions(2), ("a", "b"), "reads", np.ones(2))
    with pytest.raises(ValueError, match="read-only"):
        made.values[0, 0] = 5
    values[0, 0] = 7
    assert made.values[0, 0] == 1


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_bad_value_names_region_and_sample(bad: float) -> None:
    with pytest.raises(InputFormatError, match=r"region r1 \(chr1:1000-2000\), sample 's0'"):
        matrix([[1, 2], [bad, 3]], library_sizes=[1, 1])


def test_unknown_quantity() -> None:
    with pytest.raises(QuantityError, match="unknown quantity 'rpkm'"):
        matrix([[1.0]], quantity="rpkm")


def test_a_sample_named_twice() -> None:
    with pytest.raises(InputFormatError, match="named twice in the matrix: a"):
        matrix([[1, 2]], samples=("a", "a"))


def test_shapes_must_agree() -> None:
    with pytest.raises(InputFormatError, match="values has shape"):
        CountMatrix(np.ones((3, 2)), regions(2), ("a", "b"), "reads", np.ones(2))


def test_an_empty_library_names_the_sample() -> None:
    with pytest.raises(InputFormatError, match="library_sizes of sample 's1' is 0"):
        matrix([[1, 0]])


def test_select_by_mask_positions_and_names() -> None:
    made = matrix([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    by_mask = made.select(regions=np.array([True, False, True]), samples=["s2", "s0"])
    np.testing.assert_array_equal(by_mask.values, [[3, 1], [9, 7]])
    np.testing.assert_array_equal(by_mask.library_sizes, [18, 12])
    assert list(by_mask.regions["region_id"]) == ["r0", "r2"]
    by_place = made.select(regions=[2, 0])
    assert list(by_place.regions["region_id"]) == ["r2", "r0"]
    with pytest.raises(InputFormatError, match="no sample 'x' in the matrix"):
        made.select(samples=["x"])


def test_no_regions_and_one_sample() -> None:
    made = CountMatrix(np.empty((0, 1)), regions(0), ("a",), "reads", np.ones(1))
    assert made.to_frame().shape == (0, 9)


def test_a_part_is_made_without_a_copy_beside_it() -> None:
    made = matrix(np.ones((20_000, 40)))
    half = np.arange(20_000) % 2 == 0
    peak, part = peak_memory(lambda: made.select(regions=half))
    assert peak < 1.6 * part.values.nbytes
    peak, fewer = peak_memory(lambda: made.select(samples=made.samples[:20]))
    assert peak < 1.6 * fewer.values.nbytes


def test_rows_without_a_place_are_filled_without_a_copy_beside_them() -> None:
    values = np.ones((20_000, 40))
    values[5] = np.nan
    made = matrix(values, library_sizes=np.ones(40))
    peak, filled = peak_memory(made.filled)
    assert not filled.unplaced.any()
    assert peak < 1.6 * filled.values.nbytes
