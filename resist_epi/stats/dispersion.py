"""Negative-binomial dispersion: common, along a trend of abundance, and of each region."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.errors import DesignError
from resist_epi.stats.moderation import squeeze_variances
from resist_epi.stats.negbin import (
    CountData,
    average_log_cpm,
    fit_counts,
    frozen,
    kernel_input,
    one_way,
)

logger = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]

_LOW, _HIGH, _POINTS = -10.0, 10.0, 21  # log2 of dispersion / 0.1
_MIN_READS = 5  # regions with fewer reads in all do not inform
_CUT = 0.8  # cells of the smoothing tree are split while wider than this share of a bandwidth
_CHUNK = 1 << 15
_TABLE = 1024  # counts up to here have their log gammas tabulated


@dataclass(frozen=True)
class Dispersion:
    """Estimates of the dispersion.

    Attributes
    ----------
    common
        One for all regions.
    trended, tagwise
        Shape (n_regions,).
    prior_df
        Degrees of freedom of the trend against a region's own information.
    average_log_cpm
        Average log2 counts per million at the common dispersion, shape (n_regions,).
    """

    common: float
    trended: FloatArray
    tagwise: FloatArray
    prior_df: float
    average_log_cpm: FloatArray


def estimate_dispersion(data: CountData) -> Dispersion:
    """Maximise the Cox-Reid adjusted profile likelihood: of all, along the trend, of each region.

    The likelihood of each region is laid out on a grid of dispersions; shares of it are averaged
    over all regions, over neighbours in abundance, and with weight over both.

    Parameters
    ----------
    data
        From `negbin.count_data`; the design must leave residual degrees of freedom.

    Returns
    -------
    Dispersion

    Raises
    ------
    DesignError
        No residual degree of freedom, or no region with 5 reads.

    References
    ----------
    McCarthy, Chen & Smyth (2012) Nucleic Acids Res. 40:4288; Chen, Lun & Smyth (2014) in
    Statistical Analysis of Next Generation Sequencing Data, chapter 3; Loader (1999) Local
    Regression and Likelihood, chapter 12 (evaluation tree); Forsythe, Malcolm & Moler (1977)
    Computer Methods for Mathematical Computations, chapter 4 (spline).
    """
    n_samples, p = data.design.shape
    if n_samples <= p:
        raise DesignError(
            "dispersion cannot be estimated without replicates: the design leaves no residual "
            "degree of freedom"
        )
    informative = data.counts.sum(axis=1) >= _MIN_READS
    if not informative.any():
        raise DesignError(f"no region has {_MIN_READS} reads, so no dispersion can be estimated")
    chosen = data if informative.all() else data.rows(informative)
    profile = _profile(chosen)
    common = float(_dispersion_at(profile.mean(axis=0)[None])[0])
    abundance = average_log_cpm(chosen, dispersion=common)
    smooth = _Smooth.fit(abundance, profile)
    trended = _trend(smooth, abundance)
    prior_df = _prior_df(chosen, trended, abundance)
    tagwise = _tagwise(smooth, abundance, profile, prior_df / (n_samples - p), trended)
    logger.info("dispersion: common %.4g, prior df %.4g", common, prior_df)
    if informative.all():
        return Dispersion(common, trended, tagwise, prior_df, abundance)
    lowest = int(np.argmin(abundance))
    everywhere = [np.full(len(informative), values[lowest]) for values in (trended, trended)]
    everywhere[0][informative], everywhere[1][informative] = trended, tagwise
    return Dispersion(
        common, everywhere[0], everywhere[1], prior_df, average_log_cpm(data, dispersion=common)
    )


def _grid() -> FloatArray:
    return np.asarray(0.1 * 2.0 ** np.linspace(_LOW, _HIGH, _POINTS))


def _profile(data: CountData) -> FloatArray:
    """Adjusted profile log likelihood of each region on the grid, shape (n_regions, n_grid)."""
    from resist_epi.stats import negbin_kernels

    group, distinct = one_way(data.design)
    grid = _grid()
    profile = np.empty((len(data.counts), _POINTS))
    profile_rows: Callable[..., None] = negbin_kernels.profile_rows
    profile_rows(
        *kernel_input(data, group, len(distinct)),
        frozen(grid),
        frozen(np.log(grid)),
        np.empty((_POINTS, _TABLE)),
        profile,
    )
    return profile


def spline_slopes(n: int) -> FloatArray:
    """Matrix from n values at unit steps to the slopes of their spline at the knots.

    The third derivative of the end pieces is that of the cubic through the four end points.
    """
    identity = np.eye(n)
    rise = np.diff(identity, axis=0)
    third = np.diff(identity, n=3, axis=0) / 6
    system = np.zeros((n, n))
    right = np.zeros((n, n))
    system[0, :2], right[0] = (-1, 1), third[0]
    system[-1, -2:], right[-1] = (-1, 1), third[-1]
    for i in range(1, n - 1):
        system[i, i - 1 : i + 2] = (1, 4, 1)
        right[i] = rise[i] - rise[i - 1]
    sigma = np.linalg.solve(system, right)
    slopes = np.empty((n, n))
    slopes[:-1] = rise - sigma[1:] - 2 * sigma[:-1]
    slopes[-1] = rise[-1] + sigma[-2] + 2 * sigma[-1]
    return slopes


def _dispersion_at(profile: FloatArray) -> FloatArray:
    """Dispersion at the maximum of the spline through each row."""
    from resist_epi.stats import negbin_kernels

    step = (_HIGH - _LOW) / (_POINTS - 1)
    slopes = spline_slopes(_POINTS) / step
    best = np.empty(len(profile))
    negbin_kernels.maximize_rows(frozen(profile), frozen(slopes), _LOW, step, best)
    return np.asarray(0.1 * 2.0**best)


@dataclass(frozen=True)
class _Smooth:
    """A tricube nearest-neighbour mean, evaluated on a tree and joined by straight lines."""

    vertices: FloatArray
    values: FloatArray

    @classmethod
    def fit(cls, x: FloatArray, profile: FloatArray) -> _Smooth:
        n = len(x)
        span = 1.0 if n <= 50 else 0.25 + 0.75 * np.sqrt(50 / n)
        neighbours = max(int(n * span), 1)
        ordered = np.sort(x)
        vertices = _tree(ordered, neighbours)
        values = np.empty((len(vertices), profile.shape[1]))
        for i, vertex in enumerate(vertices):
            width = _bandwidth(ordered, float(vertex), neighbours)
            distance = np.abs(x - vertex)
            weight = (
                np.clip(1 - (distance / width) ** 3, 0, None) ** 3
                if width > 0
                else (distance == 0).astype(np.float64)
            )
            values[i] = weight @ profile / weight.sum()
        return cls(vertices, values)

    def at(self, x: FloatArray) -> FloatArray:
        """Smoothed profile at these abundances, shape (len(x), n_grid)."""
        if len(self.vertices) == 1:
            return np.repeat(self.values, len(x), axis=0)
        cell = np.searchsorted(self.vertices, x, side="right") - 1
        cell = np.clip(cell, 0, len(self.vertices) - 2)
        share = (x - self.vertices[cell]) / np.diff(self.vertices)[cell]
        return np.asarray(
            (1 - share)[:, None] * self.values[cell] + share[:, None] * self.values[cell + 1]
        )


def _bandwidth(ordered: FloatArray, at: float, neighbours: int) -> float:
    """Distance to the k-th nearest of sorted values."""
    here = int(np.searchsorted(ordered, at))
    near = ordered[max(here - neighbours, 0) : here + neighbours]
    return float(np.partition(np.abs(near - at), neighbours - 1)[neighbours - 1])


def _tree(ordered: FloatArray, neighbours: int) -> FloatArray:
    """Ends of the cells: halved while wider than a share of the smaller bandwidth at its ends."""
    low, high = float(ordered[0]), float(ordered[-1])
    width = {v: _bandwidth(ordered, v, neighbours) for v in (low, high)}
    cells = [(low, high)]
    while cells:
        left, right = cells.pop()
        narrow = min(width[left], width[right])
        if narrow > 0 and right - left > _CUT * narrow:
            middle = (left + right) / 2
            width[middle] = _bandwidth(ordered, middle, neighbours)
            cells += [(left, middle), (middle, right)]
    return np.array(sorted(width))


def _trend(smooth: _Smooth, abundance: FloatArray) -> FloatArray:
    return np.concatenate(
        [
            _dispersion_at(smooth.at(abundance[start : start + _CHUNK]))
            for start in range(0, len(abundance), _CHUNK)
        ]
    )


def _prior_df(data: CountData, trended: FloatArray, abundance: FloatArray) -> float:
    """How far the regions' deviances spread around the trend, as degrees of freedom."""
    fit = fit_counts(data, trended)
    df = fit.df_residual
    s2 = np.divide(fit.deviance, df, out=np.zeros_like(df), where=df > 0)
    if not (df > 0).any():
        return np.inf
    return float(np.nanmax(squeeze_variances(s2, df, covariate=abundance).df_prior))


def _tagwise(
    smooth: _Smooth,
    abundance: FloatArray,
    profile: FloatArray,
    weight: float,
    trended: FloatArray,
) -> FloatArray:
    if not np.isfinite(weight):
        return trended.copy()
    parts = []
    for start in range(0, len(abundance), _CHUNK):
        rows = slice(start, start + _CHUNK)
        parts.append(_dispersion_at(profile[rows] + weight * smooth.at(abundance[rows])))
    return np.concatenate(parts)
