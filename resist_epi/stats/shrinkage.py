"""Adaptive shrinkage: how large effects are that were measured with error, and how sure their sign.

The effects of all regions come from one distribution, a mixture of a point at zero and of normal
distributions around zero of growing width; how much of each there is, the data say. A region's
effect given its estimate is then smaller than the estimate, the more so the larger its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import QuantityError
from resist_epi.stats.mixture import mixture_weights
from resist_epi.stats.sets.set_tests import t_to_z

NULL_WEIGHT = 10.0  # of the point at zero, as if nine more regions were known not to change

GRID_RATIO = float(np.sqrt(2.0))  # of neighbouring widths

# The narrowest component is a tenth of the smaller errors, of which a hundredth are smaller still.
LOW_ERROR, NARROWEST = 0.01, 0.1

MOST_FOR_WEIGHTS = 1 << 16  # regions that the weights are estimated from; more say no more

_BLOCK = 1 << 13

# Below this the ratio of t and its normal score is that at zero.
_NEAR_ZERO = 0.5

_TINY_P = 1e-300


@dataclass(frozen=True)
class Shrunken:
    """Effects after shrinkage, each array (n_regions,); NaN where there is no estimate or error.

    Attributes
    ----------
    effect
        Posterior mean, in the estimate's own unit.
    false_sign
        Local false sign rate: the chance that the effect is zero or of the other sign.
    svalue
        Mean of `false_sign` over the regions whose sign is at least as sure: the expected share of
        wrong signs among all that have at most this s-value.
    widths, weights
        (n_components,) standard deviations of the mixture, the point at zero first, and how much
        there is of each.
    """

    effect: FloatArray
    false_sign: FloatArray
    svalue: FloatArray
    widths: FloatArray
    weights: FloatArray


def shrink(
    estimate: npt.ArrayLike, error: npt.ArrayLike, *, widths: npt.ArrayLike | None = None
) -> Shrunken:
    """Shrink estimates with normal errors towards zero, by how much all of them say.

    Parameters
    ----------
    estimate, error
        (n_regions,) and the standard error of each, > 0, in one unit; NaN is left out. Of t
        statistics with few degrees of freedom those of `normal_errors`.
    widths
        (n_components,) standard deviations of the mixture besides the point at zero; by default
        from a tenth of the small errors to twice the largest effect, each √2 times the one before.

    Raises
    ------
    QuantityError
        If an error is not positive, or a width is not.

    References
    ----------
    Stephens (2017) Biostatistics 18:275.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> true = np.r_[np.zeros(900), rng.normal(0, 2, 100)]
    >>> found = shrink(true + rng.normal(0, 0.5, 1000), np.full(1000, 0.5))
    >>> called = found.svalue <= 0.05
    >>> int(called.sum()), int((np.sign(found.effect) != np.sign(true))[called].sum())
    (39, 2)
    """
    x, s = (np.asarray(v, dtype=np.float64) for v in (estimate, error))
    known = np.isfinite(x) & np.isfinite(s)
    if (s[known] <= 0).any():
        raise QuantityError("standard errors of shrinkage must be positive")
    grid = _grid(x[known], s[known]) if widths is None else np.asarray(widths, dtype=np.float64)
    if not (np.isfinite(grid) & (grid > 0)).all():
        raise QuantityError("the widths of a mixture must be positive")
    scales = np.r_[0.0, np.sort(grid)]
    if not known.any():
        nothing = np.full(x.shape, np.nan)
        return Shrunken(nothing, nothing, nothing, scales, np.eye(len(scales))[0])
    weights = _weights(x[known], s[known], scales)
    effect, false_sign, svalue = (np.full(x.shape, np.nan) for _ in range(3))
    effect[known], false_sign[known] = _posterior(x[known], s[known], scales, weights)
    svalue[known] = svalues(false_sign[known])
    return Shrunken(effect, false_sign, svalue, scales, weights)


def normal_errors(
    estimate: npt.ArrayLike,
    error: npt.ArrayLike,
    statistic: npt.ArrayLike,
    df: npt.ArrayLike,
    pvalue: npt.ArrayLike,
) -> FloatArray:
    """Errors with which a normal test of the estimates would have their P, (n_regions,).

    An error that is itself estimated, from few degrees of freedom, is wider as a normal one. Of a
    test that is no ratio of estimate and error, such as a likelihood ratio, this is the error that
    its P speaks of. Near no effect, where the ratio of estimate and score says little, it is the
    error of the fit, widened alike.

    Parameters
    ----------
    estimate, error
        (n_regions,) and its standard error.
    statistic, df
        t, or the signed root of F, and its degrees of freedom, a number or (n_regions,); it stands
        in where P is too small for a number.
    pvalue
        (n_regions,) two-sided, against no effect.

    References
    ----------
    Lu & Stephens (2019) arXiv:1901.10679.

    Examples
    --------
    >>> normal_errors([2.0], [1.0], [2.0], 4.0, [0.1161]).round(2)
    array([1.27])
    """
    x, s, t, p = (np.asarray(v, dtype=np.float64) for v in (estimate, error, statistic, pvalue))
    dof = np.broadcast_to(np.asarray(df, dtype=np.float64), x.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = -special.ndtri(p / 2)
        beyond = p < _TINY_P
        if beyond.any():
            score[beyond] = np.abs(t_to_z(t[beyond], dof[beyond]))
        implied = np.abs(x) / score
        widened = s * _ratio_at_zero(dof)
        found = np.where(score >= _NEAR_ZERO, implied, widened)
    # An estimate of exactly nothing implies no error.
    found = np.where(found > 0, found, np.where(widened > 0, widened, np.nan))
    return np.where(np.isfinite(x), found, np.nan)


def svalues(false_sign: npt.ArrayLike) -> FloatArray:
    """Expected share of wrong signs among the regions whose sign is at least as sure, (n,).

    Parameters
    ----------
    false_sign
        (n,) local false sign rates.

    References
    ----------
    Stephens (2017) Biostatistics 18:275.

    Examples
    --------
    >>> svalues([0.3, 0.0, 0.1, 0.3]).round(3)
    array([0.175, 0.   , 0.05 , 0.175])
    """
    rates = np.asarray(false_sign, dtype=np.float64)
    ordered = np.sort(rates)
    mean = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return np.asarray(mean[np.searchsorted(ordered, rates, side="right") - 1])


def _ratio_at_zero(df: FloatArray) -> FloatArray:
    """Of t over its normal score, where both are small, (n,)."""
    distinct, which = np.unique(df, return_inverse=True)
    finite = np.isfinite(distinct)
    half = np.where(finite, distinct, 1.0) / 2
    density = np.exp(special.gammaln(half + 0.5) - special.gammaln(half)) / np.sqrt(half)
    return np.asarray(np.where(finite, 1 / density, 1.0)[which])


def _grid(estimate: FloatArray, error: FloatArray) -> FloatArray:
    """Widths of the components, the point at zero left out."""
    if not len(error):
        return np.ones(1)
    low = NARROWEST * float(np.quantile(error, LOW_ERROR))
    excess = float((estimate * estimate - error * error).max())
    high = 2 * np.sqrt(excess) if excess > 0 else 8 * low
    steps = max(int(np.ceil(np.log(high / low) / np.log(GRID_RATIO))), 1)
    return np.asarray(high * GRID_RATIO ** -np.arange(steps, -1, -1.0))


def _weights(estimate: FloatArray, error: FloatArray, widths: FloatArray) -> FloatArray:
    """Weights of the components, the point at zero favoured by `NULL_WEIGHT`."""
    rows, counts = _for_weights(np.abs(estimate) / error)
    x2, s2 = estimate[rows] ** 2, error[rows] ** 2
    dense = np.empty((len(x2) + 1, len(widths)))
    for start in range(0, len(x2), _BLOCK):
        part = slice(start, min(start + _BLOCK, len(x2)))
        dense[part] = _density(x2[part], s2[part], widths)
    dense[-1] = 0.0
    dense[-1, 0] = 1.0
    return mixture_weights(dense, counts=np.r_[counts, NULL_WEIGHT - 1])


def _for_weights(score: FloatArray) -> tuple[IntArray, FloatArray]:
    """Rows that the weights are estimated from, and for how many rows each stands.

    All of the largest scores, since a few regions may be all that changed, and evenly many of the
    others.
    """
    if len(score) <= MOST_FOR_WEIGHTS:
        return np.arange(len(score)), np.ones(len(score))
    order = np.argsort(-score, kind="stable")
    first, others = order[: MOST_FOR_WEIGHTS // 2], order[MOST_FOR_WEIGHTS // 2 :]
    taken = others[:: -(-len(others) // (MOST_FOR_WEIGHTS // 2))]
    counts = np.r_[np.ones(len(first)), np.full(len(taken), len(others) / len(taken))]
    return np.r_[first, taken], counts


def _density(x2: FloatArray, s2: FloatArray, widths: FloatArray) -> FloatArray:
    """(n, n_components) density of each estimate, up to a factor that a row shares."""
    variance = s2[:, None] + widths * widths
    power = x2[:, None] / (-2 * variance)
    # In no row are all of them zero, however far its estimate lies from those of others.
    power -= power.max(axis=1, keepdims=True)
    return np.asarray(np.exp(power) / np.sqrt(variance))


def _posterior(
    estimate: FloatArray, error: FloatArray, widths: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and local false sign rate, each (n,)."""
    effect, false_sign = np.empty(len(estimate)), np.empty(len(estimate))
    used = weights > 0
    share, width = weights[used], widths[used]
    for start in range(0, len(estimate), _BLOCK):
        rows = slice(start, start + _BLOCK)
        x, s = estimate[rows, None], error[rows, None]
        joint = share * _density(x[:, 0] ** 2, s[:, 0] ** 2, width)
        joint /= joint.sum(axis=1, keepdims=True)
        kept = width * width / (width * width + s * s)
        effect[rows] = (joint * kept).sum(axis=1) * x[:, 0]
        # The same sign as the estimate; zero, where it is a point, is no sign.
        same = special.ndtr(np.abs(x) / s * np.sqrt(kept))
        same[:, width == 0] = 0.0
        right = (joint * same).sum(axis=1)
        false_sign[rows] = np.clip(1 - right, 0.0, 1.0)
    return effect, false_sign
