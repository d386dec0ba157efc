"""Zeros that shallow libraries alone have do not decide factors."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.stats.scaling.background import background_factors
from resist_epi.stats.scaling.size_factors import rle, tmm, tmmwsp
from resist_epi.stats.scaling.sparsity import (
    by_depth,
    dense_rows,
    in_blocks,
    pooled_rate,
    uneven,
    zero_shares,
)

DEPTH = np.array([8.0, 8, 1, 1])


def thinned(mean: float, shape: float = 2) -> tuple[np.ndarray, np.ndarray]:
    """Counts of libraries that differ in depth alone, `mean` in the shallow ones; their sizes."""
    rng = np.random.default_rng(5)
    rate = rng.gamma(shape, mean / shape, size=20_000)
    counts = rng.poisson(np.outer(rate, DEPTH)).astype(float)
    return counts, DEPTH * mean * len(rate)


def off(factors: np.ndarray) -> float:
    return float(abs(np.log2(factors[2:]).mean() - np.log2(factors[:2]).mean()))


@pytest.mark.parametrize("mean", [1.6, 2, 3, 5])
def test_factors_of_dense_rows_do_not_follow_depth(mean: float) -> None:
    counts, sizes = thinned(mean)
    dense = counts[dense_rows(counts, sizes)]
    assert (dense == 0).mean(axis=0).max() <= 0.01
    assert len(dense) > 300
    for factors in (tmm, tmmwsp, rle):
        assert off(factors(dense, sizes)) < 0.1
    if mean < 3:
        assert uneven(zero_shares(counts))
        assert off(tmm(counts, sizes)) > 0.15


@pytest.mark.parametrize("mean", [1.6, 3, 8])
def test_background_of_uneven_depth(mean: float) -> None:
    counts, sizes = thinned(mean, shape=8)
    assert off(background_factors(counts, sizes, even=False)) < 0.05
    assert off(background_factors(counts, sizes)) > 0.08


@pytest.mark.parametrize("mean", [0.5, 1.6, 3])
@pytest.mark.parametrize("dispersion", [0.0, 0.5, 1.0])
def test_zeros_of_shallow_libraries_are_those_of_depth(mean: float, dispersion: float) -> None:
    counts, sizes = thinned(mean)
    if dispersion:
        rng = np.random.default_rng(6)
        varied = rng.gamma(1 / dispersion, dispersion, size=counts.shape)
        counts = rng.poisson(counts * varied).astype(float)
    assert uneven(zero_shares(counts))
    assert by_depth(counts, sizes)


@pytest.mark.parametrize("depth", [0.7, 1.0, 1.5])
def test_gaps_of_one_library_are_not_those_of_depth(depth: float) -> None:
    rng = np.random.default_rng(7)
    counts = rng.poisson(np.outer(2 ** rng.normal(5.5, 1.7, size=3_000), [1, 1, 1, depth]))
    counts = counts * (rng.uniform(size=counts.shape) > [0, 0, 0, 0.15])
    assert uneven(zero_shares(counts.astype(float)))
    assert not by_depth(counts.astype(float), counts.sum(axis=0).astype(float))
    assert not by_depth(np.zeros((5, 4)), np.ones(4))


def test_rows_are_chosen_by_reads_and_not_by_libraries() -> None:
    counts = np.array([[8.0, 0], [0, 8], [4, 4]])
    np.testing.assert_allclose(pooled_rate(counts, np.array([15.0, 1])), [0.5, 0.5, 0.5])
    np.testing.assert_allclose(zero_shares(np.vstack([counts, np.zeros((2, 2))])), [1 / 3, 1 / 3])
    assert not uneven(zero_shares(counts))


def test_blocks_are_sums_of_neighbours() -> None:
    counts = np.repeat(np.arange(1.0, 7), 100)[:, None] * [1, 1]
    blocks = in_blocks(counts)  # no zeros: as many as one zero in all would ask for
    assert len(blocks) == 600 // int(np.ceil(20 / np.log(600)))
    assert (in_blocks(np.zeros((0, 2)))).shape == (0, 2)
    assert len(in_blocks(np.eye(2))) == 1
