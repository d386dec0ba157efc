"""Smooth quantile normalisation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray

WINDOW = 0.05  # share of the quantiles over which the weights are smoothed

_NO_VARIATION = 1e-12  # between samples, of log signal squared: below it groups explain nothing


def smooth_quantile(
    level: FloatArray, groups: Sequence[object] | None = None, *, window: float = WINDOW
) -> FloatArray:
    """Give every sample the same distribution, except where its group's differs.

    Each quantile becomes a mean of the samples' common quantile and their group's; the weight of
    the group is the share of the variation between samples that groups explain at that quantile,
    smoothed by a running median. Without groups this is plain quantile normalisation. Tied values
    get the mean of what their ranks would get. Gives normalised log signal, shape (n_regions,
    n_samples).

    Parameters
    ----------
    level
        Log signal, shape (n_regions, n_samples), finite.
    groups
        Label of each sample.
    window
        Share of the quantiles in the running median.

    References
    ----------
    Bolstad et al. (2003) Bioinformatics 19:185; Hicks et al. (2018) Biostatistics 19:185.
    """
    if not len(level):
        return level.copy()
    quantiles = np.sort(level, axis=0)
    target = np.repeat(quantiles.mean(axis=1, keepdims=True), level.shape[1], axis=1)
    if groups is not None:
        codes, _ = pd.factorize(pd.Series(list(groups), dtype=object))
        of_group = np.empty_like(quantiles)
        for code in range(codes.max() + 1):
            members = codes == code
            of_group[:, members] = quantiles[:, members].mean(axis=1, keepdims=True)
        share = _weight_of_common(quantiles, target, of_group, window)[:, None]
        target = share * target + (1 - share) * of_group
    result = np.empty_like(level)
    for sample in range(level.shape[1]):
        _, rank_of, times = np.unique(level[:, sample], return_inverse=True, return_counts=True)
        first = np.cumsum(times) - times
        result[:, sample] = (np.add.reduceat(target[:, sample], first) / times)[rank_of]
    return result


def _weight_of_common(
    quantiles: FloatArray, common: FloatArray, of_group: FloatArray, window: float
) -> FloatArray:
    """(n_regions,) 1 where groups explain nothing, 0 where they explain all."""
    total = ((quantiles - common) ** 2).sum(axis=1)
    between = ((of_group - common) ** 2).sum(axis=1)
    explained = np.divide(between, total, out=np.zeros_like(total), where=total > _NO_VARIATION)
    width = max(1, int(window * len(total)))
    width += 1 - width % 2  # odd, so that it has a middle
    smooth = pd.Series(1 - explained).rolling(width, center=True).median().bfill().ffill()
    return smooth.to_numpy(dtype=np.float64)
