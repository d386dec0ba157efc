"""What a pilot says of units that are still to come: levels, variation and libraries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units
from resist_epi.errors import DesignError
from resist_epi.model import normalization
from resist_epi.model.analysis import analyse
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.method import METHODS, methods_that
from resist_epi.model.normalization_data import NormalizationInputs, merge_inputs
from resist_epi.model.pilot_variation import Variation, unit_noise, variation_of
from resist_epi.model.question_check import check_question
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)

REGIONS = 3_000  # drawn from the tested ones: power hardly depends on how many there are

_REMEDY = (
    "Power rests on how much units of a group differ: give a pilot with at least 2 units a group,"
    " or the replicates of one group alone"
)


@dataclass(frozen=True)
class Pilot:
    """A pilot, as far as further units are drawn from it.

    Attributes
    ----------
    question
        What a planned study asks: the pilot's own question, with its normalisation; the method is
        the one that was asked for, not the one that the pilot took.
    levels
        Of the contrast: the one that changes, and the other.
    units, variables
        The pilot's rows of the sheet, and the columns of them that the design uses.
    sides
        (n_units,) bool each, of the levels.
    regions
        Those drawn from the regions that the pilot tests.
    n_tested
        How many these were.
    variation
        Of those regions.
    library_sizes, size_factors
        (n_units,) of the pilot's units.
    noise
        (n_units,) variance of a unit over that of the mean unit.
    quantity, metadata
        Of the pilot's matrix.
    words
        What there was of units, and how they were normalised, for the header.
    """

    question: Question
    levels: tuple[str, str]
    units: pd.DataFrame
    variables: tuple[str, ...]
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    regions: pd.DataFrame
    n_tested: int
    variation: Variation
    library_sizes: FloatArray
    size_factors: FloatArray
    noise: FloatArray
    quantity: str
    metadata: Mapping[str, Any]
    words: Mapping[str, str]

    @property
    def contrast_column(self) -> str:
        """Column of the sheet that holds the levels."""
        return (self.question.contrast or "").partition(":")[0]

    @property
    def mark(self) -> str:
        """The mark."""
        return str(self.units["Factor"].iloc[0])


@dataclass(frozen=True)
class _Units:
    """Normalised units of a pilot and the columns that explain them."""

    matrix: CountMatrix
    X: FloatArray
    tested: NDArray[np.bool_]
    table: pd.DataFrame
    variables: tuple[str, ...]
    levels: tuple[str, str]
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    asked: Question
    words: dict[str, str]


def fit_pilot(
    matrix: CountMatrix,
    sheet: SampleSheet,
    question: Question | None = None,
    *,
    inputs: NormalizationInputs | None = None,
    regions: int = REGIONS,
    seed: int = 1,
) -> Pilot:
    """Fit to a pilot, or to published counts, what further units are drawn from.

    Parameters
    ----------
    matrix
        A column a library.
    sheet
        Rows of the libraries, of one mark. Where all are of one `Condition`, the other group is
        taken to be like it.
    question
        What the planned study will ask, of a difference between two groups; by default the question
        of all defaults.
    inputs
        What normalising the pilot needs beside the matrix.
    regions
        At most so many of the regions that the pilot tests are drawn from.
    seed
        Which these are.

    Raises
    ------
    DesignError
        If nothing tells how much units of a group differ, no region can be tested, or the question
        is not one of two groups.
    """
    question = question or Question()
    _check(question)
    own, matrix = sheet.for_samples(matrix.samples), matrix.filled()
    one = question.formula == Question.formula and own.table["Condition"].nunique() == 1
    units = (_one_group if one else _groups)(matrix, own, question, inputs)
    tested = np.flatnonzero(units.tested)
    if not len(tested):
        raise DesignError("no region has enough signal to be tested, so no power can be told")
    rows = tested
    if len(rows) > regions:
        rows = np.sort(np.random.default_rng(seed).choice(rows, regions, replace=False))
    part = units.matrix.select(regions=rows)
    variation = variation_of(part, units.X)
    sizes = units.matrix.effective_library_sizes
    if units.matrix.offsets is not None:
        sizes = np.exp(units.matrix.offsets[rows].mean(axis=0))
    return Pilot(
        question=units.asked,
        levels=units.levels,
        units=units.table,
        variables=units.variables,
        sides=units.sides,
        regions=part.regions,
        n_tested=len(tested),
        variation=variation,
        library_sizes=units.matrix.library_sizes,
        size_factors=np.asarray(sizes / units.matrix.library_sizes),
        noise=unit_noise(part, units.X, variation, sizes),
        quantity=matrix.quantity,
        metadata={n: v for n, v in matrix.metadata.items() if n in _KEPT_METADATA},
        words=units.words,
    )


# What the choice of a test, and words, read of a matrix.
_KEPT_METADATA = ("fragment_length", "library_size_from")


def _check(question: Question) -> None:
    check_question(question)
    if question.block is not None or question.strata is not None:
        raise DesignError(
            "units of blocks or strata are not drawn: name such a column in --design instead"
        )
    if question.method is not None and METHODS[question.method].own_contrast is not None:
        able = methods_that(lambda m: m.own_contrast is None)
        raise DesignError(f"power is that of a difference between groups; use --method {able}")


def _groups(
    matrix: CountMatrix, sheet: SampleSheet, question: Question, inputs: NormalizationInputs | None
) -> _Units:
    """The units of a pilot that can be tested itself."""
    pilot = analyse(matrix, sheet, question, inputs=inputs, fold_changes="if_untestable")
    if not pilot.tested:
        raise DesignError(f"{pilot.facts['no test']}. {_REMEDY}")
    if not pilot.contrast.levels:
        raise DesignError(
            f"contrast {pilot.contrast.name} is a slope; power is that of a difference between two"
            " groups: name their column in --design"
        )
    words = {
        "pilot": pilot.contrast.words,
        "normalization": str(pilot.question.normalize),
        "filter": pilot.facts["filter"]["rule"],
    }
    if inputs is None or inputs.background is None:
        words["filter"] += (
            "; without counts in bins (--background), which tell where the mark is, regions that"
            " hardly have the mark are among them, and in these little can be found"
        )
    if pilot.without_factors is not None:
        words["hidden"] = (
            "the pilot is adjusted for hidden factors, and further units are drawn as if theirs"
            " were found and adjusted for as well"
        )
    first, second = pilot.contrast.levels
    side, other = pilot.contrast.sides
    return _Units(
        matrix=pilot.matrix,
        X=pilot.design.matrix.to_numpy(np.float64),
        tested=pilot.fit.tested,
        table=pilot.design.units,
        variables=pilot.design.variables,
        levels=(first, second),
        sides=(side, other),
        asked=replace(
            question,
            formula=pilot.design.formula,
            contrast=pilot.contrast.name,
            normalize=pilot.question.normalize,
        ),
        words=words,
    )


def _one_group(
    matrix: CountMatrix, sheet: SampleSheet, question: Question, inputs: NormalizationInputs | None
) -> _Units:
    """The replicates of one group, by which those of both are drawn."""
    merged, units, note = merge_units(matrix, sheet)
    n, level = len(merged.samples), str(sheet.table["Condition"].iloc[0])
    if n < 2:
        raise DesignError(f"there is one biological unit, {merged.samples[0]}. {_REMEDY}")
    if question.contrast is not None:
        raise DesignError(
            f"contrast {question.contrast}: every unit is {level}; leave the contrast out, and the"
            " other group is taken to be like it"
        )
    given = merge_inputs(NormalizationInputs() if inputs is None else inputs, matrix, sheet)
    name = question.normalize or normalization.choose_default(given, merged)[0]
    normalized = normalization.normalize(merged, name, inputs=given)
    tested, _ = regions_with_signal(
        normalized, min_units=max(1, n // 2), background=given.background
    )
    words = {
        "pilot": f"{n} units, all {level}; the other group is taken to be like them; {note}",
        "normalization": name,
    }
    logger.warning("all units are %s: the other group is taken to be like them", level)
    every = np.ones(n, dtype=bool)
    new = "other" if level != "other" else "another"
    # Two groups allow rounds of a test, for which one group has TMM.
    if question.normalize is None and name == normalization.DEFAULT:
        name = "tmm_rounds"
    return _Units(
        matrix=normalized,
        X=np.ones((n, 1)),
        tested=tested,
        table=units.table,
        variables=("Condition",),
        levels=(new, level),
        sides=(every, every),
        asked=replace(question, contrast=f"Condition:{new}-{level}", normalize=name),
        words=words,
    )
