"""The filter is blind to the groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.filtering import goes_with_depth, regions_with_signal
from resist_epi.model.normalization import normalize
from tests.support.builders import matrix


def test_the_filter_is_blind_to_which_units_have_signal() -> None:
    made = normalize(matrix([[9, 9, 0, 0], [0, 0, 9, 9], [9, 0, 0, 0]], library_sizes=[1] * 4))
    kept, rule = regions_with_signal(made, min_units=2)
    assert kept.tolist() == [True, True, False]
    assert rule.startswith("any signal in at least 2 units")


def test_reads_need_five_of_them() -> None:
    made = normalize(matrix([[4, 4], [6, 6], [100, 100]], quantity="reads"))
    assert regions_with_signal(made, min_units=2)[0].tolist() == [False, True, True]
    assert regions_with_signal(made, min_units=2, min_value=50)[0].tolist() == [False, False, True]


SIDES = (np.array([True, True, False, False]), np.array([False, False, True, True]))


def test_one_read_of_a_shallow_unit_does_not_pass_for_many() -> None:
    deep, shallow = [80.0, 80], [10.0, 10]
    reads = [[0.0, 0, 3, 3], [20, 20, 3, 2], [12, 12, 0, 0]]
    made = normalize(matrix(reads, quantity="reads", library_sizes=deep + shallow), "library_size")
    assert goes_with_depth(made, SIDES)
    assert regions_with_signal(made, min_units=2)[0].tolist() == [True, True, False]
    kept, rule = regions_with_signal(made, min_units=2, sides=SIDES, of_counts=True)
    assert kept.tolist() == [False, True, True]
    assert rule.startswith("depth differs 8.0-fold between the sides, so all reads together decide")
    with pytest.raises(DesignError, match=r"no region can be tested: .* --method ql"):
        regions_with_signal(made, min_units=2, sides=SIDES)
    with pytest.raises(DesignError, match=r"^(?!.*--method ql)"):
        regions_with_signal(made, min_units=2, min_value=1e6, sides=SIDES, of_counts=True)
    alike = replace(made, library_sizes=np.full(4, 10.0))
    assert not goes_with_depth(alike, SIDES)


def test_where_depth_goes_with_the_contrast_tests_of_logarithms_are_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reads = np.full((3, 4), [800.0, 800, 100, 100])
    deep = normalize(matrix(reads, library_sizes=[80.0, 80, 10, 10], quantity="reads"))
    for of_counts in (False, True):
        caplog.clear()
        regions_with_signal(deep, min_units=2, sides=SIDES, of_counts=of_counts)
        assert ("tests of logarithms" in caplog.text) is not of_counts
    caplog.clear()
    twice = normalize(matrix(reads, library_sizes=[80.0, 80, 30, 30], quantity="reads"))
    regions_with_signal(twice, min_units=2, sides=SIDES)
    assert "depth differs" in caplog.text
    assert "tests of logarithms" not in caplog.text


def test_zeros_that_go_with_the_contrast_leave_the_dense_regions() -> None:
    rng = np.random.default_rng(2)
    rate = np.repeat([200.0, 0.7], [150, 400])[:, None]
    signal = rng.poisson(rate * [8, 8, 1, 1]) / np.array([8.0, 8, 1, 1])
    made = normalize(matrix(signal, library_sizes=np.ones(4)), "library_size")
    kept, rule = regions_with_signal(made, min_units=2, sides=SIDES)
    assert kept[:150].all()
    assert (signal[kept] == 0).mean(axis=0).max() <= 0.01
    assert "of these the most abundant" in rule
    few = made.select(regions=np.arange(100, 550))
    with pytest.raises(DesignError, match="count reads, or take wider regions"):
        regions_with_signal(few, min_units=2, sides=SIDES)
