"""The prior of the variances when some regions are hypervariable: Winsorised moments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.scaled_f import Prior, fit_prior, floor_at
from resist_epi.stats.root import bracketed_root
from resist_epi.stats.smoothing import lowess
from resist_epi.stats.tails import log_f_tail

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(128)

_SPAN = 0.4  # of the local lines through the log variances

_FLOOR = 1e-12

_ROOT_TOLERANCE = 1e-8  # in df / (1 + df); the same width as the reference implementation's


class _Moments(NamedTuple):
    mean: float
    variance: float


def fit_robust_prior(
    variances: FloatArray,
    df: FloatArray,
    covariate: FloatArray | None,
    *,
    tails: tuple[float, float] = (0.05, 0.1),
) -> Prior:
    """Fit the scaled F distribution with outliers held down: one prior df for each region.

    Log variances less their trend are Winsorised; prior variance and df follow from matching
    their moments with those of a Winsorised log F. Regions whose variance is improbably large
    then get prior df of their own, shrunk towards what makes them unsurprising.

    Parameters
    ----------
    variances, df, covariate
        As in `scaled_f.fit_prior`.
    tails
        Shares Winsorised below and above.

    References
    ----------
    Phipson, Lee, Majewski, Alexander & Smyth (2016) Ann. Appl. Stat. 10:946.
    """
    n = len(variances)
    if n < 2 or max(tails) < 1 / n:
        return fit_prior(variances, df, covariate)
    x = floor_at(variances, _FLOOR)
    plain = fit_prior(x, df, covariate)
    x, full = _equal_df(x, df, plain)
    z = np.log(x)
    if covariate is None:
        trend = np.full(n, _trimmed_mean(z, tails[1]))
    else:
        trend = lowess(covariate, z, span=_SPAN)
    observed = _winsorised(z - trend, tails)
    low = float(plain.df[0])
    if low == np.inf and _log_ratio(np.inf, full, tails, observed) > 0:
        return plain
    prior_df = _match(low, full, tails, observed)
    level = trend + observed.mean - _expected(full, prior_df, tails).mean
    statistic = np.exp(z - level)
    return Prior(np.exp(level), _region_df(statistic, full, prior_df))


def _equal_df(x: FloatArray, df: FloatArray, plain: Prior) -> tuple[FloatArray, float]:
    """Turn variances of fewer df into ones as probable on the largest df."""
    full = float(df.max())
    fewer = df < full - 1e-14
    if not fewer.any():
        return x, full
    x = x.copy()
    scale, own = plain.variance[fewer], df[fewer]
    f = x[fewer] / scale
    d2 = float(plain.df[0])
    # Through whichever tail is the smaller, so that neither loses digits.
    if np.isinf(d2):
        upper, lower = special.chdtrc(own, f * own), special.chdtr(own, f * own)
        large = special.chdtri(full, np.where(upper < lower, upper, 0.5)) / full
        small = 2 * special.gammaincinv(full / 2, np.where(upper < lower, 0.5, lower)) / full
    else:
        upper = special.betainc(d2 / 2, own / 2, d2 / (d2 + own * f))
        lower = special.betainc(own / 2, d2 / 2, own * f / (d2 + own * f))
        at = special.betaincinv(d2 / 2, full / 2, np.where(upper < lower, upper, 0.5))
        large = d2 * (1 - at) / (full * at)
        at = special.betaincinv(full / 2, d2 / 2, np.where(upper < lower, 0.5, lower))
        small = d2 * at / (full * (1 - at))
    same = np.where(upper < lower, large, small)
    x[fewer] = same * scale
    return x, full


def _trimmed_mean(z: FloatArray, share: float) -> float:
    cut = int(len(z) * share)
    return float(np.sort(z)[cut : len(z) - cut].mean())


def _winsorised(residual: FloatArray, tails: tuple[float, float]) -> _Moments:
    low, high = np.quantile(residual, [tails[0], 1 - tails[1]])
    pulled = np.clip(residual, low, high)
    return _Moments(float(pulled.mean()), float(pulled.var(ddof=1)))


def _expected(df1: float, df2: float, tails: tuple[float, float]) -> _Moments:
    """Moments of a Winsorised log F, by quadrature on f / (1 + f)."""
    quantiles = _f_quantiles(np.array([tails[0], 1 - tails[1]]), df1, df2)
    edges = quantiles / (1 + quantiles)
    width = edges[1] - edges[0]
    nodes = edges[0] + width * (_NODES + 1) / 2
    f = nodes / (1 - nodes)
    z = np.log(f)
    density = np.exp(_log_f_density(f, df1, df2)) / (1 - nodes) ** 2
    mass = width * _NODE_WEIGHTS / 2 * density
    tail = np.array(tails)
    ends = np.log(quantiles)
    mean = float((mass * z).sum() + (ends * tail).sum())
    variance = float((mass * (z - mean) ** 2).sum() + ((ends - mean) ** 2 * tail).sum())
    return _Moments(mean, variance)


def _f_quantiles(p: FloatArray, df1: float, df2: float) -> FloatArray:
    if np.isinf(df2):
        return np.asarray(2 * special.gammaincinv(df1 / 2, p) / df1)
    return np.asarray(special.fdtri(df1, df2, p))


def _log_f_density(f: FloatArray, df1: float, df2: float) -> FloatArray:
    if np.isinf(df2):
        half = df1 / 2
        constant = half * np.log(half) - special.gammaln(half)
        return np.asarray(special.xlogy(half - 1, f) - half * f + constant)
    a, b = df1 / 2, df2 / 2
    powers = b * np.log(df2) + a * np.log(df1) + special.xlogy(a - 1, f)
    return np.asarray(powers - ((a + b) * np.log(df2 + df1 * f) + special.betaln(a, b)))


def _log_ratio(df2: float, df1: float, tails: tuple[float, float], observed: _Moments) -> float:
    """Log of observed over expected Winsorised variance: rises with the prior df."""
    if observed.variance <= 0:
        return -np.inf
    return float(np.log(observed.variance / _expected(df1, df2, tails).variance))


def _match(low: float, df1: float, tails: tuple[float, float], observed: _Moments) -> float:
    """Prior df whose Winsorised variance is the observed one; never below the plain estimate."""
    at_infinity = _log_ratio(np.inf, df1, tails, observed)
    if at_infinity <= 0:
        return np.inf
    at_low = _log_ratio(low, df1, tails, observed)
    if at_low >= 0:
        return low

    def at(share: float) -> float:
        df2 = np.inf if share >= 1 else share / (1 - share)
        return _log_ratio(df2, df1, tails, observed)

    share = bracketed_root(
        at, low / (1 + low), 1.0, values=(at_low, at_infinity), tolerance=_ROOT_TOLERANCE
    )
    return share / (1 - share)


def _region_df(f: FloatArray, df1: float, df2: float) -> FloatArray:
    """Prior df of each region: fewer where its variance is an outlier above."""
    n = len(f)
    descending = np.argsort(f)[::-1]
    ordered = f[descending]
    infinite = np.isinf(df2)
    log_tail = log_f_tail(ordered, df1, df2)
    log_clean = np.minimum(log_tail - np.log((_places(ordered) + 0.5) / n), 0.0)
    outlying = log_clean < 0
    if not outlying.any():
        return np.full(n, df2)
    clean = np.exp(log_clean)
    if infinite:
        shrunk = np.where(outlying, clean * (n * df1), np.inf)
    else:
        smallest = log_tail[0]
        worst = 0.0
        if np.isfinite(smallest):
            # Scaled twice so that the most extreme region sits near the median of its own F.
            worst = np.log(0.5) / smallest * df2
            worst *= np.log(0.5) / float(log_f_tail(ordered[:1], df1, worst)[0])
        shrunk = worst * -np.expm1(log_clean) + clean * df2
        running = np.cumsum(shrunk) / np.arange(1, n + 1)
        best = int(np.argmin(running))
        shrunk[: best + 1] = running[best]
    df = np.empty(n)
    df[descending] = np.maximum.accumulate(shrunk)
    return df


def _places(descending: FloatArray) -> FloatArray:
    """Places from 0 of values in descending order, the average one among ties."""
    n = len(descending)
    places = np.arange(n, dtype=np.float64)
    tied = descending[1:] == descending[:-1]
    if not tied.any():
        return places
    first = np.flatnonzero(np.r_[True, ~tied])
    last = np.r_[first[1:], n]
    return np.repeat((first + last - 1) / 2, last - first)
