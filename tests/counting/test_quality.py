"""Quality, correlation and components."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.counting.quality import principal_components, quality_table, sample_correlation
from resist_epi.schema import QUALITY, names
from tests.support.builders import matrix, planted, sheet


def test_quality_table() -> None:
    counts = matrix([[0, 2], [4, 4]], library_sizes=[10, 20])
    table = quality_table(
        counts, sheet(["good", "poor"]), in_peaks={"s0": 0.25}, n_peaks={"s0": 3, "s1": 5}
    )
    assert list(table.columns) == names(QUALITY)
    assert list(table["fraction_zero"]) == [0.5, 0.0]
    assert list(table["n_peaks"]) == [3, 5]
    assert table["fraction_in_peaks"].isna().tolist() == [False, True]
    assert list(table["condition"]) == ["good", "poor"]


def test_correlation_is_spearmans_over_regions_with_signal() -> None:
    counts = planted(n=50)
    table = sample_correlation(counts)
    expected = stats.spearmanr(counts.values[:, 0], counts.values[:, 1]).statistic
    assert table.loc["s0", "s1"] == pytest.approx(expected)
    np.testing.assert_allclose(np.diag(table), 1)


def test_components_separate_the_groups_and_explain_the_variance() -> None:
    counts = planted(n=200, changed=100)
    table = principal_components(counts)
    first = table["PC1"].to_numpy()
    assert max(first[:4]) < min(first[4:]) or min(first[:4]) > max(first[4:])
    share = table.attrs["explained"]
    assert len(share) == 4
    assert share == sorted(share, reverse=True)
    assert share[0] > 0.8


def test_component_scores_are_those_of_the_singular_value_decomposition() -> None:
    counts = planted(n=30)
    table = principal_components(counts, n_components=7, n_regions=30)
    scores = table.drop(columns="sample").to_numpy()
    # Distances between samples are kept by a full set of components.
    from resist_epi.counting.quality import log_signal

    level = log_signal(counts, prior=1.0)
    expected = np.linalg.norm(level[:, 0] - level[:, 5])
    assert np.linalg.norm(scores[0] - scores[5]) == pytest.approx(expected)


def test_a_shallow_library_is_no_outlier() -> None:
    rng = np.random.default_rng(3)
    depth = np.array([1.0, 1, 1, 1, 0.3, 1, 1, 1])
    mean = np.r_[np.full(900, 1.0), rng.uniform(20, 200, 100)][:, None] * np.ones(8)
    mean[900:, 4:] *= 2.0 ** rng.normal(0, 1.5, size=(100, 1))  # two groups, where signal is
    counts = matrix(rng.poisson(mean * depth).astype(float), library_sizes=1e6 * depth)
    first = principal_components(counts)["PC1"].to_numpy()
    assert max(first[:4]) < min(first[4:]) or min(first[:4]) > max(first[4:])


def test_one_sample_and_no_variation() -> None:
    one = matrix([[1.0], [2.0]])
    assert list(principal_components(one).columns) == ["sample"]
    assert sample_correlation(one).shape == (1, 1)
    assert list(principal_components(matrix(np.ones((3, 3)))).columns) == ["sample"]
