"""Simulated libraries, and what people make of tracks of them: counts times a scale, or no counts.

Four sets of kinds. `FIRST` were there when the rules of recovery were set, `SECOND` were used to
mend them. `THIRD`, with settings of their own, were held back for that, then looked at, and some of
what they showed was mended, too. `FRESH`, with other settings again, were written down after that
and changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LENGTH = 4_000_000
GENOME = 2_701_495_761  # effective size for RPGC

Array = np.ndarray


@dataclass(frozen=True)
class Libraries:
    """Counts in bins of four libraries of one landscape, and their fragments."""

    counts: list[Array]
    sizes: list[int]
    bin_size: int
    factors: Array  # four numbers near one, such as spike-ins give

    def cpm(self, i: int = 0) -> Array:
        return self.counts[i] * 1e6 / self.sizes[i]


@dataclass(frozen=True)
class Kind:
    """What became of the libraries.

    Attributes
    ----------
    name
        In tables.
    values
        The track.
    truth
        The counts that are the right answer; None where there are none.
    may_refuse
        Whether a refusal is right as well.
    digits
        Significant digits of the values as written.
    """

    name: str
    values: Callable[[Libraries], Array]
    truth: Callable[[Libraries], Array] | None = None
    may_refuse: bool = False
    digits: int = 6


# One setting: fragments, bp, spread of bp, share of duplicates, bin
Setting = tuple[int, int, int, float, int]


def library(
    rng: np.random.Generator, n: int, *, length: int, spread: int, duplicates: float
) -> tuple[Array, Array]:
    """Starts and ends of fragments; the landscape is the same for every library."""
    place = np.random.default_rng(0)
    domains = place.integers(0, LENGTH - 40_000, 12)
    peaks = place.integers(0, LENGTH - 1_000, 40)
    parts = [
        rng.integers(0, LENGTH - 2_000, int(0.6 * n)),
        rng.choice(domains, int(0.3 * n)) + rng.integers(0, 30_000, int(0.3 * n)),
        rng.choice(peaks, int(0.1 * n)) + rng.normal(400, 80, int(0.1 * n)).astype(np.int64),
    ]
    starts = np.concatenate(parts)
    starts = np.concatenate([starts, rng.choice(starts, int(duplicates * starts.size))])
    sizes = np.full(starts.size, length)
    if spread:
        # The length belongs to the place, so that duplicates share it.
        sizes = length + (starts * 7919 + rng.integers(0, 5)) % (2 * spread + 1) - spread
    starts = np.clip(starts, 0, LENGTH - 2_000)
    return starts, starts + sizes


def laid(fragments: tuple[Array, Array], bin_size: int) -> Array:
    """Fragments over each bin."""
    starts, ends = fragments
    bins = LENGTH // bin_size
    up = np.bincount(starts // bin_size, minlength=bins + 2)
    down = np.bincount((ends - 1) // bin_size + 1, minlength=bins + 2)
    return np.cumsum(up[: bins + 2] - down[: bins + 2]).astype(np.float64)[:bins]


def libraries(seed: int, setting: Setting) -> Libraries:
    """Four libraries of unlike depth."""
    n, length, spread, duplicates, bin_size = setting
    rng = np.random.default_rng([seed, n, length, bin_size])
    counts, sizes = [], []
    for depth in (1.0, rng.uniform(0.5, 0.9), rng.uniform(1.1, 2), rng.uniform(0.5, 2)):
        one = library(rng, int(n * depth), length=length, spread=spread, duplicates=duplicates)
        counts.append(laid(one, bin_size))
        sizes.append(one[0].size)
    return Libraries(counts, sizes, bin_size, rng.uniform(0.4, 2.5, 4))


def moving_mean(values: Array, bins: int) -> Array:
    return np.convolve(values, np.ones(bins) / bins, mode="same")


def moving_sum(values: Array, bins: int) -> Array:
    return np.rint(np.convolve(values, np.ones(bins), mode="same"))


def quantiles(values: Array, others: list[Array]) -> Array:
    """Quantile normalisation to the mean of sorted tracks; ties keep one value."""
    target = np.mean([np.sort(v) for v in [values, *others]], axis=0)
    rank = np.searchsorted(np.sort(values), values)
    return np.where(values > 0, target[rank], 0.0)


def rebinned(values: Array, bins: int, *, offset: int = 0) -> Array:
    """Means over so many bins, each laid over them; the bins of the track stay what they were."""
    padded = np.concatenate([values[offset:], np.zeros(-(values.size - offset) % bins)])
    means = np.repeat(padded.reshape(-1, bins).mean(1), bins)
    return np.concatenate([np.zeros(offset), means])[: values.size]


def gaussian(values: Array, bins: float) -> Array:
    at = np.arange(-int(4 * bins), int(4 * bins) + 1)
    weights = np.exp(-0.5 * (at / bins) ** 2)
    return np.convolve(values, weights / weights.sum(), mode="same")


def _first(x: Libraries) -> Array:
    return x.counts[0]


def _pool(k: int) -> Callable[[Libraries], Array]:
    return lambda x: np.sum(x.counts[:k], axis=0)


def _mean(k: int, times: float = 1.0) -> Callable[[Libraries], Array]:
    return lambda x: times * np.mean([x.cpm(i) for i in range(k)], axis=0)


def _equal_mean(k: int) -> Callable[[Libraries], Array]:
    return lambda x: np.mean(x.counts[:k], axis=0) * 1e6 / x.sizes[0]


def _place(x: Libraries) -> Array:
    return np.arange(x.counts[0].size) / x.counts[0].size


def _cpms(x: Libraries) -> Array:
    return np.array([x.cpm(i) for i in range(4)])


def _rounded(places: int) -> Callable[[Libraries], Array]:
    return lambda x: np.round(x.counts[0] * 0.0347123 * (10 if places < 2 else 1), places)


FIRST = (
    Kind("none", _first, _first),
    Kind("CPM", lambda x: x.cpm(), _first),
    Kind("RPKM", lambda x: x.cpm() * 1e3 / x.bin_size, _first),
    Kind("RPGC", lambda x: x.counts[0] * GENOME / (x.sizes[0] * 187.0), _first),
    Kind("BPM", lambda x: x.counts[0] * 1e6 / x.counts[0].sum(), _first),
    Kind("scale factor", lambda x: x.counts[0] * 0.371234, _first),
    Kind("CPM x scale factor", lambda x: x.cpm() * 0.73, _first),
    Kind("pairs laid twice", lambda x: x.cpm() * 2, _first),
    Kind("sum of two", _pool(2), _pool(2)),
    Kind("mean of 2, equal depth", _equal_mean(2), _pool(2)),
    Kind("mean of 4, equal depth", _equal_mean(4), _pool(4)),
    Kind("mean of 2", _mean(2)),
    Kind("mean of 3", _mean(3)),
    Kind("mean of 4", _mean(4)),
    Kind("mean of 2, times 2", _mean(2, 2)),
    Kind("mean of 2, depths 1:2", lambda x: (x.counts[0] + 2 * x.counts[1]) * 0.25),
    Kind("smoothed, 2 bins", lambda x: moving_mean(x.cpm(), 2)),
    Kind("smoothed, 3 bins", lambda x: moving_mean(x.cpm(), 3)),
    Kind("smoothed, 5 bins", lambda x: moving_mean(x.cpm(), 5)),
    Kind("smoothed, 11 bins", lambda x: moving_mean(x.cpm(), 11)),
    Kind("counts smoothed, 5 bins", lambda x: moving_mean(x.counts[0], 5)),
    Kind("log2 ratio", lambda x: np.log2((x.cpm() + 1) / (x.cpm(1) + 1))),
    Kind("log2 (1 + CPM)", lambda x: np.log2(x.cpm() + 1)),
    Kind("ratio, pseudocount 1", lambda x: (x.counts[0] + 1) / (x.counts[1] + 1)),
    Kind(
        "ratio, zero where both are",
        lambda x: np.where(_pool(2)(x) > 0, (x.counts[0] + 1) / (x.counts[1] + 1), 0),
    ),
    Kind("subtracted", lambda x: x.cpm() - x.cpm(1)),
    Kind("subtracted, below 0 cut", lambda x: np.maximum(x.cpm() - x.cpm(1), 0)),
    Kind("counts subtracted, cut", lambda x: np.maximum(x.counts[0] - x.counts[1], 0)),
    Kind("fold enrichment", lambda x: x.counts[0] / (moving_mean(x.counts[1], 21) + 0.4)),
    Kind("rounded, 1 decimal", _rounded(1)),
    Kind("rounded, 2 decimals", _rounded(2)),
    Kind("rounded, 3 decimals", _rounded(3)),
    Kind("rounded, 4 decimals", _rounded(4)),
    Kind("mean rounded to whole", lambda x: np.rint(_pool(2)(x) / 2)),
    Kind("mean rounded up", lambda x: np.ceil(_pool(2)(x) / 2)),
    Kind("scaled, rounded to whole", lambda x: np.rint(x.counts[0] * 1.3)),
    Kind("scaled down, to whole", lambda x: np.rint(x.counts[0] * 0.7)),
    Kind("quantile-normalised", lambda x: quantiles(x.counts[0], x.counts[1:3])),
    Kind("counts + 1", lambda x: x.counts[0] + 1),
    Kind("square root", lambda x: np.sqrt(x.counts[0])),
    Kind("larger of two", lambda x: np.maximum(x.cpm(), x.cpm(1))),
    Kind("control subtracted by share", lambda x: np.maximum(x.counts[0] - 0.63 * x.counts[1], 0)),
)

SECOND = (
    Kind("spike-in scaled", lambda x: x.cpm() * x.factors[0], _first),
    Kind("counts x spike-in", lambda x: x.counts[0] * x.factors[1], _first),
    Kind("mean of 3, unscaled", lambda x: _pool(3)(x) / 3, _pool(3)),
    Kind(
        "mean of 2, spike-in scaled",
        lambda x: (x.cpm() * x.factors[0] + x.cpm(1) * x.factors[1]) / 2,
    ),
    Kind(
        "sum of 2, spike-in scaled",
        lambda x: x.counts[0] * x.factors[0] + x.counts[1] * x.factors[1],
    ),
    Kind("mean of 2, to 2 decimals", lambda x: np.round(_mean(2)(x), 2)),
    Kind("counts smoothed, 3 bins", lambda x: moving_mean(x.counts[0], 3)),
    Kind("sum over 2 bins, at each bin", lambda x: moving_sum(x.counts[0], 2)),
    Kind("sum over 3 bins, at each bin", lambda x: moving_sum(x.counts[0], 3)),
    Kind("CPM to 2 decimals", lambda x: np.round(x.cpm(), 2), _first, may_refuse=True),
    Kind("CPM to 2 decimals, 30 times deeper", lambda x: np.round(x.cpm() / 30, 2)),
    Kind("CPM to whole", lambda x: np.rint(x.cpm() / 150)),
    Kind("means over 2 bins", lambda x: rebinned(x.cpm(), 2)),
    Kind("means over 4 bins", lambda x: rebinned(x.counts[0], 4)),
    Kind("means over 5 bins, off the grid", lambda x: rebinned(x.cpm(), 5, offset=2)),
    Kind("median of 3", lambda x: np.median(x.counts[:3], axis=0)),
    Kind("counts, larger of two", lambda x: np.maximum(x.counts[0], x.counts[1])),
    Kind("below 2 cut", lambda x: np.where(x.counts[0] >= 2, x.counts[0], 0)),
    Kind("CPM + pseudocount of one read", lambda x: (x.counts[0] + 1) * 1e6 / x.sizes[0]),
)

THIRD = (
    Kind("RPGC x spike-in", lambda x: x.counts[0] * 13.1 * x.factors[2] / x.sizes[0], _first),
    Kind("CPM, 7 digits", lambda x: x.cpm(), _first, digits=7),
    Kind(
        "blacklisted",
        lambda x: np.where(np.arange(_first(x).size) * x.bin_size % 400_000 < 9_000, 0, x.cpm()),
        lambda x: np.where(np.arange(_first(x).size) * x.bin_size % 400_000 < 9_000, 0, _first(x)),
    ),
    Kind(
        "half of the chromosome",
        lambda x: np.where(np.arange(_first(x).size) * 2 < _first(x).size, x.cpm(), 0),
        lambda x: np.where(np.arange(_first(x).size) * 2 < _first(x).size, _first(x), 0),
    ),
    Kind("pool of 3, CPM", lambda x: _pool(3)(x) * 1e6 / sum(x.sizes[:3]), _pool(3)),
    Kind("mean of 2, unscaled", lambda x: _pool(2)(x) / 2, _pool(2)),
    Kind("mean weighted 7:3", lambda x: 0.7 * x.counts[0] + 0.3 * x.counts[1]),
    Kind(
        "mean of 3, spike-in scaled",
        lambda x: np.mean([x.cpm(i) * x.factors[i] for i in range(3)], axis=0),
    ),
    Kind("median of 3, CPM", lambda x: np.median([x.cpm(i) for i in range(3)], axis=0)),
    Kind("counts, smaller of two", lambda x: np.minimum(x.counts[2], x.counts[3])),
    Kind("mean of 4 rounded to whole", lambda x: np.rint(_pool(4)(x) / 4)),
    Kind("smoothed, 3 bins, to 2 decimals", lambda x: np.round(moving_mean(x.cpm(), 3), 2)),
    Kind("smoothed, 3 bins, to whole", lambda x: np.rint(moving_mean(x.counts[0], 3))),
    Kind("smoothed, Gaussian", lambda x: gaussian(x.cpm(), 2.0)),
    Kind("means over 3 bins", lambda x: rebinned(x.cpm(), 3)),
    Kind("means over 10 bins", lambda x: rebinned(x.counts[0], 10)),
    Kind("means over 2 bins, off the grid", lambda x: rebinned(x.counts[0], 2, offset=1)),
    Kind("means over 2 bins, interpolated", lambda x: moving_mean(rebinned(x.cpm(), 2), 2)),
    Kind("RPGC to 2 decimals", lambda x: np.round(x.counts[0] * 0.0143, 2)),
    Kind("scaled by .85, to whole", lambda x: np.rint(x.counts[0] * 0.85)),
    Kind("scaled by 1.7, rounded down", lambda x: np.floor(x.counts[0] * 1.7)),
    Kind("counts less one", lambda x: np.maximum(x.counts[0] - 1, 0)),
    Kind("counts + 2", lambda x: x.counts[0] + 2),
    Kind("capped at 6", lambda x: np.minimum(x.counts[0], 6)),
    Kind("difference of counts, size of", lambda x: np.abs(x.counts[0] - x.counts[1])),
    Kind("twice one less another, cut", lambda x: np.maximum(2 * x.counts[0] - x.counts[1], 0)),
    Kind(
        "product of two, root",
        lambda x: np.sqrt(x.counts[0] * x.counts[2]),
    ),
    Kind(
        "corrected by place",
        lambda x: x.cpm() * (1 + 0.3 * np.sin(np.arange(_first(x).size) * x.bin_size / 3e4)),
    ),
    Kind(
        "background subtracted", lambda x: np.maximum(x.counts[0] - moving_mean(x.counts[0], 99), 0)
    ),
    Kind(
        "background of whole counts subtracted",
        lambda x: np.maximum(x.counts[0] - np.rint(moving_mean(x.counts[0], 199)), 0),
    ),
)

FRESH = (
    Kind("RPKM x spike-in", lambda x: x.cpm() * x.factors[3] * 1e3 / x.bin_size, _first),
    Kind("scaled to its largest", lambda x: 100 * x.counts[0] / x.counts[0].max(), _first),
    Kind("sum of four", _pool(4), _pool(4)),
    Kind("mean of 4, unscaled", lambda x: _pool(4)(x) / 4, _pool(4)),
    Kind(
        "three quarters of the chromosome, BPM",
        lambda x: np.where(_place(x) < 0.75, x.counts[0] * 1e6 / x.counts[0].sum(), 0),
        lambda x: np.where(_place(x) < 0.75, x.counts[0], 0),
    ),
    Kind("CPM to 1 decimal", lambda x: np.round(x.cpm(), 1), _first, may_refuse=True),
    Kind(
        "mean of 4, spike-in scaled",
        lambda x: np.mean([x.cpm(i) * x.factors[i] for i in range(4)], axis=0),
    ),
    Kind(
        "counts x spike-in, mean of 2",
        lambda x: (x.counts[0] * x.factors[0] + x.counts[1] * x.factors[1]) / 2,
    ),
    Kind("mean without the largest and smallest", lambda x: np.sort(_cpms(x), axis=0)[1:3].mean(0)),
    Kind("geometric mean", lambda x: np.exp(np.log1p(_cpms(x)).mean(0)) - 1),
    Kind("mean of 2 to 3 decimals", lambda x: np.round(_mean(2)(x) / 7, 3)),
    Kind("mean of 3 to 1 decimal", lambda x: np.round(_mean(3)(x), 1)),
    Kind("RPKM to 2 decimals", lambda x: np.round(x.cpm() * 0.02 / x.bin_size, 2)),
    Kind("RPGC to 1 decimal", lambda x: np.round(x.counts[0] * 0.173, 1)),
    Kind("smoothed, 3 bins, spike-in", lambda x: moving_mean(x.cpm() * x.factors[0], 3)),
    Kind("smoothed, 3 bins, twice", lambda x: moving_mean(moving_mean(x.counts[0], 3), 3)),
    Kind("smoothed, 7 bins", lambda x: moving_mean(x.counts[0], 7)),
    Kind("mean of 2, smoothed, 3 bins", lambda x: moving_mean(_mean(2)(x), 3)),
    Kind("smoothed, 3 bins, then means over 2", lambda x: rebinned(moving_mean(x.cpm(), 3), 2)),
    Kind("means over 2, then over 3 bins", lambda x: rebinned(rebinned(x.cpm(), 2), 3)),
    Kind("means over 6 bins", lambda x: rebinned(x.counts[0], 6)),
    Kind("means over 3 bins, off the grid", lambda x: rebinned(x.cpm(), 3, offset=1)),
    Kind("means over 4 bins, mean of 2", lambda x: rebinned(_mean(2)(x), 4)),
    Kind("means over 2 bins, to 2 decimals", lambda x: np.round(rebinned(x.cpm(), 2), 2)),
    Kind("ratio of CPM", lambda x: x.cpm() / (x.cpm(1) + 1)),
    Kind("asinh", lambda x: np.arcsinh(x.cpm())),
    Kind(
        "spike-in scaled, control subtracted",
        lambda x: np.maximum(x.cpm() * x.factors[0] - x.cpm(2) * x.factors[2], 0),
    ),
    Kind(
        "over the local mean", lambda x: x.counts[0] / np.maximum(moving_mean(x.counts[0], 101), 1)
    ),
)


# The settings of the first two sets; and others, for the third and the fresh one.
SETTINGS: tuple[Setting, ...] = (
    (3_000, 200, 0, 0.0, 50),
    (12_000, 200, 0, 0.1, 50),
    (12_000, 200, 60, 0.1, 10),
    (12_000, 36, 0, 0.3, 50),
    (30_000, 150, 0, 0.1, 10),
    (300_000, 200, 0, 0.1, 50),
    (300_000, 200, 60, 0.1, 50),
)
THIRD_SETTINGS: tuple[Setting, ...] = (
    (5_000, 150, 40, 0.02, 25),
    (9_000, 76, 0, 0.15, 50),
    (20_000, 50, 0, 0.1, 20),
    (25_000, 300, 100, 0.05, 100),
    (60_000, 180, 30, 0.2, 20),
    (500_000, 147, 0, 0.05, 50),
    (150_000, 250, 90, 0.15, 50),
)
FRESH_SETTINGS: tuple[Setting, ...] = (
    (2_500, 250, 0, 0.05, 100),
    (8_000, 160, 50, 0.1, 20),
    (15_000, 51, 0, 0.2, 25),
    (40_000, 220, 40, 0.0, 50),
    (10_000, 100, 0, 0.25, 10),
    (400_000, 170, 20, 0.15, 50),
    (200_000, 300, 0, 0.1, 100),
)
