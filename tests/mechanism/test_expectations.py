"""Expectations are made of four words."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.mechanism.expectations import Expectation


def test_expectations_are_made_of_four_words() -> None:
    with pytest.raises(InputFormatError, match="up"):
        Expectation.parse("up")
    assert Expectation().words == "not stated"
    assert Expectation.parse("mixed").verdict("loss") == "not predicted"
