"""A threshold above which a bin of input holds far too much: negative binomial, or its limit."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray

_ROUNDS = 10


def high_threshold(values: FloatArray, *, quantile: float, counts: bool) -> float:
    """Quantile of what most bins follow; infinite where nothing varies or there are no bins.

    Fitted by moments, in rounds, to the bins that are not above the threshold of the last round, so
    that those that are far too high do not widen it. Counts get a negative binomial distribution;
    coverage of unknown scale a gamma distribution, which is its limit at depth.

    Parameters
    ----------
    values
        Bins with signal, shape (n,), not negative.
    quantile
        Such as .99.
    counts
        Whether the values are counts.
    """
    kept = values[values > 0]
    threshold = np.inf
    for _ in range(_ROUNDS):
        if len(kept) < 2:
            return np.inf
        mean, variance = float(kept.mean()), float(kept.var(ddof=1))
        if variance <= 0:
            return np.inf
        last, threshold = threshold, _quantile(mean, variance, quantile, counts)
        if threshold == last:
            break
        kept = values[(values > 0) & (values <= threshold)]
    return threshold


def _quantile(mean: float, variance: float, quantile: float, counts: bool) -> float:
    from scipy import stats

    if not counts:
        return float(stats.gamma.ppf(quantile, mean**2 / variance, scale=variance / mean))
    if variance <= mean:
        return float(stats.poisson.ppf(quantile, mean))
    size = mean**2 / (variance - mean)
    return float(stats.nbinom.ppf(quantile, size, size / (size + mean)))
