"""A closer look at part of a track: do its fragments lie there as independent ones do?

Where fragments are laid down independently, whatever their rate, the values vary at least as much
as their mean (duplicates and peaks only add to it), a step up says nothing about the next step, and
a second fragment begins over a first one as often as right behind it. Rounding, averaging, taking
the larger or the median of libraries makes values too even and removes overlaps; means over several
bins make each fragment a flight of steps. This is looked at in windows of the less covered half,
where peaks do not disturb.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack

_BINS = 1_000_000  # looked at

_LONGEST = 1_000  # bp of a fragment

_APART = 1_000  # bp at which two bins share no fragment, nor both mates of one

_WINDOW = 4_096  # bp at least

_FEWEST_WINDOWS = 40

# Variance over mean: below this it is too even. It is one at least, but where only one fragment a
# place and strand was kept: less by half the fragments that begin at a base.
_EVEN = 0.95

_SHORTEST = 30  # bp of a read

# Above this, where no fragment stands alone, one quantum is not shown to be one fragment; nearly a
# third more reads, all duplicates, give as much.
_UNEVEN = 1.5

# `further` below this: the variance comes from fragments, not from a rate that changes. Real
# libraries have 1.1 and more, but those of many duplicates.
_SAME_RATE = 1.08

# Correlation of neighbouring steps, less that of the next but one: means over two bins give .14 to
# .19, real libraries at most .06.
_MOST_ALIKE = 0.12

_FEWER_OVERLAPS = 0.95  # a second start over a fragment, by one behind it

_LEAST_BINS = 1.5  # that a fragment covers, for a second to begin over it

# Bp behind a fragment where its own mate hardly lies any more.
_BEYOND = (400, 1_000)

_MOST_TORN = 0.04

_FEWEST_WHOLE = 100

_GROUP = 20  # bp of lags taken together where the lengths of fragments are read off

_LEAST_MASS, _SPREAD = 0.7, 0.35


@dataclass(frozen=True)
class LocalLook:
    """What part of a track says about its fragments; NaN where it is too little.

    Attributes
    ----------
    mean
        Fragments over a bin in quiet windows.
    variance, variance_error
        Variance between bins a fragment apart over the mean, in quiet windows, and its standard
        error. One for independent fragments, more with duplicates.
    median_variance
        The same, median over windows.
    further
        What the variance between bins twice as far apart has above one, by what `variance` has:
        more than one where the rate of fragments changes within a window.
    alike, alike_error
        Correlation of neighbouring steps, less that of the next but one where that is above zero,
        as an uneven rate makes both; and its standard error. Zero or less for fragments.
    overlaps, overlaps_error
        How often a fragment begins over another by how often one begins right behind another, and
        the standard error of its logarithm.
    torn
        Where both mates of a pair are laid over it: stretches of a whole fragment that becomes half
        a one, by stretches of one. Two mates without a pair rarely begin or end in one bin.
    width
        Mean bp of bins that a fragment covers, by the distance of steps up and down, where most
        are of about one length.
    """

    mean: float = np.nan
    variance: float = np.nan
    variance_error: float = np.nan
    median_variance: float = np.nan
    further: float = np.nan
    alike: float = np.nan
    alike_error: float = np.nan
    overlaps: float = np.nan
    overlaps_error: float = np.nan
    torn: float = 0.0
    width: float = np.nan

    def problem(self) -> str | None:
        """Why these are no independent fragments, if they are not."""
        if self.torn > _MOST_TORN:
            return (
                "many fragments of two go on as one: libraries of different weight were added or"
                " subtracted"
            )
        at_most = self.variance + 3 * self.variance_error
        limit = 1 - self.mean / _SHORTEST
        if at_most < limit or (at_most < 1 and at_most - self.variance_error < _EVEN):
            return (
                f"values vary by {self.variance:.2f} of what independent fragments would: libraries"
                " were averaged, or values rounded to whole numbers"
            )
        if self.alike - 3 * self.alike_error > _MOST_ALIKE:
            return (
                "neighbouring steps go the same way, as where every fragment became a flight of"
                " steps: the track is smoothed, or holds means over several bins"
            )
        if self.overlaps * np.exp(2 * self.overlaps_error) < _FEWER_OVERLAPS:
            return (
                f"a second fragment begins over a first one {self.overlaps:.2f} times as often as"
                " behind it, as where the larger of two values or a rounded mean was taken"
            )
        return None

    def problem_of_deep(self) -> str | None:
        """Why the common scale is not one fragment's, where no fragment stands alone to tell."""
        if not (self.median_variance > _UNEVEN and self.further < _SAME_RATE):
            return None
        return (
            f"values vary {self.median_variance:.1f} times as much as fragments of the common scale"
            " would, and no fragment stands alone: means over several bins, or libraries of"
            " different weight were added"
        )


def look_closely(track: CoverageTrack, *, bin_size: int, quantum: float, mates: int) -> LocalLook:
    """Look at the first million bins of a track.

    Parameters
    ----------
    track
        The track.
    bin_size
        bp.
    quantum
        Value of which all are whole multiples.
    mates
        Multiples that one fragment counts.
    """
    pieces = [piece / mates for piece in _pieces(track, bin_size, quantum)]
    if not pieces:
        return LocalLook()
    overlaps, overlaps_error = _overlaps(pieces, bin_size)
    torn = _torn(pieces) if mates > 1 else 0.0
    lags = max(_LONGEST // bin_size, 2) + 2
    windows = _quiet_windows(pieces, max(4 * lags, _WINDOW // bin_size))
    if len(windows) < _FEWEST_WINDOWS:
        return LocalLook(overlaps=overlaps, overlaps_error=overlaps_error, torn=torn)
    apart = max(_APART // bin_size, 2) + 1
    squares, means = _variances(windows, apart)
    variance, variance_error = _ratio(squares, means)
    further = (_ratio(*_variances(windows, 2 * apart))[0] - 1) / max(variance - 1, 1e-3)
    products = _step_products(windows, lags)
    further_on = products[:, 2] if products[:, 2].sum() > 0 else 0.0
    alike, alike_error = _ratio(products[:, 1] - further_on, products[:, 0])
    return LocalLook(
        float(windows.mean()),
        variance,
        variance_error,
        _weighted_median(squares, means),
        further,
        alike,
        alike_error,
        overlaps,
        overlaps_error,
        torn,
        _width(products.sum(axis=0), bin_size),
    )


def _pieces(track: CoverageTrack, bin_size: int, quantum: float) -> Iterator[FloatArray]:
    """Multiples of the quantum in neighbouring bins, as they come, until enough were seen."""
    left = _BINS
    for chrom in track.chrom_lengths:
        for runs in track.runs(chrom):
            if not runs.values.size:
                continue
            counts = _dense(runs, bin_size, quantum, left)
            left -= counts.size
            yield counts
            if left <= 0:
                return


def _dense(runs: Runs | Grid, bin_size: int, quantum: float, most: int) -> FloatArray:
    """Multiples in bins from the first run on, at most so many; shape (n,)."""
    begin = runs.begin // bin_size
    first = runs.starts.astype(np.int64) // bin_size - begin
    keep = int(np.searchsorted(first, most))
    first = first[:keep]
    last = np.minimum(-(-runs.ends[:keep].astype(np.int64) // bin_size) - begin, most)
    read = runs.values[:keep].astype(np.float64)
    values = np.rint(np.where(np.isfinite(read), read, 0) / quantum)
    counts = np.zeros(int(last[-1]))
    widths = np.maximum(last - first, 0)
    at = np.repeat(first - np.cumsum(widths) + widths, widths) + np.arange(int(widths.sum()))
    counts[at] = np.repeat(values, widths)
    return counts


def _quiet_windows(pieces: list[FloatArray], size: int) -> FloatArray:
    """Windows that hold anything, those with the mean in the lower half; (n, size)."""
    cut = [piece[: piece.size // size * size].reshape(-1, size) for piece in pieces]
    windows = np.concatenate(cut)
    means = windows.mean(axis=1)
    some = means > 0
    return windows[some & (means <= np.median(means[some]))] if some.any() else windows[:0]


def _variances(windows: FloatArray, apart: int) -> tuple[FloatArray, FloatArray]:
    """Half the mean squared difference between bins so far apart, and their mean, by window."""
    left, right = windows[:, :-apart], windows[:, apart:]
    return 0.5 * ((right - left) ** 2).mean(axis=1), 0.5 * (left + right).mean(axis=1)


def _step_products(windows: FloatArray, lags: int) -> FloatArray:
    """Sums of steps times steps so many bins on, by window; (n, lags + 1)."""
    steps = np.diff(windows, axis=1)
    size = 1 << int(np.ceil(np.log2(steps.shape[1] + lags + 1)))
    power = np.abs(np.fft.rfft(steps, size, axis=1)) ** 2
    products = np.fft.irfft(power, size, axis=1)[:, : lags + 1]
    scaled: FloatArray = products / (steps.shape[1] - np.arange(lags + 1))
    return scaled


def _ratio(above: FloatArray, below: FloatArray) -> tuple[float, float]:
    """Ratio of sums over windows, and its standard error."""
    total = float(below.sum())
    if total <= 0:
        return np.nan, np.nan
    ratio = float(above.sum()) / total
    return ratio, float(np.sqrt(((above - ratio * below) ** 2).sum())) / total


def _weighted_median(above: FloatArray, below: FloatArray) -> float:
    """Median of the ratios of windows, each by its denominator."""
    some = below > 0
    ratios, weights = above[some] / below[some], below[some]
    order = np.argsort(ratios)
    total = np.cumsum(weights[order])
    return float(ratios[order][np.searchsorted(total, total[-1] / 2)])


def _overlaps(pieces: list[FloatArray], bin_size: int) -> tuple[float, float]:
    """Single starts over a lone fragment by those behind one, each by the room for them.

    A stretch that begins with one falls to zero or rises; between its bins a start would be seen.
    Where others begin as the first ends, the stretch goes on, or rises if they are two at once
    (duplicates): as many as begin behind are taken off both. Right behind a read its mate may lie,
    further on are fewer of a peak's: the place with fewer starts counts.
    """
    over = ends = bins = room = 0.0
    near, beyond = np.zeros(3), np.zeros(3)
    for counts in pieces:
        edges = np.flatnonzero(np.diff(counts)) + 1
        if edges.size < 5:
            continue
        values, widths = counts[edges], np.diff(edges)
        alone = np.flatnonzero((values[:-3] == 1) & (counts[edges[:-3] - 1] == 0))
        onward = values[alone + 1]
        islands = alone[onward == 0]
        if not islands.size:
            continue
        over += float((onward == 2).sum())
        ends += islands.size
        bins += float(widths[islands].sum())
        room += float(widths[alone].sum() - islands.size)
        half = max(int(np.median(widths[islands])) // 2, 1)
        gaps, following = widths[islands + 1], values[islands + 2]
        near += _starts_behind(gaps, following, 0, half)
        first, last = (bp // bin_size for bp in _BEYOND)
        beyond += _starts_behind(gaps, following, first, max(last, first + 1))
    found = [x for x in (near, beyond) if x[0] > 0 and x[2] > 0]
    if len(found) < 2 or room < 1 or bins < _LEAST_BINS * ends:
        return np.nan, np.nan
    ones, twos, free = min(found, key=lambda x: float(x[0] / x[2]))
    single = max(over - ends * twos / free, 0.0)
    room = max(room - ends * (ones + twos) / free, 1.0)
    return (single / room) / (ones / free), float(np.sqrt(1 / max(single, 1.0) + 1 / ones))


def _starts_behind(gaps: IntArray, following: FloatArray, first: int, last: int) -> FloatArray:
    """Starts of one and of two after more than `first` and at most `last` free bins; the room."""
    here = (gaps > first) & (gaps <= last)
    room = np.clip(gaps, first, last) - first
    return np.array([(here & (following == n)).sum() for n in (1, 2)] + [room.sum()], dtype=float)


def _torn(pieces: list[FloatArray]) -> float:
    """Stretches that stand at one, then at a half, or the other way, by those that stand at one."""
    torn = whole = 0
    for counts in pieces:
        edges = np.flatnonzero(np.diff(counts)) + 1
        values = np.concatenate([counts[:1], counts[edges]])
        whole += int(((values[:-2] == 0) & (values[1:-1] == 1) & (values[2:] == 0)).sum())
        between = (values[:-3] == 0) & (values[3:] == 0)
        both = values[1:-2] + values[2:-1]
        torn += int((between & (both == 1.5)).sum())
    return torn / max(whole, _FEWEST_WHOLE)


def _width(products: FloatArray, bin_size: int) -> float:
    """Mean distance of steps up and down, where most fragments are within a third of it."""
    if products[0] <= 0:
        return np.nan
    share = -2 * products[1:] / products[0]
    group = max(_GROUP // bin_size, 1)
    padded = np.concatenate([share, np.zeros(-share.size % group)])
    mass = padded.reshape(-1, group).sum(axis=1)
    lag = (np.arange(mass.size) * group + (group + 1) / 2) * bin_size
    peak = int(mass.argmax())
    low = high = peak
    while low > 0 and mass[low - 1] > 0.1 * mass[peak]:
        low -= 1
    while high + 1 < mass.size and mass[high + 1] > 0.1 * mass[peak]:
        high += 1
    here = slice(low, high + 1)
    width = float(np.average(lag[here], weights=mass[here]))
    near = np.abs(lag - width) <= np.maximum(_SPREAD * width, bin_size)
    return width if mass[near].sum() >= _LEAST_MASS else np.nan
