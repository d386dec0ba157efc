"""Who is told what of twins: the remedy depends on what the sheet says of patients."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.twin_units import MIN_UNITS_FOR_TWINS
from tests.support.builders import matrix, planted, sheet


def analysed(pairs: list[tuple[int, int]], *, quantity: str = "mean_signal", **columns: object):  # type: ignore[no-untyped-def]
    values = planted(n=600, per_group=6, changed=20).values * 100
    fresh = np.random.default_rng(2)
    for first, second in pairs:
        values[:, second] = values[:, first] * 2.0 ** fresh.normal(0, 0.05, len(values))
    if quantity == "reads":
        values = fresh.poisson(values).astype(float)
    asked = {k: v for k, v in columns.items() if k in ("block", "formula")}
    rest = {k: v for k, v in columns.items() if k not in asked}
    made = matrix(values, quantity=quantity)
    return analyse(made, sheet(["good"] * 6 + ["poor"] * 6, **rest), normalize="tmm", **asked)


def warnings(analysis: Analysis) -> list[str]:
    return [w for w in analysis.header.get("design warnings", []) if "goes together" in w]


@pytest.mark.parametrize("quantity", ["mean_signal", "reads"])
def test_without_patients_they_are_to_be_named(quantity: str) -> None:
    (warning,) = warnings(analysed([(0, 1)], quantity=quantity))
    assert "s0 and s1" in warning
    assert "name it in the sheet's column Patient" in warning


def test_of_one_patient_they_are_a_block() -> None:
    patients = ["a", "a", "b", "c", "d", "e", *"fghijk"]
    times = ["1", "2", *"1" * 10]
    (warning,) = warnings(analysed([(0, 1)], Patient=patients, Timepoint=times))
    assert "use --block Patient" in warning
    known = analysed([(0, 1)], Patient=patients, Timepoint=times, block="Patient")
    assert not warnings(known)
    assert known.fit.weights is None  # which the pair would raise for itself


def test_pairs_across_the_groups_are_said_once() -> None:
    patients = [*"abcdef", *"abcdef"]
    found = analysed([(i, i + 6) for i in range(3)], Patient=patients)
    assert len(found.facts["twins"]) == 3
    assert found.fit.weights is None
    assert not warnings(found)
    assert any("pair them with" in w for w in found.header["design warnings"])


def test_many_pairs_are_counted() -> None:
    found = analysed([(0, i) for i in (1, 2, 3)] + [(6, i) for i in (7, 8, 9)])
    assert len(found.facts["twins"]) > 5
    assert "more pair" in warnings(found)[0]
    assert MIN_UNITS_FOR_TWINS == 4
