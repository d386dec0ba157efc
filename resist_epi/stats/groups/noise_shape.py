"""How noise departs from the normal: skewness and tails, from all regions together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import BoolArray, FloatArray

_DRAWS = 4000  # regions simulated to know the moments that a shape gives in so few samples

_MOST_SKEW = 2.0

_GRID = 33

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(101)

_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


class Shape(NamedTuple):
    """A sinh-arcsinh distribution of mean 0 and variance 1; (0, 1) is the normal.

    Attributes
    ----------
    skew
        Positive: the upper tail is longer.
    tail
        Below 1: tails heavier than the normal's.
    """

    skew: float
    tail: float

    def apply(self, normal: FloatArray, scale: npt.ArrayLike = 1.0) -> FloatArray:
        """Turn standard normal draws into draws of this shape.

        Parameters
        ----------
        scale
            Standard deviation of each draw relative to the usual, broadcast to `normal`: noise
            that is larger is more skewed in proportion, as that of log counts is.

        References
        ----------
        Jones & Pewsey (2009) Biometrika 96:761.
        """
        return self.apply_to_arcsinh(np.arcsinh(normal), scale)

    def apply_to_arcsinh(self, arcsinh: FloatArray, scale: npt.ArrayLike = 1.0) -> FloatArray:
        """As `apply`, of the inverse hyperbolic sine of the draws."""
        skew = np.clip(self.skew * np.asarray(scale), -_MOST_SKEW, _MOST_SKEW)
        grid = np.linspace(skew.min(), skew.max(), 1 if np.ptp(skew) == 0 else _GRID)
        nodes = np.sinh((np.arcsinh(_NODES) + grid[:, None]) / self.tail)
        mean = nodes @ _NODE_WEIGHTS
        sd = np.sqrt(nodes**2 @ _NODE_WEIGHTS - mean**2)
        drawn = arcsinh + skew
        drawn /= self.tail
        np.sinh(drawn, out=drawn)
        drawn -= np.interp(skew, grid, mean)
        drawn /= np.interp(skew, grid, sd)
        return np.asarray(drawn)


def mean_moments(residual: FloatArray) -> tuple[float, float]:
    """Mean over regions of the skewness and the kurtosis of each region's own residuals.

    Both are free of scale, so regions of any variance count alike.

    Parameters
    ----------
    residual
        (n_regions, n_samples) of one group.
    """
    square = residual**2
    second = square.mean(axis=1)
    seen = second > 0
    if not seen.any():
        return 0.0, 3.0
    third = (square * residual).mean(axis=1)[seen] / second[seen] ** 1.5
    fourth = (square * square).mean(axis=1)[seen] / second[seen] ** 2
    return float(third.mean()), float(fourth.mean())


def fit_shape(
    residual: FloatArray,
    group: BoolArray,
    projector: FloatArray,
    scale: FloatArray,
    *,
    seed: int = 0,
) -> Shape:
    """Find the shape of the noise of one group from what a linear model leaves.

    Skewness and kurtosis in few samples are far from those of the distribution, so they are held
    against those of simulated noise of a shape, through the same model.

    Parameters
    ----------
    residual
        (n_regions, n_samples) weighted residuals.
    group
        (n_samples,) whose noise it is.
    projector
        (n_samples, n_samples) that takes weighted noise to weighted residuals.
    scale
        (n_samples,) standard deviation of each sample relative to its group.
    """
    from scipy.optimize import least_squares

    wanted = np.array(mean_moments(residual[:, group]))
    normal = np.arcsinh(np.random.default_rng(seed).standard_normal((_DRAWS, len(group))))
    onto = projector[:, group]

    def miss(parameters: FloatArray) -> FloatArray:
        noise = Shape(parameters[0], np.exp(parameters[1])).apply_to_arcsinh(normal, scale)
        return np.asarray(np.array(mean_moments(noise @ onto)) - wanted)

    found = least_squares(miss, [0.0, 0.0], bounds=([-1.5, -1.2], [1.5, 0.5]), diff_step=0.02)
    return Shape(float(found.x[0]), float(np.exp(found.x[1])))
