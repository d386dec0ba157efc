"""Sliding windows: sums over adjacent bins, clusters by location, one P a cluster.

A window never takes part as an observation of its own: windows that overlap share their reads, and
windows of one domain change together. They are merged by where they lie, without a look at any
result, and each cluster gets one P that holds whatever the dependence of its windows (Simes), so
that false discovery rates are those of regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import AnyFloat, FloatArray, IntArray
from resist_epi.errors import QuantityError
from resist_epi.genome.intervals import Intervals, merge

DIRECTIONS = ("up", "down", "mixed", "none")


def window_sums(bins: npt.ArrayLike, span: int) -> FloatArray:
    """Sum of every run of `span` adjacent bins, shape (max(n - span, 0) + 1,).

    Parameters
    ----------
    bins
        Shape (n,).
    span
        Bins of a window; where there are fewer bins, one window holds all of them.

    Examples
    --------
    >>> window_sums([1, 2, 3, 4], 2).tolist(), window_sums([1, 2], 4).tolist()
    ([3.0, 5.0, 7.0], [3.0])
    """
    values = np.asarray(bins, dtype=np.float64)
    span = min(span, len(values))
    if not span:
        return np.zeros(0)
    # Added up, not taken as a difference of running totals: windows without signal stay zero.
    return gathered_sums(values, np.arange(len(values) - span + 1), span)


def gathered_sums(bins: AnyFloat, first: IntArray, span: int) -> FloatArray:
    """Sum of the `span` rows from each of these rows on, float64 (m,) or (m, n_samples).

    Parameters
    ----------
    bins
        Shape (n,) or (n, n_samples).
    first
        Shape (m,); `first + span` is at most n.
    """
    total = bins[first].astype(np.float64, copy=False)  # a copy, as rows are picked
    for k in range(1, span):
        total += bins[first + k]
    return total


@dataclass(frozen=True)
class Clusters:
    """Windows merged by location, and cut where they are wider than the cap.

    Attributes
    ----------
    member
        (n_windows,) int64: cluster of each window.
    chrom, start, end
        (n_clusters,) int64, in genome order: the part of the merged stretch that belongs to the
        cluster, so that clusters do not overlap; at most `max_width` bp.
    whole
        (n_clusters,) int64: the merged stretch that the cluster was cut from.
    """

    member: IntArray
    chrom: IntArray
    start: IntArray
    end: IntArray
    whole: IntArray

    def __len__(self) -> int:
        return len(self.chrom)


def merge_windows(
    windows: Intervals,
    *,
    gap: int = 100,
    max_width: int = 30_000,
    grid: int = 1,
    sharp: npt.ArrayLike | None = None,
) -> Clusters:
    """Merge windows by location alone.

    Windows with at most `gap` bp between them are one stretch. A stretch of W bp that is wider than
    the cap is cut into ceil(W / max_width) parts of equal width, and each window goes to the part
    that holds its middle.

    Parameters
    ----------
    windows
        n windows in any order, of one or several sizes.
    gap, max_width
        bp.
    grid
        Cuts fall on multiples of so many bp from the stretch's start; must divide `max_width`.
    sharp
        Shape (n,): the windows that tell where a stretch ends. A wide window reaches from a domain
        into background; so what juts out over the outermost sharp window, by less than the widest
        window, is left out of the stretch (not its windows). Default: all windows.

    Raises
    ------
    QuantityError
        If the cap is not positive or no multiple of the grid, or the gap is negative.

    References
    ----------
    Lun & Smyth (2014) Nucleic Acids Research 42:e95; (2016) 44:e45; what is sharp is ours.

    Examples
    --------
    >>> line = Intervals(np.zeros(3), np.array([0, 500, 9000]), np.array([2000, 2500, 11000]))
    >>> merge_windows(line).member.tolist()
    [0, 0, 1]
    """
    if max_width < 1 or grid < 1 or max_width % grid or gap < 0:
        raise QuantityError(
            f"windows cannot be merged with a gap of {gap} bp and a cap of {max_width} bp on a grid"
            f" of {grid} bp: the cap must be a positive multiple of the grid, the gap not negative"
        )
    stretches, stretch = merge(windows, gap=gap)
    begin, width = _extent(windows, stretches, stretch, sharp)
    parts = np.maximum(-(-width // max_width), 1)
    before = np.cumsum(parts) - parts
    twice_middle = windows.start + windows.end - 2 * begin[stretch]
    part = twice_middle * parts[stretch] // np.maximum(2 * width[stretch], 1)
    part = np.clip(part, 0, parts[stretch] - 1)
    # A part may hold the middle of no window where the gap is wide; it is no cluster then.
    used, member = np.unique(before[stretch] + part, return_inverse=True)
    whole = np.repeat(np.arange(len(stretches), dtype=np.int64), parts)[used]
    number = used - before[whole]

    def cut(k: IntArray) -> IntArray:
        on_grid = (2 * k * width[whole] + grid * parts[whole]) // (2 * grid * parts[whole])
        return np.asarray(np.where(k == parts[whole], width[whole], on_grid * grid))

    return Clusters(
        member=member.astype(np.int64),
        chrom=stretches.chrom[whole],
        start=begin[whole] + cut(number),
        end=begin[whole] + cut(number + 1),
        whole=whole,
    )


def _extent(
    windows: Intervals, stretches: Intervals, stretch: IntArray, sharp: npt.ArrayLike | None
) -> tuple[IntArray, IntArray]:
    """Start and width of each stretch without what juts out over its sharp windows."""
    begin, end = stretches.start.copy(), stretches.end.copy()
    if sharp is not None and len(windows):
        tells = np.asarray(sharp, dtype=bool)
        low, high = np.full(len(begin), np.iinfo(np.int64).max), np.full(len(begin), -1)
        np.minimum.at(low, stretch[tells], windows.start[tells])
        np.maximum.at(high, stretch[tells], windows.end[tells])
        widest = int(windows.length.max())
        begin = np.where((high >= 0) & (low - begin < widest), low, begin)
        end = np.where((high >= 0) & (end - high < widest), high, end)
    return begin, end - begin


def equal_size_weights(member: npt.ArrayLike, size: npt.ArrayLike) -> FloatArray:
    """Weights by which windows of each size count equally in each cluster.

    Each is 1 / windows of the same size in the same cluster, shape (n,).

    Parameters
    ----------
    member
        Cluster of each window, shape (n,).
    size
        Any label of the window's size, shape (n,).

    References
    ----------
    Lun & Smyth (2014) Nucleic Acids Research 42:e95 (consolidation of window sizes).
    """
    cluster, kind = np.asarray(member, dtype=np.int64), np.unique(size, return_inverse=True)[1]
    group = cluster * (kind.max(initial=0) + 1) + kind
    number = np.bincount(group) if len(group) else np.zeros(1)
    return np.asarray(1.0 / number[group], dtype=np.float64)


class Combined(NamedTuple):
    """One test a cluster; arrays of shape (n_clusters,).

    Attributes
    ----------
    pvalue
        Simes' P; NaN where no window was tested.
    n_windows, n_up, n_down
        int64: windows tested, and those that change up and down at 5 % within the cluster.
    direction
        `up`, `down` or `mixed`: what the windows that decide the P do; `none` without a test.
    best
        int64: the window of the lowest P, the first of equal ones; -1 without a test.
    """

    pvalue: FloatArray
    n_windows: IntArray
    n_up: IntArray
    n_down: IntArray
    direction: npt.NDArray[np.str_]
    best: IntArray


def combine_windows(
    pvalues: npt.ArrayLike,
    effects: npt.ArrayLike,
    member: npt.ArrayLike,
    *,
    n_clusters: int | None = None,
    weights: npt.ArrayLike | None = None,
    level: float = 0.05,
) -> Combined:
    """Combine the windows of each cluster by Simes' method, with weights.

    With the P in increasing order, P = min_i p_i W / (w_1 + ... + w_i), W the sum of all weights.
    The windows up to that i decide the P. `n_up` and `n_down` count windows whose P, adjusted
    within the cluster (Benjamini & Hochberg with the same weights), is at most `level`.

    Parameters
    ----------
    pvalues
        Shape (n,); NaN is left out.
    effects
        Their signs say up or down, shape (n,).
    member
        Cluster of each window, integers from 0, shape (n,).
    n_clusters
        Default: the highest in `member`, and one.
    weights
        Positive, shape (n,); default all equal.

    Raises
    ------
    QuantityError
        If shapes differ, a P lies outside 0..1 or a weight is not positive.

    References
    ----------
    Simes (1986) Biometrika 73:751; Benjamini & Hochberg (1997) Scand. J. Stat. 24:407 (weights);
    Lun & Smyth (2014) Nucleic Acids Research 42:e95.

    Examples
    --------
    >>> found = combine_windows([0.01, 0.5, 0.04], [1.0, -0.2, 0.8], [0, 0, 0])
    >>> float(found.pvalue[0]), int(found.n_up[0]), str(found.direction[0]), int(found.best[0])
    (0.03, 1, 'up', 0)
    """
    p, effect, cluster, weight = _checked(pvalues, effects, member, weights)
    n = int(cluster.max(initial=-1)) + 1 if n_clusters is None else n_clusters
    result = _untested(n)
    tested = np.flatnonzero(~np.isnan(p))
    if not len(tested):
        return result
    order = tested[np.lexsort((p[tested], cluster[tested]))]
    p, sign, weight, cluster = p[order], np.sign(effect[order]), weight[order], cluster[order]
    starts = np.flatnonzero(np.r_[True, cluster[1:] != cluster[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    # Clusters share one running total; long doubles keep the digits of the small parts.
    running = np.cumsum(weight, dtype=np.longdouble)
    before = np.repeat(running[starts] - weight[starts], sizes)
    total = np.repeat(np.add.reduceat(weight, starts), sizes)
    stepped = p * (total / (running - before)).astype(np.float64)
    simes = np.minimum.reduceat(stepped, starts)

    def last_rank(where: npt.NDArray[np.bool_]) -> IntArray:
        return np.repeat(np.maximum.reduceat(np.where(where, rank, -1), starts), sizes)

    def count(where: npt.NDArray[np.bool_]) -> IntArray:
        return np.asarray(np.add.reduceat(where.astype(np.int64), starts))

    called = rank <= last_rank(stepped <= level)
    first = np.minimum.reduceat(
        np.where(stepped == np.repeat(simes, sizes), rank, len(order)), starts
    )
    deciding = p <= np.repeat(p[starts + first], sizes)
    up, down = count(deciding & (sign > 0)), count(deciding & (sign < 0))
    found = cluster[starts]
    result.pvalue[found] = np.minimum(simes, 1.0)
    result.n_windows[found] = sizes
    result.n_up[found], result.n_down[found] = (
        count(called & (sign > 0)),
        count(called & (sign < 0)),
    )
    result.direction[found] = np.select(
        [(up > 0) & (down > 0), up > 0, down > 0], ["mixed", "up", "down"], "none"
    )
    result.best[found] = order[starts]
    return result


def _untested(n: int) -> Combined:
    return Combined(
        pvalue=np.full(n, np.nan),
        n_windows=np.zeros(n, dtype=np.int64),
        n_up=np.zeros(n, dtype=np.int64),
        n_down=np.zeros(n, dtype=np.int64),
        direction=np.full(n, "none", dtype="<U5"),
        best=np.full(n, -1, dtype=np.int64),
    )


def _checked(
    pvalues: npt.ArrayLike,
    effects: npt.ArrayLike,
    member: npt.ArrayLike,
    weights: npt.ArrayLike | None,
) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    p, effect = np.asarray(pvalues, dtype=np.float64), np.asarray(effects, dtype=np.float64)
    cluster = np.asarray(member, dtype=np.int64)
    weight = np.ones(p.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if p.ndim != 1 or not (p.shape == effect.shape == cluster.shape == weight.shape):
        raise QuantityError(
            f"windows with P of shape {p.shape}, effects {effect.shape}, clusters {cluster.shape}"
            f" and weights {weight.shape}; expected vectors of one length"
        )
    if ((p < 0) | (p > 1)).any():
        raise QuantityError("P values must lie between 0 and 1")
    if (cluster < 0).any() or not (weight > 0).all():
        raise QuantityError("clusters must be numbered from 0, and weights positive")
    return p, effect, cluster, weight
