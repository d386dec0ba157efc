"""Rank-rank overlap against a naive count, and its P under the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from resist_epi.stats.sets.rank_overlap import rank_overlap


def naive_z(first: np.ndarray, second: np.ndarray, a: int, b: int, ends: tuple[int, int]) -> float:
    n = len(first)
    lists = [np.argsort(-s, kind="stable") for s in (first, second)]
    chosen = [
        set(order[:size].tolist()) if end == 0 else set(order[n - size :].tolist())
        for order, size, end in zip(lists, (a, b), ends, strict=True)
    ]
    null = hypergeom(n, a, b)
    return float((len(chosen[0] & chosen[1]) - null.mean()) / null.std())


def test_every_overlap_is_that_of_counting_genes() -> None:
    rng = np.random.default_rng(3)
    first = rng.normal(size=61)
    second = 0.5 * first + rng.normal(size=61)
    found = rank_overlap(first, second, steps=6, n_permutations=5)
    for i in (0, 1):
        for j in (0, 1):
            for a, size_a in enumerate(found.sizes):
                for b, size_b in enumerate(found.sizes):
                    expected = naive_z(first, second, int(size_a), int(size_b), (i, j))
                    assert found.z[i, j, a, b] == pytest.approx(expected, rel=1e-9)


def test_exact_p_is_the_hypergeometric_tail_at_the_maximum() -> None:
    rng = np.random.default_rng(4)
    first = rng.normal(size=200)
    second = first + rng.normal(size=200)
    found = rank_overlap(first, second, steps=10, n_permutations=20)
    top = found.z[0, 0].max() >= found.z[1, 1].max()
    corner = found.z[0, 0] if top else found.z[1, 1]
    a, b = (found.sizes[k] for k in np.unravel_index(corner.argmax(), corner.shape))
    order = [np.argsort(-s if top else s, kind="stable") for s in (first, second)]
    both = len(set(order[0][:a].tolist()) & set(order[1][:b].tolist()))
    assert found.exact[0] == pytest.approx(hypergeom.logsf(both - 1, 200, a, b) / np.log(10))
    assert found.pvalue_same == pytest.approx(1 / 21)
    assert found.pvalue_opposite > 0.9


def test_opposite_ends_are_told_apart() -> None:
    rng = np.random.default_rng(5)
    first = rng.normal(size=500)
    found = rank_overlap(first, -first + rng.normal(size=500), n_permutations=99)
    assert found.pvalue_opposite <= 0.01
    assert found.pvalue_same > 0.2


def test_p_is_uniform_where_nothing_is_shared() -> None:
    rng = np.random.default_rng(6)
    p = [
        rank_overlap(*rng.normal(size=(2, 120)), steps=8, n_permutations=39, seed=k).pvalue_same
        for k in range(200)
    ]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09
    assert 0.4 <= np.mean(p) <= 0.6


@pytest.mark.parametrize("lengths", [(3, 3), (5, 6), (0, 0)])
def test_lists_that_cannot_be_compared(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="same genes"):
        rank_overlap(np.zeros(lengths[0]), np.zeros(lengths[1]))
