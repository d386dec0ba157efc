"""Ranks of values, and Spearman's correlation of two rows of them.

What `scipy.stats` gives, to the bit, without its import, which takes as long as many of the tests.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray


def average_ranks(values: npt.ArrayLike) -> FloatArray:
    """Ranks from 1, the mean rank among equals, shape (n,).

    Parameters
    ----------
    values
        Shape (n,), without NaN.

    Examples
    --------
    >>> average_ranks([0.3, 0.1, 0.3]).tolist()
    [2.5, 1.0, 2.5]
    """
    given = np.asarray(values)
    n = len(given)
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    first = np.flatnonzero(np.r_[np.ones(min(n, 1), dtype=bool), ordered[1:] != ordered[:-1]])
    last = np.r_[first[1:], n]
    ranks = np.empty(n)
    ranks[order] = np.repeat((first + last + 1) / 2, last - first)
    return ranks


def spearman(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Spearman's rank correlation; NaN where either is constant, or fewer than two are given.

    Parameters
    ----------
    one, other
        Shape (n,), without NaN.

    References
    ----------
    Spearman (1904) Am. J. Psychol. 15:72.

    Examples
    --------
    >>> round(spearman([1, 2, 3, 4], [1, 3, 2, 4]), 3)
    0.8
    """
    first, second = np.asarray(one), np.asarray(other)
    if len(first) < 2 or (first == first[0]).all() or (second == second[0]).all():
        return float("nan")
    ranks = np.column_stack([average_ranks(first), average_ranks(second)])
    return float(np.asarray(np.corrcoef(ranks, rowvar=False))[1, 0])
