"""Voom by rows is voom: of float32 the same numbers, and no matrix of them."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import QuantityError
from resist_epi.stats.linear import responses
from resist_epi.stats.linear.precision import voom, voom_with_sample_weights
from resist_epi.stats.linear.precision_rows import LogCounts, Precision
from resist_epi.stats.rows import GatheredRows

N, WIDTH = 900, 8
DESIGN = np.column_stack([np.ones(WIDTH), np.arange(WIDTH) % 2])


def counts() -> np.ndarray:
    rng = np.random.default_rng(2)
    drawn = rng.poisson(rng.gamma(1, 30, size=(N, 1)) * rng.uniform(0.5, 2, size=WIDTH))
    return drawn.astype(np.float32) * np.float32(1.1)


@pytest.mark.parametrize("block", [256, 1 << 14])
@pytest.mark.parametrize("own_sizes", [False, True])
def test_of_float32_the_same_by_rows(block: int, own_sizes: bool, monkeypatch) -> None:
    single = counts()
    double = single.astype(np.float64)
    sizes = double.sum(axis=0)
    table = np.random.default_rng(4).uniform(0.9, 1.1, size=(30, WIDTH)) * sizes
    member = np.arange(N) % 30
    whole = voom_with_sample_weights(
        double, DESIGN, table[member] if own_sizes else sizes, centred=True
    )
    monkeypatch.setattr(responses, "_BLOCK", block)
    own = GatheredRows(table, member) if own_sizes else sizes
    first = voom(single, DESIGN, own)
    assert isinstance(first.log_cpm, LogCounts)
    assert isinstance(first.weights, Precision)
    found = voom_with_sample_weights(single, DESIGN, own, centred=True, first=first)
    assert isinstance(found.weights, Precision)
    np.testing.assert_array_equal(found.log_cpm, whole.log_cpm)
    # Of fewer rows a product of matrices may be added up in another order.
    np.testing.assert_allclose(found.sample_weights, whole.sample_weights, rtol=1e-12)
    np.testing.assert_allclose(found.weights, whole.weights, rtol=1e-12)
    np.testing.assert_allclose(found.trend, whole.trend, rtol=1e-12)
    np.testing.assert_array_equal(
        found.weights.cells(slice(5, 9), slice(2, 4)), found.weights[5:9][:, 2:4]
    )


def test_wrong_counts_and_sizes_are_refused() -> None:
    wrong = counts()
    wrong[3, 2] = -1
    with pytest.raises(QuantityError, match="region 3, sample 2"):
        voom(wrong, DESIGN, np.ones(WIDTH))
    none = GatheredRows(np.zeros((1, WIDTH)), np.zeros(N, dtype=int))
    with pytest.raises(QuantityError, match=r"positive library size.*smallest 0"):
        voom(counts(), DESIGN, none)
