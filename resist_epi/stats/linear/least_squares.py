"""Row-wise weighted least squares for many regions at once.

The design is orthonormalised first, so badly scaled covariates cost no digits; the regions are
worked through in blocks, so temporaries stay small next to the matrix itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.many_samples import fit_many
from resist_epi.stats.linear.responses import MANY as MANY  # noqa: PLC0414  # asked for here
from resist_epi.stats.linear.responses import row_blocks as row_blocks  # noqa: PLC0414
from resist_epi.stats.rows import Rows, row_means
from resist_epi.stats.rows import float_response as float_response  # noqa: PLC0414

_RANK_TOLERANCE = 1e-7


@dataclass(frozen=True)
class LinearFit:
    """Least-squares fits of one design to every region.

    A region with a NaN in any sample has NaN in every result.

    Attributes
    ----------
    response
        The values fitted, shape (n_regions, n_samples); a reference, not a copy. Windows of a
        genome are float32, or `rows.Rows`; all else is float64.
    design
        Shape (n_samples, n_coefficients).
    weights
        None, one a sample (n_samples,), or one an observation (n_regions, n_samples).
    correlation
        None, or the correlation between the samples' errors (n_samples, n_samples).
    coefficients
        Shape (n_regions, n_coefficients).
    sigma2
        Residual variance (of an observation of weight 1), shape (n_regions,); NaN where no
        degree of freedom is left.
    df_residual
        Residual degrees of freedom, shape (n_regions,); 0 where the region is NaN.
    cov_unscaled
        Covariance of the coefficients over sigma2: shape (n_coefficients, n_coefficients), or
        (n_regions, n_coefficients, n_coefficients) where weights differ between regions.
    mean
        Unweighted mean of the response, shape (n_regions,).
    """

    response: FloatArray
    design: FloatArray
    weights: FloatArray | None
    correlation: FloatArray | None
    coefficients: FloatArray
    sigma2: FloatArray
    df_residual: FloatArray
    cov_unscaled: FloatArray
    mean: FloatArray

    def fitted(self, rows: slice | npt.NDArray[np.integer] = slice(None)) -> FloatArray:
        """Fitted values of some regions, shape (n_rows, n_samples)."""
        return np.asarray(self.coefficients[rows] @ self.design.T)

    def residuals(self, rows: slice | npt.NDArray[np.integer] = slice(None)) -> FloatArray:
        """Response less fitted value of some regions, shape (n_rows, n_samples)."""
        return np.asarray(self.response[rows] - self.fitted(rows))


class Estimates(NamedTuple):
    """Estimates of one linear combination of the coefficients.

    Attributes
    ----------
    estimate
        Shape (n_regions,).
    unscaled_sd
        Standard error over the residual standard deviation, shape (n_regions,).
    """

    estimate: FloatArray
    unscaled_sd: FloatArray


def check_design(design: npt.ArrayLike, n_samples: int) -> FloatArray:
    """The design as a float array of full column rank, or a DesignError that says what is wrong."""
    matrix = np.asarray(design, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != n_samples:
        raise DesignError(
            f"the design has shape {matrix.shape}; expected one row for each of the "
            f"{n_samples} samples"
        )
    if not np.isfinite(matrix).all():
        raise DesignError("the design holds missing or infinite values; drop those samples first")
    scale = np.sqrt((matrix**2).sum(axis=0))
    scaled = matrix / np.where(scale > 0, scale, 1.0)
    rank = int(np.linalg.matrix_rank(scaled, tol=_RANK_TOLERANCE)) if matrix.shape[1] else 0
    if rank < matrix.shape[1] or rank == 0:
        raise DesignError(
            f"the design has {matrix.shape[1]} columns but rank {rank}: some coefficients cannot "
            "be told apart; drop the aliased ones"
        )
    return matrix


def fit_linear(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    correlation: npt.ArrayLike | None = None,
) -> LinearFit:
    """Fit the same linear model to every region; keeps a reference to `y`.

    Parameters
    ----------
    y
        Response, shape (n_regions, n_samples); regions with a NaN are kept and get NaN.
    design
        Full-rank design, shape (n_samples, n_coefficients).
    weights
        Positive inverse-variance weights: None, (n_samples,) or (n_regions, n_samples). They and
        the response may be `rows.Rows`.
    correlation
        Correlation between the samples' errors, shape (n_samples, n_samples), positive definite
        (generalised least squares). An observation's variance is sigma2 / weight.

    Raises
    ------
    DesignError
        Shapes that do not fit, an aliased design, weights that are not positive and finite, or a
        correlation matrix that is not positive definite.

    References
    ----------
    Golub & Van Loan (2013) Matrix Computations, chapters 5 and 6.
    """
    response = float_response(y)
    if response.ndim != 2:
        raise DesignError(f"the response must be regions x samples; found shape {response.shape}")
    matrix = check_design(design, response.shape[1])
    given = _checked_weights(weights, response.shape)
    corr = None if correlation is None else np.asarray(correlation, dtype=np.float64)
    n_regions, n_samples = response.shape
    p = matrix.shape[1]
    coefficients = np.empty((n_regions, p))
    sigma2 = np.empty(n_regions)
    if given is None or given.ndim == 1:
        if corr is None and n_samples > MANY:
            cov = fit_many(response, matrix, given, coefficients, sigma2)
        else:
            whiten = _whitening(n_samples, given, corr)
            cov = _fit_shared(response, matrix, whiten, coefficients, sigma2)
    else:
        cov = _fit_rowwise(response, matrix, given, corr, coefficients, sigma2)
    # NaN of one observation has spread through its row; the mean carries the same mark.
    mean = row_means(response) if n_samples else np.full(n_regions, np.nan)
    df = np.where(np.isfinite(mean), float(n_samples - p), 0.0)
    return LinearFit(response, matrix, given, corr, coefficients, sigma2, df, cov, mean)


def contrast(fit: LinearFit, combination: npt.ArrayLike) -> Estimates:
    """Estimate one linear combination of the coefficients in every region.

    Parameters
    ----------
    combination
        Shape (n_coefficients,).

    Raises
    ------
    DesignError
        A combination of the wrong length or of zeros only.
    """
    c = np.asarray(combination, dtype=np.float64)
    if c.shape != (fit.design.shape[1],) or not c.any():
        raise DesignError(
            f"a contrast needs {fit.design.shape[1]} numbers, not all of them zero; found {c}"
        )
    estimate = fit.coefficients @ c
    variance = fit.cov_unscaled @ c @ c
    return Estimates(estimate, np.sqrt(np.broadcast_to(variance, estimate.shape)))


def contrast_mean_square(fit: LinearFit, combinations: npt.ArrayLike) -> FloatArray:
    """Mean square of several combinations together: the numerator of an F statistic.

    Shape (n_regions,); over a variance it is F on n_contrasts degrees of freedom.

    Parameters
    ----------
    combinations
        Linearly independent columns, shape (n_coefficients, n_contrasts).

    Raises
    ------
    DesignError
        Combinations of the wrong shape, or dependent ones.
    """
    c = np.asarray(combinations, dtype=np.float64)
    if c.ndim != 2 or c.shape[0] != fit.design.shape[1]:
        raise DesignError(f"contrasts have shape {c.shape}; a row a coefficient is expected")
    if np.linalg.matrix_rank(c) < c.shape[1]:
        raise DesignError("the contrasts depend on one another; drop the redundant ones")
    estimates = fit.coefficients @ c
    inner = c.T @ fit.cov_unscaled @ c
    solved = (
        np.linalg.solve(inner, estimates.T).T
        if inner.ndim == 2
        else np.linalg.solve(inner, estimates[:, :, None])[:, :, 0]
    )
    return np.asarray((estimates * solved).sum(axis=1) / c.shape[1])


def whitened_effects(
    fit: LinearFit, combination: npt.ArrayLike, rows: npt.NDArray[np.integer] | slice = slice(None)
) -> FloatArray:
    """Orthogonal effects of some regions: the contrast first, then the residual effects.

    Independent with variance sigma2 each; column 0 has mean zero where the contrast is zero. Shape
    (n_rows, 1 + n_samples - n_coefficients).

    Parameters
    ----------
    combination
        The contrast, shape (n_coefficients,).
    """
    c = np.asarray(combination, dtype=np.float64)
    y = fit.response[rows]
    if fit.weights is None or fit.weights.ndim == 1:
        whiten = _whitening(y.shape[1], fit.weights, fit.correlation)
        return np.asarray(y @ whiten.T @ effect_basis(whiten @ fit.design, c))
    return np.array(
        [
            row
            @ (whiten := _whitening(len(row), w, fit.correlation)).T
            @ effect_basis(whiten @ fit.design, c)
            for row, w in zip(y, fit.weights[rows], strict=True)
        ]
    ).reshape(len(y), -1)


def effect_basis(design: FloatArray, c: FloatArray) -> FloatArray:
    """Orthonormal basis of the contrast and the residuals of a design.

    Parameters
    ----------
    design
        Of full column rank, shape (n_samples, n_coefficients).
    c
        The contrast, shape (n_coefficients,); or m independent ones, (n_coefficients, m).

    Returns
    -------
    FloatArray
        Shape (n_samples, m + n_samples - n_coefficients): the first m columns (one of a single
        contrast) span the directions of the contrasts' estimates, the others the residual space.
    """
    q, r = np.linalg.qr(design, mode="complete")
    p = design.shape[1]
    direction = np.linalg.solve(r[:p].T, c)
    if direction.ndim == 2:
        return np.column_stack([q[:, :p] @ np.linalg.qr(direction)[0], q[:, p:]])
    return np.column_stack([q[:, :p] @ (direction / np.linalg.norm(direction)), q[:, p:]])


def _checked_weights(weights: npt.ArrayLike | None, shape: tuple[int, ...]) -> FloatArray | None:
    if weights is None:
        return None
    made = isinstance(weights, Rows)
    given = cast("FloatArray", weights) if made else np.asarray(weights, dtype=np.float64)
    if given.shape not in {shape, shape[1:]}:
        raise DesignError(
            f"weights of shape {given.shape} do not fit {shape[0]} regions x {shape[1]} samples"
        )
    return given if made else _positive_weights(given)


def _positive_weights(given: FloatArray) -> FloatArray:
    if not (np.isfinite(given) & (given > 0)).all():
        raise DesignError("weights must be positive and finite; drop a sample instead of weight 0")
    return given


def _whitening(n: int, weights: FloatArray | None, correlation: FloatArray | None) -> FloatArray:
    """Matrix that turns errors of one region into independent ones of variance sigma2."""
    if correlation is None:
        return np.eye(n) if weights is None else np.diag(np.sqrt(weights))
    sd = np.ones(n) if weights is None else 1 / np.sqrt(weights)
    try:
        lower = np.linalg.cholesky(correlation * np.outer(sd, sd))
    except np.linalg.LinAlgError as error:
        raise DesignError("the correlation between samples is not positive definite") from error
    return np.asarray(np.linalg.inv(lower))


def _fit_shared(
    y: FloatArray,
    design: FloatArray,
    whiten: FloatArray,
    coefficients: FloatArray,
    sigma2: FloatArray,
) -> FloatArray:
    """Fit where all regions share weights; fills the two results, returns the covariance."""
    n_samples, p = design.shape
    q, r = np.linalg.qr(whiten @ design, mode="complete")
    r_inverse = np.linalg.inv(r[:p])
    to_coefficients = whiten.T @ q[:, :p] @ r_inverse.T
    to_effects = whiten.T @ q[:, p:]
    for rows in row_blocks(len(y)):
        block = y[rows]
        coefficients[rows] = block @ to_coefficients
        effects = block @ to_effects
        sigma2[rows] = np.einsum("ij,ij->i", effects, effects)
    sigma2 /= max(n_samples - p, 1)
    if n_samples == p:
        sigma2.fill(np.nan)
    return np.asarray(r_inverse @ r_inverse.T)


def _fit_rowwise(
    y: FloatArray,
    design: FloatArray,
    weights: FloatArray,
    correlation: FloatArray | None,
    coefficients: FloatArray,
    sigma2: FloatArray,
) -> FloatArray:
    """Fit where each region has its own weights; fills the results, returns the covariances."""
    n_samples, p = design.shape
    q, r = np.linalg.qr(design)
    r_inverse = np.linalg.inv(r)
    products = (q[:, :, None] * q[:, None, :]).reshape(n_samples, p * p)
    precision = None if correlation is None else np.linalg.inv(_positive(correlation))
    cov = np.empty((len(y), p, p))
    for rows in row_blocks(len(y)):
        block, w = y[rows], weights[rows]
        if isinstance(weights, Rows):
            _positive_weights(w)
        if precision is None:
            gram = (w @ products).reshape(-1, p, p)
            score = (w * block) @ q
        else:
            root = np.sqrt(w)
            scaled_q = root[:, :, None] * q
            precision_q = np.einsum("st,itp->isp", precision, scaled_q)
            gram = np.einsum("isp,isq->ipq", scaled_q, precision_q)
            score = np.einsum("isp,is->ip", precision_q, root * block)
        inverse = inverse_symmetric(gram)
        gamma = np.einsum("ipq,iq->ip", inverse, score)
        residual = block - gamma @ q.T
        if precision is None:
            sigma2[rows] = np.einsum("ij,ij,ij->i", w, residual, residual)
        else:
            scaled = root * residual
            sigma2[rows] = np.einsum("ij,ij->i", scaled @ precision, scaled)
        coefficients[rows] = gamma @ r_inverse.T
        cov[rows] = r_inverse @ inverse @ r_inverse.T
    sigma2 /= max(n_samples - p, 1)
    if n_samples == p:
        sigma2.fill(np.nan)
    return cov


def _positive(correlation: FloatArray) -> FloatArray:
    _whitening(len(correlation), None, correlation)
    return correlation


def inverse_symmetric(gram: FloatArray) -> FloatArray:
    """Inverses of many small positive-definite matrices, by sweeping, vectorised over regions."""
    a = np.ascontiguousarray(gram.transpose(1, 2, 0))
    for k in range(len(a)):
        pivot = 1.0 / a[k, k]
        row = a[k] * pivot
        column = a[:, k].copy()
        a -= column[:, None] * row[None]
        a[k] = row
        a[:, k] = -column * pivot
        a[k, k] = pivot
    return np.asarray(a.transpose(2, 0, 1))
