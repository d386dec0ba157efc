"""Two-group cross-checks with few assumptions: Wilcoxon's rank sum and Welch's t."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import row_blocks
from resist_epi.stats.tails import t_pvalue

_EXACT_BELOW = 50  # samples a group; from here on the normal approximation


class TwoGroupTests(NamedTuple):
    """Results of one test a region, each of shape (n_regions,).

    Attributes
    ----------
    estimate
        Mean of the second group less mean of the first.
    statistic
        Wilcoxon: the normal score of the rank sum; Welch: t.
    df
        Degrees of freedom (infinite for Wilcoxon).
    pvalue
        Two-sided; NaN where a region has NaN or does not vary.
    """

    estimate: FloatArray
    statistic: FloatArray
    df: FloatArray
    pvalue: FloatArray


def wilcoxon_tests(values: npt.ArrayLike, second: npt.ArrayLike) -> TwoGroupTests:
    """Wilcoxon's rank-sum test of each region.

    Exact where a region has no ties and both groups have fewer than 50 samples, otherwise the
    normal approximation with corrections for ties and continuity.

    Parameters
    ----------
    values
        Signal, shape (n_regions, n_samples).
    second
        True for the samples of the second group, shape (n_samples,).

    Raises
    ------
    DesignError
        A group without samples, or shapes that do not fit.

    References
    ----------
    Wilcoxon (1945) Biometrics Bulletin 1:80; Mann & Whitney (1947) Ann. Math. Stat. 18:50.
    """
    from scipy.stats import rankdata

    signal, group = _checked(values, second, smallest=1)
    n, (n1, n2) = len(signal), (int((~group).sum()), int(group.sum()))
    statistic, pvalue = np.full(n, np.nan), np.full(n, np.nan)
    for rows in row_blocks(n):
        block = signal[rows]
        usable = np.isfinite(block).all(axis=1) & (np.ptp(block, axis=1) > 0)
        if not usable.any():
            continue
        ranks = rankdata(block[usable], axis=1)
        u = ranks[:, group].sum(axis=1) - n2 * (n2 + 1) / 2
        ordered = np.sort(ranks, axis=1)
        tied = (np.diff(ordered, axis=1) == 0).any(axis=1)
        variance = _rank_variance(ordered, n1, n2)
        index = np.flatnonzero(usable) + rows.start
        statistic[index] = (u - n1 * n2 / 2) / np.sqrt(variance)
        distance = np.maximum(np.abs(u - n1 * n2 / 2) - 0.5, 0.0)
        p = 2 * special.ndtr(-distance / np.sqrt(variance))
        if max(n1, n2) < _EXACT_BELOW:
            p[~tied] = _exact(n1, n2)[np.rint(u[~tied]).astype(np.intp)]
        pvalue[index] = np.minimum(p, 1.0)
    return TwoGroupTests(_difference(signal, group), statistic, np.full(n, np.inf), pvalue)


def welch_tests(values: npt.ArrayLike, second: npt.ArrayLike) -> TwoGroupTests:
    """Welch's t test of each region: the groups may differ in variance.

    Parameters
    ----------
    values, second
        As in `wilcoxon_tests`.

    Raises
    ------
    DesignError
        A group of fewer than 2 samples, or shapes that do not fit.

    References
    ----------
    Welch (1947) Biometrika 34:28.
    """
    signal, group = _checked(values, second, smallest=2)
    error = [
        part.var(axis=1, ddof=1) / part.shape[1] for part in (signal[:, ~group], signal[:, group])
    ]
    total = error[0] + error[1]
    estimate = _difference(signal, group)
    varies = total > 0
    statistic = np.divide(estimate, np.sqrt(total), out=np.full_like(total, np.nan), where=varies)
    spread = error[0] ** 2 / ((~group).sum() - 1) + error[1] ** 2 / (group.sum() - 1)
    df = np.divide(total**2, spread, out=np.full_like(total, np.nan), where=varies)
    return TwoGroupTests(estimate, statistic, df, t_pvalue(statistic, df))


def _checked(
    values: npt.ArrayLike, second: npt.ArrayLike, *, smallest: int
) -> tuple[FloatArray, BoolArray]:
    signal = np.asarray(values, dtype=np.float64)
    group = np.asarray(second, dtype=bool)
    if signal.ndim != 2 or group.shape != signal.shape[1:]:
        raise DesignError(f"{group.size} group labels for a signal of shape {signal.shape}")
    sizes = int((~group).sum()), int(group.sum())
    if min(sizes) < smallest:
        raise DesignError(
            f"each group needs at least {smallest} samples; found {sizes[0]} and {sizes[1]}"
        )
    return signal, group


def _difference(signal: FloatArray, group: BoolArray) -> FloatArray:
    return np.asarray(signal[:, group].mean(axis=1) - signal[:, ~group].mean(axis=1))


def _rank_variance(ordered: FloatArray, n1: int, n2: int) -> FloatArray:
    """Variance of the rank sum given the ties."""
    n = n1 + n2
    centre = (n + 1) / 2
    return np.asarray(n1 * n2 * ((ordered - centre) ** 2).sum(axis=1) / (n * (n - 1)))


@lru_cache(maxsize=16)
def _exact(n1: int, n2: int) -> FloatArray:
    """Two-sided P of each value of Mann and Whitney's U, shape (n1 x n2 + 1,)."""
    # The generating function of U is a Gaussian binomial coefficient; each factor is applied as
    # a share so that nothing overflows.
    size = n1 * n2 + 1
    density = np.zeros(size)
    density[0] = 1.0
    for k in range(1, n2 + 1):
        top = n1 + k
        grown = density.copy()
        grown[top:] -= density[:-top] if top < size else 0.0
        for i in range(k, size):
            grown[i] += grown[i - k]
        density = np.maximum(grown, 0.0) * (k / top)
    lower = np.cumsum(density)
    return np.asarray(np.minimum(2 * np.minimum(lower, lower[::-1]), 1.0))
