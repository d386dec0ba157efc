"""Scores of tissue from expression: the same question, of levels a patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.mechanism.assays import Evidence, assay_named
from resist_epi.mechanism.expression_scores import expression_scores
from tests.genes.test_tissue_scores import SETS, mixed


def asked(difference: float, *, patients: int = 12, seed: int = 1):
    analysis = mixed(difference, seed=seed)
    levels = np.log2(analysis.matrix.values)
    levels -= np.median(levels, axis=0)  # normalised, as tables of expression are
    values = pd.DataFrame(levels, columns=list(analysis.matrix.samples))
    genes = [f"S{i}" for i in range(len(values))]
    effects = pd.DataFrame({"gene": genes, "effect": np.nan, "pvalue": np.nan, "base": 1.0})
    evidence = Evidence(assay_named("expression"), effects, values.iloc[:, :patients], "levels")
    return expression_scores(
        evidence, analysis.units, SETS, formula="~ Condition", contrast="poor-good"
    )


def test_a_tissue_is_found_in_expression_as_in_a_mark() -> None:
    own = asked(3.0).table.set_index("set")
    assert own.loc["PROLIFERATION_MARKERS", "verdict"] == "largely this"
    assert own.loc["STROMA_MARKERS", "verdict"] == "alike"
    assert list(asked(3.0).scores.index) == [f"s{i}" for i in range(12)]


def test_a_tissue_that_does_not_differ_is_alike_and_few_patients_are_refused() -> None:
    flagged = [asked(0.0, seed=s).table["verdict"].str.endswith("this").any() for s in range(10)]
    assert sum(flagged) <= 2
    with pytest.raises(DesignError, match="share 3 patients"):
        asked(0.0, patients=3)
