"""Cohorts of known truth: what is scored, and that planted changes are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.settings import CohortSettings

evaluation = pytest.importorskip("evaluation", reason="no scripts beside the tests")


def test_a_score_counts_wrong_calls_of_both_kinds() -> None:
    results = pd.DataFrame(
        {
            "gene_id": ["a", "b", "c", "d", "e"],
            "log2FoldChange": [1.0, 0.9, -0.8, 0.2, 0.1],
            "pvalue": [1e-6, 1e-5, 1e-5, 0.3, np.nan],
            "direction": ["gain", "gain", "loss", "none", "none"],
        }
    )
    true = np.array([1.0, 0.0, 0.5, -0.4, 0.3])
    planted = np.array([True, False, True, True, True])
    compared = evaluation.Comparison("H3K27me3.genes", results, true, planted, np.full(5, 2.0))
    found = evaluation.score(compared)
    assert (found["calls"], found["false"]) == (3, 2)
    assert found["fdp"] == pytest.approx(2 / 3)
    assert (found["n_tested"], found["n_changed"], found["n_planted"]) == (4, 3, 4)
    assert found["right_sign"] == pytest.approx(2 / 4)
    assert found["power"] == pytest.approx(1 / 4), "a planted gene that is not tested is missed"
    assert found["type_one"] == 1.0
    rows = evaluation.planted_regions(compared)
    assert rows["tested"].tolist() == [True, True, True, False]
    assert rows["found"].tolist() == [True, False, False, False]


@pytest.mark.slow
def test_calls_are_true_and_null_cohorts_stay_quiet_over_three_seeds() -> None:
    """`validation/evaluate_simulation.py` shows the same over twenty seeds and more chromosomes."""
    base = CohortSettings(chromosomes=("chr12", "chr17", "chrX"), fragments=430_000)
    planted, null = (
        pd.concat(
            [
                evaluation.evaluate_cohort(simulate_cohort(replace(base, seed=seed, null=null)))
                for seed in (1, 2, 3)
            ]
        )
        for null in (False, True)
    )
    assert len(planted) == len(null) == 15
    n = int(planted["calls"].sum())
    assert n > 100
    assert planted["false"].sum() / n <= 0.055 + 2 * np.sqrt(0.055 * 0.945 / n)
    right = np.average(planted["right_sign"], weights=planted["n_planted"])
    assert right >= 0.8
    assert (null["n_changed"] == 0).all()
    assert (null["calls"] > 0).groupby(null["table"]).sum().max() <= 1
    assert null["type_one"].between(0.015, 0.08).all()  # a P of few regions varies
