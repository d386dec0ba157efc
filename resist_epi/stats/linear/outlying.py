"""Single values that do not belong to their region: failed libraries' gaps, and heavy tails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import check_design, inverse_symmetric, row_blocks
from resist_epi.stats.linear.moderation import Squeezed, squeeze_variances
from resist_epi.stats.rows import Rows, row_means

# Huber's and Tukey's constants, for an efficiency of .95 at the normal.
_HUBER, _BISQUARE = 1.345, 4.685

_ROBUST_STEPS, _ROUNDS = 8, 3

_PRIOR_DF = 5.0  # of the robust scale, which is drawn towards the regions' median

_MOST_LOST = 0.3  # of a region's values; beyond, none of them can be called the odd one

# A value nearer than this to what another group of samples has, as a part of its distance from its
# own, is like that group's.
_LIKE_OTHERS = 0.5

_FEWEST = 2  # values that each group of more samples, with one row of the design, keeps


def outlying_values(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    fdr: float = 0.01,
) -> BoolArray:
    """Values that are far from what the others of their region say, at a rate over all values.

    A robust fit (Huber, then bisquare) finds candidates, since two gaps in a region hide one
    another from a plain one. Without these, each variance is moderated, and each value is held
    against the fit and the variance of the other values (a deleted residual, t). Values are
    outlying where the P of these, adjusted over all values of all regions, is at most `fdr`: where
    no value is odd none is found, and the more there are, the nearer ones are told. A value that is
    like another group's stays: in a group of four with three gaps it is the one that belongs.

    Parameters
    ----------
    y
        Log2 signal, shape (n_regions, n_samples), finite; an array or `rows.Rows`.
    design
        Full rank, shape (n_samples, n_coefficients).
    weights
        Inverse variances of the samples, shape (n_samples,).

    Returns
    -------
    BoolArray
        Shape (n_regions, n_samples). Never more than 3 in 10 values of a region, and each group of
        three or more samples with one row of the design keeps 2.

    Raises
    ------
    DesignError
        Fewer than 4 residual degrees of freedom.

    References
    ----------
    Huber (1981) Robust Statistics; Beaton & Tukey (1974) Technometrics 16:147 (bisquare); Cook &
    Weisberg (1982) Residuals and Influence in Regression (deleted residuals); Benjamini & Hochberg
    (1995) J. R. Stat. Soc. B 57:289.
    """
    response = y if isinstance(y, Rows) else np.asarray(y, dtype=np.float64)
    matrix = check_design(design, response.shape[1])
    n_samples, p = matrix.shape
    if n_samples - p < 4:
        raise DesignError(
            f"outlying values need at least 4 residual degrees of freedom; {n_samples - p} are left"
        )
    root = np.ones(n_samples) if weights is None else np.sqrt(np.asarray(weights, dtype=np.float64))
    if not len(response):
        return np.zeros(response.shape, dtype=bool)
    # Samples of equal variance from here on.
    level = _Level(response, root, np.linalg.qr(root[:, None] * matrix)[0])
    held, means = _candidates_left(level), row_means(response)
    groups = np.unique(matrix, axis=0, return_inverse=True)[1].reshape(-1)
    for _ in range(_ROUNDS):
        found = _outlying(level, held, means, fdr)
        _less_like_others(found, level, held, groups)
        held = _enough(~found, groups)
    return np.asarray(~held)


@dataclass(frozen=True)
class _Level:
    """The response with samples of equal variance, made a block at a time.

    `root` (n_samples,) is the root of the weights; `basis` (n_samples, p) spans the design.
    """

    response: FloatArray | Rows
    root: FloatArray
    basis: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.response.shape

    def blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        for rows in row_blocks(len(self.response), len(self.root)):
            yield rows, self.response[rows] * self.root


def _candidates_left(level: _Level) -> BoolArray:
    """(n_regions, n_samples): False where a robust fit gives a value no weight."""
    basis = level.basis
    n_samples, p = basis.shape
    held = np.empty(level.shape, dtype=bool)
    typical = _typical_scale(level)
    own = 0.37 * (n_samples - p)  # the median's efficiency
    for rows, block in level.blocks():
        weight = np.ones_like(block)
        for step in range(_ROBUST_STEPS):
            residual = _residual(block, basis, weight)
            scale = _robust_scale(residual, p)
            scale = np.sqrt((_PRIOR_DF * typical**2 + own * scale**2) / (_PRIOR_DF + own))
            u = np.abs(residual) / scale[:, None]
            if step < _ROBUST_STEPS // 2:
                weight = np.minimum(1.0, _HUBER / np.maximum(u, 1e-12))
            else:
                weight = np.maximum(1 - (u / _BISQUARE) ** 2, 0.0) ** 2
        held[rows] = weight > 0
    held[held.sum(axis=1) <= p + 1] = True
    return held


def _typical_scale(level: _Level) -> float:
    """Median scale of all regions about a plain fit; 1 where none varies."""
    p = level.basis.shape[1]
    plain = [
        _robust_scale(_residual(block, level.basis, np.ones_like(block)), p)
        for _, block in level.blocks()
    ]
    scale = np.concatenate(plain)
    return float(np.median(scale[scale > 0])) if (scale > 0).any() else 1.0


def _residual(block: FloatArray, basis: FloatArray, weight: FloatArray) -> FloatArray:
    return block - _coefficients(block, basis, weight)[0] @ basis.T


def _robust_scale(residual: FloatArray, p: int) -> FloatArray:
    """(n_rows,) standard deviation, by the median: the p smallest are small as p were fitted."""
    far = np.sort(np.abs(residual), axis=1)[:, p:]
    return np.asarray(np.median(far, axis=1) / special.ndtri(0.75))


def _coefficients(
    block: FloatArray, basis: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weighted coefficients (n, p) and the inverse of their normal matrix (n, p, p)."""
    p = basis.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), p * p)
    normal = (weight @ products).reshape(-1, p, p) + 1e-9 * np.eye(p)
    inverse = inverse_symmetric(normal)
    return np.einsum("ipq,iq->ip", inverse, (weight * block) @ basis), inverse


def _outlying(level: _Level, held: BoolArray, covariate: FloatArray, fdr: float) -> BoolArray:
    """Values whose P, given the others that are held and adjusted over all values, is small."""
    basis = level.basis
    df = held.sum(axis=1) - float(basis.shape[1])
    variance = np.empty(len(df))
    for rows, block in level.blocks():
        coefficient, _ = _coefficients(block, basis, held[rows].astype(np.float64))
        variance[rows] = ((block - coefficient @ basis.T) ** 2 * held[rows]).sum(axis=1)
    variance /= np.maximum(df, 1)
    squeezed = squeeze_variances(variance, df, covariate=covariate, robust=True)
    found, chances = np.empty(level.shape, dtype=bool), []
    for rows, block in level.blocks():
        chance = _deleted_chance(block, basis, held[rows], squeezed.of(rows))
        # Adjusted, no P is smaller, so the others need not be kept.
        found[rows] = chance <= fdr
        chances.append(chance[found[rows]])
    few = np.concatenate(chances)
    ordered = np.sort(few)
    # After Benjamini and Hochberg, among all values.
    step = ordered * (found.size / np.arange(1, len(ordered) + 1)) <= fdr
    found[found] = few <= (ordered[np.flatnonzero(step)[-1]] if step.any() else -1.0)
    return found


def _deleted_chance(
    block: FloatArray, basis: FloatArray, held: BoolArray, squeezed: Squeezed
) -> FloatArray:
    """(n_rows, n_samples) two-sided P of each value given the others that are held."""
    coefficient, inverse = _coefficients(block, basis, held.astype(np.float64))
    square = (block - coefficient @ basis.T) ** 2
    leverage = np.einsum("jp,ipq,jq->ij", basis, inverse, basis)
    total = np.minimum(squeezed.df_total, 1e6)[:, None]
    posterior = squeezed.posterior[:, None]
    # A value that is held is part of its variance, which it leaves before it is judged.
    apart = square / np.maximum(1 - leverage, 0.02)
    without = np.maximum(posterior * total - apart, 1e-12 * posterior) / np.maximum(total - 1, 1)
    distance = np.where(held, apart / without, square / (posterior * (1 + leverage)))
    chance = 2 * special.stdtr(np.where(held, np.maximum(total - 1, 1), total), -np.sqrt(distance))
    return np.where(np.isfinite(chance), chance, 1.0)


def _less_like_others(
    found: BoolArray, level: _Level, held: BoolArray, groups: npt.NDArray[np.intp]
) -> None:
    """Take back, in place, values that are near to the fit of another row of the design."""
    first = np.unique(groups, return_index=True)[1]
    basis = level.basis / level.root[:, None]
    for rows, scaled in level.blocks():
        if not found[rows].any():
            continue
        block = scaled / level.root
        coefficient = _coefficients(block, basis, held[rows] * level.root**2)[0]
        own = np.abs(block - coefficient @ basis.T)
        for group, sample in enumerate(first):
            other = np.abs(block - (coefficient @ basis[sample])[:, None])
            found[rows] &= ~((other < _LIKE_OTHERS * own) & (groups != group))


def _enough(held: BoolArray, groups: npt.NDArray[np.intp]) -> BoolArray:
    """Regions that would lose too much keep all of their values."""
    n_samples = held.shape[1]
    short = (~held).sum(axis=1) > _MOST_LOST * n_samples
    for group in np.unique(groups):
        members = groups == group
        if members.sum() > _FEWEST:
            short |= held[:, members].sum(axis=1) < _FEWEST
    held = held.copy()
    held[short] = True
    return held
