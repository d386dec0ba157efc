"""Formulas and contrasts by name, and what the units can tell."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.design import check_testable, make_contrast, make_design
from tests.support.builders import sheet

GROUPS = ["good", "good", "poor", "poor"]


def test_two_groups() -> None:
    design = make_design(sheet(GROUPS))
    assert list(design.matrix.columns) == ["Intercept", "Condition[T.poor]"]
    contrast = make_contrast(design)
    np.testing.assert_array_equal(contrast.vector, [0, 1])
    assert contrast.name == "Condition:poor-good"
    assert contrast.words == (
        "poor minus good; positive = more mark in poor; 2 against 2 units;"
        " informed by 2 poor + 2 good units"
    )


def test_names_in_formulas_and_contrasts_are_matched_without_case() -> None:
    design = make_design(sheet(GROUPS, Batch=["1", "2", "1", "2"]), "~ batch + CONDITION")
    assert design.formula == "~ Batch + Condition"
    assert make_contrast(design, "condition:good-poor").vector[-1] == -1


@pytest.mark.parametrize("text", ["a-b-a", "Condition:a-b-a", "Condition,a-b,a", "a-b,a"])
def test_levels_may_hold_hyphens(text: str) -> None:
    design = make_design(sheet(["a", "a", "a-b", "a-b"]))
    np.testing.assert_array_equal(make_contrast(design, text).vector, [0, 1])


def test_the_default_is_the_order_of_the_alphabet_and_is_said() -> None:
    design = make_design(sheet(["BN", "BN", "SHR", "SHR"]))
    contrast = make_contrast(design)
    assert contrast.name == "Condition:SHR-BN"
    assert contrast.words.endswith(
        "no contrast was asked for, so the order is that of the alphabet"
    )
    assert "asked for" not in make_contrast(design, "SHR-BN").words


@pytest.mark.parametrize("name", ["Treatment", "center", "C", "Q", "lag"])
def test_a_column_may_bear_the_name_of_a_function(name: str) -> None:
    rows = sheet(GROUPS, **{name: ["a", "b", "a", "b"]})
    design = make_design(rows, f"~ {name.lower()} + Condition")
    assert design.variables == (name, "Condition")
    assert f"adjusted for {name}" in make_contrast(design, "poor-good").words
    with pytest.raises(DesignError, match=f"column {name}, .* is empty for s1"):
        make_design(sheet(GROUPS, **{name: ["a", "", "a", "b"]}), f"~ {name} + Condition")


@pytest.mark.parametrize("term", ["scale(age)", "poly(Age, 2)", "bs(Age, df=3)", "log(Age)"])
def test_columns_inside_functions_are_seen(term: str) -> None:
    rows = sheet(GROUPS * 2, Age=["50", "61", "47", "70", "55", "44", "66", "58"])
    design = make_design(rows, f"~ {term} + Condition")
    assert design.variables == ("Age", "Condition")
    assert "adjusted for Age" in make_contrast(design, "poor-good").words


def test_numbers_can_be_made_groups_and_then_contrasted() -> None:
    rows = sheet(["a", "b"] * 3, Dose=["0", "0", "24", "24", "48", "48"])
    design = make_design(rows, "~ C(Dose) + Condition")
    assert make_contrast(design, "Dose:24-0").group_sizes == (2, 2)
    hours = sheet(["a", "b"] * 2, Timepoint=["0", "0", "24", "24"])
    assert make_contrast(make_design(hours, "~ Timepoint"), "24-0").group_sizes == (2, 2)


@pytest.mark.parametrize("formula", ["~ Condition | Batch", "~ log(Condition)", "~ f(Condition)"])
def test_what_formulaic_cannot_evaluate_is_a_design_error(formula: str) -> None:
    with pytest.raises(DesignError, match=r"cannot be (parsed|built)"):
        make_design(sheet(GROUPS, Batch=["1", "2", "1", "2"]), formula)


def test_three_levels_need_a_contrast() -> None:
    design = make_design(sheet(["a", "a", "b", "b", "c", "c"]))
    with pytest.raises(DesignError, match=r"no single obvious contrast.*Condition: a, b, c"):
        make_contrast(design)
    np.testing.assert_array_equal(make_contrast(design, "c-b").vector, [0, -1, 1])


def test_unknown_and_ambiguous_levels() -> None:
    design = make_design(sheet(GROUPS, Batch=["poor", "good", "poor", "good"]), "~Batch+Condition")
    with pytest.raises(DesignError, match=r"no column of the design .* has these levels"):
        make_contrast(design, "poor-bad")
    with pytest.raises(DesignError, match="Batch:poor-good, Condition:poor-good"):
        make_contrast(design, "poor-good")


def test_only_some_units_inform_a_contrast() -> None:
    tissue = ["BT474", "BT474", "MCF7", "MCF7", "MCF7", "MCF7", "T47D", "T47D"]
    condition = ["R", "R", "S", "S", "R", "R", "S", "S"]
    design = make_design(sheet(condition, Tissue=tissue), "~ Tissue + Condition")
    contrast = make_contrast(design, "R-S")
    np.testing.assert_array_equal(contrast.informing, np.array(tissue) == "MCF7")
    assert contrast.group_sizes == (2, 2)
    assert contrast.words.endswith(
        "4 against 4 units; adjusted for Tissue; informed by 2 R + 2 S units, all of Tissue MCF7"
        " (not by s0, s1, s6, s7)"
    )


def test_pairs_all_inform() -> None:
    design = make_design(
        sheet(["a", "b", "a", "b"], Patient=["p", "p", "q", "q"]), "~ Patient + Condition"
    )
    contrast = make_contrast(design, "b-a")
    assert contrast.informing.all()
    assert "2 against 2 patients; paired by Patient; informed by" in contrast.words


def test_group_confounded_with_batch_is_named() -> None:
    message = r"Condition is confounded with Batch \(1: good; 2: poor\); Condition\[T.poor\] is"
    with pytest.raises(DesignError, match=message):
        make_design(sheet(GROUPS, Batch=["1", "1", "2", "2"]), "~ Batch + Condition")


def test_a_continuous_column() -> None:
    design = make_design(sheet(GROUPS, Age=["50", "61", "47", "70"]), "~ Age + Condition")
    contrast = make_contrast(design, "age")
    np.testing.assert_array_equal(contrast.vector, design.matrix.columns == "Age")
    assert contrast.words.startswith("slope on Age")
    assert "adjusted for Condition; informed by 4 units" in contrast.words


def test_batches_named_by_numbers_stay_groups() -> None:
    design = make_design(sheet(GROUPS, Batch=["1", "2", "1", "2"]), "~ Batch + Condition")
    assert "Batch[T.2]" in design.matrix.columns


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("~ Outcome", "no column 'Outcome'"),
        ("~ Condition +", "cannot be parsed"),
        ("~ Grade", "is empty for s1"),
        ("~ Site", "has the one value 'x' in every sample"),
    ],
)
def test_what_cannot_be_a_design(formula: str, message: str) -> None:
    rows = sheet(GROUPS, Grade=["1", "", "2", "2"], Site=["x"] * 4)
    with pytest.raises(DesignError, match=message):
        make_design(rows, formula)


def test_a_group_of_one_cannot_be_tested_and_the_way_out_is_named() -> None:
    design = make_design(sheet(["good", "good", "poor"]))
    with pytest.raises(DesignError, match=r"rests on 1 biological unit .*--fold-changes-only"):
        check_testable(design, make_contrast(design))


def test_no_residual_degree_of_freedom() -> None:
    rows = sheet(GROUPS, Batch=["1", "2", "1", "2"], Age=["1", "2", "3", "5"])
    design = make_design(rows, "~ Batch + Condition + Age")
    with pytest.raises(DesignError, match="4 coefficients for 4 units"):
        check_testable(design, make_contrast(design, "Condition:poor-good"))


def test_the_estimate_is_the_same_whatever_the_coding() -> None:
    rows = sheet(["a", "b", "c", "a", "b", "c"], Batch=["1", "1", "1", "2", "2", "2"])
    y = np.array([1.0, 4, 2, 3, 5, 9])
    estimates = []
    for formula in ("~ Batch + Condition", "~ 0 + Condition + Batch"):
        design = make_design(rows, formula)
        beta = np.linalg.lstsq(design.matrix.to_numpy(), y, rcond=None)[0]
        estimates.append(beta @ make_contrast(design, "c-b").vector)
    np.testing.assert_allclose(estimates, 1.0)
