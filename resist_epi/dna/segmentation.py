"""Segments of constant level along a chromosome, by penalised least squares.

Least squares with a price on every segment finds the best of all segmentations exactly, needs no
permutations, and has one knob. Circular binary segmentation (Olshen et al. 2004), the usual way,
tests one pair of ends at a time against permutations;
`docs/evidence/calibration_copy_number.md` sets both side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import QuantityError

MIN_LENGTH = 3

# A change costs this times the log of the number of values, in units of the noise variance. Two
# changes that cut out a bump by chance are worth about 4 log(n) together.
PENALTY = 2.0

_MAD_TO_SD = 0.6745

_BLOCKS = (1, 5, 25)

_OUTLIER_WINDOW = 5

_PRUNE_EVERY = 16  # values; more than the shortest segment

_OUTLIER_SD = 3.0


def noise_scale(chromosomes: Sequence[FloatArray]) -> float:
    """Standard deviation of the noise around segments, robust against their ends and outliers.

    From differences of the means of adjacent blocks of 1, 5 and 25 values, each scaled to one
    value, and the largest of them: where neighbours are correlated (waves along the genome), long
    blocks vary more than the differences of neighbours tell, and would be cut to pieces. It is 0
    where nothing varies.

    Parameters
    ----------
    chromosomes
        Values of each chromosome, in order, without NaN.
    """
    scales = [0.0]
    for width in _BLOCKS:
        parts = [_block_differences(v, width) for v in chromosomes if len(v) >= 4 * width]
        if parts:
            differences = np.concatenate(parts)
            spread = float(np.median(np.abs(differences - np.median(differences)))) / _MAD_TO_SD
            scales.append(spread * np.sqrt(width / 2))
    return max(scales)


def _block_differences(values: FloatArray, width: int) -> FloatArray:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[width:] - sums[:-width]) / width
    return np.asarray(means[width:] - means[:-width])


def without_outliers(values: FloatArray, sd: float) -> FloatArray:
    """Values drawn to at most 3 sd from the median of five neighbours.

    One or two values out of line give way; a bump of three is a segment.

    Parameters
    ----------
    values
        Shape (n,).
    sd
        Of the noise.

    References
    ----------
    Nilsen et al. (2012) BMC Genomics 13:591 (winsorisation before segmentation).
    """
    if len(values) < _OUTLIER_WINDOW:
        return values
    half = _OUTLIER_WINDOW // 2
    padded = np.concatenate([values[:half][::-1], values, values[-half:][::-1]])
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, _OUTLIER_WINDOW), axis=1)
    return np.clip(values, middle - _OUTLIER_SD * sd, middle + _OUTLIER_SD * sd)


def segment_ends(
    values: FloatArray,
    sd: float,
    *,
    n_total: int | None = None,
    penalty: float = PENALTY,
    min_length: int = MIN_LENGTH,
) -> IntArray:
    """Ends (exclusive) of one chromosome's segments, ascending; the last is n. Empty for no values.

    The segmentation that minimises the sum of squares over the noise variance, plus
    `penalty * log(n_total)` a segment, among all with at least `min_length` values a segment.

    Parameters
    ----------
    values
        Shape (n,), without NaN.
    sd
        Of the noise, as `noise_scale` estimates it over all chromosomes; 0 gives one segment
        wherever nothing varies.
    n_total
        Values of all chromosomes together: the price allows for the whole genome. By default n.

    Raises
    ------
    QuantityError
        If a value is not finite, or the shortest segment is not 1 to 15 values long.

    References
    ----------
    Jackson et al. (2005) IEEE Signal Process. Lett. 12:105 (optimal partitioning); Killick,
    Fearnhead & Eckley (2012) JASA 107:1590 (pruning); Nilsen et al. (2012) BMC Genomics 13:591
    (for copy number).
    """
    n = len(values)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    if not np.isfinite(values).all():
        raise QuantityError("segmentation needs finite values; leave the others out beforehand")
    if not 1 <= min_length < _PRUNE_EVERY:
        raise QuantityError(f"segments of at least {min_length} values; expected 1 to 15")
    if n < 2 * min_length or np.ptp(values) == 0:
        return np.array([n], dtype=np.int64)
    price = penalty * np.log(max(n if n_total is None else n_total, 2))
    # Exact data without noise: any step is real.
    scale = sd if sd > 0 else 1e-6 * float(np.ptp(values))
    previous = _best_previous((values - values.mean()) / scale, price, min_length)
    ends = [n]
    while previous[ends[-1]] > 0:
        ends.append(int(previous[ends[-1]]))
    return np.array(ends[::-1], dtype=np.int64)


def _best_previous(values: FloatArray, price: float, min_length: int) -> IntArray:
    """For every end, where the last segment of the best segmentation up to it begins."""
    n = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best = np.full(n + 1, np.inf)
    best[0] = -price
    previous = np.zeros(n + 1, dtype=np.int64)
    # Of every candidate start: where it is, the sum up to it, and what it costs without the rest.
    starts = np.empty(n + 1, dtype=np.int64)
    before, fixed = np.empty(n + 1), np.empty(n + 1)
    count = 0
    beaten = np.zeros(0, dtype=bool)
    for end in range(min_length, n + 1):
        newest = end - min_length
        starts[count], before[count] = newest, sums[newest]
        fixed[count] = best[newest] - squares[newest]
        count += 1
        total = sums[end] - before[:count]
        cost = fixed[:count] + squares[end] - total * total / (end - starts[:count])
        chosen = int(np.argmin(cost))
        best[end] = cost[chosen] + price
        previous[end] = starts[chosen]
        if end % _PRUNE_EVERY == 0:
            # A start that was beaten then is beaten from now on: the segment that outdoes it has
            # become long enough to be allowed.
            kept = np.ones(count, dtype=bool)
            kept[: len(beaten)] = ~beaten
            beaten = (cost >= best[end])[kept]
            for array in (starts, before, fixed):
                array[: len(beaten)] = array[:count][kept]
            count = len(beaten)
    return previous


def segment_chromosomes(
    chromosomes: Sequence[FloatArray], *, penalty: float = PENALTY, min_length: int = MIN_LENGTH
) -> list[IntArray]:
    """Ends of the segments of every chromosome of one sample.

    Parameters
    ----------
    chromosomes
        Values of each chromosome, in order, without NaN.
    penalty, min_length
        As of `segment_ends`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> gained = rng.normal(0, 0.1, 200) + np.where(np.arange(200) < 80, 0, 0.5)
    >>> [ends.tolist() for ends in segment_chromosomes([gained, rng.normal(0, 0.1, 100)])]
    [[80, 200], [100]]
    """
    sd = noise_scale(chromosomes)
    n_total = sum(len(v) for v in chromosomes)
    return [
        segment_ends(
            without_outliers(v, sd) if sd > 0 else v,
            sd,
            n_total=n_total,
            penalty=penalty,
            min_length=min_length,
        )
        for v in chromosomes
    ]
