"""Clusters of rows: k-means with a seed of its own, and a hierarchy cut into so many."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray, IntArray

_ROUNDS = 100

_STARTS = 8  # k-means is begun so often, and the tightest kept

_MOST_IN_HIERARCHY = 5000  # rows: their distances take memory in the square of it


def k_means(values: FloatArray, k: int, *, seed: int = 1) -> IntArray:
    """Cluster of each row, 0 the one of the highest mean.

    Lloyd's rounds from starts chosen by k-means++ (Arthur and Vassilvitskii 2007, Proc. SODA:1027);
    of eight, the one with the least sum of squares. Equal input gives equal clusters on every
    machine; fewer distinct rows than `k` give fewer clusters.

    Parameters
    ----------
    values
        (n, m) finite rows.
    k
        Number of clusters, at least 1.

    Raises
    ------
    ValueError
        If `k` is below 1.

    Examples
    --------
    >>> k_means(np.array([[0.0], [9.0], [0.1], [9.1]]), 2).tolist()
    [1, 0, 1, 0]
    """
    if k < 1:
        raise ValueError(f"expected 1 cluster or more; found {k}")
    distinct = len(np.unique(values, axis=0)) if len(values) else 0
    k = min(k, distinct)
    if k <= 1:
        return np.zeros(len(values), dtype=np.int64)
    rng = np.random.default_rng(seed)
    squares = (values**2).sum(axis=1)
    best, least = np.zeros(len(values), dtype=np.int64), np.inf
    for _ in range(_STARTS):
        labels, total = _lloyd(values, squares, _first_centres(values, squares, k, rng))
        if total < least * (1 - 1e-12):
            best, least = labels, total
    return _by_mean(values, best)


def hierarchy(values: FloatArray, k: int) -> IntArray:
    """Cluster of each row, 0 the one of the highest mean: Ward's hierarchy cut into `k`.

    Source: Ward (1963) J. Am. Stat. Assoc. 58:236.

    Raises
    ------
    ValueError
        If `k` is below 1, or there are more than 5,000 rows, whose distances fill the memory.
    """
    if k < 1:
        raise ValueError(f"expected 1 cluster or more; found {k}")
    if len(values) > _MOST_IN_HIERARCHY:
        raise ValueError(
            f"{len(values):,} rows are too many for a hierarchy (at most {_MOST_IN_HIERARCHY:,});"
            " k-means takes any number"
        )
    if len(values) <= k or k == 1:
        labels = np.arange(len(values)) if k > 1 else np.zeros(len(values), dtype=np.int64)
        return _by_mean(values, labels)
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = fcluster(linkage(values, "ward"), k, "maxclust") - 1
    return _by_mean(values, np.asarray(labels, dtype=np.int64))


def _first_centres(
    values: FloatArray, squares: FloatArray, k: int, rng: np.random.Generator
) -> FloatArray:
    """k-means++: each further centre with chances by its squared distance to those chosen."""
    chosen = [int(rng.integers(len(values)))]
    nearest = _distances(values, squares, values[chosen])[:, 0]
    while len(chosen) < k:
        chosen.append(int(rng.choice(len(values), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, _distances(values, squares, values[chosen[-1:]])[:, 0])
    return values[chosen].copy()


def _distances(values: FloatArray, squares: FloatArray, centres: FloatArray) -> FloatArray:
    """(n, k) squared distances."""
    product = values @ centres.T
    out = squares[:, None] - 2 * product + (centres**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(out, 0.0))


def _lloyd(values: FloatArray, squares: FloatArray, centres: FloatArray) -> tuple[IntArray, float]:
    labels = np.full(len(values), -1, dtype=np.int64)
    distance = _distances(values, squares, centres)
    for _ in range(_ROUNDS):
        new = distance.argmin(axis=1).astype(np.int64)
        if (new == labels).all():
            break
        labels = new
        for cluster in range(len(centres)):
            own = labels == cluster
            if own.any():  # an empty one keeps its centre
                centres[cluster] = values[own].mean(axis=0)
        distance = _distances(values, squares, centres)
    return labels, float(distance[np.arange(len(values)), labels].sum())


def _by_mean(values: FloatArray, labels: IntArray) -> IntArray:
    """Number clusters anew, that of the highest mean first."""
    found = np.unique(labels)
    means = np.array([values[labels == cluster].mean() for cluster in found])
    rank = {int(found[i]): r for r, i in enumerate(np.argsort(-means, kind="stable"))}
    return np.array([rank[int(label)] for label in labels], dtype=np.int64)
