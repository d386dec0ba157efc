"""How often a group of units is zero by gaps alone: what no P may fall below where it decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.stats.linear.responses import row_blocks

_FEWEST = 3  # units of a group: of two, one zero is half

_ROWS = 200  # of about the same level, whose share of zeros is that of a region


def chance_of_gaps(values: FloatArray, held: BoolArray, groups: npt.NDArray[np.intp]) -> FloatArray:
    """Least P of each region: the chance of as many zeros as a group has, where they decide it.

    Values are lost here and there, whatever was there. Two gaps among the four of a small group are
    no outlying values any more: they stay, and look like a loss. Where zeros are half of what is
    held of a group, a difference of that group can be no surer than so many zeros are rare: their
    binomial tail, at the share of zeros among regions of about the same level.

    Parameters
    ----------
    values
        At or above zero, shape (n_regions, n_samples); an array or `rows.Rows`.
    held
        Values that the fit keeps, same shape.
    groups
        (n_samples,) label of each sample: samples with one row of the design.

    Returns
    -------
    ndarray
        (n_regions,); 0 where zeros decide nothing. Of several such groups the smallest chance.
    """
    n = len(values)
    least, total, zero = np.zeros(n), np.empty(n), np.empty(held.shape, dtype=bool)
    for rows in row_blocks(n):
        block = values[rows]
        zero[rows], total[rows] = block == 0, block.sum(axis=1)
    if not n or not zero.any():
        return least
    share = _share_at_level(total, zero)
    found = np.full(n, np.inf)
    for group in np.unique(groups):
        own = groups == group
        size = int(own.sum())
        if size < _FEWEST:
            continue
        kept = (zero & held)[:, own].sum(axis=1)
        decided = np.flatnonzero((kept > 0) & (2 * kept >= held[:, own].sum(axis=1)))
        k = zero[np.ix_(decided, own)].sum(axis=1)
        # P of k or more of `size`.
        tail = special.betainc(k, size - k + 1.0, share[decided])
        found[decided] = np.minimum(found[decided], tail)
    return np.where(np.isfinite(found), found, least)


def _share_at_level(total: FloatArray, zero: BoolArray) -> FloatArray:
    """(n_regions,) share of zeros among regions of about the same mean of what is not zero."""
    n = len(total)
    level = total / np.maximum((~zero).sum(axis=1), 1)
    order = np.argsort(level, kind="stable")
    total = np.r_[0.0, np.cumsum(zero.mean(axis=1)[order])]
    width = min(_ROWS, n)
    first = np.clip(np.arange(n) - width // 2, 0, n - width)
    share = np.empty(n)
    share[order] = (total[first + width] - total[first]) / width
    return share
