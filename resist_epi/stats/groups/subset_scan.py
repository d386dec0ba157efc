"""Scan for a change in some of the samples of a group: the best split of it, for every region."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import row_blocks

UP, DOWN = 0, 1

_BOUND = 2.5

_SHORTEST = 1e-12  # of a marking column that the null model determines


class Scan(NamedTuple):
    """The best split of each region; column 0 for carriers above the others, 1 for below.

    Attributes
    ----------
    statistic
        (n_regions, 2) moderated t of the carriers against all others, largest over their number,
        as a normal score, so that regions of any degrees of freedom share a scale.
    size
        (n_regions, 2) int64 number of carriers at the largest.
    shift
        (n_regions, 2) mean of the carriers less that of all others (adjusted), signed.
    carriers
        (n_regions, 2, n_samples) bool.
    """

    statistic: FloatArray
    size: npt.NDArray[np.int64]
    shift: FloatArray
    carriers: BoolArray


def fewest_carriers(n: int) -> int:
    """The fewest carriers that are looked for among n: a fifth, and never one alone."""
    return max(2, -(-n // 5))


def scan_splits(
    response: FloatArray,
    null_design: FloatArray,
    group: BoolArray,
    *,
    prior: FloatArray,
    df_prior: FloatArray,
    posterior: FloatArray,
    weights: FloatArray | None = None,
    smallest: int | None = None,
) -> Scan:
    """Find in every region the k highest (lowest) samples of a group that differ most from all.

    For each k the k most extreme residuals of the group under the null model are carriers, and a
    column that marks them joins the null model; its moderated t is taken, and the largest over k.
    So the residual variance is that around two levels, not inflated by the mixture as the variance
    of the group as a whole is. The statistic has no tabled distribution; see
    `subset_null.draw_null`.

    Parameters
    ----------
    response
        (n_regions, n_samples) log2 signal, finite.
    null_design
        (n_samples, p) without the groups' difference, full rank.
    group
        (n_samples,) the samples among which carriers are looked for.
    prior, df_prior, posterior
        (n_regions,) as in `moderation.Squeezed`, of the model with the groups' difference.
        Residuals count up to 2.5 of the posterior's standard deviations, so that no sample makes
        a change alone.
    weights
        (n_samples,) weights of the samples, or None.
    smallest
        Fewest carriers; by default `fewest_carriers`.

    Raises
    ------
    DesignError
        If no residual degree of freedom is left, or the group is smaller than `smallest`.

    References
    ----------
    Tibshirani & Hastie (2007) Biostatistics 8:2 (outlier sums); Lian (2008) Biostatistics 9:411
    (maximum over the ordered subsets); Wang & Rekaya (2010) Biomark. Insights 5:69 (least sum of
    ordered subset squares); Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3.
    """
    n, samples = response.shape
    df = samples - null_design.shape[1] - 1
    members = np.flatnonzero(group)
    first = fewest_carriers(len(members)) if smallest is None else smallest
    if df < 1 or len(members) < first:
        raise DesignError(
            f"a scan of {len(members)} samples for {first} carriers or more leaves {df} residual"
            " degrees of freedom; it needs one, and as many samples as carriers"
        )
    root = np.ones(samples) if weights is None else np.sqrt(weights)
    basis, _ = np.linalg.qr(null_design * root[:, None])
    scan = Scan(
        np.empty((n, 2)),
        np.empty((n, 2), dtype=np.int64),
        np.empty((n, 2)),
        np.zeros((n, 2, samples), dtype=bool),
    )
    for rows in row_blocks(n, 4):
        y = response[rows] * root
        residual = y - (y @ basis) @ basis.T
        bound = _BOUND * np.sqrt(posterior[rows, None])
        np.clip(residual, -bound, bound, out=residual)
        total = np.einsum("ij,ij->i", residual, residual)
        order = np.argsort(residual[:, members], axis=1)
        for side, sign in ((UP, 1.0), (DOWN, -1.0)):
            chosen = members[order[:, ::-1] if side == UP else order]
            size, score, length = _best(sign * residual, chosen, root, basis, first)
            effect = score / np.sqrt(length)
            left = np.maximum(total - effect**2, 0.0)
            t = moderated_score(effect, left, prior[rows], df_prior[rows], df)
            scan.statistic[rows, side] = t
            scan.size[rows, side] = size
            scan.shift[rows, side] = sign * score / length
            taken = np.arange(len(members)) < size[:, None]
            np.put_along_axis(scan.carriers[rows, side], chosen, taken, axis=1)
    return scan


def _best(
    residual: FloatArray,
    chosen: npt.NDArray[np.int64],
    root: FloatArray,
    basis: FloatArray,
    first: int,
) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Number of carriers that takes most of the variation, its score and its squared length.

    The score of a marking column is its product with the residuals, its squared length what the
    null model leaves of it (Frisch, Waugh & Lovell).
    """
    score = np.cumsum(np.take_along_axis(residual, chosen, axis=1) * root[chosen], axis=1)
    length = np.cumsum(root[chosen] ** 2, axis=1)
    for column in (basis * root[:, None]).T:
        length -= np.cumsum(column[chosen], axis=1) ** 2
    score, length = score[:, first - 1 :], np.maximum(length[:, first - 1 :], _SHORTEST)
    # The variance left falls as this rises, so that the largest t is where it is largest.
    best = np.argmax(score * np.abs(score) / length, axis=1)
    at = np.arange(len(best)), best
    return best + first, score[at], length[at]


def moderated_score(
    effect: FloatArray, left: FloatArray, prior: FloatArray, df_prior: FloatArray, df: float
) -> FloatArray:
    """Moderated t as a normal score.

    Parameters
    ----------
    effect
        (n,) projection of the response on a direction of length one.
    left
        (n,) residual sum of squares.
    prior, df_prior
        (n,) of the variance.
    df
        Residual degrees of freedom.
    """
    finite = np.isfinite(df_prior)
    known = np.where(finite, df_prior, 0.0)
    variance = np.where(finite, (known * prior + left) / (known + df), prior)
    t = np.divide(effect, np.sqrt(variance), out=np.zeros_like(effect), where=variance > 0)
    tail = stdtr(np.where(finite, known + df, 1.0), -np.abs(t))
    return np.asarray(np.where(finite, -np.sign(t) * ndtri(np.maximum(tail, 1e-300)), t))
