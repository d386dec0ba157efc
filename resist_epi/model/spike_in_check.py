"""Whether a spike-in may lead where nobody names a normalisation: a verdict, in words.

Exogenous chromatin is only as good as the pipette that added it. What differs between the groups is
what it is there to tell, and so never speaks against it; what differs within them may.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model import normalization
from resist_epi.model.efficiency import MIN_DIFFERENCE
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.samples.design import Design
from resist_epi.schema import COUNTS

logger = logging.getLogger(__name__)

# So that counting alone moves the log ratio of two units' factors, of variance 2 / reads, by less
# than the difference that matters in 95 of 100 pairs: 2 sqrt(2 / reads) <= ln(1.1).
MIN_READS = int(np.ceil(8 / (MIN_DIFFERENCE * np.log(2)) ** 2))

MAX_SD = 0.45  # log2, within groups: factors that say more than a third up or down of the like

MIN_ODD = float(np.log2(1.5))  # departure of one unit from its like that is a fault

ODD_P = 0.05  # for all units together

MOST_ODD = 5  # one in so many units, at least one: more are no odd ones, but a wide spread

DEPTH_P, MIN_OVER_DEPTH = 0.02, float(np.log2(1.2))  # and what depth explains of the share

# Between units of one group where they are too few to tell one odd unit from noise.
MAX_FOLD, FEW_UNITS = 1.7, 3


@dataclass(frozen=True)
class SpikeInVerdict:
    """What the checks of a spike-in say.

    Attributes
    ----------
    faults
        What speaks against it as the default, in words; empty where nothing does.
    figures
        What was measured, in words.
    facts
        The same as plain values.
    """

    faults: tuple[str, ...]
    figures: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether it may lead unasked."""
        return not self.faults

    @property
    def refusal(self) -> str:
        """Why it does not lead; empty where it may."""
        return f"the spike-in fails its checks: {'; '.join(self.faults)}" if self.faults else ""

    @property
    def sentence(self) -> str:
        """The verdict, for header and report."""
        said = self.refusal or "the spike-in passes its checks"
        return f"{said} ({self.figures})" if self.figures else said


@dataclass(frozen=True)
class _Measure:
    """One view of the units' spike-in, log2, and what the design leaves of it."""

    level: FloatArray
    X: FloatArray

    @property
    def df(self) -> int:
        return len(self.level) - int(np.linalg.matrix_rank(self.X))

    def of(self, rows: NDArray[np.int64]) -> _Measure:
        """The same of some of the units."""
        return _Measure(self.level[rows], self.X[rows])

    @property
    def sd(self) -> float:
        """Within groups, from the residuals."""
        return float(np.sqrt((_residuals(self.level, self.X) ** 2).sum() / self.df))

    def widest(self, most: float = np.inf) -> float:
        """Widest range within units of one kind, of which there are at most so many."""
        _, kind = np.unique(self.X, axis=0, return_inverse=True)
        levels = [self.level[kind.ravel() == k] for k in range(int(kind.max()) + 1)]
        return max((float(np.ptp(y)) for y in levels if len(y) <= most), default=0.0)

    def departures(self) -> tuple[FloatArray, FloatArray]:
        """Each unit's departure from what all the others say of it, and its two-sided P."""
        residual = _residuals(self.level, self.X)
        free = 1 - np.einsum("ij,ji->i", self.X, np.linalg.pinv(self.X))
        known = free > 1e-8  # a unit alone with a coefficient has nothing to be compared with
        departure = np.divide(residual, free, out=np.zeros_like(residual), where=known)
        left = (residual**2).sum() - residual * departure
        if self.df < 2:
            return departure, np.ones(len(departure))
        error = np.sqrt(np.maximum(left, 1e-12) / (self.df - 1) / np.where(known, free, 1.0))
        return departure, np.asarray(2 * stdtr(self.df - 1, -np.abs(departure) / error))

    def over_depth(self, depth: FloatArray) -> tuple[float, float]:
        """What depth, log2, explains of the level within groups, over its range; and its P."""
        x, y = _residuals(depth, self.X), _residuals(self.level, self.X)
        if self.df < 2 or x @ x < 1e-8:
            return 0.0, 1.0
        slope = float(x @ y / (x @ x))
        left = max(float(((y - slope * x) ** 2).sum()), 1e-12)
        t = slope / np.sqrt(left / (self.df - 1) / float(x @ x))
        return slope * float(np.ptp(x)), float(2 * stdtr(self.df - 1, -abs(t)))


def judge_spike_in(
    matrix: CountMatrix, inputs: NormalizationInputs, design: Design
) -> SpikeInVerdict | None:
    """Judge the spike-in of units by its number, its spread within groups, and depth.

    The share of the spike-in (over the library size) is looked at within groups, as the design has
    them. Where background can be had, the spike-in over the background is looked at too, and what
    is found in both counts alone: a tumour with little of the mark has a larger share, and not more
    spike-in over its background; one with an efficient precipitation the other way round.

    Parameters
    ----------
    matrix
        A column a unit, not normalised.
    inputs
        Of the same units.
    design
        Its rows are the units.

    Returns
    -------
    SpikeInVerdict or None
        None where there is no spike-in.
    """
    if inputs.spike_in is None:
        return None
    signal = inputs.spike_in.select(samples=matrix.samples).values.sum(axis=0)
    reads = _reads(matrix, inputs, signal)
    faults = _too_few(matrix.samples, signal if reads is None else reads, known=reads is not None)
    figures, facts = [], dict[str, Any]()
    if inputs.spike_in_from:
        figures.append(inputs.spike_in_from)
        facts["from"] = inputs.spike_in_from
    if reads is not None:
        facts["reads"] = [int(reads.min()), int(reads.max())]
        figures.append(f"{_between(f'{reads.min():,.0f}', f'{reads.max():,.0f}')} reads a unit")
    if (signal <= 0).any():
        return SpikeInVerdict(tuple(faults), "; ".join(figures), facts | {"passes": False})
    X = _with_groups(design, inputs)
    share = _Measure(np.log2(signal / matrix.library_sizes), X)
    measures = [share]
    over_background = _over_background(matrix, inputs, signal)
    if over_background is not None:
        measures.append(_Measure(over_background, X))
    if share.df < 1:
        figures.append("no replicates tell its spread")
    else:
        counted = (
            0.0 if reads is None else float(np.mean(1 / np.maximum(reads, 1))) / np.log(2) ** 2
        )
        faults += _spread(measures, counted)
        faults += _odd_units(measures, matrix.samples)
        faults += _depth(measures, np.log2(matrix.library_sizes))
        width = share.widest()
        facts |= {"sd": share.sd, "range": width}
        figures.append(
            f"its share spreads by {_percent(share.sd)} within groups"
            + (f", at most {2**width:.2f}-fold" if width else "")
            + (f"; counting alone gives {_percent(np.sqrt(counted))}" if reads is not None else "")
        )
        if len(measures) > 1:
            facts["sd over background"] = measures[1].sd
            figures.append(f"over background it spreads by {_percent(measures[1].sd)}")
    facts |= {"passes": not faults, "faults": faults}
    return SpikeInVerdict(tuple(faults), "; ".join(figures), facts)


def _reads(
    matrix: CountMatrix, inputs: NormalizationInputs, signal: FloatArray
) -> FloatArray | None:
    """(n_units,) spike-in reads, where these are known."""
    if inputs.spike_in_reads is not None:
        return np.array([inputs.spike_in_reads[s] for s in matrix.samples], dtype=np.float64)
    return signal if matrix.quantity in COUNTS else None


def _over_background(
    matrix: CountMatrix, inputs: NormalizationInputs, signal: FloatArray
) -> FloatArray | None:
    """(n_units,) log2 of the spike-in over the background, where this can be had."""
    if inputs.background is None:
        return None
    try:
        normalized = normalization.normalize(matrix, "background", inputs=inputs)
    except DesignError as error:
        logger.info("the spike-in is not compared with background: %s", error)
        return None
    sizes = matrix.library_sizes * np.asarray(normalized.size_factors)
    return np.asarray(np.log2(signal / sizes))


def _with_groups(design: Design, inputs: NormalizationInputs) -> FloatArray:
    """The design, and the sheet's groups where it lacks them: no fault lies between groups."""
    X = design.matrix.to_numpy(np.float64)
    names = [(inputs.groups or {}).get(str(unit), "") for unit in design.matrix.index]
    wider = np.column_stack([X, pd.get_dummies(pd.Series(names)).to_numpy(np.float64)])
    return wider if len(X) - np.linalg.matrix_rank(wider) >= 2 else X


def _residuals(y: FloatArray, X: FloatArray) -> FloatArray:
    return np.asarray(y - X @ np.linalg.lstsq(X, y, rcond=None)[0])


def _too_few(samples: Sequence[str], reads: FloatArray, *, known: bool) -> list[str]:
    if not known:
        none = [s for s, n in zip(samples, reads, strict=True) if n <= 0]
        return [f"{_named(none)} has no spike-in"] if none else []
    few = [s for s, n in zip(samples, reads, strict=True) if n < MIN_READS]
    if not few:
        return []
    least = f"{reads.min():,.0f} reads of it" + (" at least" if len(few) > 1 else "")
    error = f", an error of {1 / np.sqrt(reads.min()):.0%}" if reads.min() > 0 else ""
    return [f"{_named(few)}: {least}{error}; {MIN_READS} are needed"]


def _spread(measures: Sequence[_Measure], counted: float) -> list[str]:
    """Whether it spreads too far within groups: in all units, or between those of one group."""
    width = min(m.widest(FEW_UNITS) for m in measures)
    if width >= np.log2(MAX_FOLD):
        return [f"its share differs {2**width:.1f}-fold between units of one group"]
    spread = min(np.sqrt(max(m.sd**2 - counted, 0.0)) for m in measures)
    return [f"its share spreads by {_percent(spread)} within groups"] if spread > MAX_SD else []


def _odd_units(measures: Sequence[_Measure], samples: Sequence[str]) -> list[str]:
    """Units that have much more, or less, of it than the others of their group.

    Told by the steadier view, one after the other without those found before, so that two do not
    hide each other (Rosner 1983); the other view has to show as much.
    """
    steady = min(measures, key=lambda m: m.sd)
    left, found, last = np.arange(len(samples)), list[int](), 0
    for _ in range(max(1, len(samples) // MOST_ODD)):
        departure, p = steady.of(left).departures()
        worst = int(np.argmin(p))
        found.append(int(left[worst]))
        if p[worst] * len(left) <= ODD_P and abs(departure[worst]) >= MIN_ODD:
            last = len(found)
        left = np.delete(left, worst)
    odd, rest = found[:last], np.setdiff1d(np.arange(len(samples)), found[:last])
    said = []
    for unit in sorted(odd):
        among = np.append(rest, unit)
        each = [float(m.of(among).departures()[0][-1]) for m in measures]
        if min(map(abs, each)) >= MIN_ODD and len(set(np.sign(each))) == 1:
            said.append(
                f"{samples[unit]} has {2 ** each[0]:.1f} times the share of the others of its group"
            )
    return said


def _depth(measures: Sequence[_Measure], depth: FloatArray) -> list[str]:
    each = [m.over_depth(depth) for m in measures]
    if min(p for _, p in each) > DEPTH_P or min(abs(c) for c, _ in each) < MIN_OVER_DEPTH:
        return []
    change, p = each[0]
    if any(np.sign(other) != np.sign(change) for other, _ in each):
        return []
    way = "rises" if change > 0 else "falls"
    return [
        f"its share {way} {2 ** abs(change):.1f}-fold from the smallest to the largest library"
        f" within groups (P {p:.2g})"
    ]


def _percent(log2_sd: float) -> str:
    return f"{2**log2_sd - 1:.{0 if log2_sd > 0.07 else 1}%}"


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _named(samples: Sequence[str], most: int = 5) -> str:
    rest = f" and {len(samples) - most} more" if len(samples) > most else ""
    return ", ".join(samples[:most]) + rest
