"""Relabelling the units: what a linear model finds when the labels of two groups mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import stdtr

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.moderation import Squeezed

MAX_SPLITS = 10_000

SAMPLED = 1_000

EXTREMES = (1e-2, 1e-3, 1e-4)

ACTIVE = 0.05  # two-sided P at which a member of a set counts as moving, in whichever direction

_AT_ONCE = 16  # splits: what a block of regions needs of them stays in the cache

_CONFOUNDED = 1e-8  # share of a label's variation that the other coefficients leave


@dataclass(frozen=True)
class NullCalls:
    """What every relabelling found.

    Attributes
    ----------
    calls
        (n_splits,) int64 regions at the false discovery rate.
    extremes
        (n_splits, 3) int64 regions with P at most .01, .001 and .0001.
    set_statistics
        (n_splits, n_sets) mean t of each set less that of all regions.
    set_active
        (n_splits, n_sets) share of each set with P at most .05, in either direction, less that of
        all regions.
    """

    calls: npt.NDArray[np.int64]
    extremes: npt.NDArray[np.int64]
    set_statistics: FloatArray
    set_active: FloatArray


def label_splits(
    sides: tuple[BoolArray, BoolArray],
    strata: npt.NDArray[np.int64] | None = None,
    *,
    max_splits: int = MAX_SPLITS,
    sampled: int = SAMPLED,
    seed: int = 0,
) -> tuple[BoolArray, bool]:
    """Every way to deal out the labels of two groups, or a sample of them.

    (n_splits, n_units), True where a unit gets the first label; and whether that is all.

    Parameters
    ----------
    sides
        (n_units,) bool each: units with the first label, and with the second.
    strata
        (n_units,) codes within which labels are exchanged: batches, or the units of a pair.
    max_splits
        Up to so many, all are given, the true one among them.
    sampled
        How many are drawn otherwise.
    """
    first, second = sides
    codes = np.zeros(len(first), dtype=np.int64) if strata is None else strata
    members = [np.flatnonzero((first | second) & (codes == c)) for c in np.unique(codes)]
    members = [m for m in members if len(m)]
    wanted = [int(first[m].sum()) for m in members]
    total = prod(comb(len(m), k) for m, k in zip(members, wanted, strict=True))
    if total <= max_splits:
        ways = [list(combinations(m.tolist(), k)) for m, k in zip(members, wanted, strict=True)]
        splits = np.zeros((total, len(first)), dtype=bool)
        for row, chosen in enumerate(product(*ways)):
            splits[row, [unit for part in chosen for unit in part]] = True
        return splits, True
    rng = np.random.default_rng(seed)
    splits = np.zeros((sampled, len(first)), dtype=bool)
    for row in range(sampled):
        for m, k in zip(members, wanted, strict=True):
            splits[row, rng.permutation(m)[:k]] = True
    return splits, False


def null_space_design(design: FloatArray, contrast: FloatArray) -> FloatArray:
    """Design under the hypothesis that the contrast is zero, (n_units, n_coefficients - 1)."""
    _, _, vt = np.linalg.svd(contrast[None, :])
    return np.asarray(design @ vt[1:].T)


def relabelled_statistics(
    residual: FloatArray,
    labels: FloatArray,
    prior: FloatArray,
    df_prior: FloatArray,
    df_residual: float,
) -> FloatArray:
    """Moderated t of every region under each relabelling.

    (n_regions, n_splits); NaN where the other coefficients determine the labels.

    Parameters
    ----------
    residual
        (n_regions, n_units) what the null model leaves of the response (weighted by the root of
        the units' weights).
    labels
        (n_units, n_splits) what the null model leaves of the labels (weighted alike).
    prior, df_prior
        (n_regions,) prior variance and its degrees of freedom, which may be infinite.
    df_residual
        Residual degrees of freedom of the full model.

    Notes
    -----
    One product with the residuals of the null model gives all splits (Frisch-Waugh-Lovell): the
    residual sum of squares of the full model is that of the null model less the squared projection.
    """
    size = np.sqrt((labels**2).sum(axis=0))
    unit = np.divide(labels, size, out=np.full_like(labels, np.nan), where=size > _CONFOUNDED)
    projection = residual @ unit
    total = (residual**2).sum(axis=1)[:, None]
    left = np.maximum(total - projection**2, 0.0)
    finite = np.isfinite(df_prior)
    weight = np.where(finite, df_prior, 0.0)[:, None]
    variance = (weight * prior[:, None] + left) / (weight + df_residual)
    variance = np.where(finite[:, None], variance, prior[:, None])
    return np.asarray(
        np.divide(
            projection,
            np.sqrt(variance),
            out=np.full_like(projection, np.nan),
            where=variance > 0,
        )
    )


def null_calls(
    response: FloatArray,
    null_design: FloatArray,
    splits: BoolArray,
    *,
    squeezed: Squeezed,
    weights: FloatArray | None = None,
    fdr: float = 0.05,
    sets: Sequence[npt.NDArray[np.integer]] = (),
    counted: bool = True,
) -> NullCalls:
    """Test every relabelling of two groups as a linear model with moderated variances does.

    The prior of the variances is that of the true labels for all of them. It was estimated with
    the groups' difference taken out, so it is not inflated by true changes.

    Parameters
    ----------
    response
        (n_regions, n_units) log2 signal of the tested regions, finite.
    null_design
        As `null_space_design` gives it, full rank.
    splits
        (n_splits, n_units) as `label_splits` gives them.
    squeezed
        Prior variances of the tested regions and their degrees of freedom.
    weights
        (n_units,) weights of the units, or None.
    fdr
        Level of Benjamini and Hochberg at which calls are counted.
    sets
        Positions of the regions of each set.
    counted
        Whether calls and extremes are counted; 0 otherwise.

    Raises
    ------
    DesignError
        If no residual degree of freedom is left.

    References
    ----------
    Tusher, Tibshirani & Chu (2001) PNAS 98:5116 (calls under relabelling); Winkler et al. (2014)
    NeuroImage 92:381 (exchange within blocks).
    """
    n, units = response.shape
    df = units - null_design.shape[1] - 1
    if df < 1:
        raise DesignError("relabelling needs a residual degree of freedom; there is none")
    root = np.ones(units) if weights is None else np.sqrt(weights)
    basis, _ = np.linalg.qr(null_design * root[:, None])
    y = response * root
    residual = y - (y @ basis) @ basis.T
    labels = (splits * root).T
    labels = labels - basis @ (basis.T @ labels)
    membership = _mean_over(sets, n)
    bound = _critical(squeezed.df_total, max(fdr, EXTREMES[0]))
    extreme = _critical(squeezed.df_total, EXTREMES[0])
    calls = np.zeros(len(splits), dtype=np.int64)
    extremes = np.zeros((len(splits), len(EXTREMES)), dtype=np.int64)
    moving = _critical(squeezed.df_total, ACTIVE)[:, None]
    of_sets, active = (np.zeros((len(splits), len(sets))) for _ in range(2))
    for begin in range(0, len(splits), _AT_ONCE):
        some = labels[:, begin : begin + _AT_ONCE]
        t = relabelled_statistics(residual, some, squeezed.prior, squeezed.df_prior, df)
        at = slice(begin, begin + t.shape[1])
        if len(sets):
            of_sets[at] = (membership @ t - t.mean(axis=0)).T
        np.abs(t, out=t)
        if len(sets):
            moves = (t >= moving).astype(np.float64)
            active[at] = (membership @ moves - moves.mean(axis=0)).T
        # A split's statistics side by side: in columns each lies on a line of memory of its own.
        for i, own in enumerate(np.ascontiguousarray(t.T) if counted else ()):
            rows = np.flatnonzero(own >= bound)
            if fdr * len(rows) <= EXTREMES[0] * n:  # nothing beyond is called
                rows = rows[own[rows] >= extreme[rows]]
            p = np.sort(2 * stdtr(squeezed.df_total[rows], -own[rows]))
            enough = np.flatnonzero(p <= fdr * np.arange(1, len(p) + 1) / n)
            calls[begin + i] = enough[-1] + 1 if len(enough) else 0
            extremes[begin + i] = np.searchsorted(p, EXTREMES, side="right")
    return NullCalls(calls, extremes, of_sets, active)


def _critical(df: FloatArray, p: float) -> FloatArray:
    """(n_regions,) |t| at a two-sided P, slightly below it, so that none is missed."""
    from scipy.special import stdtrit

    distinct, which = np.unique(df, return_inverse=True)
    return np.asarray(-stdtrit(distinct, p / 2)[which] * (1 - 1e-9))


def _mean_over(sets: Sequence[npt.NDArray[np.integer]], n: int) -> csr_matrix:
    rows = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    columns = np.concatenate([*sets, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    values = np.repeat([1 / max(len(s), 1) for s in sets], [len(s) for s in sets])
    return csr_matrix((values, (rows, columns)), shape=(len(sets), n))
