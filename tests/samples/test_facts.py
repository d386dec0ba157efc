"""What a contrast compares, as values and in words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.facts import contrast_facts, contrast_title, facts_of, informed_by
from tests.support.builders import sheet


def test_a_difference_knows_its_sides_whatever_they_are_called() -> None:
    rows = sheet(["late; positive", "a minus b"] * 3)
    contrast = make_contrast(make_design(rows), "late; positive-a minus b")
    facts = {"contrast": json.loads(json.dumps(contrast_facts(contrast)))}
    assert facts["contrast"] == {
        "name": "Condition:late; positive-a minus b",
        "column": "Condition",
        "kind": "difference",
        "first": "late; positive",
        "second": "a minus b",
        "units": [3, 3],
    }
    assert contrast.words.startswith(contrast_title(facts))
    assert informed_by(facts) == "3 late; positive + 3 a minus b units"
    assert informed_by(facts) in contrast.words


def test_a_slope_has_none() -> None:
    rows = sheet(["good"] * 6, Age=["50", "60", "55", "70", "65", "40"])
    contrast = make_contrast(make_design(rows, "~ Age"), "Age")
    facts = {"contrast": contrast_facts(contrast)}
    assert facts["contrast"]["kind"] == "slope"
    assert contrast_title(facts) == "slope on Age"
    assert contrast.words.startswith(contrast_title(facts))
    assert informed_by(facts) == "6 units"
    assert not np.any(contrast.sides)


@pytest.mark.parametrize(
    ("words", "sides"),
    [
        ("poor minus good; positive = more mark in poor; informed by", ("poor", "good")),
        ("slope on Age; positive = more mark where Age is higher", None),
        ("", None),
    ],
)
def test_tables_of_the_first_version_name_their_sides_in_words(
    words: str, sides: tuple[str, str] | None
) -> None:
    facts = facts_of({"contrast": words})
    title = "" if sides is None else f"{sides[0]} minus {sides[1]}"
    assert contrast_title(facts) == title
