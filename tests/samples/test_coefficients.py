"""A coefficient by its printed name says what it compares, and that is true of its coding."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.coefficients import printed_name
from resist_epi.samples.design import (
    Design,
    make_coefficient,
    make_contrast,
    make_design,
    why_untestable,
)
from resist_epi.samples.facts import contrast_facts, contrast_title, informed_by
from tests.support.builders import sheet

GROUPS = ["good", "poor"] * 8
TREATED = (["ai"] * 2 + ["none"] * 2) * 4
BATCH = ["1", "1", "1", "2", "2", "2", "2", "1"] * 2
AGES = [41.0, 66.5, 48.0, 59.0, 72.0, 44.0, 63.0, 50.0] * 2


def design(formula: str) -> Design:
    return make_design(sheet(GROUPS, Treatment=TREATED, Batch=BATCH, Age=AGES), formula)


def test_an_interaction_is_a_difference_of_differences() -> None:
    made = design("~ Treatment * Condition")
    found = make_coefficient(made, "Treatment[T.none]:Condition[T.poor]")
    assert found.words == (
        "poor minus good where Treatment is none, less poor minus good where it is ai; positive ="
        " poor minus good is higher where Treatment is none; informed by 4 none poor + 4 none good"
        " + 4 ai poor + 4 ai good units; coefficient Treatment[T.none]:Condition[T.poor]"
    )
    assert found.vector.tolist() == [0, 0, 0, 1]
    assert (found.levels, found.columns) == ((), ("Treatment", "Condition"))
    facts = contrast_facts(found)
    assert (facts["kind"], facts["columns"]) == ("coefficient", ["Treatment", "Condition"])
    assert contrast_title({"contrast": facts}) == f"coefficient {found.name}"
    assert informed_by({"contrast": facts}) == "4 + 4 + 4 + 4 units"


@pytest.mark.parametrize(
    ("formula", "name", "said"),
    [
        ("~ Treatment * Condition", "Condition[T.poor]", "where Treatment is ai, the reference"),
        (
            '~ C(Treatment, contr.treatment("none")) * Condition',
            "Condition[T.poor]",
            "where Treatment is none, the reference",
        ),
        ("~ Condition * Age", "Condition[T.poor]", "where Age is 0, the reference"),
        ("~ Condition * Age", "Age", "where Condition is good, the reference"),
        (
            "~ Condition * Age",
            "Condition[T.poor]:Age",
            "slope on Age where Condition is poor, less slope on Age where it is good",
        ),
        (
            "~ Treatment + Treatment:Condition",
            "Treatment[none]:Condition[T.poor]",
            "poor minus good; positive = more mark in poor; within the units whose Treatment is",
        ),
        ("~ Batch + Condition", "Condition[T.poor]", "in poor; adjusted for Batch; informed by 8"),
        ("~ bs(Age, df=3) + Condition", "bs(Age, df=3)[2]", "as the design codes it"),
        ("~ Condition * scale(Age)", "Condition[T.poor]", "as the design codes it"),
    ],
)
def test_what_is_said_is_true_of_the_coding(formula: str, name: str, said: str) -> None:
    assert said in make_coefficient(design(formula), name).words


def test_every_reading_is_what_cell_means_give() -> None:
    """Naive: the mean of each combination of levels, and differences of these by hand."""
    made = design("~ Treatment * Condition")
    y = np.random.default_rng(1).normal(size=16)
    estimates = np.linalg.lstsq(made.matrix.to_numpy(), y, rcond=None)[0]
    treated, group = np.array(TREATED), np.array(GROUPS)
    mean = {
        (t, c): y[(treated == t) & (group == c)].mean()
        for t in ("ai", "none")
        for c in ("good", "poor")
    }
    own = mean["ai", "poor"] - mean["ai", "good"]
    other = mean["none", "poor"] - mean["none", "good"]
    for name, value in (
        ("Condition[T.poor]", own),
        ("Treatment[T.none]:Condition[T.poor]", other - own),
    ):
        assert estimates @ make_coefficient(made, name).vector == pytest.approx(value)
    average = make_contrast(made, "poor-good")
    assert estimates @ average.vector == pytest.approx((own + other) / 2)


def test_a_main_effect_beside_an_interaction_says_over_what_it_averages() -> None:
    words = make_contrast(design("~ Treatment * Condition"), "poor-good").words
    assert "averaged over the units' own Treatment (8 ai, 8 none)" in words
    assert "adjusted for Treatment" not in words
    words = make_contrast(design("~ Condition * Age"), "poor-good").words
    assert "averaged over the units' own Age (mean 55.44)" in words
    assert "averaged" not in make_contrast(design("~ Treatment + Condition"), "poor-good").words


def test_a_wrong_name_lists_the_printed_ones() -> None:
    made = design("~ Treatment * Condition")
    with pytest.raises(
        DesignError, match=r"Treatment\[T\.none\], Condition\[T\.poor\], Treat"
    ) as e:
        make_coefficient(made, "Treatment[T.nome]:Condition[T.poor]")
    assert "did you mean 'Treatment[T.none]:Condition[T.poor]'" in str(e.value)
    assert printed_name(["Age", "Condition[T.poor]"], "condition[t.POOR]") == "Condition[T.poor]"
    with pytest.raises(DesignError, match="none but the Intercept"):
        printed_name(["Intercept"], "Age")
    with pytest.raises(DesignError, match="its coefficients are"):
        make_contrast(made, "Condition[T.poer]")


@pytest.mark.parametrize(
    ("formula", "name"),
    [("~ Condition", "Intercept"), ("~ 0 + Condition", "Condition[poor]")],
)
def test_a_level_is_no_comparison(formula: str, name: str) -> None:
    with pytest.raises(DesignError, match="a level of signal and no comparison"):
        make_coefficient(design(formula), name)


def test_a_combination_with_one_unit_tells_nothing_of_units() -> None:
    rows = sheet(["good", "good", "poor", "poor"] * 2, Treatment=list("aaabbbbb"))
    made = make_design(rows, "~ Treatment * Condition")
    found = make_coefficient(made, "Treatment[T.b]:Condition[T.poor]")
    assert min(found.group_sizes) == 1
    assert "one combination of levels rests on 1 biological unit" in str(
        why_untestable(made, found)
    )


def test_levels_with_signs_in_them_are_told_apart() -> None:
    odd = ["a:b", "a", "x[T.a]", "a:b"] * 4
    made = make_design(sheet(GROUPS, Arm=odd), "~ Arm + Condition")
    found = make_coefficient(made, "Arm[T.x[T.a]]")
    assert found.levels == ("x[T.a]", "a")
