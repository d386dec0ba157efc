"""Negative-binomial dispersion: common, and along a trend of abundance."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.negbin.glm import CountData, average_log_cpm
from resist_epi.stats.negbin.newton import Climber, Layout

logger = logging.getLogger(__name__)

LOW, HIGH, POINTS = -10.0, 10.0, 21  # log2 of dispersion / 0.1

_MIN_READS = 5  # regions with fewer reads in all do not inform

_CUT = 0.8  # cells of the smoothing tree are split while wider than this share of a bandwidth

_CHUNK = 1 << 11  # regions worked on at once: temporaries stay in cache

_ENOUGH = 1e-3  # last step of a fit, log scale: the likelihood notices its fourth power

# With more samples than so many, as many observations inform the trend as of so many.
MOST_SAMPLES, _LEAST_REGIONS = 60, 5_000

_TABLE = 4096  # counts up to here have their log gammas tabulated


@dataclass(frozen=True)
class Trend:
    """Dispersion along a trend of abundance.

    Attributes
    ----------
    common
        One for all regions.
    trended
        Shape (n_regions,).
    average_log_cpm
        Average log2 counts per million at the common dispersion, shape (n_regions,).
    """

    common: float
    trended: FloatArray
    average_log_cpm: FloatArray


def estimate_trend(data: CountData) -> Trend:
    """Maximise the Cox-Reid adjusted profile likelihood: of all, and along the trend.

    The likelihood of each region is laid out on a grid of dispersions; shares of it are averaged
    over all regions, and over neighbours in abundance. Of more than 60 samples 60 / samples of the
    regions inform, evenly spaced in abundance, and no fewer than 5,000.

    Parameters
    ----------
    data
        From `negbin.count_data`; the design must leave residual degrees of freedom.

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
    total = data.counts.sum(axis=1, dtype=np.float64)
    informative = total >= _MIN_READS
    if not informative.any():
        raise DesignError(f"no region has {_MIN_READS} reads, so no dispersion can be estimated")
    every = bool(informative.all())
    chosen = data if every else data.rows(informative)
    looked_at = chosen
    most = max(int(len(chosen.counts) * MOST_SAMPLES / n_samples), _LEAST_REGIONS)
    if n_samples > MOST_SAMPLES and most < len(chosen.counts):
        order = np.argsort(total[informative], kind="stable")
        part = np.zeros(len(order), dtype=bool)
        part[order[np.linspace(0, len(order) - 1, most).round().astype(np.intp)]] = True
        looked_at = chosen.rows(part)
    profile = profile_likelihood(looked_at)
    common = float(_dispersion_at(profile.mean(axis=0)[None])[0])
    abundance = average_log_cpm(chosen, dispersion=common)
    own = abundance if looked_at is chosen else abundance[part]
    trended = _trend(_Smooth.fit(own, profile), abundance)
    if not every:
        # Regions that do not inform take what the least abundant of the others have.
        everywhere = np.full(len(informative), trended[int(np.argmin(abundance))])
        everywhere[informative] = trended
        trended, abundance = everywhere, average_log_cpm(data, dispersion=common)
    logger.debug("dispersion: common %.4g", common)
    return Trend(common, trended, abundance)


def profile_likelihood(data: CountData) -> FloatArray:
    """Adjusted profile log likelihood of each region on the grid, shape (n_regions, n_grid).

    The grid is log2 of dispersion / 0.1, `POINTS` steps from `LOW` to `HIGH`.
    """
    layout = Layout.of(data.design)
    climber = Climber(layout, enough=_ENOUGH)
    profile = np.empty((len(data.counts), POINTS))
    grid = 0.1 * 2.0 ** np.linspace(LOW, HIGH, POINTS)
    table = _rising_table(grid, min(int(data.counts.max()) + 2, _TABLE))
    for rows, block in climber.blocks(data.counts, data.offsets):
        y = block.y
        rising = _Rising(y, table)
        of_columns, total = layout.columns.T @ y, y.sum(axis=0)
        fixed = (y * block.offset).sum(axis=0)
        spread = np.empty(y.shape)
        before = block.beta.copy()
        for t, phi in enumerate(grid):
            # The maximum moves smoothly along the grid: start where it is heading.
            heading = 2 * block.beta - before
            before[:] = block.beta
            climber.move(block, heading)
            climber.climb(block, float(phi))
            np.multiply(block.mean, phi, out=spread)
            spread += 1.0
            adjustment = layout.half_log_det(block.mean / spread)
            np.log(spread, out=spread)
            likelihood = (of_columns * block.beta).sum(axis=0) + fixed + total * np.log(phi)
            likelihood -= spread.sum(axis=0) / phi
            spread *= y
            likelihood -= spread.sum(axis=0)
            profile[rows, t] = likelihood + rising.at(t, phi) - adjustment
    return profile


def _rising_table(grid: FloatArray, size: int) -> FloatArray:
    """Log gamma(k + r) - log gamma(r) for whole k below `size`, shape (n_grid, size)."""
    table = np.zeros((len(grid), size))
    factors = (1 / grid)[:, None] + np.arange(size - 1)
    np.cumsum(np.log(factors, out=factors), axis=1, out=table[:, 1:])
    return table


class _Rising:
    """Sums over samples of log gamma(y + r) - log gamma(r), r = 1 / dispersion.

    Parameters
    ----------
    y
        Counts, shape (n_samples, n_rows).
    table
        From `_rising_table`.
    """

    def __init__(self, y: FloatArray, table: FloatArray) -> None:
        whole = (y < table.shape[1]) & (np.floor(y) == y)
        self._table = table
        self._whole = _Summed.of(whole, y[whole].astype(np.intp), 0)
        # Recovered reads come in steps of one over a fragment: few values, over and over.
        place, self._others = pd.factorize(y[~whole])
        self._distinct = _Summed.of(~whole, place, len(self._others))

    def at(self, t: int, phi: float) -> FloatArray:
        """Shape (n_rows,); small whole counts from the table, others once a value."""
        total = self._whole.sums(self._table[t])
        if not len(self._others):
            return total
        values = special.gammaln(self._others + 1 / phi) - special.gammaln(1 / phi)
        return total + self._distinct.sums(np.append(values, 0.0))


@dataclass(frozen=True)
class _Summed:
    """Sums over samples of values that some observations look up.

    Attributes
    ----------
    place
        Of each of these observations among the values, and
    row
        its row; or None, where all observations look up, shape (n_samples, n_rows).
    """

    place: npt.NDArray[np.intp]
    row: npt.NDArray[np.intp] | None
    n_rows: int

    @classmethod
    def of(cls, which: BoolArray, place: npt.NDArray[np.intp], nothing: int) -> _Summed:
        """Of the observations in a mask; of the others the value stands at `nothing`, and is 0."""
        if 2 * len(place) < which.size:
            return cls(place, np.nonzero(which)[1], which.shape[1])
        every = np.full(which.shape, nothing, dtype=np.intp)
        every[which] = place
        return cls(every, None, which.shape[1])

    def sums(self, values: FloatArray) -> FloatArray:
        """Shape (n_rows,), one sample after another."""
        found = values.take(self.place)
        if self.row is None:
            return np.asarray(found.sum(axis=0))
        return np.asarray(np.bincount(self.row, found, minlength=self.n_rows), dtype=np.float64)


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
    slopes = spline_slopes(POINTS).T
    best = np.empty(len(profile))
    for start in range(0, len(profile), _CHUNK):
        rows = slice(start, start + _CHUNK)
        best[rows] = _maxima(profile[rows], profile[rows] @ slopes)
    return np.asarray(0.1 * 2.0 ** (LOW + best * (HIGH - LOW) / (POINTS - 1)))


def _maxima(values: FloatArray, slopes: FloatArray) -> FloatArray:
    """Where the cubics through each row are largest, in steps of the grid, shape (n,)."""
    each = np.arange(len(values))
    top = values.argmax(axis=1)
    best, at = values[each, top], top.astype(np.float64)
    for left in (np.maximum(top - 1, 0), np.minimum(top, values.shape[1] - 2)):
        d0, d1 = slopes[each, left], slopes[each, left + 1]
        low = values[each, left]
        rise = values[each, left + 1] - low
        # Hermite cubic on the unit interval: low + d0 u + c u^2 + e u^3
        c, e = 3.0 * rise - 2.0 * d0 - d1, d0 + d1 - 2.0 * rise
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.sqrt(c * c - 3.0 * e * d0)
            # The root with falling derivative, in the form without cancellation.
            u = np.where(c < 0.0, d0 / (root - c), -(c + root) / (3.0 * e))
        value = low + u * (d0 + u * (c + u * e))
        higher = (u > 0.0) & (u < 1.0) & (value > best)
        best[higher], at[higher] = value[higher], (left + u)[higher]
    return np.asarray(at)


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
        widths = np.array([_bandwidth(ordered, float(v), neighbours) for v in vertices])[:, None]
        values = np.zeros((len(vertices), profile.shape[1]))
        total = np.zeros((len(vertices), 1))
        for start in range(0, n, _CHUNK):
            rows = slice(start, start + _CHUNK)
            distance = np.abs(x[rows] - vertices[:, None])
            with np.errstate(divide="ignore", invalid="ignore"):
                share = distance / widths
            weight = np.where(widths > 0, np.maximum(1 - share**3, 0) ** 3, distance == 0)
            values += weight @ profile[rows]
            total += weight.sum(axis=1, keepdims=True)
        values /= total
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
    parts = []
    for start in range(0, len(abundance), _CHUNK):
        parts.append(_dispersion_at(smooth.at(abundance[start : start + _CHUNK])))
    return np.concatenate(parts)
