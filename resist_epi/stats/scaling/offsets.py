"""Offsets that change with the level of a region: a trend, or a line through common peaks.

Both take log levels of shape (n_regions, n_samples), finite, and return what must be subtracted
from them, centred so that the mean over samples is zero in every region. QuantityError says that no
region is left to learn from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError
from resist_epi.stats.smoothing import lowess

_HUBER = 1.345  # 95 % efficiency with normal errors

_MAD_TO_SD = 0.6745

_MAX_STEPS = 100

_CONVERGED = 1e-12


def trended_offsets(
    level: FloatArray,
    *,
    fitted_on: npt.NDArray[np.bool_] | None = None,
    along: FloatArray | None = None,
    span: float = 0.3,
) -> FloatArray:
    """Robust smooth of each sample's level against the mean level.

    Parameters
    ----------
    fitted_on
        Regions that the trend is learnt from, shape (n_regions,); by default all. The others take
        its value at their mean level, or at the nearest end.
    along
        What the trend follows in place of the mean level, shape (n_regions,).
    span
        Share of the regions in each local fit.

    References
    ----------
    Ballman et al. (2004) Bioinformatics 20:2778 (fast cyclic loess); Cleveland (1979) JASA 74:829.
    """
    rows = _rows(level, fitted_on)
    mean = level.mean(axis=1) if along is None else along
    x = mean[rows]
    order = np.argsort(x, kind="stable")
    offsets = np.empty_like(level)
    for sample in range(level.shape[1]):
        fit = lowess(x, level[rows, sample], span=span, robust_steps=3)
        offsets[:, sample] = np.interp(mean, x[order], fit[order])
    return _centred(offsets)


def common_peak_offsets(
    level: FloatArray, common: npt.NDArray[np.bool_], *, along: FloatArray | None = None
) -> FloatArray:
    """Robust line of each sample's log ratio against the level, through the common peaks.

    The ratio is to the mean of all samples. Regions beyond the levels of the common peaks take
    the line's value at the nearest of them.

    Parameters
    ----------
    common
        Regions where every sample has a peak, shape (n_regions,).
    along
        What the line follows in place of the mean level, shape (n_regions,).

    References
    ----------
    Shao et al. (2012) Genome Biology 13:R16 (MAnorm; there between two samples).
    """
    rows = _rows(level, common)
    mean = level.mean(axis=1)
    axis = mean if along is None else along
    x = axis[rows]
    within = np.clip(axis, x.min(), x.max())
    offsets = np.empty_like(level)
    for sample in range(level.shape[1]):
        intercept, slope = robust_line(x, level[rows, sample] - mean[rows])
        offsets[:, sample] = intercept + slope * within
    return _centred(offsets)


def robust_line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Intercept and slope by Huber's M estimate, scale by the median absolute residual.

    Parameters
    ----------
    x, y
        Shape (n,), finite; with fewer than two different x the slope is zero.

    References
    ----------
    Huber (1981) Robust Statistics, chapter 7.
    """
    centre = float(x.mean())
    flat = bool(np.ptp(x) <= 1e-12 * max(1.0, abs(centre)))
    columns = np.column_stack([np.ones_like(x), np.zeros_like(x) if flat else x - centre])
    weights = np.ones_like(y)
    residual = y
    for _ in range(_MAX_STEPS):
        root = np.sqrt(weights)
        line, *_ = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)
        before, residual = residual, y - columns @ line
        scale = float(np.median(np.abs(residual))) / _MAD_TO_SD
        change = float(((before - residual) ** 2).sum())
        if scale == 0 or change <= _CONVERGED**2 * max(float((before**2).sum()), 1e-300):
            break
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(np.abs(residual), 1e-300))
    return float(line[0] - line[1] * centre), float(line[1])


def _rows(level: FloatArray, chosen: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.intp]:
    rows = np.flatnonzero(np.ones(len(level), dtype=bool) if chosen is None else chosen)
    if not len(rows):
        raise QuantityError("offsets need regions to be learnt from, and there is none")
    return rows


def _centred(offsets: FloatArray) -> FloatArray:
    return np.asarray(offsets - offsets.mean(axis=1, keepdims=True), dtype=np.float64)
