"""The filter is blind to the groups."""

from __future__ import annotations

from resist_epi.model.filtering import regions_with_signal
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
