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

_FARTHEST = 3.0  # natural log of the law's scale over the trend

_PER_GROUP, _MOST_GROUPS = 200, 8  # regions of like abundance

_CHUNK = 1 << 12


@dataclass(frozen=True)
class TrueDispersions:
    """What is known of the dispersions of the regions.

    Attributes
    ----------
    trended
        The law's scale at each region, shape (n_regions,), which follows the abundance.
    df
        A dispersion is that scale x df / chi-square with df degrees of freedom.
    cumulated
        Distribution of log2(dispersion / scale) of each region given its reads, cumulated over a
        grid, shape (n_regions, n_grid).
    """

    trended: FloatArray
    df: float
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
    """Fit a law of the dispersions along the abundance, by marginal likelihood.

    The adjusted profile likelihood of a region's dispersion is what its reads say; averaged over
    an inverse chi-square law of the dispersions it is the likelihood of that law. Its degrees of
    freedom are those of all regions, its scale is fitted to groups of like abundance: a trend alone
    is where estimates lie, and too smooth where few reads let dispersions rise. What remains
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

    profile = profile_likelihood(data)
    likelihood = _along_ratios(profile, trend.trended)

    def badness(at: FloatArray) -> float:
        return _badness(likelihood, float(np.exp(at[0])), float(np.exp(at[1])))

    limits = [(np.log(_LEAST_DF), np.log(MOST_DF)), (-_FARTHEST, _FARTHEST)]
    found = minimize(badness, np.log([10.0, 1.0]), method="Nelder-Mead", bounds=limits)
    df = float(np.exp(found.x[0]))
    scale = _along_abundance(likelihood, trend.average_log_cpm, df)
    # Once more about the scale itself, so that the law is centred on the grid everywhere.
    posterior = _along_ratios(profile, trend.trended * scale) * _law(df, 1.0)
    posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300)
    return TrueDispersions(trend.trended * scale, df, np.cumsum(posterior, axis=1))


def _along_abundance(likelihood: FloatArray, abundance: FloatArray, df: float) -> FloatArray:
    """(n_regions,) scale over the trend: of groups of like abundance, straight between these."""
    from scipy.optimize import minimize_scalar

    order = np.argsort(abundance, kind="stable")
    groups = np.array_split(order, int(np.clip(len(order) // _PER_GROUP, 1, _MOST_GROUPS)))
    scales, places = [], []
    for rows in groups:
        own = likelihood[rows]
        found = minimize_scalar(
            lambda log_scale, own=own: _badness(own, df, float(np.exp(log_scale))),
            bounds=(-_FARTHEST, _FARTHEST),
            method="bounded",
        )
        scales.append(float(found.x))
        places.append(float(np.median(abundance[rows])))
    return np.asarray(np.exp(np.interp(abundance, places, scales)))


def _badness(likelihood: FloatArray, df: float, scale: float) -> float:
    """Of a law: less its log likelihood over these regions."""
    return -float(np.log(np.maximum(likelihood @ _law(df, scale), 1e-300)).sum())


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
