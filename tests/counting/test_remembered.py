"""An answer of a matrix is given once, and forgotten with it."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from resist_epi.counting.background import background_bins, fold_over_background
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.remembered import remembered
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins


def matrix(seed: int = 1, n: int = 400) -> CountMatrix:
    values = np.random.default_rng(seed).gamma(2, 1, (n, 4))
    regions = genome_bins({"chr1": n * 10_000}, 10_000)
    return CountMatrix(values, regions, tuple("abcd"), "reads", np.ones(4))


def test_each_matrix_and_each_question_has_its_own_answer() -> None:
    asked: list[tuple[int, object]] = []

    @remembered
    def total(one: CountMatrix, of: object) -> float:
        asked.append((id(one), of))
        return float(one.values.sum())

    first, second, one, other = matrix(1), matrix(2), object(), object()
    assert total(first, one) == total(first, one) == first.values.sum()
    assert total(second, one) == second.values.sum()
    assert total(first, other) == first.values.sum()
    assert len(asked) == 3
    del first
    gc.collect()
    third = matrix(3)
    assert total(third, one) == third.values.sum()


def test_background_is_chosen_once_and_a_refusal_each_time() -> None:
    bins, few = matrix(), matrix(n=10)
    assert background_bins(bins) is background_bins(bins)
    for _ in range(2):
        with pytest.raises(DesignError, match="only 10 of 10 bins"):
            background_bins(few)
    fold = fold_over_background(bins, bins)
    assert (fold == bins.values / np.median(bins.values / 1e4, axis=0) / 1e4).all() or np.allclose(
        fold, bins.values / np.median(bins.values, axis=0)
    )
