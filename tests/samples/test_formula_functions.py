"""Functions of a formula take what they can be had of, and leave no level out in silence."""

from __future__ import annotations

import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.design import make_design
from resist_epi.samples.sheet import SampleSheet
from tests.support.builders import sheet


def rows() -> SampleSheet:
    return sheet(
        ["good", "mid", "poor"] * 3,
        Age=["50", "61", "47", "70", "55", "44", "66", "58", "49"],
        Site=list("aabbccabc"),
    )


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("~ C(Condition, levels=['good', 'poor'])", "levels= of Condition leaves out 'mid'"),
        ("~ C(Condition, None, ['good'])", "must be contr.treatment|expected contr.treatment"),
        ("~ C(Condition, levels='good')", "levels must be a list of all levels at 'levels'"),
        ("~ C(Condition, levels=3)", "levels must be a list of all levels"),
        (
            "~ C(Condition, levels=['good', 'mid', 'poor', 'bad'])",
            "must name each level once; found bad",
        ),
        ("~ C(Condition, contr.treatment('bad'))", "Condition has no level 'bad'; it has 'good'"),
        ("~ C(Condition, spans_intercept='no')", "spans_intercept must be True or False"),
        ("~ log(Site)", r"log\(\) is of numbers, and Site holds groups \('a', 'b', 'c'\)"),
        ("~ scale(Site) + Condition", r"scale\(\) is of numbers"),
        ("~ poly(Site, 2)", r"poly\(\) is of numbers"),
        ("~ bs(Site, df=4)", r"bs\(\) is of numbers"),
        ("~ poly(Age, 0) + Condition", "degree must be a whole number from 1 to 50"),
        ("~ poly(Age, 2, raw='maybe')", "raw must be True or False"),
        ("~ bs(Age, df=0)", "df must be a whole number from 1 to 50"),
        ("~ bs(Age, knots='abc')", "knots must be a list of numbers"),
        ("~ bs(Age, knots=['a'])", "knots must be a list of numbers"),
        ("~ bs(Age, df=4, lower_bound='a')", "lower_bound must be a number"),
        ("~ bs(Age, df=4, extrapolation='zzz')", "one of raise, clip, na, zero, extend"),
        ("~ scale(Age, scale='x')", "scale must be True, False or a number"),
        ("~ scale(Age, ddof=[1, 2])", "ddof must be a whole number"),
    ],
)
def test_what_a_function_cannot_be_had_of(formula: str, message: str) -> None:
    with pytest.raises(DesignError, match=message) as caught:
        make_design(rows(), formula)
    assert "Error" not in str(caught.value)  # no words of a library


@pytest.mark.parametrize(
    "formula",
    [
        "~ C(Condition, levels=['poor', 'mid', 'good'])",
        "~ C(Condition, contr.treatment('mid'))",
        "~ bs(Age, df=4, degree=2, extrapolation='clip')",
        "~ bs(Age, knots=[50, 60.5], degree=1)",
        "~ scale(Age, center=50, scale=False, ddof=0)",
        "~ poly(Age, 2, True) + C(Site)",
    ],
)
def test_what_it_can_be_had_of(formula: str) -> None:
    assert len(make_design(rows(), formula).matrix) == 9


@pytest.mark.parametrize("value", ["inf", "-inf", "1e308"])
def test_numbers_without_measure_are_named(value: str) -> None:
    ages = ["50", "61", value, "70", "55", "44", "66", "58", "49"]
    with pytest.raises(DesignError, match=f"Age.*holds '{value}' of s2"):
        make_design(sheet(["good", "mid", "poor"] * 3, Age=ages), "~ Age + Condition")


def test_a_column_of_zeros_is_called_so() -> None:
    with pytest.raises(DesignError, match="is 0 in every sample") as caught:
        make_design(rows(), "~ bs(Age, df=30) + Condition")
    assert "determined by ;" not in str(caught.value)
