"""Cohorts with a known truth for `calibrate.py`: counts and signal, and what may be odd about them.

To add a scenario, write a function that changes the ingredients of a cohort, and a line in
`SCENARIOS`. The cohort of a seed is the same in every scenario but for what the scenario changes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.samples.sheet import SampleSheet, make_sheet

QUANTITIES = ("reads", "mean_signal")
UNITS = (3, 6, 12, 20)  # a group
REGIONS, WIDTH, FRAGMENT = 3_000, 2_000, 200  # bp
LEVEL, LEVEL_SD = 5.5, 1.7  # log2 of a region's expected reads: 45 in the middle
DISPERSION, DISPERSION_AT_LOW, DISPERSION_DF = 0.08, 1.0, 10.0
QUALITY_SD = 0.3  # natural log, of a tumour's variance
DEPTH_SD = 0.25  # natural log
CHANGED = 0.1  # share of the regions, as many up as down
# Mean absolute log2 effect by units a group, so that about half can be found; SD a quarter of it.
EFFECTS = {3: 2.0, 6: 1.2, 12: 0.8, 20: 0.6}
OUTLIER_VARIANCE, GROUP_VARIANCE, TAIL_DF = 9.0, 2.0, 4.0
DEPTH_FOLDS, DEPTH_OF_POOR = 4.0, 1.5


@dataclass(frozen=True)
class Ingredients:
    """What a cohort is drawn from; n regions, s tumours.

    Attributes
    ----------
    poor
        (s,) bool.
    level
        (n,) expected reads at depth 1.
    effect
        (n, s) log2 change that is looked for, 0 in the good tumours.
    truth
        (n,) log2 poor minus good that a test should find.
    nuisance
        (n, s) log2 change of the mark or the copies that should not be found.
    dispersion
        (n, s) squared coefficient of variation between tumours.
    depth
        (s,) relative.
    """

    poor: np.ndarray
    level: np.ndarray
    effect: np.ndarray
    truth: np.ndarray
    nuisance: np.ndarray
    dispersion: np.ndarray
    depth: np.ndarray


Change = Callable[[Ingredients, np.random.Generator], Ingredients]


@dataclass(frozen=True)
class Scenario:
    """A cohort that differs from the baseline.

    Attributes
    ----------
    summary
        What is odd about it, for the page.
    change
        From the baseline's ingredients to its own.
    """

    summary: str
    change: Change


@dataclass(frozen=True)
class Cohort:
    """One simulated study.

    Attributes
    ----------
    matrix
        Reads, or mean signal of tracks in counts per million; not normalised.
    reads
        (n, s) counts; beneath the signal where that is the quantity.
    sheet
        A row a tumour.
    truth
        (n,) log2 poor minus good.
    """

    matrix: CountMatrix
    reads: np.ndarray
    sheet: SampleSheet
    truth: np.ndarray


def _baseline(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    return own


def _outlier(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    factor = np.ones(len(own.poor))
    factor[-1] = OUTLIER_VARIANCE
    return replace(own, dispersion=own.dispersion * factor)


def _variance(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    return replace(own, dispersion=own.dispersion * np.where(own.poor, GROUP_VARIANCE, 1.0))


def _heavy_tails(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    # Normal errors with such variances follow t, scaled to the variance that they had.
    shape = own.dispersion.shape
    return replace(
        own, dispersion=own.dispersion * (TAIL_DF - 2) / rng.chisquare(TAIL_DF, size=shape)
    )


def _depth(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    folds = DEPTH_FOLDS ** rng.uniform(-0.5, 0.5, size=len(own.depth))
    return replace(own, depth=folds * np.where(own.poor, DEPTH_OF_POOR, 1.0))


SCENARIOS: Mapping[str, Scenario] = {
    "baseline": Scenario("tumours differ, none is odd", _baseline),
    "outlier": Scenario("the last poor tumour has 9 times the variance", _outlier),
    "variance": Scenario("poor tumours have twice the variance of good ones", _variance),
    "heavy_tails": Scenario("errors follow t with 4 degrees of freedom", _heavy_tails),
    "depth": Scenario("depth varies 4-fold, and poor libraries are 1.5 times as deep", _depth),
}


def simulate(scenario: str, quantity: str, units: int, seed: int) -> Cohort:
    """Draw the cohort of a seed: `units` good and as many poor tumours."""
    return draw(SCENARIOS[scenario].change, scenario, quantity, units, seed)


def draw(change: Change, name: str, quantity: str, units: int, seed: int) -> Cohort:
    """Draw the cohort of a seed with a change of its ingredients; the name seeds the change."""
    rng = np.random.default_rng([seed, units, QUANTITIES.index(quantity)])
    own = _ingredients(units, rng)
    own = change(own, np.random.default_rng([seed, units, zlib.crc32(name.encode())]))
    expected = own.level[:, None] * 2.0 ** (own.effect + own.nuisance)
    reads = rng.poisson(expected * own.depth * draw_errors(own.dispersion, quantity, rng))
    return as_cohort(reads.astype(np.float64), own, quantity)


def _ingredients(units: int, rng: np.random.Generator) -> Ingredients:
    poor = np.repeat([False, True], units)
    level = 2.0 ** rng.normal(LEVEL, LEVEL_SD, size=REGIONS)
    changed = round(CHANGED * REGIONS / 2)
    truth = np.zeros(REGIONS)
    size = EFFECTS[units] * np.maximum(rng.normal(1, 0.25, size=2 * changed), 0.1)
    truth[rng.permutation(REGIONS)[: 2 * changed]] = size * np.repeat([1, -1], changed)
    own = DISPERSION_DF / rng.chisquare(DISPERSION_DF, size=REGIONS)
    dispersion = (DISPERSION + DISPERSION_AT_LOW / level) * own
    quality = np.exp(rng.normal(0, QUALITY_SD, size=2 * units))
    return Ingredients(
        poor,
        level,
        np.outer(truth, poor),
        truth,
        np.zeros((REGIONS, 2 * units)),
        dispersion[:, None] * quality,
        np.exp(rng.normal(0, DEPTH_SD, size=2 * units)),
    )


def draw_errors(dispersion: np.ndarray, quantity: str, rng: np.random.Generator) -> np.ndarray:
    """Factors between tumours: gamma under reads (negative binomial), log-normal under signal."""
    if quantity == "reads":
        # Underflows to zero reads where a dispersion is huge, as it should.
        return np.asarray(rng.gamma(1 / dispersion) * dispersion)
    return np.asarray(np.exp(np.sqrt(dispersion) * rng.normal(size=dispersion.shape)))


def as_cohort(reads: np.ndarray, own: Ingredients, quantity: str) -> Cohort:
    """Matrix and sheet of (n, s) counts, as tables of a study have them."""
    samples = [f"T{i}" for i in range(len(own.poor))]
    start = np.arange(len(reads)) * 10_000
    regions = make_regions(
        pd.DataFrame({"chrom": "chr1", "start": start, "end": start + WIDTH}), kind="peaks"
    )
    sizes = reads.sum(axis=0)
    values, libraries = reads, sizes
    if quantity == "mean_signal":
        values, libraries = reads * FRAGMENT / WIDTH / sizes * 1e6, np.ones(len(sizes))
    matrix = CountMatrix(values, regions, tuple(samples), quantity, libraries)
    condition = np.where(own.poor, "poor", "good")
    sheet = make_sheet(
        pd.DataFrame({"SampleID": samples, "Factor": "H3K27me3", "Condition": condition})
    )
    return Cohort(matrix, reads, sheet, own.truth)
