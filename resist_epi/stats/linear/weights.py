"""Sample weights: how far each sample's variance departs, estimated from all regions together."""

from __future__ import annotations

import logging
from typing import cast

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import (
    MANY,
    check_design,
    float_response,
    inverse_symmetric,
    row_blocks,
)
from resist_epi.stats.rows import Rows, ShiftedRows, ShiftedSingles, shifts, taken

logger = logging.getLogger(__name__)

_COLUMNS = 16  # samples whose medians are taken at once

_PRIOR_REGIONS = 10.0  # pseudo-regions of equal variance that pull the weights towards 1

# With known weights and more samples than so many, evenly spaced regions inform: as many
# observations as of so many samples.
MOST_SAMPLES, _LEAST_REGIONS = 60, 5_000

_LONGEST_STEP = 5.0  # change of a log weight in one step


def array_weights(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    prior_regions: float = _PRIOR_REGIONS,
    max_steps: int = 50,
    tolerance: float = 1e-5,
) -> FloatArray:
    """REML weights of the samples under a log-linear model of their variances.

    Region g and sample j have variance sigma_g^2 / w_j. The score of the restricted likelihood is
    summed over all regions and solved by Fisher scoring, so the order of the regions does not
    matter.

    Parameters
    ----------
    y
        Log2 signal, shape (n_regions, n_samples); regions with NaN or without residual variance
        do not inform.
    design
        Full rank, shape (n_samples, n_coefficients).
    weights
        Known inverse-variance weights of the observations, shape (n_regions, n_samples), such as
        voom's; the answer then multiplies them. Of more than 60 samples 60 / samples of the
        regions inform, evenly spaced, and no fewer than 5,000.
    groups
        Labels, shape (n_samples,): samples of one group share a weight. By default each sample has
        its own.
    prior_regions
        Weight of the pull towards equality, in regions.
    max_steps
        Fisher scoring steps.
    tolerance
        Stops where the step promises less than this. Without `weights`: the gain in likelihood
        per region and sample; with them it is divided once more by the regions, as in the
        reference implementation, so that two to four steps are made. Lower it for more.

    Returns
    -------
    FloatArray
        Weights, shape (n_samples,), geometric mean 1; all 1, with a warning, where no region
        informs.

    Raises
    ------
    DesignError
        Fewer than 2 residual degrees of freedom, or weights of the wrong shape.

    References
    ----------
    Smyth (2002) J. Comput. Graph. Stat. 11:836 (REML scoring); Ritchie et al. (2006) BMC
    Bioinformatics 7:261 (sample weights).
    """
    response = float_response(y)
    matrix = check_design(design, response.shape[1])
    n_samples, p = matrix.shape
    if n_samples - p < 2:
        raise DesignError(
            f"sample weights need at least 2 residual degrees of freedom; {n_samples} samples and "
            f"{p} coefficients leave {n_samples - p}"
        )
    known = _known(weights)
    if known is not None and known.shape != response.shape:
        raise DesignError(f"weights of shape {known.shape} for a response of {response.shape}")
    if known is not None and n_samples > MOST_SAMPLES:
        most = max(len(response) * MOST_SAMPLES // n_samples, _LEAST_REGIONS)
        part = slice(None, None, max(-(-len(response) // most), 1))
        response, known = taken(response, part), taken(known, part)
    informative = _informative(response, matrix)
    if not informative.all():
        response = taken(response, informative)
        known = None if known is None else taken(known, informative)
    n = len(response)
    if n == 0:
        logger.warning("no region has a residual variance, so all samples weigh the same")
        return np.ones(n_samples)
    basis = _basis(np.arange(n_samples) if groups is None else np.asarray(groups), n_samples)
    estimate = np.ones(n_samples)
    if not basis.shape[1]:
        return estimate
    scale = (n + prior_regions) * basis.shape[1]
    if known is not None:
        scale *= n + prior_regions
    for _ in range(max_steps):
        score, information = (
            _shared(response, matrix, estimate)
            if known is None
            else _rowwise(response, matrix, known, estimate)
        )
        gradient = basis.T @ (score + prior_regions * (estimate - 1))
        curvature = basis.T @ information @ basis + prior_regions * (basis.T @ basis)
        step = np.linalg.solve(curvature, gradient)
        change = basis @ step
        # Where one sample outweighs all others the first steps overshoot.
        change *= min(1.0, _LONGEST_STEP / max(float(np.abs(change).max()), 1e-300))
        estimate = estimate * np.exp(-change)
        if gradient @ step / scale < tolerance:
            return np.asarray(estimate)
    logger.warning("sample weights had not converged after %d steps", max_steps)
    return np.asarray(estimate)


def _known(weights: npt.ArrayLike | None) -> FloatArray | None:
    if weights is None or isinstance(weights, Rows):
        return cast("FloatArray | None", weights)
    return np.asarray(weights, dtype=np.float64)


def _basis(groups: npt.NDArray[np.generic], n_samples: int) -> FloatArray:
    """(n_samples, n_groups - 1) directions of log weights whose sum over the samples is zero."""
    if groups.shape != (n_samples,):
        raise DesignError(f"{groups.size} group labels for {n_samples} samples")
    labels, code, counts = np.unique(groups, return_inverse=True, return_counts=True)
    each = np.eye(len(labels))[code.reshape(-1)] * (counts[-1] / counts)
    return np.asarray(each[:, :-1] - each[:, -1:])


def without_shift(y: npt.ArrayLike, design: npt.ArrayLike) -> FloatArray:
    """The signal less each sample's median residual, for weights that are not to see a shift.

    A sample whose normalisation is off by a factor, or whose mark is higher everywhere, departs in
    every region alike, which is no variance of its regions.

    Parameters
    ----------
    y, design
        As in `array_weights`, finite.

    Returns
    -------
    FloatArray
        Shape (n_regions, n_samples); of float32 or `rows.Rows` made by rows when it is asked for.
    """
    response = float_response(y)
    if not len(response):
        return response
    q = np.linalg.qr(check_design(design, response.shape[1]))[0]
    if isinstance(response, Rows):
        return cast("FloatArray", ShiftedRows(response, shifts(response, q)))
    if response.dtype == np.float64:
        return np.asarray(response - np.median(response - (response @ q) @ q.T, axis=0))
    return _without_shift_single(response, q)


def _without_shift_single(response: FloatArray, q: FloatArray) -> FloatArray:
    """As `without_shift`, of float32, without a second matrix."""
    effects = np.empty((len(response), q.shape[1]))
    for rows in row_blocks(len(response)):
        effects[rows] = response[rows] @ q
    shift = np.empty(response.shape[1])
    for first in range(0, len(shift), _COLUMNS):
        own = slice(first, first + _COLUMNS)
        shift[own] = np.median(response[:, own] - effects @ q[own].T, axis=0)
    return cast("FloatArray", ShiftedSingles(response, shift))


def _informative(response: FloatArray, design: FloatArray) -> npt.NDArray[np.bool_]:
    """Regions without NaN whose residuals are more than rounding noise."""
    q = np.linalg.qr(design, mode="complete")[0]
    taken, space = q[:, : design.shape[1]], q[:, design.shape[1] :]
    keep = np.empty(len(response), dtype=bool)
    for rows in row_blocks(len(response)):
        block = np.asarray(response[rows], dtype=np.float64)
        effects = block @ space if len(design) <= MANY else block - (block @ taken) @ taken.T
        left = np.einsum("ij,ij->i", effects, effects)
        keep[rows] = left > 1e-24 * np.einsum("ij,ij->i", block, block)
    return keep


def _shared(
    response: FloatArray, design: FloatArray, w: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Score and profiled information where all regions share the hat matrix."""
    n, (n_samples, p) = len(response), design.shape
    root = np.sqrt(w)
    q = np.linalg.qr(root[:, None] * design)[0]
    hat = q @ q.T
    leverage = np.diag(hat)
    to_residual = root[:, None] * (np.eye(n_samples) - hat)
    total, each = np.zeros(n_samples), np.ones(n_samples)
    for rows in row_blocks(n, max(n_samples // MANY, 1)):
        if n_samples <= MANY:
            residual = response[rows] @ to_residual
        else:
            residual = response[rows] * root
            residual -= (residual @ q) @ q.T
        np.multiply(residual, residual, out=residual)
        # The residual mean square of each region is its own variance estimate.
        total += ((n_samples - p) / (residual @ each)) @ residual
    free = 1 - leverage
    information = np.diag(1 - 2 * leverage) + hat**2 - np.outer(free, free) / (n_samples - p)
    return total - n * free, n * information


def _rowwise(
    response: FloatArray, design: FloatArray, known: FloatArray, w: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Score and profiled information where each region has its own weights."""
    n_samples, p = design.shape
    q = np.linalg.qr(design)[0]
    products = (q[:, :, None] * q[:, None, :]).reshape(n_samples, p * p)
    pairs = np.einsum("jp,kq->pqjk", q, q).reshape(p * p, n_samples * n_samples)
    score = np.zeros(n_samples)
    information = np.zeros((n_samples, n_samples))
    for rows in row_blocks(len(response), n_samples):
        block, weight = response[rows], known[rows] * w
        inverse = inverse_symmetric((weight @ products).reshape(-1, p, p))
        coefficient = np.einsum("ipq,iq->ip", inverse, (weight * block) @ q)
        residual = weight * (block - coefficient @ q.T) ** 2
        smoother = inverse.reshape(-1, p * p) @ pairs
        free = 1 - weight * smoother[:, :: n_samples + 1]
        score += ((n_samples - p) / residual.sum(axis=1)) @ residual - free.sum(axis=0)
        smoother *= smoother
        squared = smoother.reshape(-1, n_samples, n_samples)
        squared *= weight[:, :, None]
        squared *= weight[:, None, :]
        information += np.diag((2 * free - 1).sum(axis=0)) + squared.sum(axis=0)
        information -= free.T @ free / (n_samples - p)
    return score, information
