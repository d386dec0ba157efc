"""Twins: two units whose noise is so alike that they are hardly two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.least_squares import MANY, check_design, row_blocks

# Correlation of two units' errors above which they are twins.
TWINS = 0.65

_MOST_SHARED = 0.5  # with any other unit, as a share of what a pair has in common

_MOST_PAIRS = 10  # that are estimated together

_TIED = 0.45  # correlation of two units' residuals by the design alone

_TINY = 1e-12


class Twins(NamedTuple):
    """A pair of units, by position, and the correlation of their errors."""

    first: int
    second: int
    correlation: float


def find_twins(y: npt.ArrayLike, design: npt.ArrayLike, *, cut: float = TWINS) -> tuple[Twins, ...]:
    """Pairs of units whose errors go together more than units of one cohort do.

    A design alone makes residuals go together (in a group of n, by -1/(n - 1)), and twins take a
    part of their own likeness away with it. So variances of the units and the covariances of
    pairs that stand out are estimated together, by least squares on the second moments of the
    residuals, of which each is a known linear function.

    Parameters
    ----------
    y
        Log2 signal, shape (n_regions, n_units).
    design
        Full rank, shape (n_units, n_coefficients).
    cut
        On the correlation of the errors.

    Returns
    -------
    tuple
        The most alike first; empty where no residual is left.

    Notes
    -----
    Regions are scaled by their own residual variance, to which twins add, so the correlation comes
    out low where few degrees of freedom are left (.75 for .85 at 6 against 6).

    What many units share is a factor and no twins: neither of a pair may have half as much in
    common with any other unit, or opposite to it, unless that is a twin of it as well.
    """
    response = np.asarray(y, dtype=np.float64)
    matrix = check_design(design, response.shape[1])
    q = np.linalg.qr(matrix)[0]
    hat = np.eye(len(q)) - q @ q.T
    moments = _second_moments(response, hat)
    if not moments.any():
        return ()
    pairs: list[tuple[int, int]] = []
    for _ in range(_MOST_PAIRS):
        variances, _, rest = _components(moments, hat, pairs)
        alike = _alike(rest, hat, variances)
        for i, j in pairs:
            alike[i, j] = alike[j, i] = 0.0
        i, j = (int(k) for k in np.unravel_index(alike.argmax(), alike.shape))
        if alike[i, j] < cut:
            break
        pairs.append((min(i, j), max(i, j)))
    variances, covariances, rest = _components(moments, hat, pairs)
    alike = _alike(rest, hat, variances)
    for (i, j), covariance in zip(pairs, covariances, strict=True):
        alike[i, j] = alike[j, i] = covariance / np.sqrt(variances[i] * variances[j])
    found = [Twins(i, j, float(min(alike[i, j], 1.0))) for i, j in pairs if alike[i, j] >= cut]
    return tuple(sorted((t for t in found if _alone(t, found, alike)), key=lambda t: -t[2]))


def _second_moments(response: FloatArray, hat: FloatArray) -> FloatArray:
    """(n, n) mean products of the units' residuals, each region scaled to mean square 1."""
    total, informing, df = np.zeros_like(hat), 0, float(np.trace(hat))
    if df < 1.5:
        return total
    for rows in row_blocks(len(response)):
        residual = response[rows] @ hat
        left = np.einsum("ij,ij->i", residual, residual)
        real = left > _TINY * np.einsum("ij,ij->i", response[rows], response[rows])
        residual = residual[real] / np.sqrt(left[real, None] / df)
        total += residual.T @ residual
        informing += int(real.sum())
    return total / max(informing, 1)


def _components(
    moments: FloatArray, hat: FloatArray, pairs: list[tuple[int, int]]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Variances of the units, covariances of some pairs, and the moments that these leave over."""
    n = len(hat)
    if n > MANY:
        return _components_of_many(moments, hat, pairs)
    upper = np.triu_indices(n)
    parts = [np.outer(hat[k], hat[k]) for k in range(n)]
    parts += [np.outer(hat[i], hat[j]) + np.outer(hat[j], hat[i]) for i, j in pairs]
    columns = np.column_stack([part[upper] for part in parts])
    solution = np.linalg.lstsq(columns, moments[upper], rcond=1e-8)[0]
    rest = moments - sum(s * part for s, part in zip(solution, parts, strict=True))
    floor = 0.01 * max(float(np.median(solution[:n])), _TINY)
    return np.maximum(solution[:n], floor), solution[n:], np.asarray(rest)


def _components_of_many(
    moments: FloatArray, hat: FloatArray, pairs: list[tuple[int, int]]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """As `_components`, from the normal equations: a part a unit is of units x units.

    Products of two symmetric matrices over a triangle are half of those over all cells and over the
    diagonal; those of two units' parts follow from the projection.
    """
    n, square = len(hat), hat**2
    of_pairs = [np.outer(hat[i], hat[j]) for i, j in pairs]
    of_pairs = [part + part.T for part in of_pairs]
    normal, right = np.empty((n + len(pairs),) * 2), np.empty(n + len(pairs))
    normal[:n, :n] = (square + square @ square.T) / 2
    right[:n] = (_quadratic(hat, moments) + square @ np.diag(moments)) / 2
    for k, part in enumerate(of_pairs, start=n):
        normal[:n, k] = normal[k, :n] = (_quadratic(hat, part) + square @ np.diag(part)) / 2
        for m, other in enumerate(of_pairs, start=n):
            normal[k, m] = ((part * other).sum() + np.diag(part) @ np.diag(other)) / 2
        right[k] = ((part * moments).sum() + np.diag(part) @ np.diag(moments)) / 2
    solution = np.linalg.lstsq(normal, right, rcond=1e-12)[0]
    rest = moments - (hat * solution[:n]) @ hat
    for s, part in zip(solution[n:], of_pairs, strict=True):
        rest = rest - s * part
    floor = 0.01 * max(float(np.median(solution[:n])), _TINY)
    variances = np.asarray(np.maximum(solution[:n], floor), dtype=np.float64)
    return variances, np.asarray(solution[n:], dtype=np.float64), np.asarray(rest)


def _quadratic(hat: FloatArray, matrix: FloatArray) -> FloatArray:
    """(n,) form of a symmetric matrix at each row of the projection."""
    return np.asarray(np.einsum("ij,ij->i", hat @ matrix, hat))


def _alike(rest: FloatArray, hat: FloatArray, variances: FloatArray) -> FloatArray:
    """(n, n) correlation that each pair alone would need to explain what is left over; diagonal 0.

    Units whose residuals the design ties to another's, as in pairs of a patient, have none: what
    one of the two shares cannot be told from what the other does.
    """
    leverage = np.diag(hat)
    product = np.outer(leverage, leverage)
    tied = hat**2 > _TIED**2 * product
    np.fill_diagonal(tied, False)
    own = (leverage > _TINY) & ~tied.any(axis=1)
    seen = (product + hat**2) * np.sqrt(np.outer(variances, variances))
    alike = np.divide(rest, seen, out=np.zeros_like(rest), where=np.outer(own, own))
    np.fill_diagonal(alike, 0.0)
    return np.asarray(alike)


def _alone(pair: Twins, found: list[Twins], alike: FloatArray) -> bool:
    """Whether a pair leads what either has in common with units that are no twins of theirs."""
    family = {pair.first, pair.second}
    for other in found:
        if family & {other.first, other.second}:
            family |= {other.first, other.second}
    others = [k for k in range(len(alike)) if k not in family]
    shared = max((abs(float(alike[i, k])) for i in pair[:2] for k in others), default=0.0)
    return shared < _MOST_SHARED * pair.correlation
