"""From which regions offsets may be learnt, and whether a library has the signal for it.

Offsets bend a library to the shape of the others, at every level of its own. Where its logs are too
low for want of reads, they would take that for depth; where it has no signal, they would give it
that of the others. A factor a library does neither, so these are looked at here alone.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError
from resist_epi.schema import COUNTS
from resist_epi.stats.scaling import sparsity
from resist_epi.stats.scaling.offsets import robust_line

logger = logging.getLogger(__name__)

MIN_DENSE = 100  # regions: the noise of fewer is worse than the bias of sparse ones

MIN_LOGS = 10.0  # reads in the shallowest library from which on logs are hardly too low

MAX_DEPTH_FOLD = 2.0  # between libraries, up to which logs of few reads are as low in all of them

# Slope of a library's level on that of the others, which is 1 where it has their signal.
POOR_SLOPE, NO_SLOPE = 0.6, 0.2

INSTEAD = (
    "use spike_in or background, library_size where the sizes are of whole libraries, or wider"
    " regions"
)

_PRIOR_READS = 0.5

_PRIOR_SHARE = 0.01  # of the median region, for signal: small, since it shrinks the offsets


def offset_rows(
    matrix: CountMatrix, method: str, *, most_sparse: float = 1.0
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Natural log of the values at the common library size, and the regions to learn offsets from.

    These have signal; where depth differs twofold, 10 reads are expected of them in the shallowest
    library; where zeros differ although depth is alike, or unknown as of a track, they are the most
    abundant with at most 1 % zeros in every library.

    Parameters
    ----------
    most_sparse
        Share of the regions with signal that may be left out; all of them are kept where fewer are.

    Returns
    -------
    tuple
        Levels, shape (n_regions, n_samples), and (n_regions,) bool.

    Raises
    ------
    DesignError
        If one sample has many zeros and others have not, fewer than 100 regions are left, or a
        library has hardly any of the signal of the others.
    """
    zeros = sparsity.zero_shares(matrix.values)
    if sparsity.uneven(zeros):
        raise DesignError(
            f"{method}: {zeros_in_words(matrix, zeros)}, so offsets would follow depth: {INSTEAD}"
        )
    level, rows = _level(matrix)
    every = rows.copy()
    present = int(rows.sum())
    sizes = matrix.library_sizes
    if _uneven_depth(matrix):
        rows &= sparsity.pooled_rate(matrix.values, sizes) * sizes.min() >= MIN_LOGS
        why = (
            f"only {int(rows.sum())} of {present} regions have {MIN_LOGS:g} reads to be expected in"
            f" {matrix.samples[int(np.argmin(sizes))]}"
        )
    elif sparsity.uneven(zeros, sparsity.MAX_DENSE_ZERO_SHARE):
        rows &= sparsity.dense_rows(matrix.values, sizes)
        why = (
            f"{zeros_in_words(matrix, zeros)}, and only {int(rows.sum())} regions are abundant"
            " enough in every sample"
        )
    n, least = int(rows.sum()), max(MIN_DENSE, int((1 - most_sparse) * present))
    if n < min(least, present):
        raise DesignError(
            f"{method}: {why} (at least {least}), so offsets would follow depth: {INSTEAD}"
        )
    if most_sparse < 1:
        rows = every
    elif n < present:
        logger.info("%s: offsets are from the %d most abundant regions of %d", method, n, present)
    _look_for_signal(level[rows], matrix.samples, method)
    return level, rows


def common_level(matrix: CountMatrix) -> FloatArray | None:
    """(n_regions,) natural log of what all libraries hold together, where depth differs twofold.

    The mean of their logs would follow the noise of the shallow ones there. None otherwise.
    """
    zeros = sparsity.zero_shares(matrix.values)
    if not (_uneven_depth(matrix) or sparsity.uneven(zeros, sparsity.MAX_DENSE_ZERO_SHARE)):
        return None
    rate = sparsity.pooled_rate(matrix.values, matrix.library_sizes)
    return np.asarray(np.log(np.maximum(rate, rate[rate > 0].min())))


def _uneven_depth(matrix: CountMatrix) -> bool:
    sizes = matrix.library_sizes
    return matrix.quantity in COUNTS and bool(sizes.max() > MAX_DEPTH_FOLD * sizes.min())


def zeros_in_words(matrix: CountMatrix, zeros: FloatArray) -> str:
    """Which samples have most and fewest zeros, from `sparsity.zero_shares`."""
    most, least = int(np.argmax(zeros)), int(np.argmin(zeros))
    return (
        f"{zeros[most]:.0%} of the regions are zero in {matrix.samples[most]} and"
        f" {zeros[least]:.0%} in {matrix.samples[least]}"
    )


def _look_for_signal(level: FloatArray, samples: tuple[str, ...], method: str) -> None:
    """Refuse a library whose level hardly rises with the others'; warn where it does so little."""
    n = level.shape[1]
    if n < 3 or len(level) < MIN_DENSE:  # of two, or few regions, nobody can tell the poor one
        return
    total = level.sum(axis=1)
    others = (total[:, None] - level) / (n - 1)
    if (np.ptp(others, axis=0) == 0).any():
        return
    slopes = np.array([robust_line(others[:, i], level[:, i])[1] for i in range(n)])
    if np.median(slopes) < POOR_SLOPE:  # regions of one level: noise is all that is to be followed
        return
    for name, slope in zip(samples, slopes, strict=True):
        if slope >= POOR_SLOPE:
            continue
        said = (
            f"{method}: {name} follows the level of the others by {slope:.2f} (1 where it has their"
            " signal)"
        )
        if slope < NO_SLOPE:
            raise DesignError(
                f"{said}: it has hardly any of the signal, and offsets would bend it to the shape"
                f" of the others. Leave {name} out, or use tmm_rounds, background or library_size"
            )
        logger.warning(
            "%s, and offsets bend it to their shape: look at that library, and hold the result"
            " against another normalisation",
            said,
        )


def _level(matrix: CountMatrix) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Natural log of the values at the common library size, and which regions have signal."""
    values = scaled(replace(matrix, size_factors=None, offsets=None))
    present = (values > 0).any(axis=1)
    if matrix.quantity in COUNTS:
        prior = _PRIOR_READS
    else:
        prior = _PRIOR_SHARE * float(np.median(values[present].mean(axis=1)))
    return np.asarray(np.log(values + prior)), np.asarray(present)
