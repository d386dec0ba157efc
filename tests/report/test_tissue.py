"""Scores of tissue on the page: the tables' numbers, their warning, and each unit's value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genes.tissue_scores import VERDICTS
from resist_epi.report.gather import Sheet
from resist_epi.report.tissue import tissue_section

CONDITIONS = pd.Series({"T1": "good", "T2": "poor", "T3": "good"})


def scores(**values: object) -> Sheet:
    row = {
        **{"set": "NORMAL_EPITHELIUM_MARKERS", "column": "NormalEpitheliumScore", "n_loci": 20},
        **{"effect": 1.5, "pvalue": 0.001, "padj": 0.002, "explained": 0.3},
        **{"verdict": "largely this", "calls": 80.0, "calls_beside": 12.0},
        **{"T1": -1.0, "T2": 1.25, "T3": 0.0},
    }
    return Sheet(pd.DataFrame([row | values]), {"scores": "what it is", "explained": "how"})


def test_scores_stand_against_the_groups_and_by_unit_with_their_warning() -> None:
    found = tissue_section(scores(), "H3K27me3", CONDITIONS)
    assert found is not None
    table = found["against"]
    assert table.rows == [
        ["Normal epithelium", "20", "1.50", "0.001", "0.002", "30.0%", "largely this", "12 of 80"]
    ]
    assert len(table.columns) == len(table.numeric) == len(table.rows[0])
    assert found["units"].rows == [
        ["T1", "good", "−1.00"],
        ["T3", "good", "0.00"],
        ["T2", "poor", "1.25"],
    ]
    assert "largely normal epithelium" in found["warnings"][0]
    assert "12 remain" in found["warnings"][0]
    assert found["meanings"] == f"largely this: {VERDICTS['largely this']}"
    assert found["design"] == "~ NormalEpitheliumScore + Condition"


def test_a_quiet_score_warns_of_nothing_and_none_is_no_section() -> None:
    quiet = {"verdict": "alike", "explained": 0.0, "calls_beside": np.nan, "padj": 0.7}
    found = tissue_section(scores(**quiet), "H3K27me3", CONDITIONS)
    assert found is not None
    assert found["warnings"] == []
    assert found["against"].rows[0][-1] == "–"
    assert tissue_section(None, "H3K27me3", CONDITIONS) is None
    empty = Sheet(scores().table.iloc[:0], {})
    assert tissue_section(empty, "H3K27me3", CONDITIONS) is None
