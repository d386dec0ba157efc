"""Rows of a heatmap: which regions stand in which group, and in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError, unknown_name
from resist_epi.plots.style import (
    CLUSTER_COLOURS,
    DIRECTION_COLOURS,
    DIRECTIONS,
    GREY,
    INK,
    level_colours,
)

Groups = str | pd.Series | Sequence[str] | None

SORTS = ("signal", "length", "change", "keep")

_BINS = 40  # of a sample that clusters are made from: finer ones are noise


class Rows(TypedDict, total=False):
    """How regions are grouped and ordered.

    Attributes
    ----------
    kmeans, hierarchical
        So many clusters in place of the groups: by k-means, or of Ward's hierarchy.
    sort
        `signal` (mean over all samples, highest first), `length` (longest first), `change` (of two
        levels of `Condition`, or the first two samples: the second less the first, highest first)
        or `keep`, as the regions come.
    """

    kmeans: int
    hierarchical: int
    sort: str


def region_groups(matrix: ProfileMatrix, groups: Groups) -> dict[str, IntArray]:
    """Rows of each group of regions: gain, loss and none in this order, other names as they come.

    Parameters
    ----------
    groups
        A column of the regions, or a label a region; None, or a column that is not there, makes one
        group `regions`.
    """
    labels = matrix.regions.get(groups) if isinstance(groups, str) else groups
    if labels is None:
        return {"regions": np.arange(len(matrix.regions))}
    names = pd.Series(list(labels)).fillna("").astype(str).to_numpy(dtype=object)
    found = list(dict.fromkeys(names))
    order = [d for d in DIRECTIONS if d in found] + [f for f in found if f not in DIRECTIONS]
    return {name: np.flatnonzero(names == name).astype(np.int64) for name in order}


def region_colours(groups: Sequence[str]) -> dict[str, str]:
    """Group of regions -> colour: of gain, loss and none, or one that no group of tumours has."""
    others = level_colours([g for g in groups if g not in DIRECTIONS], CLUSTER_COLOURS)
    if list(groups) == ["regions"]:
        return {"regions": INK}
    return {g: DIRECTION_COLOURS.get(g, others.get(g, GREY)) for g in groups}


def ordered_rows(
    matrices: Sequence[ProfileMatrix],
    groups: Groups,
    levels: pd.Series | None = None,
    *,
    kmeans: int | None = None,
    hierarchical: int | None = None,
    sort: str = "signal",
) -> dict[str, IntArray]:
    """Rows of each group, or of each cluster, in the order in which they are drawn.

    Parameters
    ----------
    matrices
        Of the same regions; clusters and order are made from all of them.
    groups
        As of `region_groups`, of the first matrix; without meaning where clusters are asked for.
    levels
        Level of each sample, for the order by change.
    kmeans, hierarchical, sort
        As of `Rows`.

    Raises
    ------
    InputFormatError
        If two kinds of clusters are asked for, a number of them is below 1, the order is unknown,
        or there are too many regions for a hierarchy.
    """
    if kmeans is not None and hierarchical is not None:
        raise InputFormatError("k-means and a hierarchy are two ways to cluster; ask for one")
    if sort not in SORTS:
        raise InputFormatError(unknown_name("order", sort, SORTS))
    if kmeans is not None or hierarchical is not None:
        rows = _clusters(matrices, kmeans, hierarchical)
    else:
        rows = {g: r for g, r in region_groups(matrices[0], groups).items() if len(r)}
    key = _key(matrices, levels, sort)
    if key is None:
        return rows
    return {g: r[np.argsort(-key[r], kind="stable")] for g, r in rows.items()}


def _clusters(
    matrices: Sequence[ProfileMatrix], kmeans: int | None, hierarchical: int | None
) -> dict[str, IntArray]:
    from resist_epi.stats.row_clusters import hierarchy, k_means

    values = np.concatenate([_features(matrix) for matrix in matrices], axis=1)
    try:
        if kmeans is not None:
            labels = k_means(values, kmeans)
        else:
            labels = hierarchy(values, int(hierarchical or 1))
    except ValueError as error:
        raise InputFormatError(str(error)) from error
    found = range(int(labels.max()) + 1 if len(labels) else 0)
    return {f"cluster {c + 1}": np.flatnonzero(labels == c).astype(np.int64) for c in found}


def _features(matrix: ProfileMatrix) -> FloatArray:
    """(n_regions, ...) what clusters are made from: all samples in coarse bins, on one scale.

    Values are cut at their 99th percentile, so that one tower does not make a cluster, and divided
    by it, so that marks weigh the same; what is not known counts as nothing.
    """
    parts = []
    edges = np.unique(np.linspace(0, matrix.n_bins, _BINS + 1).round().astype(int))[:-1]
    width = np.diff([*edges, matrix.n_bins])
    for values in matrix.values.values():
        known = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0)
        parts.append(np.add.reduceat(known, edges, axis=1) / width)
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((len(matrix.regions), 1))
    high = float(np.quantile(np.abs(joined), 0.99)) if joined.size else 1.0
    high = high or float(np.abs(joined).max(initial=0.0)) or 1.0
    return np.asarray(np.clip(joined, -high, high) / high)


def _key(
    matrices: Sequence[ProfileMatrix], levels: pd.Series | None, sort: str
) -> FloatArray | None:
    """What rows are ordered by, highest first; None to keep them as they come."""
    if sort == "keep":
        return None
    if sort == "length":
        regions = matrices[0].regions
        return (regions["end"] - regions["start"]).to_numpy(np.float64)
    if sort == "change":
        return _change(matrices[0], levels)
    means = [np.nan_to_num(m.mean_signal(), nan=-np.inf) for m in matrices]
    return np.asarray(means[0] if len(means) == 1 else np.mean(_on_one_scale(means), axis=0))


def _on_one_scale(means: Sequence[FloatArray]) -> list[FloatArray]:
    """Means of several marks over their own 99th percentile."""
    known = [np.where(np.isfinite(m), m, 0.0) for m in means]
    return [m / (float(np.quantile(np.abs(m), 0.99)) or 1.0) if len(m) else m for m in known]


def _change(matrix: ProfileMatrix, levels: pd.Series | None) -> FloatArray:
    known = pd.Series("", index=list(matrix.samples)) if levels is None else levels
    of: Mapping[str, str] = {s: str(known[s]) for s in matrix.samples if str(known[s])}
    if len(set(of.values())) < 2:
        of = {s: s for s in matrix.samples}
    names = list(dict.fromkeys(sorted(of.values())))
    if len(names) < 2:
        raise InputFormatError(
            "an order by change needs two groups of samples",
            found=f"{len(names)}",
            remedy="give a sheet with --samples, or another order",
        )
    averaged = matrix.average({s: of[s] for s in matrix.samples if of.get(s) in names[:2]})
    one, other = (averaged.select(np.arange(len(matrix.regions))).values[n] for n in names[:2])
    from resist_epi.counting.profile_matrix import nan_mean

    difference = nan_mean(np.asarray(other) - np.asarray(one), axis=1)
    return np.nan_to_num(difference, nan=-np.inf)
