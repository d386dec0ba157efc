"""Which marks of a study can switch."""

from __future__ import annotations

from resist_epi.mechanism.find_switches import switches_of_study


def test_a_study_without_opposing_marks_has_no_switches() -> None:
    assert switches_of_study({}) is None
