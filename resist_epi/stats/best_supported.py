"""The one order of lists that show some of many results: the best supported first.

By raw fold change noise comes first, by P a small change of a strong region. Here the changes that
are supported come first, the largest first, each after shrinkage; then the others.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray

SUPPORTED = 0.05  # an s-value of at most this is support

IN_WORDS = (
    f"best supported first: changes with an s-value of at most {SUPPORTED:g} by their shrunken"
    " size, then the others by s-value"
)

BY_P, BY_CHANGE = "smallest P first", "largest change first; there is no test"


def order_of_support(results: pd.DataFrame) -> NDArray[np.intp]:
    """Positions of the rows, the best supported first, (n,).

    First the rows whose `svalue` is at most `SUPPORTED`, the largest `shrunkenLog2FoldChange`
    first; then the rest by `svalue`. A row without an s-value has its `padj` instead, and among
    equals the smaller `pvalue` is first; rows without a test come last, the largest fold change
    first.

    Parameters
    ----------
    results
        A row a region or gene, with any of these columns and `log2FoldChange`: a table without the
        shrunken ones is in the order of P.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "log2FoldChange": [4.0, 1.5, 2.0, 0.2],
    ...         "shrunkenLog2FoldChange": [0.3, 1.4, 1.9, 0.1],
    ...         "svalue": [0.4, 0.001, 0.01, 0.3],
    ...     }
    ... )
    >>> order_of_support(table).tolist()
    [2, 1, 3, 0]
    """
    svalue, shrunken = _column(results, "svalue"), _column(results, "shrunkenLog2FoldChange")
    doubt = np.where(np.isnan(svalue), _column(results, "padj"), svalue)
    pvalue = _column(results, "pvalue")
    tested = ~np.isnan(doubt) | ~np.isnan(pvalue)
    supported = is_supported(doubt)
    tier = np.select([supported, tested], [0, 1], 2)
    size = np.abs(_column(results, "log2FoldChange"))
    within = np.select(
        [supported, tested],
        [-np.nan_to_num(np.abs(shrunken)), np.nan_to_num(doubt, nan=1.0)],
        -np.nan_to_num(size),
    )
    ties = np.nan_to_num(doubt, nan=2.0), np.nan_to_num(pvalue, nan=2.0)
    return np.lexsort((*ties, within, tier))


def is_supported(svalue: FloatArray | pd.Series) -> NDArray[np.bool_]:
    """Whether each s-value is small enough, (n,); NaN is not."""
    return np.asarray(np.asarray(svalue, dtype=np.float64) <= SUPPORTED)


def support_in_words(results: pd.DataFrame) -> str:
    """The order of a list of these results, and how many of all have so small an s-value.

    It is an order and no second verdict: what is called is said by `padj` alone.

    Examples
    --------
    >>> support_in_words(pd.DataFrame({"svalue": [0.3, 0.9], "pvalue": [0.1, 0.8]}))
    'smallest s-value first; none is at most 0.05'
    """
    svalue = _column(results, "svalue")
    if np.isnan(svalue).all():
        return BY_CHANGE if np.isnan(_column(results, "pvalue")).all() else BY_P
    n = int(is_supported(svalue).sum())
    if n:
        return f"{IN_WORDS}; {n:,} of {int(np.isfinite(svalue).sum()):,} have such an s-value"
    return f"smallest s-value first; none is at most {SUPPORTED:g}"


def _column(results: pd.DataFrame, name: str) -> FloatArray:
    if name not in results:
        return np.full(len(results), np.nan)
    return results[name].to_numpy(np.float64)
