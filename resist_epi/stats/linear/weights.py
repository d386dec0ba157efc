"""Sample weights: how far each sample's variance departs, estimated from all regions together."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import check_design, inverse_symmetric, row_blocks

logger = logging.getLogger(__name__)

_LARGEST_STEP = 3.0  # natural log, of a weight

_PRIOR_REGIONS = 10.0  # pseudo-regions of equal variance that pull the weights towards 1


def array_weights(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
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
        voom's; the answer then multiplies them.
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
    response = np.asarray(y, dtype=np.float64)
    matrix = check_design(design, response.shape[1])
    n_samples, p = matrix.shape
    if n_samples - p < 2:
        raise DesignError(
            f"sample weights need at least 2 residual degrees of freedom; {n_samples} samples and "
            f"{p} coefficients leave {n_samples - p}"
        )
    known = None if weights is None else np.asarray(weights, dtype=np.float64)
    if known is not None and known.shape != response.shape:
        raise DesignError(f"weights of shape {known.shape} for a response of {response.shape}")
    informative = _informative(response, matrix)
    if not informative.all():
        response = response[informative]
        known = None if known is None else known[informative]
    n = len(response)
    if n == 0:
        logger.warning("no region has a residual variance, so all samples weigh the same")
        return np.ones(n_samples)
    basis = np.vstack([np.eye(n_samples - 1), -np.ones(n_samples - 1)])
    estimate = np.ones(n_samples)
    scale = (n + prior_regions) * (n_samples - 1)
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
        change = -basis @ step
        # Units that are nearly one pull each other's weight up without end.
        change *= min(1.0, _LARGEST_STEP / max(float(np.abs(change).max()), _LARGEST_STEP))
        estimate = estimate * np.exp(change)
        if gradient @ step / scale < tolerance:
            return np.asarray(estimate)
    logger.warning("sample weights had not converged after %d steps", max_steps)
    return np.asarray(estimate)


def _informative(response: FloatArray, design: FloatArray) -> npt.NDArray[np.bool_]:
    """Regions without NaN whose residuals are more than rounding noise."""
    space = np.linalg.qr(design, mode="complete")[0][:, design.shape[1] :]
    keep = np.empty(len(response), dtype=bool)
    for rows in row_blocks(len(response)):
        block = response[rows]
        effects = block @ space
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
    for rows in row_blocks(n):
        residual = response[rows] @ to_residual
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
