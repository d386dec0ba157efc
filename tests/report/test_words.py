"""The run in words."""

from __future__ import annotations

from resist_epi.report.words import (
    change_in_words,
    header_lines,
    join_words,
)


def test_a_gain_is_put_in_words() -> None:
    slope = {"contrast": {"kind": "slope", "column": "Age"}, "method": {"name": "trend"}}
    assert change_in_words(slope) == ("slope", "rising with the covariate")
    hazard = {"contrast": {"kind": "hazard"}, "method": {"name": "cox"}}
    assert change_in_words(hazard) == ("hazard ratio", "higher hazard with more mark")


def test_lines_for_reading_leave_out_what_is_for_programs() -> None:
    header = {"contrast": "a minus b", "warnings": ["one", "two"], "facts": {"units": [3, 3]}}
    assert header_lines(header) == [
        ("contrast", "a minus b"),
        ("warnings", "one"),
        ("warnings", "two"),
    ]


def test_words_are_joined() -> None:
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert join_words([]) == ""
