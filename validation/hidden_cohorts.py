"""Cohorts for `calibrate_hidden.py`: what units share in most regions, and what only seems so.

To add a scenario, write a function that changes the levels of a cohort, and a line in `FACTORS`
(what should be found; it returns the factor's values) or `NULLS` (what should not).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.samples.sheet import SampleSheet, make_sheet

REGIONS, WIDTH = 3_000, 2_000
LEVEL, LEVEL_SD = 5.5, 1.5  # log2
NOISE_SD, NOISE_DF, QUALITY_SD = 0.5, 10.0, 0.3  # log2; natural log of a unit's variance
DEPTH_SD = 0.25  # natural log
CHANGED = 0.1  # of the regions
# Mean absolute log2 effect by units in the smaller group; SD a quarter of it.
EFFECTS = {5: 1.3, 6: 1.2, 8: 1.0, 12: 0.8, 20: 0.6}
# Lengths of the human chromosomes 1 to 22 and X, Mb; a short arm has two fifths.
LENGTHS = (248, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80,
           59, 64, 47, 51, 156)  # fmt: skip
SHORT_ARM = 0.4


@dataclass(frozen=True)
class Draw:
    """What scenarios change; n regions, s units.

    Attributes
    ----------
    noise
        (n, s) log2, changed in place.
    effect
        (n, s) log2 change between the groups, changed in place.
    poor
        (s,) bool.
    chromosome, arm
        (n,) numbers.
    loads
        (n, s) log2, what the factors add, changed in place.
    rng
        Of the scenario alone.
    """

    noise: np.ndarray
    effect: np.ndarray
    poor: np.ndarray
    chromosome: np.ndarray
    arm: np.ndarray
    loads: np.ndarray
    rng: np.random.Generator


@dataclass(frozen=True)
class HiddenCohort:
    """One simulated study, normalised by nothing yet.

    Attributes
    ----------
    matrix
        Signal, or reads.
    sheet
        A row a unit; columns `Known1`, … hold the hidden factors' values where there are any.
    truth
        (n,) log2 poor minus good between units of one value of the hidden factor.
    by_factor
        (n,) log2 poor minus good that the hidden factor adds, as it differs between the groups.
    """

    matrix: CountMatrix
    sheet: SampleSheet
    truth: np.ndarray
    by_factor: np.ndarray


Scenario = Callable[[Draw], np.ndarray | None]


def _clean(own: Draw) -> None:
    pass


def _outlier(own: Draw) -> None:
    own.noise[:, -1] *= 3


def _quality(own: Draw) -> None:
    own.noise[:] *= np.exp(own.rng.normal(0, 0.4, own.noise.shape[1]))


def _variance(own: Draw) -> None:
    own.noise[:, own.poor] *= np.sqrt(3)


def _tails(own: Draw) -> None:
    own.noise[:] *= np.sqrt(2 / own.rng.chisquare(4, own.noise.shape))


def _domains(rho: float, shortest: int, longest: int) -> Scenario:
    def change(own: Draw) -> None:
        n, units = own.noise.shape
        spread, start = own.noise.std(axis=1, keepdims=True), 0
        while start < n:
            rows = slice(start, start + int(own.rng.integers(shortest, longest + 1)))
            shared = own.rng.normal(size=units) * spread[rows]
            own.noise[rows] = np.sqrt(1 - rho) * own.noise[rows] + np.sqrt(rho) * shared
            start = rows.stop

    return change


def _arms(own: Draw) -> None:
    for arm in np.unique(own.arm):
        copies = own.rng.choice([0, 0.4, -0.5], p=[0.7, 0.15, 0.15], size=len(own.poor))
        own.noise[own.arm == arm] += copies


def _sexes(own: Draw) -> None:
    own.noise[own.chromosome == len(LENGTHS) - 1] += own.rng.random(len(own.poor)) < 0.5


def _half(share: float) -> Scenario:
    """Half of the poor tumours, the same everywhere, differ in a share of the regions."""

    def change(own: Draw) -> None:
        poor = np.flatnonzero(own.poor)
        carriers = own.rng.permutation(poor)[: len(poor) // 2]
        rows = own.rng.permutation(len(own.noise))[: round(share * len(own.noise))]
        size = 2 * EFFECTS[min(len(poor), len(own.poor) - len(poor))]
        own.noise[np.ix_(rows, carriers)] += size * own.rng.choice([-1, 1], (len(rows), 1))

    return change


def _split(own: Draw, share_of_good: float, share_of_poor: float) -> np.ndarray:
    values = np.zeros(len(own.poor))
    for side, share in ((~own.poor, share_of_good), (own.poor, share_of_poor)):
        units = own.rng.permutation(np.flatnonzero(side))
        values[units[: round(share * len(units))]] = 1
    return values


def _batch(sd: float, good: float, poor: float) -> Scenario:
    """Two batches (or subtypes), shares of each group in the second, half of the regions differ."""

    def change(own: Draw) -> np.ndarray:
        values = _split(own, good, poor)
        n = len(own.loads)
        own.loads[:] += np.outer(own.rng.normal(0, sd, n) * (own.rng.random(n) < 0.5), values)
        return values[:, None]

    return change


def _purity(sd: float) -> Scenario:
    """A continuous factor, independent of the groups, in every region."""

    def change(own: Draw) -> np.ndarray:
        values = own.rng.normal(size=len(own.poor))
        own.loads[:] += np.outer(own.rng.normal(0, sd, len(own.loads)), values)
        return values[:, None]

    return change


def _both(first: Scenario, second: Scenario) -> Scenario:
    def change(own: Draw) -> np.ndarray:
        return np.column_stack([v for v in (first(own), second(own)) if v is not None])

    return change


def _twins(likeness: float, *, across: bool = False) -> Scenario:
    """The last poor unit shares so much of its variance with another poor one, or a good one."""

    def change(own: Draw) -> None:
        other = 0 if across else -2
        fresh = own.noise[:, -1].copy()
        own.noise[:, -1] = np.sqrt(likeness) * own.noise[:, other] + np.sqrt(1 - likeness) * fresh

    return change


NULLS: Mapping[str, tuple[str, Scenario]] = {
    "clean": ("units differ, none is odd", _clean),
    "outlier": ("the last poor unit has 9 times the variance", _outlier),
    "quality": ("variances of the units from 1 to 5 in two of three", _quality),
    "variance": ("poor units have 3 times the variance", _variance),
    "heavy_tails": ("noise follows t with 4 degrees of freedom", _tails),
    "domains_4": ("domains of 5 to 20 regions at a correlation of .4", _domains(0.4, 5, 20)),
    "domains_7": ("the same at .7", _domains(0.7, 5, 20)),
    "long_4": ("domains of 40 to 160 regions at .4", _domains(0.4, 40, 160)),
    "long_7": ("the same at .7", _domains(0.7, 40, 160)),
    "arms": ("copy number of arms, each altered in 3 of 10 tumours", _arms),
    "sexes": ("half of the units have two X", _sexes),
    "half_5": ("half of the poor tumours differ in 5 % of the regions", _half(0.05)),
    "half_10": ("the same in 10 %", _half(0.1)),
    "half_20": ("the same in 20 %", _half(0.2)),
}

FACTORS: Mapping[str, tuple[str, Scenario]] = {
    "batch_2to1": ("two batches, 2:1 and 1:2, SD .6", _batch(0.6, 2 / 3, 1 / 3)),
    "batch_weak": ("the same, SD .4", _batch(0.4, 2 / 3, 1 / 3)),
    "batch_strong": ("the same, SD .8", _batch(0.8, 2 / 3, 1 / 3)),
    "balanced": ("two batches, half and half, SD .6", _batch(0.6, 1 / 2, 1 / 2)),
    "purity": ("purity-like, SD .2", _purity(0.2)),
    "two": ("batches 2:1 and 1:2 (SD .6), and purity-like (SD .3)",
            _both(_batch(0.6, 2 / 3, 1 / 3), _purity(0.3))),
    "subtype": ("a subtype of 1 in 4 good and 3 in 4 poor, SD .6", _batch(0.6, 1 / 4, 3 / 4)),
    "subtype_apart": ("a subtype of 1 in 12 good and 11 in 12 poor, SD .6",
                      _batch(0.6, 1 / 12, 11 / 12)),
}  # fmt: skip

TWINS: Mapping[str, tuple[str, Scenario]] = {
    "twins_7": ("two units of a group share .7 of their variance", _twins(0.7)),
    "twins_8": ("the same, .8", _twins(0.8)),
    "twins_9": ("the same, .9", _twins(0.9)),
    "across_9": ("a unit of each group, .9", _twins(0.9, across=True)),
}


def draw(name: str, good: int, poor: int, seed: int, *, reads: bool = False) -> HiddenCohort:
    """Draw the cohort of a seed; noise and effects are those of every scenario of the seed."""
    rng = np.random.default_rng([seed, good, poor, int(reads)])
    side = np.repeat([False, True], [good, poor])
    sd = NOISE_SD * np.sqrt(NOISE_DF / rng.chisquare(NOISE_DF, REGIONS))
    quality = np.exp(rng.normal(0, QUALITY_SD, len(side)) / 2)
    truth = np.zeros(REGIONS)
    rows = rng.permutation(REGIONS)[: round(CHANGED * REGIONS)]
    size = EFFECTS[min(good, poor)] * np.maximum(rng.normal(1, 0.25, len(rows)), 0.1)
    truth[rows] = size * rng.choice([-1, 1], len(rows))
    chromosome, arm = _places()
    own = Draw(
        rng.normal(size=(REGIONS, len(side))) * sd[:, None] * quality,
        np.outer(truth, side),
        side,
        chromosome,
        arm,
        np.zeros((REGIONS, len(side))),
        np.random.default_rng([seed, good, poor, zlib.crc32(name.encode())]),
    )
    level = rng.normal(LEVEL, LEVEL_SD, (REGIONS, 1))
    depth = np.exp(rng.normal(0, DEPTH_SD, len(side)))
    values = (NULLS | FACTORS | TWINS)[name][1](own)
    signal = 2.0 ** (level + own.noise + own.effect + own.loads) * depth
    if reads:
        signal = rng.poisson(signal).astype(np.float64)
    by_factor = own.loads[:, side].mean(axis=1) - own.loads[:, ~side].mean(axis=1)
    return HiddenCohort(_matrix(signal, reads), _sheet(side, values), truth, by_factor)


def _places() -> tuple[np.ndarray, np.ndarray]:
    """Chromosome and arm of each region, in genome order."""
    ends = np.cumsum(LENGTHS) / sum(LENGTHS) * REGIONS
    place = np.arange(REGIONS) + 0.5
    chromosome = np.searchsorted(ends, place)
    start = np.concatenate([[0.0], ends])[chromosome]
    long = (place - start) > SHORT_ARM * (ends[chromosome] - start)
    return chromosome, 2 * chromosome + long


@cache
def _regions() -> pd.DataFrame:
    chromosome, _ = _places()
    names = np.array([f"chr{i}" for i in range(1, len(LENGTHS))] + ["chrX"])[chromosome]
    start = np.arange(REGIONS) * 10_000
    places = pd.DataFrame({"chrom": names, "start": start, "end": start + WIDTH})
    return make_regions(places, kind="peaks")


def _matrix(values: np.ndarray, reads: bool) -> CountMatrix:
    samples = tuple(f"T{i}" for i in range(values.shape[1]))
    quantity = "reads" if reads else "mean_signal"
    return CountMatrix(values, _regions(), samples, quantity, values.sum(axis=0))


def _sheet(poor: np.ndarray, values: np.ndarray | None) -> SampleSheet:
    table = pd.DataFrame(
        {
            "SampleID": [f"T{i}" for i in range(len(poor))],
            "Factor": "H3K27me3",
            "Condition": np.where(poor, "poor", "good"),
        }
    )
    for k in range(0 if values is None else values.shape[1]):
        table[f"Known{k + 1}"] = values[:, k]
    return make_sheet(table)
