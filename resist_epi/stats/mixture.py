"""Weights of a mixture whose components are known: the most likely ones, by a convex programme."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError

_TOLERANCE = 1e-8  # of the mean log likelihood, below its maximum

_MOST_STEPS = 100

_FIRST_STEPS = 3  # of expectation and maximisation, which no start can harm

_RIDGE = 1e-10  # of the curvature: components that look alike leave it singular

_SMALLEST = 1e-8  # weights below this are none


def mixture_weights(
    likelihood: npt.ArrayLike, *, counts: npt.ArrayLike | None = None
) -> FloatArray:
    """Weights of known components that make the observations most likely, (n_components,).

    The log likelihood is concave in the weights. Each step solves its quadratic model under the
    weights' bounds, and goes as far along as it rises; few components keep a weight.

    Parameters
    ----------
    likelihood
        (n, n_components) density of each observation under each component, >= 0; the scale of a
        row does not matter, and in no row all are 0.
    counts
        (n,) how often each row counts, > 0; default once.

    Raises
    ------
    QuantityError
        If a density is negative or not finite, or an observation is impossible under all
        components.

    References
    ----------
    Kim, Carbonetto, Stephens & Anitescu (2020) J. Comput. Graph. Stat. 29:261.

    Examples
    --------
    >>> mixture_weights([[1, 0], [1, 0], [1, 0], [0, 1]]).round(6).tolist()
    [0.75, 0.25]
    """
    dense = np.asarray(likelihood, dtype=np.float64)
    if dense.ndim != 2 or not (np.isfinite(dense).all() and (dense >= 0).all()):
        raise QuantityError("densities of a mixture must be a matrix of finite numbers >= 0")
    if not dense.any(axis=1).all():
        raise QuantityError("an observation is impossible under every component of the mixture")
    share = np.ones(len(dense)) if counts is None else np.asarray(counts, dtype=np.float64)
    share = share / share.sum()
    weights = np.full(dense.shape[1], 1.0 / dense.shape[1])
    for _ in range(_FIRST_STEPS):
        weights *= (share / (dense @ weights)) @ dense
    for _ in range(_MOST_STEPS):
        mixed = dense @ weights
        per = share / mixed
        gradient = 1.0 - per @ dense
        if gradient.min() >= -_TOLERANCE:
            break
        scaled = dense * np.sqrt(per / mixed)[:, None]
        curvature = scaled.T @ scaled
        curvature[np.diag_indices_from(curvature)] += _RIDGE * curvature.trace()
        target = nonnegative_minimum(curvature, curvature @ weights - gradient)
        weights = _step(dense, share, weights, target - weights, gradient)
    weights[weights < _SMALLEST] = 0.0
    return np.asarray(weights / weights.sum())


def _step(
    dense: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    direction: FloatArray,
    gradient: FloatArray,
) -> FloatArray:
    """As far along the direction as the objective falls enough (Armijo), halving from 1."""
    here, along = dense @ weights, dense @ direction
    slope = float(gradient @ direction)
    length = 1.0
    while length > 1e-10:
        ratio = 1.0 + length * along / here
        if (ratio > 0).all():
            change = length * float(direction.sum()) - float(share @ np.log(ratio))
            if change <= 0.01 * length * slope:
                break
        length /= 2
    return np.maximum(weights + length * direction, 0.0)


def nonnegative_minimum(curvature: FloatArray, linear: FloatArray) -> FloatArray:
    """The y >= 0 that makes y'Ay / 2 - b'y least, (k,).

    Parameters
    ----------
    curvature
        (k, k) A, symmetric and positive definite.
    linear
        (k,) b.

    References
    ----------
    Bro & de Jong (1997) J. Chemometrics 11:393, after Lawson & Hanson.
    """
    k = len(linear)
    free = np.zeros(k, dtype=bool)
    y = np.zeros(k)
    small = 1e-12 * max(float(np.abs(linear).max(initial=0.0)), 1e-300)
    for _ in range(10 * k):
        pull = linear - curvature @ y
        pull[free] = -np.inf
        entering = int(np.argmax(pull))
        if pull[entering] <= small:
            break
        free[entering] = True
        while True:
            wanted = np.zeros(k)
            wanted[free] = np.linalg.solve(curvature[np.ix_(free, free)], linear[free])
            out = free & (wanted <= 0)
            if not out.any():
                y = wanted
                break
            # As far as the first of them reaches its bound.
            length = float((y[out] / (y[out] - wanted[out])).min())
            y = y + length * (wanted - y)
            free &= y > 1e-15 * y.max()
            y[~free] = 0.0
            if not free.any():
                break
    return y
