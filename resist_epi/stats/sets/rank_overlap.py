"""Rank-rank hypergeometric overlap of two ranked lists, with a null by permutation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.stats.sets.hypergeometric import log_tails


@dataclass(frozen=True)
class RankOverlap:
    """Overlap of two lists at every pair of thresholds.

    Attributes
    ----------
    z
        (2, 2, n_steps, n_steps): [top or bottom of the first list, top or bottom of the second,
        threshold, threshold]; how far the overlap lies above chance, in standard deviations of the
        hypergeometric distribution.
    sizes
        (n_steps,) genes above each threshold.
    same, opposite
        Largest z where both lists are cut at the same end, or at opposite ends.
    pvalue_same, pvalue_opposite
        Share of permutations with a maximum at least as large (genes exchanged).
    exact
        Hypergeometric log10 P (one-sided) at the largest z of each, (same, opposite); not adjusted
        for the choice of the thresholds.
    """

    z: FloatArray
    sizes: IntArray
    same: float
    opposite: float
    pvalue_same: float
    pvalue_opposite: float
    exact: tuple[float, float]


def rank_overlap(
    first: FloatArray,
    second: FloatArray,
    *,
    steps: int = 40,
    n_permutations: int = 500,
    seed: int = 1,
) -> RankOverlap:
    """Overlap of the extremes of two scores of the same genes, at all depths of both lists.

    The permutations exchange genes, so they take genes as independent: with genes that change
    together the P are too small, which the caller has to say.

    Parameters
    ----------
    first, second
        (n,) finite scores.
    steps
        Thresholds from each end to the middle of a list.
    n_permutations
        Of the null distribution of the maximum.
    seed
        Of the permutations.

    Raises
    ------
    ValueError
        If the lists differ in length or have fewer than 4 genes.

    References
    ----------
    Plaisier et al. (2010) Nucleic Acids Research 38:e169; Cahill et al. (2018) Scientific Reports
    8:9588 (lists cut at opposite ends).
    """
    n = len(first)
    if len(second) != n or n < 4:
        raise ValueError(f"two lists of the same genes, at least 4; found {n} and {len(second)}")
    steps = max(1, min(steps, n // 2))
    sizes = np.unique(np.round(np.arange(1, steps + 1) * (n / 2) / steps).astype(np.int64))
    one, other = _levels(first, sizes), _levels(second, sizes)
    z = _overlap_z(one, other, sizes, n)
    same, opposite = _maxima(z)
    rng = np.random.default_rng(seed)
    null = np.array(
        [_maxima(_overlap_z(one, rng.permutation(other), sizes, n)) for _ in range(n_permutations)]
    ).reshape(n_permutations, 2)
    p = (1 + (null >= np.array([same, opposite]) - 1e-12).sum(axis=0)) / (n_permutations + 1)
    exact = (
        _exact(one, other, z, sizes, n, same=True),
        _exact(one, other, z, sizes, n, same=False),
    )
    return RankOverlap(z, sizes, same, opposite, float(p[0]), float(p[1]), exact)


def _levels(scores: FloatArray, sizes: IntArray) -> IntArray:
    """Index of the narrowest list that holds a gene: 0.. from the top, -1.. from the bottom.

    Coded as k (top) or n_sizes + k (bottom); the gene in the middle of an odd number has 2 n_sizes.
    """
    n, k = len(scores), len(sizes)
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    top = np.searchsorted(sizes, rank, side="right")
    bottom = np.searchsorted(sizes, n - 1 - rank, side="right")
    return np.where(top < k, top, np.where(bottom < k, k + bottom, 2 * k))


def _overlap_z(one: IntArray, other: IntArray, sizes: IntArray, n: int) -> FloatArray:
    k = len(sizes)
    width = 2 * k + 1
    cells = np.bincount(one * width + other, minlength=width * width).reshape(width, width)
    blocks = cells[: 2 * k, : 2 * k].reshape(2, k, 2, k).transpose(0, 2, 1, 3)
    found = blocks.cumsum(axis=2).cumsum(axis=3).astype(np.float64)
    a, b = sizes[:, None].astype(np.float64), sizes[None, :].astype(np.float64)
    mean = a * b / n
    variance = mean * (1 - a / n) * (1 - b / n) * n / (n - 1)
    return np.asarray((found - mean) / np.sqrt(variance))


def _maxima(z: FloatArray) -> tuple[float, float]:
    return float(max(z[0, 0].max(), z[1, 1].max())), float(max(z[0, 1].max(), z[1, 0].max()))


def _exact(
    one: IntArray, other: IntArray, z: FloatArray, sizes: IntArray, n: int, *, same: bool
) -> float:
    ends = [(0, 0), (1, 1)] if same else [(0, 1), (1, 0)]
    i, j = max(ends, key=lambda e: float(z[e].max()))
    a, b = np.unravel_index(int(z[i, j].argmax()), z[i, j].shape)
    k = len(sizes)
    in_one = (one >= i * k) & (one <= i * k + a)
    in_other = (other >= j * k) & (other <= j * k + b)
    both = int(np.count_nonzero(in_one & in_other))
    fewest, tails = log_tails(n, int(sizes[a]), int(sizes[b]))
    return float(tails[both - fewest] / np.log(10))
