"""The order of top lists: rule, what stands in where a column is missing, words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.stats.best_supported import (
    BY_CHANGE,
    BY_P,
    IN_WORDS,
    order_of_support,
    support_in_words,
)


def table(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_supported_by_shrunken_size_then_others_by_svalue() -> None:
    results = table(
        log2FoldChange=[9.0, -1.0, 2.0, 0.5, 3.0],
        shrunkenLog2FoldChange=[0.1, -0.9, 1.8, 0.4, 2.9],
        pvalue=[0.2, 1e-9, 1e-5, 0.01, 0.9],
        padj=[0.5, 1e-7, 1e-3, 0.2, 1.0],
        svalue=[0.4, 1e-8, 1e-4, 0.06, np.nan],
    )
    assert order_of_support(results).tolist() == [2, 1, 3, 0, 4]


def test_padj_stands_in_for_an_svalue() -> None:
    results = table(
        log2FoldChange=[1.0, np.nan, 2.0],
        shrunkenLog2FoldChange=[0.9, np.nan, 0.2],
        pvalue=[1e-4, 1e-9, 0.5],
        padj=[1e-3, 1e-7, 0.8],
        svalue=[1e-3, np.nan, 0.7],
    )
    assert order_of_support(results).tolist() == [0, 1, 2]


@pytest.mark.parametrize("with_nan", [False, True])
def test_without_svalues_the_order_is_that_of_p(with_nan: bool) -> None:
    p = np.array([0.3, 1e-6, 0.2, 1e-3, 0.9])
    results = table(
        log2FoldChange=[5.0, 1, 2, 3, 9], pvalue=list(p), padj=list(np.minimum(5 * p, 1))
    )
    if with_nan:
        results = results.assign(svalue=np.nan, shrunkenLog2FoldChange=np.nan)
    assert order_of_support(results).tolist() == np.argsort(p).tolist()
    assert support_in_words(results) == BY_P


def test_without_a_test_the_largest_change_is_first() -> None:
    results = table(log2FoldChange=[0.5, -3.0, np.nan, 1.0], pvalue=[np.nan] * 4)
    assert order_of_support(results).tolist() == [1, 3, 0, 2]
    assert support_in_words(results) == BY_CHANGE


def test_of_adjusted_p_alone_the_smallest_is_first() -> None:
    assert order_of_support(table(padj=[0.02, 0.01, 0.5])).tolist() == [1, 0, 2]


def test_equals_keep_their_order_and_nothing_is_fine() -> None:
    results = table(svalue=[0.01] * 3, shrunkenLog2FoldChange=[1.0] * 3)
    assert order_of_support(results).tolist() == [0, 1, 2]
    assert order_of_support(table(svalue=[], pvalue=[])).tolist() == []


def test_words_say_how_many_are_supported_or_that_none_is() -> None:
    some = table(svalue=[0.01, 0.2, np.nan], pvalue=[1e-4, 0.1, np.nan])
    assert support_in_words(some) == f"{IN_WORDS}; 1 of 2 have such an s-value"
    none = table(svalue=[0.3, 0.2], pvalue=[0.1, 0.1])
    assert support_in_words(none).startswith("smallest s-value first; none is")
