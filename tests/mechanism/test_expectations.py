"""Expectations are made of four words."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.mechanism.expectations import Expectation, Mechanism


def test_expectations_are_made_of_four_words() -> None:
    with pytest.raises(InputFormatError, match="up"):
        Expectation.parse("up")
    assert Expectation().words == "not stated"
    assert Expectation.parse("gain or mixed") == Expectation.parse("gain|mixed")
    assert Expectation.parse("gain or mixed").words == "gain or mixed"


def test_marks_go_by_any_name_and_switches_follow_their_active_mark() -> None:
    signs = {"ER": "loss", "H3K4me3": "gain", "H3K36me3": "mixed", "expression": "gain"}
    own = Mechanism("a", "A", "SET", {m: Expectation.parse(t) for m, t in signs.items()})
    assert [own.expects(name).main for name in ("ER", "era", "ESR1", "ERalpha")] == ["loss"] * 4
    assert own.expects("h3k4me3").main == own.expects("proteomics").main == "gain"
    assert own.expects("switches", active="H3K4me3").main == "gain"
    assert own.expects("switches").main == "mixed"
    assert own.expects("switches", active="H3K27ac") == own.expects("H4K20me1") == Expectation()
