"""One study of a planned size, drawn from what a pilot says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.normalization_method import METHODS as NORMALIZATIONS
from resist_epi.model.pilot import Pilot
from resist_epi.model.pilot_variation import Variation
from resist_epi.samples.design import make_contrast, make_design, why_untestable
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet, make_sheet

_TRIES = 50  # sheets drawn until one can be tested


@dataclass(frozen=True)
class Setting:
    """A planned study.

    Attributes
    ----------
    units
        Units a group.
    effect
        log2 change of the regions that change, half of them up and half down.
    depth
        Reads a library over those of the pilot's libraries.
    carriers
        Share of the first group's units that carry a change, others in each region.
    changed
        Share of the regions that change.
    """

    units: int
    effect: float
    depth: float = 1.0
    carriers: float = 1.0
    changed: float = 0.05

    @property
    def words(self) -> str:
        """For logs and errors."""
        words = f"{self.units} against {self.units}, a change of {self.effect:g}"
        words += f", depth x {self.depth:g}" if self.depth != 1 else ""
        return words + (f" in {self.carriers:.0%}" if self.carriers != 1 else "")


@dataclass(frozen=True)
class Study:
    """A study drawn, as its analysis takes it.

    Attributes
    ----------
    truth
        (n_regions,) log2 change of the first level against the second; 0 where nothing changes.
    """

    matrix: CountMatrix
    sheet: SampleSheet
    question: Question
    inputs: NormalizationInputs
    truth: FloatArray


def draw_study(pilot: Pilot, setting: Setting, seed: tuple[int, ...]) -> Study:
    """Draw units, their libraries and the values of the regions.

    A library is like one of the pilot's, drawn with repetition; how noisy a unit is follows the
    log-normal law of the pilot's units, whose middle is uncertain by as much as they are few: so
    what the pilot leaves open is in the spread over the studies. Settings that differ in effect,
    depth or carriers share all that they can of one seed.

    Parameters
    ----------
    seed
        Of the study; with the units a group it decides everything.
    """
    n = setting.units
    of_units, of_regions, of_values = (
        np.random.default_rng([*seed, n, stream]) for stream in range(3)
    )
    picked = of_units.integers(len(pilot.noise), size=2 * n)
    noise = _noise(pilot.noise, 2 * n, of_units)
    first = np.repeat([True, False], n)
    sheet = _sheet(pilot, first, of_units)
    truth = _truth(len(pilot.regions), setting, of_regions)
    change = truth[:, None] * _carriers(len(truth), setting, first, of_regions)
    true = pilot.variation.true.draw(of_regions)
    libraries = pilot.library_sizes[picked] * setting.depth
    factors = pilot.size_factors[picked]
    draw = _counts if pilot.variation.of_counts else _signal
    values = draw(pilot.variation, true, noise, change, libraries * factors, of_values)
    samples = sheet.samples
    matrix = CountMatrix(
        values, pilot.regions, samples, pilot.quantity, libraries, metadata=pilot.metadata
    )
    question, inputs = pilot.question, NormalizationInputs()
    if not _from_regions(question.normalize):
        # Background or spike-in are not drawn: their factors are taken to be right.
        question = replace(question, normalize="given")
        given = dict(zip(samples, factors.tolist(), strict=True))
        inputs = NormalizationInputs(given=given)
    return Study(matrix, sheet, question, inputs, truth)


def _noise(known: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """(n,) variances of new units over the mean one, by those of the pilot's."""
    spread = float(np.log(known).std(ddof=1))
    middle = rng.normal(0, spread / np.sqrt(len(known)))
    return np.asarray(np.exp(middle + rng.normal(0, spread, size=n) - spread**2 / 2))


def _from_regions(name: str | None) -> bool:
    """Whether a normalisation asks for nothing but the regions drawn, and gives factors."""
    record = NORMALIZATIONS[name or ""]
    alone = record.needs is None or name == "tmm_rounds"  # whose test every analysis brings
    return name == "library_size" or (record.in_regions and not record.offsets and alone)


def _truth(n: int, setting: Setting, rng: np.random.Generator) -> FloatArray:
    """(n,) log2, as many up as down."""
    count = max(1, round(setting.changed * n)) if setting.changed > 0 else 0
    truth = np.zeros(n)
    signs = np.where(np.arange(count) % 2, -1.0, 1.0)
    truth[rng.permutation(n)[:count]] = signs * setting.effect
    return truth


def _carriers(
    n: int, setting: Setting, first: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(n, n_units) who carries the change of a region: the wanted share on average, at random."""
    units = int(first.sum())
    order = rng.random((n, units)).argsort(axis=1)
    wanted = setting.carriers * units
    count = np.floor(wanted) + (rng.random(n) < wanted % 1)
    carries = np.zeros((n, len(first)), dtype=bool)
    carries[:, first] = order < count[:, None]
    return carries


def _counts(
    variation: Variation,
    dispersion: FloatArray,
    noise: FloatArray,
    change: FloatArray,
    sizes: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """(n_regions, n_units) negative binomial, the dispersion moving along its trend."""
    expected = np.exp(variation.level)[:, None] * sizes * 2.0**change
    moved = _moved(variation, change) * dispersion[:, None] * noise
    # Underflows to no reads where a dispersion is huge, as it should.
    factor = rng.gamma(1 / moved) * moved
    return rng.poisson(expected * factor).astype(np.float64)


def _signal(
    variation: Variation,
    variance: FloatArray,
    noise: FloatArray,
    change: FloatArray,
    sizes: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """(n_regions, n_units) log-normal signal with the prior that the logs were taken with."""
    level = np.maximum(2.0 ** variation.level[:, None] - variation.prior, 0.0) * 2.0**change
    level = np.log2(level + variation.prior)
    here = _moved(variation, level - variation.level[:, None])
    spread = np.sqrt(here * variance[:, None] * noise)
    values = 2.0 ** (level + spread * rng.normal(size=change.shape)) - variation.prior
    return np.asarray(np.maximum(values, 0.0) * sizes / np.exp(np.log(sizes).mean()))


def _moved(variation: Variation, change: FloatArray) -> FloatArray:
    """(n_regions, n_units) the trend where a change leads, over the trend where it begins."""
    moved = np.ones_like(change)
    rows = np.flatnonzero((change != 0).any(axis=1))
    before = variation.abundance[rows][:, None]
    after = variation.along_trend((before + change[rows]).ravel()).reshape(change[rows].shape)
    moved[rows] = after / variation.along_trend(before[:, 0])[:, None]
    return moved


def _sheet(pilot: Pilot, first: NDArray[np.bool_], rng: np.random.Generator) -> SampleSheet:
    """A sheet whose design can be tested: other columns of the design are like the pilot's.

    Raises
    ------
    DesignError
        If none was found.
    """
    column, contrast = pilot.contrast_column, pilot.question.contrast
    table = pd.DataFrame(
        {
            "SampleID": [f"U{i + 1}" for i in range(len(first))],
            "Factor": pilot.mark,
            "Condition": "planned",
        }
    )
    table[column] = np.where(first, *pilot.levels)
    others = tuple(name for name in pilot.variables if name != column)
    if not others:
        return make_sheet(table)
    because = ""
    for _ in range(_TRIES):
        drawn = make_sheet(table.assign(**_covariates(pilot, others, first, rng)))
        try:
            design = make_design(drawn, pilot.question.formula)
            reason = why_untestable(design, make_contrast(design, contrast))
        except DesignError as error:
            reason = str(error)
        if reason is None:
            return drawn
        because = reason
    raise DesignError(
        f"{int(first.sum())} units a group like the pilot's do not carry the design"
        f" {pilot.question.formula}: {because}"
    )


def _covariates(
    pilot: Pilot, names: tuple[str, ...], first: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Column -> values: pairs are new pairs, all else whole rows of the pilot's own sides."""
    n = int(first.sum())
    rows = np.concatenate([rng.choice(np.flatnonzero(side), n) for side in pilot.sides])
    columns = {}
    for name in names:
        values = pilot.units[name].to_numpy()
        if _pairs(values, pilot.sides):
            columns[name] = np.tile([f"P{k + 1}" for k in range(n)], 2)
        else:
            columns[name] = values[rows]
    return columns


def _pairs(values: np.ndarray, sides: tuple[NDArray[np.bool_], ...]) -> bool:
    """Whether a column's levels stand once on each side, as those of pairs do."""
    if values.dtype.kind in "fi":
        return False
    a, b = (list(values[side]) for side in sides)
    return len(set(a)) == len(a) and set(a) == set(b) and len(a) == len(b)
