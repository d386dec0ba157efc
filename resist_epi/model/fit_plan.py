"""Which test a matrix gets, and whether its units get weights, each with the reason in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.differential import METHODS, choose_method
from resist_epi.model.filtering import goes_with_depth
from resist_epi.model.header import beside_cut
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.odd_values import find_odd_values
from resist_epi.model.question_check import check_method
from resist_epi.model.unit_weights import ENOUGH_UNITS, MAX_SHARED, UnitWeights, weigh_units
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.schema import COUNTS

GAPS = "where zeros that stay are half of a group or more, P is at least the chance of so many"


def plan_fit(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    tested: NDArray[np.bool_],
    question: Question,
) -> tuple[dict[str, Any], FitOptions]:
    """The method with the reason for it, and the options of its fit.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool.

    Raises
    ------
    DesignError
        If the method is unknown.
    """
    smaller = min(contrast.group_sizes, default=len(matrix.samples) // 2)
    seen = None
    if question.weights != "none" and _must_look(matrix, smaller, question.method):
        seen = weigh_units(matrix, design, contrast, tested)
    name, because = expected_method(matrix, contrast, question, seen=seen)
    odd = None
    may_leave_out = question.method is None or METHODS[name].leaves_out
    # Where depth goes with the contrast a shallow library's zeros are no gaps.
    if question.weights != "none" and may_leave_out and not goes_with_depth(matrix, contrast.sides):
        weights_seen = seen.weights if seen is not None and seen.trusted else None
        odd = find_odd_values(matrix, design, contrast, tested, weights_seen)
    if odd is not None and not odd.left_out:
        odd = None
    if odd is not None and question.method is None and not METHODS[name].leaves_out:
        name, because = "trend", f"{odd.words}, and trend can leave them out"
    method = METHODS[name]
    weights, sides, said = (False, None, None)
    if method.takes_weights and question.weights == "none":
        said = "units not weighted: asked for"
    elif method.takes_weights:
        weights, sides, said = _weights(seen, smaller)
    more = {
        "weights": said,
        "left out": odd and f"{odd.words}, and are left out; {GAPS}",
        "block": question.block and f"{question.block} as a random effect",
        "strata": question.strata and f"baseline hazards by {question.strata}",
    }
    facts = {
        "name": name,
        "summary": method.summary,
        "because": because,
        "options": {option: text for option, text in more.items() if text},
    }
    options = FitOptions(
        weights=weights,
        variance_groups=sides,
        centred=weights,
        leave_out=odd is not None,
        block=question.block,
        strata=question.strata,
    )
    return facts, options


def expected_method(
    matrix: CountMatrix, contrast: Contrast, question: Question, *, seen: UnitWeights | None = None
) -> tuple[str, str]:
    """The test that is asked for, or that the matrix and its units call for, and why.

    Parameters
    ----------
    seen
        What the residuals say of the units, once a filter has chosen the regions.

    Raises
    ------
    DesignError
        If the method is unknown.
    """
    if question.method is not None:
        check_method(question.method, block=question.block, strata=question.strata)
        return question.method, "asked for"
    name, because = choose_method(
        matrix,
        contrast.group_sizes,
        sides=contrast.sides,
        fragment_length=matrix.metadata.get("fragment_length"),
        seen=seen,
    )
    method = METHODS[name]
    lacks = {
        "blocks": question.block is not None and not method.takes_block,
        "thresholds": question.lfc_threshold > 0 and method.threshold_statistics is None,
    }
    missing = " or ".join(what for what, lacking in lacks.items() if lacking)
    return ("voom", f"{because}; {name} would take no {missing}") if missing else (name, because)


def _must_look(matrix: CountMatrix, smaller: int, name: str | None) -> bool:
    """Whether the units' weights decide anything."""
    if name is None and matrix.quantity in COUNTS:
        return True
    takes = METHODS["trend" if name is None else name].takes_weights
    return takes and smaller < ENOUGH_UNITS


def _weights(
    seen: UnitWeights | None, smaller: int
) -> tuple[bool, tuple[int, ...] | None, str | None]:
    """Whether there are weights, of which groups of units, and the sentence."""
    beside = "the unweighted result stands beside"
    if smaller >= ENOUGH_UNITS:
        return True, None, f"units weighted by REML over all regions, {beside}"
    if seen is None:
        return False, None, None
    shared = beside_cut(seen.shared, MAX_SHARED, 2)
    figure = f"what weighted units share in most regions is {shared} times noise"
    if seen.trusted:
        return (
            True,
            None,
            (f"units weighted by REML over all regions ({seen.fold:.1f}-fold; {figure}), {beside}"),
        )
    if seen.sides is not None:
        return (
            True,
            seen.sides,
            (
                f"a variance a group, by REML over all regions ({figure}, above {MAX_SHARED:g}: no"
                f" weight a unit), {beside}"
            ),
        )
    return False, None, f"units not weighted: {figure}, above {MAX_SHARED:g}"
