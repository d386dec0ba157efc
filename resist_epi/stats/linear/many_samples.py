"""Least squares of many samples: nothing of samples x samples meets every region."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.responses import MANY, row_blocks


def fit_many(
    y: FloatArray,
    design: FloatArray,
    weights: FloatArray | None,
    coefficients: FloatArray,
    sigma2: FloatArray,
) -> FloatArray:
    """Fit where all regions share weights; fills the last two arguments, returns the covariance.

    Up to rounding as `least_squares.fit_linear` does of few samples, which lays out the residual
    space: that costs the square of their number.

    Parameters
    ----------
    y
        Response, shape (n_regions, n_samples).
    design
        Full-rank, shape (n_samples, n_coefficients).
    weights
        None, or one a sample.
    coefficients, sigma2
        As of `least_squares.LinearFit`, to be filled.
    """
    n_samples, p = design.shape
    root = np.ones(n_samples) if weights is None else np.sqrt(weights)
    q, r = np.linalg.qr(root[:, None] * design)
    r_inverse = np.linalg.inv(r)
    for rows in row_blocks(len(y), max(n_samples // MANY, 1)):
        scaled = y[rows] * root
        effects = scaled @ q
        coefficients[rows] = effects @ r_inverse.T
        scaled -= effects @ q.T
        sigma2[rows] = np.einsum("ij,ij->i", scaled, scaled)
    sigma2 /= max(n_samples - p, 1)
    if n_samples == p:
        sigma2.fill(np.nan)
    return np.asarray(r_inverse @ r_inverse.T)
