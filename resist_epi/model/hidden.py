"""What the residuals say of the units before any P: twins, and factors that no column names."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import SEX_CHROMOSOMES, on_chromosomes
from resist_epi.model.factor_names import chance_of, named_by
from resist_epi.model.factor_search import FactorSearch
from resist_epi.model.filtering import evenly_spaced
from resist_epi.model.hidden_words import (
    FoundFactors,
    gate_facts,
    none_found,
    one_side,
    two_apart,
    with_found,
)
from resist_epi.model.method import METHODS
from resist_epi.model.normalization_method import METHODS as NORMALIZATIONS
from resist_epi.model.twin_units import (
    MIN_UNITS_FOR_TWINS,
    twin_units,
    unknown_twins,
    with_twins,
)
from resist_epi.model.unit_patterns import UnitPatterns, nothing_seen, unit_level
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.stats.linear.factor_gate import MIN_EIGENVALUE

logger = logging.getLogger(__name__)

# Units a group from which on factors are told from chance.
MIN_UNITS_FOR_FACTORS = 5

# Residual degrees of freedom, and regions, without which nothing is looked for.
MIN_DF, MIN_REGIONS = 5, 200

DF_PER_FACTOR = 4  # so many residual degrees of freedom for each factor that is looked for

MOST_FACTORS = 5

_MOST_ROWS = 5_000  # regions, evenly spaced, that are looked at


def look_at_units(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    tested: NDArray[np.bool_],
    question: Question,
) -> UnitPatterns:
    """Look for twins, then for hidden factors, in the residuals of a design.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    contrast
        What is tested: one contrast, or several that share the fit (`joined_contrasts`).
    tested
        (n_regions,) bool.
    question
        Its method is the one that will be used; `hidden` says what is done about factors.

    Raises
    ------
    DesignError
        If factors are asked for by number and cannot be had.
    """
    seen = nothing_seen(design)
    units, coefficients = design.matrix.shape
    smaller = min(contrast.group_sizes, default=units // 2)
    rows = _rows(matrix, tested)
    asked = _asked(question, contrast, units - coefficients, len(rows))
    if len(rows) < MIN_REGIONS or (units - coefficients < MIN_DF and not asked):
        return seen
    if question.block is not None and design.units[question.block].is_unique:
        return seen  # which the fit refuses
    part = matrix.select(regions=rows)
    level = unit_level(part)
    twins = () if smaller < MIN_UNITS_FOR_TWINS else twin_units(level, part, design)
    seen = with_twins(seen, twins, design, contrast, question)
    twins = unknown_twins(twins, design, question.block)
    wanted = asked or (question.hidden != "none" and smaller >= MIN_UNITS_FOR_FACTORS)
    if wanted and METHODS[question.method or ""].takes_factors and contrast.vector.any():
        search = FactorSearch(level, part, design, contrast, twins, question.block)
        if asked and search.df < asked + 2:  # what is asked for goes before what twins share
            search = FactorSearch(level, part, design, contrast, (), question.block)
        if asked or search.df >= MIN_DF:
            seen = _conclude(search, seen, asked)
        if seen.adjusted and not twins and smaller >= MIN_UNITS_FOR_TWINS:
            # A strong factor hides them.
            beside = with_factors(design, contrast, seen.columns)[0]
            seen = with_twins(seen, twin_units(level, part, beside), design, contrast, question)
    for warning in seen.warnings:
        logger.warning("%s", warning)
    if seen.adjusted:
        logger.info("%s", seen.sentence)
    return seen


def with_factors(
    design: Design, contrast: Contrast, columns: pd.DataFrame
) -> tuple[Design, Contrast]:
    """The design with further columns, and the contrast with nothing of them."""
    if not columns.shape[1]:
        return design, contrast
    matrix = pd.concat([design.matrix, columns], axis=1)
    nothing = np.zeros((columns.shape[1], *contrast.vector.shape[1:]))
    vector = np.concatenate([contrast.vector, nothing])
    words = f"{contrast.words}; adjusted for {', '.join(columns.columns)}, estimated from residuals"
    return replace(design, matrix=matrix), replace(contrast, vector=vector, words=words)


def _conclude(search: FactorSearch, seen: UnitPatterns, asked: int) -> UnitPatterns:
    """What is found of factors, and what is done about them."""
    gates = search.gates(max(1, min(MOST_FACTORS, search.df // DF_PER_FACTOR)))
    facts = gate_facts(gates)
    broad = [g for g in gates if g.broad]
    no_factors = (i for i, g in enumerate(broad) if g.one_sided or g.of_two)
    k = asked or next(no_factors, len(broad))
    if k:
        found = _found(search, k, asked=bool(asked))
        seen = with_found(seen, facts, found, _keeps_global(search.matrix))
        if seen.adjusted and search.correlation is not None:
            # Measured: beside blocks, weights and an estimated factor lose the level together.
            off = seen.weights_off or "a hidden factor beside blocks"
            seen = replace(seen, weights_off=off)
        return seen
    if not broad:
        beyond_noise = gates[0].eigenvalue > MIN_EIGENVALUE
        return none_found(seen, facts, search.places() if beyond_noise else None)
    return two_apart(seen, facts, search.two_units()) if broad[0].of_two else one_side(seen, facts)


def _found(search: FactorSearch, k: int, *, asked: bool) -> FoundFactors:
    factors = search.factors(k)
    names = [f"hidden{i + 1}" for i in range(k)]
    table = pd.DataFrame(factors.columns, index=search.design.matrix.index, columns=names)
    goes = float((factors.slope**2).sum())
    shared = goes / (1 + goes)
    return FoundFactors(
        table,
        shared,
        chance_of(shared, factors.slope.size, search.df + 1 - k),
        named_by(table, search.design.units, search.matrix),
        dict(zip(names, map(float, search.follows_level(factors)), strict=True)),
        asked,
    )


def _asked(question: Question, contrast: Contrast, df: int, n_regions: int) -> int:
    """How many factors the user asks for; 0 where this is left to the data."""
    if question.hidden in ("auto", "none"):
        return 0
    asked = int(question.hidden)
    method = question.method or ""
    if not METHODS[method].takes_factors or not contrast.vector.any():
        able = " or ".join(name for name, m in METHODS.items() if m.takes_factors)
        raise DesignError(f"{method} adjusts for no hidden factors; use --method {able}")
    if df - asked < 2 or n_regions < MIN_REGIONS:
        raise DesignError(
            f"--hidden {asked}: {df} residual degrees of freedom and {n_regions} regions are too"
            f" few; {asked} hidden factor{'s' * (asked > 1)} need {asked + 2} and"
            f" {MIN_REGIONS}. Ask for fewer, or use --hidden none"
        )
    return asked


def _rows(matrix: CountMatrix, tested: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Regions to look at: tested, on autosomes where these are most, and not too many."""
    rows = np.flatnonzero(tested)
    autosomal = rows[~on_chromosomes(matrix.regions["chrom"].iloc[rows], SEX_CHROMOSOMES)]
    rows = autosomal if 2 * len(autosomal) >= len(rows) else rows
    return evenly_spaced(rows, _MOST_ROWS)


def _keeps_global(matrix: CountMatrix) -> str | None:
    """The normalisation of a matrix, where it leaves a global change of the mark in it."""
    name = str(matrix.metadata.get("normalization", "this"))
    record = NORMALIZATIONS.get(name)
    # Of factors that were given nobody knows.
    if record is None or name == "given" or record.keeps_global:
        return name
    return name if record.compared in ("reference", "always") else None
