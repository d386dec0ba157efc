"""Clusters of rows: planted ones come back, always the same, against scipy's answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2

from resist_epi.stats.row_clusters import hierarchy, k_means


def planted(n: int = 60, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return rng.normal(0, 0.3, (n, 8)) + np.array([6.0, 3.0, 0.0])[truth][:, None], truth


@pytest.mark.parametrize("cluster", [k_means, hierarchy])
def test_planted_clusters_come_back_the_highest_first(cluster: object) -> None:
    values, truth = planted()
    assert (cluster(values, 3) == truth).all()  # type: ignore[operator]


def test_a_seed_of_its_own_makes_equal_clusters() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(200, 5))
    np.random.seed(4)
    first = k_means(values, 6)
    np.random.seed(9)
    assert (k_means(values, 6) == first).all()
    order = rng.permutation(200)
    assert len(set(k_means(values[order], 6))) == 6


def test_it_is_as_tight_as_scipy_s() -> None:
    values = np.random.default_rng(2).normal(size=(150, 4))

    def squares(labels: np.ndarray) -> float:
        return float(sum(
            ((values[labels == c] - values[labels == c].mean(axis=0)) ** 2).sum()
            for c in np.unique(labels)
        ))  # fmt: skip

    others = [squares(kmeans2(values, 5, minit="++", seed=s)[1]) for s in range(10)]
    assert squares(k_means(values, 5)) <= np.median(others)


@pytest.mark.parametrize("cluster", [k_means, hierarchy])
@pytest.mark.parametrize(("n", "k"), [(0, 3), (1, 3), (2, 3), (5, 1)])
def test_few_rows(cluster: object, n: int, k: int) -> None:
    labels = cluster(np.arange(n * 2.0).reshape(n, 2), k)  # type: ignore[operator]
    assert len(labels) == n
    assert len(set(labels.tolist())) == min(n, k)


def test_equal_rows_are_one_cluster() -> None:
    assert set(k_means(np.ones((9, 3)), 4).tolist()) == {0}


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cluster or more"):
        k_means(np.ones((3, 2)), 0)
    with pytest.raises(ValueError, match="too many for a hierarchy"):
        hierarchy(np.ones((5001, 2)), 2)
