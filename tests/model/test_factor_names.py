"""A factor is named by the columns of the sheet that it goes with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resist_epi.model.factor_names import DEPTH, chance_of, named_by, relations_in_words
from tests.support.builders import matrix

Z = np.array([-1.2, -0.9, -1.0, -1.1, 0.2, 0.1, 0.3, 0.0, 1.1, 0.9, 0.8, 0.8])


def relations(**columns: object) -> dict[str, dict[str, float]]:
    made = matrix(np.ones((3, 12)), library_sizes=np.arange(1, 13) * 1e6)
    factor = pd.DataFrame({"hidden1": Z})
    return named_by(factor, pd.DataFrame(columns, dtype=object), made)["hidden1"]


def test_numbers_by_correlation_and_texts_by_levels() -> None:
    age = np.random.default_rng(1).normal(60, 9, 12)
    found = relations(Age=pd.Series(age), Lab=list("aaaabbbbcccc"), Kit=list("xyxyxyxyxyxy"))
    r = stats.pearsonr(Z, age)
    assert found["Age"]["R2"] == pytest.approx(r.statistic**2, abs=1e-3)
    assert found["Age"]["pvalue"] == pytest.approx(r.pvalue)
    assert found["Lab"]["pvalue"] == pytest.approx(stats.f_oneway(Z[:4], Z[4:8], Z[8:]).pvalue)
    assert next(iter(found)) == "Lab"
    assert DEPTH in found


def test_codes_of_a_batch_are_levels_and_missing_values_left_out() -> None:
    found = relations(Batch=list("222233331111"), Purity=[0.1, "", *np.linspace(0.2, 0.9, 10)])
    assert found["Batch"]["R2"] > 0.95
    assert found["Purity"]["R2"] > 0.8


@pytest.mark.parametrize(
    "column", [["one"] * 12, [f"T{i}" for i in range(12)], [""] * 10 + ["a", "b"]]
)
def test_columns_that_tell_nothing_are_left_out(column: list[str]) -> None:
    assert list(relations(SampleID=list("abcdefghijkl"), Note=column)) == [DEPTH]


def test_only_what_is_beyond_chance_over_all_columns_names_it() -> None:
    close, far = {"R2": 0.9, "pvalue": 1e-6}, {"R2": 0.3, "pvalue": 0.009}
    assert relations_in_words({"hidden1": {"Lab": close, "Kit": far}}) == (
        "hidden1 goes with Lab (R2 0.90)"
    )
    assert relations_in_words({"hidden1": {"Kit": far, "Age": far}}) == (
        "no column of the sheet names it"
    )


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (1.0, 0.0), (1.2, 0.0), (-0.1, 1.0)])
def test_chance_at_the_ends(share: float, expected: float) -> None:
    assert chance_of(share, 1, 10) == expected
