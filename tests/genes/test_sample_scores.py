"""Scores of gene sets in single samples."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.sample_scores import sample_scores
from tests.support.scored_sets import SETS, counts


def test_scores_tell_the_samples_of_the_planted_set_apart() -> None:
    matrix = counts(3.0)
    scores = sample_scores(matrix, SETS).set_index("set")
    assert scores.index.tolist() == ["UP", "QUIET"]
    assert scores["n_loci"].tolist() == [25, 30]
    good, poor = (scores.loc["UP", [f"s{i}" for i in r]] for r in (range(6), range(6, 12)))
    assert poor.min() > good.max()
    alone = sample_scores(matrix.select(samples=["s7", "s1"]), SETS).set_index("set")
    assert np.sign(alone.loc["UP", "s7"] - alone.loc["UP", "s1"]) == 1
    with pytest.raises(InputFormatError, match="5 loci"):
        sample_scores(matrix, {"TWO": SETS["TWO"]})
