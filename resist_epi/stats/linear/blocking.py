"""Units in blocks: the correlation within a patient as a random effect."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import check_design, row_blocks
from resist_epi.stats.rows import float_response, row_means

_HIGHEST = 0.99  # of a region's own correlation; the lowest is as far from its bound

_EPSILON = 1e-12

_FLOOR = 1e-3  # smallest working variance as a share of the largest

_STEPS = 21  # of scoring; the reference implementation's number, short of convergence at times


class BlockCorrelation(NamedTuple):
    """Correlation between samples of one block.

    Attributes
    ----------
    consensus
        One number for all regions.
    regions
        Each region's own estimate, shape (n_regions,); NaN where it has none.
    """

    consensus: float
    regions: FloatArray


def block_correlation(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    blocks: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    trim: float = 0.15,
) -> BlockCorrelation:
    """REML correlation within blocks, region by region, and its trimmed mean on the atanh scale.

    Parameters
    ----------
    y
        Log2 signal, shape (n_regions, n_samples); regions with NaN are left out.
    design
        Full rank, shape (n_samples, n_coefficients).
    blocks
        Label of each sample's block (patient), shape (n_samples,).
    weights
        Inverse-variance weights of the observations, shape (n_regions, n_samples).
    trim
        Share of the regions cut from each end.

    Returns
    -------
    BlockCorrelation
        Consensus, to be given to `correlation_matrix`, and the regions' own.

    Raises
    ------
    DesignError
        No block of two samples or more, too few residual degrees of freedom, or blocks that the
        design already tells apart.

    References
    ----------
    Smyth, Michaud & Scott (2005) Bioinformatics 21:2067; the variance components are fitted as a
    gamma model with identity link (Smyth 2002, J. Comput. Graph. Stat. 11:836) by damped scoring.
    """
    response = float_response(y)
    matrix = check_design(design, response.shape[1])
    label = np.unique(np.asarray(blocks), return_inverse=True)[1]
    if label.shape != (matrix.shape[0],):
        raise DesignError(f"{label.size} block labels for {matrix.shape[0]} samples")
    largest = int(np.bincount(label).max())
    if largest < 2:
        raise DesignError("no block holds two samples: there is no correlation to estimate")
    df = matrix.shape[0] - matrix.shape[1]
    if df < 3:
        raise DesignError(f"block correlation needs 3 residual degrees of freedom; {df} are left")
    incidence = np.eye(label.max() + 1)[label]
    rho = np.full(len(response), np.nan)
    usable = np.flatnonzero(np.isfinite(row_means(response)))
    known = None if weights is None else np.asarray(weights, dtype=np.float64)
    axes, eigenvalues = _residual_axes(np.ones((1, len(label))), matrix, incidence)
    if np.ptp(eigenvalues) < _EPSILON:
        raise DesignError(
            "the blocks are part of the design, so their correlation cannot be estimated; "
            "leave them out of one of the two"
        )
    for part in row_blocks(len(usable), matrix.shape[0]):
        rows = usable[part]
        if known is not None:
            axes, eigenvalues = _residual_axes(known[rows], matrix, incidence)
        block = np.asarray(response[rows], dtype=np.float64)
        squares = (block[:, None, :] @ axes)[:, 0] ** 2
        components = _variance_components(squares, np.broadcast_to(eigenvalues, squares.shape))
        total = components.sum(axis=1)
        rho[rows] = np.divide(
            components[:, 1], total, out=np.full(len(rows), np.nan), where=total > 0
        )
    lowest = 1 / (1 - largest) + 0.01
    rho = np.clip(rho, lowest, _HIGHEST)
    z = np.sort(np.arctanh(rho[np.isfinite(rho)]))
    if not len(z):
        raise DesignError("no region has the variance that a block correlation needs")
    cut = int(len(z) * trim)
    return BlockCorrelation(float(np.tanh(z[cut : len(z) - cut].mean())), rho)


def correlation_matrix(blocks: npt.ArrayLike, correlation: float) -> FloatArray:
    """(n_samples, n_samples): `correlation` within a block, 0 between; for `fit_linear`.

    Parameters
    ----------
    blocks
        Label of each sample's block, shape (n_samples,).
    correlation
        Between -1 and 1.
    """
    label = np.asarray(blocks)
    matrix = np.where(label[:, None] == label, correlation, 0.0)
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix, dtype=np.float64)


def _residual_axes(
    weights: FloatArray, design: FloatArray, incidence: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Axes on which the squared residual has mean (residual + eigenvalue x block variance).

    Returns arrays of shape (n_regions, n_samples, df), to be applied to the raw response, and the
    eigenvalues (n_regions, df).
    """
    # Weights scale the block's effect with the error, so the correlation of a block is the same
    # whatever its weights: the model that `fit_linear` fits with weights and correlation.
    root = np.sqrt(weights)[:, :, None]
    p = design.shape[1]
    space = np.linalg.qr(root * design, mode="complete")[0][:, :, p:]
    half = space.transpose(0, 2, 1) @ incidence
    values, vectors = np.linalg.eigh(half @ half.transpose(0, 2, 1))
    values[values < _EPSILON] = 0.0
    return root * (space @ vectors), values


def _variance_components(squares: FloatArray, eigenvalues: FloatArray) -> FloatArray:
    """Residual and block variance of each region, by damped Fisher scoring; shape (n, 2)."""
    beta = _start(squares, eigenvalues)
    n = len(beta)
    damping = np.full(n, np.nan)
    deviance = _deviance(squares, eigenvalues, beta)
    active = squares.sum(axis=1) > 0
    for _ in range(_STEPS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        v, d, b = squares[rows], eigenvalues[rows], beta[rows]
        mu = b[:, :1] + b[:, 1:] * d
        gradient, information = _score(v, d, mu)
        first = np.isnan(damping[rows])
        trace = information[:, 0] + information[:, 2]
        lam = np.where(first, trace / 4, damping[rows])
        step, new, raised = _damped(v, d, b, gradient, information, lam, deviance[rows])
        beta[rows] = b + step
        deviance[rows] = new
        damping[rows] = np.where(raised, lam, lam / 10)
        gain = (gradient * step).sum(axis=1)
        active[rows[gain < 1e-6]] = False
    return beta


def _start(v: FloatArray, d: FloatArray) -> FloatArray:
    """Unweighted least squares, or equal means where that gives a negative variance."""
    centred = d - d.mean(axis=1, keepdims=True)
    spread = (centred**2).sum(axis=1)
    slope = (centred * v).sum(axis=1) / np.where(spread > _EPSILON, spread, np.inf)
    intercept = v.mean(axis=1) - slope * d.mean(axis=1)
    positive = (intercept[:, None] + slope[:, None] * d >= 0).all(axis=1)
    flat = np.column_stack([v.mean(axis=1), np.zeros(len(v))])
    return np.where(positive[:, None], np.column_stack([intercept, slope]), flat)


def _deviance(v: FloatArray, d: FloatArray, beta: FloatArray) -> FloatArray:
    """Half the gamma deviance up to a constant; infinite where a mean is not positive."""
    mu = beta[:, :1] + beta[:, 1:] * d
    valid = np.asarray((mu > 0).all(axis=1))
    safe = np.where(valid[:, None], mu, 1.0)
    return np.where(valid, (v / safe + np.log(safe)).sum(axis=1), np.inf)


def _score(v: FloatArray, d: FloatArray, mu: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Score (n, 2) and information (n, 3: aa, ab, bb)."""
    variance = mu * mu
    inverse = 1 / np.maximum(variance, _FLOOR * variance.max(axis=1, keepdims=True))
    pull = (v - mu) * inverse
    gradient = np.column_stack([pull.sum(axis=1), (pull * d).sum(axis=1)])
    with_d = inverse * d
    information = np.column_stack(
        [inverse.sum(axis=1), with_d.sum(axis=1), (with_d * d).sum(axis=1)]
    )
    return gradient, information


def _damped(
    v: FloatArray,
    d: FloatArray,
    beta: FloatArray,
    gradient: FloatArray,
    information: FloatArray,
    lam: FloatArray,
    before: FloatArray,
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Levenberg steps; doubles `lam` in place until the deviance no longer rises."""
    step = np.zeros_like(beta)
    after = before.copy()
    raised = np.zeros(len(beta), dtype=bool)
    todo = np.arange(len(beta))
    for attempt in range(60):
        g, i, k = gradient[todo], information[todo], lam[todo]
        aa, ab, bb = i[:, 0] + k, i[:, 1], i[:, 2] + k
        determinant = aa * bb - ab * ab
        trial = np.column_stack([bb * g[:, 0] - ab * g[:, 1], aa * g[:, 1] - ab * g[:, 0]])
        trial /= determinant[:, None]
        new = _deviance(v[todo], d[todo], beta[todo] + trial)
        good = new <= before[todo]
        done = todo[good]
        step[done], after[done] = trial[good], new[good]
        todo = todo[~good]
        if not len(todo):
            break
        raised[todo] = True
        if attempt < 59:
            lam[todo] *= 2
    return step, after, raised
