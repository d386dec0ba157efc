"""Plain designs are made without formulaic, exactly as it would make them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.samples import formula_matrix
from resist_epi.samples.formula import parse_formula
from resist_epi.samples.formula_matrix import FormulaMatrix

UNITS = pd.DataFrame(
    {
        "Condition": ["good", "poor", "Good", "poor", "é"],
        "Batch": ["10", "2", "1", "2", "10"],
        "Time Point": ["a b", "c", "a b", "c", "c"],
        "Age": [1.5, 2, 3, 4, 5],
        "N": [1, 2, 3, 4, 6],
    }
).astype({"Condition": object, "Batch": object, "Time Point": object})

ADDITIVE = (
    "~ 1",
    "~ Condition",
    "~ Batch + Condition",
    "~ `Time Point` + Age + N",
    "~ Age + Batch",
)
OTHERS = (
    "~ 0 + Condition",
    "~ Condition:Age",
    "~ Condition*Batch",
    "~ C(N)",
    "~ log(Age)",
)


@pytest.mark.parametrize("text", [*ADDITIVE, *OTHERS])
def test_a_plain_design_is_that_of_formulaic(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    formula = parse_formula(text, lambda name: name.strip("`"))
    ours = FormulaMatrix(formula, UNITS)
    found = formula_matrix._additive_columns(formula, UNITS)
    assert (found is not None) == (text in ADDITIVE)
    monkeypatch.setattr(formula_matrix, "_additive_columns", lambda *_: None)
    formulaic = FormulaMatrix(formula, UNITS)
    assert ours.names == formulaic.names
    np.testing.assert_array_equal(ours.values, formulaic.values)
    other = UNITS.iloc[[3, 0]]
    np.testing.assert_array_equal(ours.rows(other), formulaic.rows(other))
