"""Designs without a unit: what goes with it, and what of a contrast is left."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.left_out import units_to_leave_out, without_units

GROUPS = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])


def _paired(n: int) -> np.ndarray:
    """Intercept, patients against the first, and the group of each of two samples."""
    patient = np.repeat(np.arange(n), 2)
    dummies = (patient[:, None] == np.arange(1, n)).astype(float)
    return np.column_stack([np.ones(2 * n), dummies, np.tile([0.0, 1.0], n)])


def test_units_of_two_groups_are_left_out_one_by_one() -> None:
    found = units_to_leave_out(GROUPS)
    assert np.array_equal(found, np.eye(6, dtype=bool))


def test_a_pair_goes_together_even_without_labels() -> None:
    found = units_to_leave_out(_paired(4))
    assert [np.flatnonzero(g).tolist() for g in found] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_units_of_one_label_go_together_and_no_label_is_none() -> None:
    labels = np.array(["a", "", "b", "a", "", "c"], dtype=object)
    found = units_to_leave_out(GROUPS, [labels])
    assert [np.flatnonzero(g).tolist() for g in found] == [[0, 3], [1], [2], [4], [5]]


def test_a_unit_that_says_nothing_is_not_left_out() -> None:
    # A patient with one sample has a coefficient to himself.
    X = np.delete(_paired(4), 7, axis=0)
    found = units_to_leave_out(X)
    assert [np.flatnonzero(g).tolist() for g in found] == [[0, 1], [2, 3], [4, 5]]


def test_the_contrast_is_the_same_in_the_columns_that_are_left() -> None:
    rng = np.random.default_rng(1)
    X, c = _paired(5), np.r_[np.zeros(5), 1.0]
    y = rng.standard_normal(10)
    for pair in range(5):
        kept = np.arange(10) // 2 != pair
        left = without_units(X, kept, c)
        assert np.linalg.matrix_rank(left.design) == left.design.shape[1] == 5
        assert left.vector is not None
        mine = left.vector @ np.linalg.lstsq(left.design, y[kept], rcond=None)[0]
        assert mine == pytest.approx((y[1::2] - y[::2])[np.arange(5) != pair].mean())


def test_a_contrast_that_cannot_be_told_is_none() -> None:
    assert without_units(GROUPS, np.arange(6) < 3, [0.0, 1.0]).vector is None
    mean = without_units(GROUPS, np.arange(6) < 3, [1.0, 0.0])
    assert mean.vector is not None
    assert mean.columns.tolist() == [0]


def test_a_design_that_keeps_its_rank_keeps_its_columns() -> None:
    left = without_units(GROUPS, np.arange(6) != 2, [0.0, 1.0])
    assert left.columns.tolist() == [0, 1]
    assert left.vector is not None
    assert left.vector.tolist() == [0.0, 1.0]


def test_no_unit_is_an_error() -> None:
    with pytest.raises(DesignError, match="no unit is left"):
        without_units(GROUPS, np.zeros(6, dtype=bool))
