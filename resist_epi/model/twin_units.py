"""Twins among the units: what follows for weights, and what the user is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.unit_patterns import UnitPatterns
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.design_checks import PATIENT
from resist_epi.samples.question import Question
from resist_epi.schema import COUNTS
from resist_epi.stats.linear.twins import TWINS, Twins, find_twins

MIN_UNITS_FOR_TWINS = 4  # a group; with fewer, residuals of a pair look alike by chance

_PAIRS_SHOWN = 5


def twin_units(level: FloatArray, matrix: CountMatrix, design: Design) -> tuple[Twins, ...]:
    """Pairs of units whose noise goes together, the most alike first.

    Of counts the higher half is looked at, since noise of counting hides a likeness.

    Parameters
    ----------
    level
        (n_regions, n_units), as `unit_patterns.unit_level` makes it of the matrix.
    """
    if matrix.quantity in COUNTS:
        depth = matrix.values.mean(axis=1)
        level = level[depth >= np.median(depth)]
    return find_twins(level, design.matrix.to_numpy(np.float64))


def unknown_twins(twins: Sequence[Twins], design: Design, block: str | None) -> tuple[Twins, ...]:
    """Those of whom the model does not know: all but the pairs of one block."""
    if block is None:
        return tuple(twins)
    own = design.units[block].to_numpy()
    return tuple(t for t in twins if own[t.first] != own[t.second])


def with_twins(
    seen: UnitPatterns,
    twins: Sequence[Twins],
    design: Design,
    contrast: Contrast,
    question: Question,
) -> UnitPatterns:
    """What was seen, and twins: a warning with the remedy, and no weights.

    A pair would raise its own weight, be it known to the model or not.
    """
    if not twins:
        return seen
    names = list(map(str, design.matrix.index))
    patients = design.units[PATIENT].astype(str).to_numpy() if PATIENT in design.units else None
    unknown, paired = [], []
    for twin in unknown_twins(twins, design, question.block):
        first, second = twin.first, twin.second
        known = patients is not None and patients[first] == patients[second] != ""
        across = any(side[first] != side[second] for side in contrast.sides)
        if not known:
            unknown.append(twin)
        elif not across:  # across groups, the checks of the design say it
            paired.append(twin)
    warnings = []
    if unknown:
        warnings.append(
            f"the noise of {_pairs(unknown, names)} goes together (correlation above {TWINS:g}):"
            " libraries of one tumour, animal or culture are one unit; name it in the sheet's"
            f" column {PATIENT}, or leave one out. P values are too small until then"
        )
    if paired:
        warnings.append(
            f"the noise of {_pairs(paired, names)} goes together, and they are of one patient: the"
            f" design takes them as independent; use --block {PATIENT}"
        )
    first = twins[0]
    return replace(
        seen,
        weights_off=f"{names[first.first]} and {names[first.second]} are nearly one unit",
        warnings=(*seen.warnings, *warnings),
        facts={**seen.facts, "twins": [[names[t[0]], names[t[1]], round(t[2], 2)] for t in twins]},
    )


def _pairs(twins: Sequence[Twins], names: Sequence[str]) -> str:
    shown = [f"{names[t.first]} and {names[t.second]} ({t.correlation:.2f})" for t in twins]
    more = len(shown) - _PAIRS_SHOWN
    extra = f", and of {more} more pair{'s' * (more > 1)}" if more > 0 else ""
    return ", ".join(shown[:_PAIRS_SHOWN]) + extra
