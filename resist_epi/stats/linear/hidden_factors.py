"""Hidden factors: what sets units apart in most of the genome, and no column of a design names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import check_design, effect_basis, row_blocks
from resist_epi.stats.linear.moderation import squeeze_variances


@dataclass(frozen=True)
class Effects:
    """Regions in orthogonal directions of independent noise: the contrast, and the residual space.

    Attributes
    ----------
    contrast
        (n_regions,) effect along the contrast; (n_regions, m) along m of them.
    residual
        (n_regions, d) effects in the residual space.
    direction
        (n_units,), or (n_units, m): the units' values for an effect of 1 along each contrast.
    space
        (n_units, d): the same for each axis of the residual space.
    """

    contrast: FloatArray
    residual: FloatArray
    direction: FloatArray
    space: FloatArray

    @property
    def df(self) -> int:
        """Residual degrees of freedom, d."""
        return int(self.residual.shape[1])

    @cached_property
    def scaled(self) -> FloatArray:
        """(n_regions, d) residuals with mean square 1 in each region, so that all count the same.

        Regions without residual stay zero.
        """
        size = np.sqrt(np.einsum("ij,ij->i", self.residual, self.residual) / self.df)
        size[size == 0] = np.inf
        return np.asarray(self.residual / size[:, None])

    def without(self, axes: FloatArray) -> Effects:
        """What is left when (d, k) orthonormal axes of the residual space are taken out."""
        if not axes.shape[1]:
            return self
        rest = np.linalg.qr(axes, mode="complete")[0][:, axes.shape[1] :]
        return replace(self, residual=self.residual @ rest, space=self.space @ rest)


def orthogonal_effects(
    y: npt.ArrayLike,
    design: npt.ArrayLike,
    contrast: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    correlation: npt.ArrayLike | None = None,
) -> Effects:
    """Turn regions into orthogonal effects of independent noise.

    Parameters
    ----------
    y
        Log2 signal, shape (n_regions, n_units).
    design
        Full rank, shape (n_units, n_coefficients).
    contrast
        Shape (n_coefficients,); or m independent ones, (n_coefficients, m), whose directions are
        made orthogonal.
    weights
        Inverse variances of the units, shape (n_units,).
    correlation
        Between the units' errors, shape (n_units, n_units).

    Raises
    ------
    DesignError
        Fewer than 2 residual degrees of freedom.
    """
    response = np.asarray(y, dtype=np.float64)
    matrix = check_design(design, response.shape[1])
    n, p = matrix.shape
    if n - p < 2:
        raise DesignError(f"hidden factors need 2 residual degrees of freedom; {n - p} are left")
    sd = np.ones(n) if weights is None else 1 / np.sqrt(np.asarray(weights, dtype=np.float64))
    noise = np.eye(n) if correlation is None else np.asarray(correlation, dtype=np.float64)
    lower = np.linalg.cholesky(noise * np.outer(sd, sd))
    whiten = np.linalg.inv(lower)
    combinations = np.asarray(contrast, dtype=np.float64)
    basis = effect_basis(whiten @ matrix, combinations)
    to_effects = whiten.T @ basis
    effects = np.empty((len(response), basis.shape[1]))
    for rows in row_blocks(len(response)):
        effects[rows] = response[rows] @ to_effects
    back = lower @ basis
    if combinations.ndim == 2:
        m = combinations.shape[1]
        return Effects(effects[:, :m], effects[:, m:], back[:, :m], back[:, m:])
    return Effects(effects[:, 0], effects[:, 1:], back[:, 0], back[:, 1:])


def without_unit_level(y: FloatArray) -> FloatArray:
    """Values less what all regions of a unit share, their median.

    Where signal is normalised to background, the efficiency of the precipitation or a gain of the
    mark throughout moves all regions of a unit together: no pattern among regions, and not to be
    taken for a factor.
    """
    if not len(y):
        return y
    return np.asarray(y - np.median(y - y.mean(axis=1, keepdims=True), axis=0))


def leading_axes(effects: Effects, k: int) -> FloatArray:
    """(d, k) orthonormal axes of the residual space along which units differ most."""
    second = effects.scaled.T @ effects.scaled
    return np.asarray(np.linalg.eigh(second)[1][:, ::-1][:, :k])


@dataclass(frozen=True)
class HiddenFactors:
    """Factors as columns for a design.

    Attributes
    ----------
    columns
        (n_units, k), each with mean 0 and standard deviation 1.
    slope
        (k,), or (k, m), how far each goes with the contrasts: effects along a contrast for one unit
        along the factor's axis.
    loadings
        (n_regions, k) effect of each, over the region's noise; 0 in regions without residual.
    reliability
        (k,) share of the loadings' variance that is not noise.
    """

    columns: FloatArray
    slope: FloatArray
    loadings: FloatArray
    reliability: FloatArray


def hidden_factors(effects: Effects, axes: FloatArray) -> HiddenFactors:
    """Complete factors that axes of the residual space span by how far they go with a contrast.

    Residuals say nothing of that part. But most regions do not change, so there the effect along
    the contrast is the region's loading times what the factor adds to the contrast: the slope of a
    robust regression, over regions, of one on the other. Loadings carry noise, which flattens the
    slope; it is corrected by their reliability.

    Parameters
    ----------
    axes
        (d, k), orthonormal.

    References
    ----------
    Wang, Zhao, Hastie & Owen (2017) Ann. Stat. 45:1863; Leek & Storey (2007) PLoS Genet. 3:e161;
    Gagnon-Bartsch & Speed (2012) Biostatistics 13:539.
    """
    from statsmodels.robust.norms import TukeyBiweight
    from statsmodels.robust.robust_linear_model import RLM

    loading = effects.residual @ axes
    df = effects.df - axes.shape[1]
    left = np.einsum("ij,ij->i", effects.residual, effects.residual)
    noise = np.maximum(left - np.einsum("ij,ij->i", loading, loading), 0.0) / max(df, 1)
    informing = noise > 0
    noise = noise[informing]
    squeezed = squeeze_variances(noise, np.full(len(noise), float(df)))
    scale = np.sqrt(squeezed.posterior)
    x = loading[informing] / scale[:, None]
    # The moderated variance is one over the mean precision; the mean variance is a little larger.
    free = np.maximum(squeezed.df_total, 4.0)
    columns, slopes, shares = effects.space @ axes, [], []
    along = effects.contrast[informing].reshape(len(x), -1)
    for j, direction in enumerate(effects.direction.reshape(len(columns), -1).T):
        fitted = RLM(along[:, j] / scale, x, M=TukeyBiweight()).fit(maxiter=50)
        # Least squares with these weights, of loadings without their noise.
        weights = np.asarray(fitted.weights)
        moments = (weights * x.T) @ x
        error = float(weights @ (free / (free - 2)))
        reliable = moments - error * np.eye(len(moments))
        slopes.append(np.linalg.solve(reliable, moments @ np.asarray(fitted.params)))
        shares.append(np.clip(np.diag(reliable) / np.diag(moments), 0.0, 1.0))
        columns = columns + np.outer(direction, slopes[-1])
    columns = columns - columns.mean(axis=0)
    loadings = np.zeros_like(loading)
    loadings[informing] = x
    share = np.mean(shares, axis=0)
    slope = slopes[0] if effects.contrast.ndim == 1 else np.column_stack(slopes)
    return HiddenFactors(columns / columns.std(axis=0, ddof=1), slope, loadings, share)
