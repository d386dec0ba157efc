"""What speaks against a comparison although it can be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from resist_epi.model.analysis import analyse
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.design_checks import design_warnings
from tests.support.builders import planted, sheet

GROUPS = ["good"] * 3 + ["poor"] * 3
PAIRS = ["p", "q", "r"] * 2


def cautions(formula: str = "~ Condition", block: str | None = None, **columns: list[str]):
    design = make_design(sheet(GROUPS, **columns), formula)
    contrast = make_contrast(design, "Condition:poor-good")
    return design_warnings(
        design.units, contrast.column, design.variables, contrast.sides, block=block
    )


def test_a_patient_in_both_groups_without_pairing() -> None:
    batch = ["1", "2", "1", "1", "1", "2"]
    (text,) = cautions(Patient=PAIRS, Batch=batch, formula="~ Batch + Condition")
    assert text.startswith("3 patients are in both groups (p, q, r)")
    assert "--design '~ Patient + Batch + Condition'" in text
    assert "--block Patient" in text
    # The batch of a patient is held fixed by the pairing.
    (text,) = cautions(Patient=PAIRS, Batch=["1", "2", "1"] * 2, formula="~ Batch + Condition")
    assert "--design '~ Patient + Condition'" in text
    assert cautions("~ Patient + Condition", Patient=PAIRS) == []
    assert cautions(block="Patient", Patient=PAIRS) == []
    (one,) = cautions(Patient=["p", "q", "r", "p", "t", "u"])
    assert one.startswith("1 patient is in both groups (p)")
    assert cautions(Patient=list("pqrstu")) == []


def test_a_batch_that_goes_with_the_groups() -> None:
    (text,) = cautions(Batch=["1", "1", "1", "2", "2", "2"])
    assert text.startswith("Batch goes with Condition (1: good; 2: poor)")
    assert cautions(Batch=["1", "1", "2", "2", "2", "2"]) == []
    assert cautions(Batch=list("123456")) == []  # a batch each says nothing
    assert cautions(Batch=["1", "1", "", "2", "2", "2"]) == []


def test_purity_that_goes_with_the_groups_and_is_left_out() -> None:
    lower = ["0.9", "0.8", "0.85", "0.5", "0.55", "0.6"]
    (text,) = cautions(Purity=lower)
    values = np.array(lower, dtype=float)
    p = ttest_ind(values[3:], values[:3], equal_var=False).pvalue
    assert text.startswith(f"Purity differs between the groups (mean 0.55 against 0.85, P {p:.2g})")
    assert "--design '~ Purity + Condition'" in text
    (text,) = cautions("~ Batch + Condition", Purity=lower, Batch=list("121212"))
    assert "--design '~ Purity + Batch + Condition'" in text
    assert cautions("~ Purity + Condition", Purity=lower) == []
    assert cautions(Purity=["0.5", "0.9", "0.7", "0.8", "0.6", "0.75"]) == []
    assert cautions(Purity=["0.9", "0.8", "", "0.5", "0.55", "0.6"]) == []
    assert cautions(Purity=["0.7"] * 6) == []


def test_purity_alike_in_both_groups_is_seldom_warned_of() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.uniform(0.35, 0.95, (400, 6)).round(3)
    warned = [len(cautions(Purity=[str(p) for p in row])) for row in drawn.tolist()]
    assert 0 < sum(warned) <= 0.05 * 400 + 2 * np.sqrt(400 * 0.05 * 0.95)


def test_the_caution_stands_in_the_header(caplog: pytest.LogCaptureFixture) -> None:
    rows = sheet(["good"] * 4 + ["poor"] * 4, Patient=["p", "q", "r", "s"] * 2)
    found = analyse(planted(n=40), rows)
    assert "4 patients are in both groups" in found.header["design warnings"][0]
    assert found.facts["design warnings"] == found.header["design warnings"]
    assert "4 patients are in both groups" in caplog.text
