"""Cohorts for `calibrate_units.py`: what units may differ in, by cells that have names.

To add a cell, write a function that changes a cohort's ingredients, or take one of these, and add a
line to `CELLS`. The regions are those of `calibration_cohorts`; groups may differ in size.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from calibration_cohorts import (
    CHANGED,
    DEPTH_FOLDS,
    DEPTH_SD,
    DISPERSION,
    DISPERSION_AT_LOW,
    DISPERSION_DF,
    LEVEL,
    LEVEL_SD,
    OUTLIER_VARIANCE,
    QUALITY_SD,
    QUANTITIES,
    REGIONS,
    Cohort,
    Ingredients,
    as_cohort,
    draw_errors,
)

# Mean absolute log2 effect by units a group, so that about half can be found; SD a quarter of it.
EFFECTS = {3: 2.0, 4: 1.7, 5: 1.4, 6: 1.2, 8: 1.0, 12: 0.8, 20: 0.6}
LOW_LEVEL = 3.5  # log2 of a region's expected reads: 11 in the middle
PURITY_SD = 0.5  # log2, of a region's slope on a score that all regions share

Change = Callable[[Ingredients, np.random.Generator], Ingredients]


@dataclass(frozen=True)
class Cell:
    """What is odd about a cohort's units.

    Attributes
    ----------
    good, poor
        Units a group.
    change
        From the plain ingredients to the cell's own.
    level
        log2 of a region's expected reads, in the middle.
    gaps
        Share of the values that are lost, whatever they were.
    quantities
        Of the matrix.
    """

    good: int
    poor: int
    change: Change
    level: float = LEVEL
    gaps: float = 0.0
    quantities: tuple[str, ...] = QUANTITIES


def _clean(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    return own


def _bad_sample(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    factor = np.ones(len(own.poor))
    factor[-1] = OUTLIER_VARIANCE
    return replace(own, dispersion=own.dispersion * factor)


def _depth(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    return replace(own, depth=DEPTH_FOLDS ** rng.uniform(-0.5, 0.5, size=len(own.depth)))


def _purity(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    slopes = rng.normal(0, PURITY_SD, size=len(own.level))
    return replace(own, nuisance=np.outer(slopes, rng.normal(size=len(own.poor))))


def _spread(fold: float) -> Change:
    def change(own: Ingredients, rng: np.random.Generator) -> Ingredients:
        return replace(own, dispersion=own.dispersion * np.where(own.poor, fold, 1.0))

    return change


def _tails(df: int) -> Change:
    def change(own: Ingredients, rng: np.random.Generator) -> Ingredients:
        # Normal errors with such variances follow t, scaled to the variance that they had.
        drawn = rng.chisquare(df, size=own.dispersion.shape)
        return replace(own, dispersion=own.dispersion * (df - 2) / drawn)

    return change


CELLS: Mapping[str, Cell] = {
    **{f"clean {n} v {n}": Cell(n, n, _clean) for n in (3, 4, 6, 8, 12)},
    **{
        f"low counts {n} v {n}": Cell(n, n, _clean, level=LOW_LEVEL, quantities=("reads",))
        for n in (6, 8)
    },
    "depth 4-fold 8 v 8": Cell(8, 8, _depth),
    **{f"one bad sample {n} v {n}": Cell(n, n, _bad_sample) for n in (3, 4, 8)},
    **{f"purity-like {n} v {n}": Cell(n, n, _purity) for n in (3, 4)},
    **{
        f"poor vary {fold}-fold {good} v {poor}": Cell(good, poor, _spread(fold))
        for good, poor in ((12, 4), (12, 3), (8, 4), (4, 12))
        for fold in (2, 3)
    },
    "zeros 10 % 4 v 4": Cell(4, 4, _clean, gaps=0.1),
    "zeros 5 % 6 v 6": Cell(6, 6, _clean, gaps=0.05),
    "zeros 10 % 8 v 8": Cell(8, 8, _clean, gaps=0.1),
    "zeros 10 % 12 v 4": Cell(12, 4, _clean, gaps=0.1),
    **{f"t with {df} df 8 v 8": Cell(8, 8, _tails(df)) for df in (3, 4)},
}


MOST_READS = 1e9  # of a region: an error of t with 3 df can be more than can be drawn


def simulate(name: str, quantity: str, seed: int) -> Cohort:
    """Draw the cohort of a cell and seed."""
    cell = CELLS[name]
    own, rng = _drawn(name, quantity, seed)
    expected = own.level[:, None] * 2.0 ** (own.effect + own.nuisance)
    errors = draw_errors(own.dispersion, quantity, rng)
    mean = np.minimum(expected * own.depth * errors, MOST_READS)
    reads = rng.poisson(mean).astype(np.float64)
    reads[rng.uniform(size=reads.shape) < cell.gaps] = 0
    return as_cohort(reads, own, quantity)


def ingredients(name: str, quantity: str, seed: int) -> Ingredients:
    """What the cohort of a cell and seed is drawn from."""
    return _drawn(name, quantity, seed)[0]


def _drawn(name: str, quantity: str, seed: int) -> tuple[Ingredients, np.random.Generator]:
    cell = CELLS[name]
    rng = np.random.default_rng([seed, QUANTITIES.index(quantity), zlib.crc32(name.encode())])
    return cell.change(_ingredients(cell, rng), rng), rng


def _ingredients(cell: Cell, rng: np.random.Generator) -> Ingredients:
    poor = np.repeat([False, True], [cell.good, cell.poor])
    level = 2.0 ** rng.normal(cell.level, LEVEL_SD, size=REGIONS)
    changed = round(CHANGED * REGIONS / 2)
    harmonic = 2 / (1 / cell.good + 1 / cell.poor)
    effect = EFFECTS[min(EFFECTS, key=lambda units: abs(units - harmonic))]
    truth = np.zeros(REGIONS)
    size = effect * np.maximum(rng.normal(1, 0.25, size=2 * changed), 0.1)
    truth[rng.permutation(REGIONS)[: 2 * changed]] = size * np.repeat([1, -1], changed)
    own = DISPERSION_DF / rng.chisquare(DISPERSION_DF, size=REGIONS)
    dispersion = (DISPERSION + DISPERSION_AT_LOW / level) * own
    quality = np.exp(rng.normal(0, QUALITY_SD, size=len(poor)))
    return Ingredients(
        poor,
        level,
        np.outer(truth, poor),
        truth,
        np.zeros((REGIONS, len(poor))),
        dispersion[:, None] * quality,
        np.exp(rng.normal(0, DEPTH_SD, size=len(poor))),
    )
