"""How far true dispersions of regions spread about their trend, apart from the noise of estimates.

An estimate from few units scatters far more than what it estimates: what is drawn to simulate
further units are true dispersions, from what the reads of each region leave possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.stats.negbin.dispersion import HIGH, LOW, POINTS, Trend, profile_likelihood
from resist_epi.stats.negbin.glm import CountData

# log2 of a dispersion over its trend: finer than the spread of any real data is known.
_STEP = 0.25

_RATIOS = np.arange(-8.0, 8.0 + _STEP / 2, _STEP)

MOST_DF = 1000.0  # beyond which dispersions are as good as equal

_LEAST_DF = 0.5

_CHUNK = 1 << 12


@dataclass(frozen=True)
class TrueDispersions:
    """What is known of the dispersions of the regions.

    Attributes
    ----------
    trended
        The trend at each region, shape (n_regions,).
    df, scale
        A dispersion is its trend x scale x df / chi-square with df degrees of freedom.
    cumulated
        Distribution of log2(dispersion / trend) of each region given its reads, cumulated over a
        grid, shape (n_regions, n_grid).
    """

    trended: FloatArray
    df: float
    scale: float
    cumulated: FloatArray

    @property
    def spread_df(self) -> float:
        """Degrees of freedom of their spread about the trend."""
        return self.df

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """One true dispersion of each region, shape (n_regions,)."""
        n = len(self.trended)
        cell = (self.cumulated < rng.random(n)[:, None]).sum(axis=1)
        cell = np.minimum(cell, len(_RATIOS) - 1)
        within = (rng.random(n) - 0.5) * _STEP
        return np.asarray(self.trended * 2.0 ** (_RATIOS[cell] + within))


def true_dispersions(data: CountData, trend: Trend) -> TrueDispersions:
    """Fit the spread of the dispersions about their trend, by marginal likelihood.

    The adjusted profile likelihood of a region's dispersion is what its reads say; averaged over
    an inverse chi-square law of the dispersions it is the likelihood of that law. What remains
    possible for a region, given its reads and the law, is drawn from.

    Parameters
    ----------
    data
        Of a design that leaves residual degrees of freedom.
    trend
        From `estimate_trend` of the same data.

    References
    ----------
    McCarthy, Chen & Smyth (2012) Nucleic Acids Res. 40:4288 (adjusted profile likelihood); Smyth
    (2004) Stat. Appl. Genet. Mol. Biol. 3:3 (the law of the variances).
    """
    from scipy.optimize import minimize

    likelihood = _along_ratios(profile_likelihood(data), trend.trended)

    def badness(at: FloatArray) -> float:
        law = _law(float(np.exp(at[0])), float(np.exp(at[1])))
        return -float(np.log(np.maximum(likelihood @ law, 1e-300)).sum())

    start = np.log([10.0, 1.0])
    limits = [(np.log(_LEAST_DF), np.log(MOST_DF)), (-3.0, 3.0)]
    found = minimize(badness, start, method="Nelder-Mead", bounds=limits)
    df, scale = (float(np.exp(x)) for x in found.x)
    posterior = likelihood * _law(df, scale)
    posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300)
    return TrueDispersions(trend.trended, df, scale, np.cumsum(posterior, axis=1))


def _along_ratios(profile: FloatArray, trended: FloatArray) -> FloatArray:
    """(n_regions, n_ratios) likelihood along dispersion / trend, its maximum 1 in each region."""
    from scipy.interpolate import CubicSpline

    likelihood = np.empty((len(profile), len(_RATIOS)))
    for start in range(0, len(profile), _CHUNK):
        rows = slice(start, start + _CHUNK)
        at = np.log2(trended[rows] / 0.1)[:, None] + _RATIOS
        position = (np.clip(at, LOW, HIGH) - LOW) / (HIGH - LOW) * (POINTS - 1)
        cell = np.minimum(position.astype(np.intp), POINTS - 2)
        inside = position - cell
        # Coefficients of each region's own cubics, read at its own places.
        c = CubicSpline(np.arange(POINTS), profile[rows], axis=1).c
        each = np.arange(len(at))[:, None]
        values = c[0][cell, each]
        for power in (1, 2, 3):
            values = values * inside + c[power][cell, each]
        likelihood[rows] = np.exp(values - values.max(axis=1, keepdims=True))
    return likelihood


def _law(df: float, scale: float) -> FloatArray:
    """Probability of each cell of the ratios under scale x df / chi-square with df."""
    edges = 2.0 ** np.append(_RATIOS - _STEP / 2, _RATIOS[-1] + _STEP / 2)
    below = special.gammaincc(df / 2, scale * df / (2 * edges))
    mass = np.diff(below)
    return np.asarray(mass / max(float(mass.sum()), 1e-300))
