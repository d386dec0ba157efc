"""Verdicts on mechanisms against the truth: what counts as wrong, and that two seeds hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.mechanism.verdicts import VERDICTS
from resist_epi.simulation.settings import CohortSettings

ev = pytest.importorskip("evaluate_verdicts", reason="no scripts beside the tests")


def row(**values: Any) -> dict[str, Any]:
    quiet = {f"{whose}_{way}": 0.1 for whose in ("true", "others") for way in ("gain", "loss")}
    known = {"verdict": "as expected", "direction": "gain", "true_effect": 0.3}
    return {**quiet, **known, "smallest_effect": 0.2, "mixed_padj": np.nan, **values}


@pytest.mark.parametrize(
    ("values", "judgement"),
    [
        ({}, "right"),
        ({"true_effect": -0.3}, "wrong"),
        ({"true_effect": 0.0}, "wrong"),
        ({"true_effect": 0.0, "mixed_padj": 0.01, "true_gain": 0.3}, "right"),
        ({"true_effect": 0.0, "mixed_padj": 0.01}, "wrong"),
        ({"direction": "mixed", "true_loss": 0.4}, "right"),
        ({"direction": "mixed"}, "wrong"),
        ({"direction": "none", "verdict": "no change seen", "true_effect": 0.1}, "right"),
        ({"direction": "none", "verdict": "no change seen"}, "wrong"),
        ({"direction": "none", "verdict": "too few to say"}, "not testable"),
        ({"direction": "none", "verdict": "not tested", "true_effect": np.nan}, "not testable"),
    ],
)
def test_what_is_wrong(values: dict[str, Any], judgement: str) -> None:
    assert ev.judge_row(row(**values)) == judgement


def test_the_bounds_are_on_wrong_verdicts_and_on_claims_of_null_cohorts() -> None:
    fine = {"judgement": "right", "null": True, "claims": False, "verdict": "no change seen"}
    rows = pd.DataFrame([fine] * 40)
    assert ev.held(rows)
    assert not ev.held(rows.assign(judgement=["wrong"] * 3 + ["right"] * 37))
    assert not ev.held(rows.assign(claims=[True] * 3 + [False] * 37))
    assert "| nothing planted | no change seen | 40 | 40 | 0 | 0 |" in ev.as_markdown(rows)


@pytest.mark.slow
def test_two_seeds_hold() -> None:
    parts = [
        ev.judged(CohortSettings(seed=seed, null=null)).assign(null=null)
        for seed in (31, 32)
        for null in (False, True)
    ]
    rows = pd.concat(parts, ignore_index=True)
    assert ev.held(rows), ev.as_markdown(rows)
    assert set(rows["verdict"]) <= set(VERDICTS)
    assert rows.loc[~rows["null"], "claims"].sum() >= 10  # what was planted is seen, too


def test_a_call_of_mixed_is_wrong_where_nothing_changes_alone() -> None:
    mechanisms = pytest.importorskip("evaluate_mechanisms")
    direction = pd.Series(["gain", "gain", "loss", "mixed", "mixed", "none", "gain"])
    effect = pd.Series([0.3, -0.3, 0.01, 0.3, 0.01, 0.0, np.nan])
    found = mechanisms.is_wrong(direction, effect)
    assert found.tolist() == [False, True, True, False, True, False, False]
