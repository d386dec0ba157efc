"""What is said of a contrast that names no two levels."""

from __future__ import annotations

import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import sheet

GROUPS = ["good", "good", "poor", "poor"] * 2
ROWS = sheet(GROUPS, Batch=list("12121212"), Age=["50", "61", "47", "70", "55", "44", "66", "58"])


def message(text: str | None, formula: str = "~ Condition") -> str:
    with pytest.raises(DesignError) as error:
        make_contrast(make_design(ROWS, formula), text)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("poor-poor", "compares poor with itself; the other levels of Condition are good"),
        ("pooor-good", "Condition has no level 'pooor'. Did you mean 'poor-good'?"),
        ("Poor-Good", "Did you mean 'poor-good'?"),
        ("Condition:por-god", "Did you mean 'poor-good'?"),
        ("poor vs good", "Did you mean 'poor-good'?"),
        ("poor_vs_good", "Did you mean 'poor-good'?"),
        ("poor/good", "Did you mean 'poor-good'?"),
        ("poor\u2013good", "Did you mean 'poor-good'?"),
        ("poor", "this is one level, and a contrast is of two, as A-B"),
        (
            "1-2",
            "Batch is not in the design '~ Condition'; add it, as in --design '~ ",
        ),
        ("batch:1-2", "Batch is not in the design"),
        (
            "x-y",
            "no column of the design '~ Condition' has these levels. Levels are: Cond",
        ),
    ],
)
def test_what_is_wrong_and_what_was_meant(text: str, part: str) -> None:
    assert part in message(text)


def test_a_continuous_column_has_a_slope() -> None:
    assert "Age is continuous and has no levels" in message("Age:50-61", "~ Age + Condition")
    assert "--contrast Age tests the slope" in message(None, "~ Age")


def test_a_design_of_no_column_compares_nothing() -> None:
    assert "names no column, so there is nothing to compare" in message(None, "~ 1")


@pytest.mark.parametrize(
    "text",
    [
        "relapse, late-relapse, early",
        "Condition:relapse, late-relapse, early",
        "Condition,relapse, late-relapse, early",
        "Condition,relapse, late,relapse, early",
        "relapse, late,relapse, early",
    ],
)
def test_levels_may_hold_commas(text: str) -> None:
    rows = sheet(["relapse, early"] * 3 + ["relapse, late"] * 3)
    contrast = make_contrast(make_design(rows), text)
    assert contrast.levels == ("relapse, late", "relapse, early")


def test_a_blank_behind_a_comma_is_offered() -> None:
    rows = sheet(["relapse, early"] * 3 + ["relapse, late"] * 3)
    with pytest.raises(DesignError, match="Did you mean 'relapse, late-relapse, early'"):
        make_contrast(make_design(rows), "Condition,relapse, late-relapse,early")
