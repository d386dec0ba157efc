"""The mean of several regions, from the fit that they have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.mean_rows import Groups, mean_of_rows
from tests.support.builders import matrix, planted, regions, sheet

GROUPS = ["good"] * 4 + ["poor"] * 4


def by_threes(n: int) -> Groups:
    """Groups of rows 0 1 2, 3 4 5 and so on, the last row in the first group too."""
    group = np.append(np.arange(n) // 3, 0)
    row = np.append(np.arange(n), n - 1)
    return Groups(regions(n // 3), group.astype(np.int64), row.astype(np.int64))


def naive(values: np.ndarray, groups: Groups) -> np.ndarray:
    return np.array(
        [values[groups.row[groups.group == g]].mean(axis=0) for g in range(len(groups.regions))]
    )


def signal(n: int = 150, seed: int = 1) -> Analysis:
    made = planted(n=n, changed=12, seed=seed)
    return analyse(made, sheet(GROUPS), method="trend", weights="none")


def test_a_groups_change_is_the_mean_of_its_rows_own() -> None:
    analysis, groups = signal(), by_threes(150)
    found = mean_of_rows(analysis, groups)
    own = naive(analysis.results["log2FoldChange"].to_numpy(), groups)
    np.testing.assert_allclose(found.results["log2FoldChange"], own, rtol=0, atol=1e-12)
    response = naive(analysis.fit.linear.response, groups)
    np.testing.assert_allclose(found.fit.linear.response, response)
    # The error comes from the means themselves: an ordinary fit of them has the same variance.
    X = analysis.fit.linear.design
    beta, *_ = np.linalg.lstsq(X, response.T, rcond=None)
    sigma2 = ((response.T - X @ beta) ** 2).sum(axis=0) / (len(X) - X.shape[1])
    np.testing.assert_allclose(found.fit.variance, sigma2, rtol=1e-9)
    assert found.results["pvalue"].between(0, 1).all()
    assert list(found.results["region_id"]) == list(groups.regions["region_id"])


def test_one_row_a_group_is_the_region_itself() -> None:
    analysis = signal()
    alone = Groups(analysis.fit.regions, np.arange(150), np.arange(150))
    found = mean_of_rows(analysis, alone)
    columns = ["log2FoldChange", "baseMean"]
    pd.testing.assert_frame_equal(found.results[columns], analysis.results[columns])
    np.testing.assert_allclose(found.fit.variance, analysis.fit.variance)


def test_rows_without_a_test_have_no_say() -> None:
    values = planted(n=90).values.copy()
    values[:2] = 0
    made = matrix(values)
    analysis = analyse(made, sheet(GROUPS), method="trend", weights="none")
    assert not analysis.fit.tested[:2].any()
    found = mean_of_rows(analysis, by_threes(90))
    assert len(found.results) == 30
    only = analysis.results["log2FoldChange"].to_numpy()[[2, 89]].mean()
    assert found.results["log2FoldChange"].iloc[0] == pytest.approx(only)
    none = Groups(regions(1), np.zeros(2, dtype=np.int64), np.array([0, 1]))
    with pytest.raises(DesignError, match="none of these groups"):
        mean_of_rows(analysis, none)


@pytest.mark.parametrize("method", ["voom", "ql", "wilcoxon", "welch"])
def test_every_test_has_means(method: str) -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(5, 20, size=(120, 1)) * np.ones(8)
    mean[:12, 4:] *= 6
    made = matrix(rng.poisson(mean), quantity="reads")
    analysis = analyse(made, sheet(GROUPS), method=method, weights="none")
    groups = by_threes(120)
    found = mean_of_rows(analysis, groups)
    assert (found.results["log2FoldChange"].iloc[:4] > 1.2).all()
    assert found.results["pvalue"].iloc[:4].max() < 0.05
    if method in ("voom", "ql"):
        own = naive(analysis.results["log2FoldChange"].to_numpy(), groups)
        np.testing.assert_allclose(found.results["log2FoldChange"], own, atol=1e-9)
        assert found.fit.method == "trend"


def test_under_the_null_p_is_even_whatever_the_number_of_rows() -> None:
    """Groups of 1 to 8 rows that vary together within a group: P below .05 in about .05 of each."""
    rng = np.random.default_rng(11)
    sizes = rng.integers(1, 9, 600)
    group = np.repeat(np.arange(600), sizes)
    level = rng.normal(6, 1.5, size=len(group))[:, None]
    shared = rng.normal(0, 0.2, size=(600, 8))[group]
    values = np.exp2(level + shared + rng.normal(0, 0.4, size=(len(group), 8)))
    made = matrix(values)
    analysis = analyse(made, sheet(GROUPS), method="trend", weights="none")
    found = mean_of_rows(analysis, Groups(regions(600), group, np.arange(len(group))))
    p = found.results["pvalue"].to_numpy()
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.025)
    for few in (sizes == 1, sizes >= 6):
        assert (p[few] < 0.05).mean() < 0.12
