"""Populations of tumours for `calibrate_power.py`: pilots and the studies that follow them.

A population has levels and true variation of its regions; a pilot and a later study are different
tumours of it. Nothing here is taken from how `resist_epi` draws its own studies.

To add a population, write a record in `POPULATIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.samples.sheet import SampleSheet, make_sheet

REGIONS, WIDTH, FRAGMENT = 2_000, 2_000, 200  # bp
LEVEL, LEVEL_SD = 5.5, 1.5  # log2 of a region's expected reads: 45 in the middle
AT_LOW = 1.0  # added to the dispersion in proportion to 1 / expected reads
QUALITY_SD = 0.3  # natural log, of a tumour's variance
DEPTH_SD = 0.25  # natural log


@dataclass(frozen=True)
class Kind:
    """How the tumours of a population differ.

    Attributes
    ----------
    summary
        For the page.
    quantity
        `reads` or `mean_signal`.
    dispersion
        Squared coefficient of variation between tumours, of abundant regions.
    spread_df
        Regions' own dispersions follow an inverse chi-square law with these degrees of freedom;
        None for a log-normal law of .6 (SD, natural log).
    normal
        Whether errors of reads are log-normal, where gamma ones make the negative binomial.
    tail_df
        Errors follow t with so many degrees of freedom; None for normal ones.
    """

    summary: str
    quantity: str
    dispersion: float = 0.08
    spread_df: float | None = 10.0
    normal: bool = False
    tail_df: float | None = None


POPULATIONS: Mapping[str, Kind] = {
    "reads": Kind("negative binomial, dispersions of inverse chi-square law with 10 df", "reads"),
    "reads_noisy": Kind("the same, twice the dispersion, spread of 4 df", "reads", 0.16, 4.0),
    "reads_other": Kind("log-normal errors under Poisson, dispersions log-normal", "reads",
                        spread_df=None, normal=True),
    "signal": Kind("log-normal errors, coverage in counts per million", "mean_signal", normal=True),
    "signal_noisy": Kind("the same, twice the variance, spread of 4 df", "mean_signal", 0.16, 4.0,
                         normal=True),
    "signal_tails": Kind("errors follow t with 5 degrees of freedom", "mean_signal", normal=True,
                         tail_df=5.0),
}  # fmt: skip


@dataclass(frozen=True)
class Population:
    """Regions as all tumours of a population have them; each (n,)."""

    kind: Kind
    level: np.ndarray
    dispersion: np.ndarray


@dataclass(frozen=True)
class Drawn:
    """A pilot or a study: what the program gets, and the truth (n,), log2."""

    matrix: CountMatrix
    sheet: SampleSheet
    truth: np.ndarray


def make_population(name: str, seed: int) -> Population:
    """The population of a seed."""
    kind = POPULATIONS[name]
    rng = np.random.default_rng([seed, 1])
    level = 2.0 ** rng.normal(LEVEL, LEVEL_SD, size=REGIONS)
    if kind.spread_df is None:
        own = np.exp(rng.normal(0, 0.6, size=REGIONS))
    else:
        own = kind.spread_df / rng.chisquare(kind.spread_df, size=REGIONS)
    return Population(kind, level, (kind.dispersion + AT_LOW * kind.dispersion / level * 12) * own)


def draw(
    population: Population,
    units: int,
    rng: np.random.Generator,
    *,
    effect: float = 1.0,
    carriers: float = 1.0,
    depth: float = 1.0,
    changed: float = 0.05,
) -> Drawn:
    """Tumours of both groups; regions that change are others in each draw."""
    n, tumours = REGIONS, 2 * units
    poor = np.repeat([False, True], units)
    truth = np.zeros(n)
    chosen = rng.permutation(n)[: round(changed * n)]
    truth[chosen] = effect * rng.permutation(np.resize([1.0, -1.0], len(chosen)))
    change = np.zeros((n, tumours))
    for region in chosen:
        wanted = carriers * units
        count = int(wanted) + int(rng.random() < wanted % 1)
        who = rng.choice(np.flatnonzero(poor), count, replace=False)
        change[region, who] = truth[region]
    quality = np.exp(rng.normal(0, QUALITY_SD, size=tumours))
    sizes = depth * np.exp(rng.normal(0, DEPTH_SD, size=tumours))
    dispersion = population.dispersion[:, None] * quality
    expected = population.level[:, None] * sizes * 2.0**change
    reads = rng.poisson(expected * _errors(population.kind, dispersion, rng)).astype(np.float64)
    return _as_drawn(reads, population.kind, poor, truth)


def _errors(kind: Kind, dispersion: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if not kind.normal:
        return np.asarray(rng.gamma(1 / dispersion) * dispersion)
    errors = rng.normal(size=dispersion.shape)
    if kind.tail_df is not None:
        errors *= np.sqrt((kind.tail_df - 2) / rng.chisquare(kind.tail_df, size=errors.shape))
    return np.asarray(np.exp(np.sqrt(dispersion) * errors))


def _as_drawn(reads: np.ndarray, kind: Kind, poor: np.ndarray, truth: np.ndarray) -> Drawn:
    samples = tuple(f"T{i}" for i in range(len(poor)))
    start = np.arange(len(reads)) * 10_000
    table = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + WIDTH})
    sizes = reads.sum(axis=0)
    values, libraries = reads, sizes
    if kind.quantity == "mean_signal":
        values, libraries = reads * FRAGMENT / WIDTH / sizes * 1e6, np.ones(len(sizes))
    matrix = CountMatrix(
        values, make_regions(table, kind="peaks"), samples, kind.quantity, libraries
    )
    condition = np.where(poor, "poor", "good")
    sheet = pd.DataFrame({"SampleID": samples, "Factor": "H3K27me3", "Condition": condition})
    return Drawn(matrix, make_sheet(sheet), truth)
