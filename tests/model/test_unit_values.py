"""Values beside results are those that the test read, in the unit of baseMean."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from resist_epi.model.unit_values import with_values
from tests.support.builders import planted, sheet

GROUPS = ["good"] * 4 + ["poor"] * 4


def test_means_and_values_are_normalised_and_average_to_the_base_mean() -> None:
    analysis = analyse(planted(n=50), sheet(GROUPS))
    table = with_values(analysis).results
    assert list(table.columns[-10:]) == [
        "mean_good", "mean_poor", *(f"value_s{i}" for i in range(8))
    ]  # fmt: skip
    values = table[[f"value_s{i}" for i in range(8)]].to_numpy()
    np.testing.assert_allclose(values.mean(axis=1), table["baseMean"])
    np.testing.assert_allclose(values[:, :4].mean(axis=1), table["mean_good"])
    depth = analysis.matrix.effective_library_sizes
    naive = analysis.matrix.values / depth * np.exp(np.log(depth).mean())
    ratio = values / naive
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1, :1], ratio.shape), rtol=1e-9)
    assert "unit of baseMean" in with_values(analysis).header["values"]


def test_an_interaction_has_its_combinations_and_a_slope_no_groups() -> None:
    rows = sheet(GROUPS, Treatment=list("abab") * 2, Age=[40, 50, 61, 70, 44, 52, 66, 71])
    name = "Treatment[T.b]:Condition[T.poor]"
    found = with_values(
        analyse(planted(n=50), rows, formula="~ Treatment * Condition", coefficient=name)
    )
    means = [c for c in found.results if c.startswith("mean_")]
    assert means == ["mean_a:good", "mean_a:poor", "mean_b:good", "mean_b:poor"]
    slope = with_values(analyse(planted(n=50), rows, formula="~ Age", contrast="Age")).results
    assert not [c for c in slope if c.startswith("mean_")]
    assert [c for c in slope if c.startswith("value_")] == [f"value_s{i}" for i in range(8)]


def test_a_difference_at_a_reference_stands_beside_the_means_that_it_compares() -> None:
    rows = sheet(GROUPS, Treatment=list("aabb") * 2)
    analysis = analyse(
        planted(n=50), rows, formula="~ Treatment * Condition", coefficient="Condition[T.poor]"
    )
    table = with_values(analysis).results
    means = [c for c in table if c.startswith("mean_")]
    assert means == ["mean_a:good", "mean_a:poor", "mean_b:good", "mean_b:poor"]
    change = np.log2(table["mean_a:poor"] / table["mean_a:good"])
    assert np.corrcoef(change, table["log2FoldChange"])[0, 1] > 0.98
    averaged = analyse(planted(n=50), rows, formula="~ Treatment * Condition", contrast="poor-good")
    means = [c for c in with_values(averaged).results if c.startswith("mean_")]
    assert means == ["mean_good", "mean_poor"]


def test_a_column_that_is_there_is_not_written_over() -> None:
    analysis = analyse(planted(n=50), sheet(GROUPS))
    with pytest.raises(DesignError, match="'mean_good' already"):
        with_values(with_values(analysis))
