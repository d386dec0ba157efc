"""The fit of an analysis: planned, adjusted for what units share, and tested."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model import differential
from resist_epi.model.asked import Asked
from resist_epi.model.composition import composition_caution
from resist_epi.model.fit import Fit
from resist_epi.model.fit_plan import plan_fit
from resist_epi.model.header import shrunken_in_words, support_facts
from resist_epi.model.hidden import look_at_units, with_factors
from resist_epi.model.hidden_words import calls_in_words
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.neighbours import loci_facts, loci_in_words, with_loci
from resist_epi.model.unit_patterns import UnitPatterns, nothing_seen
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FittedUnits:
    """A fit, and what was decided on the way to it.

    Attributes
    ----------
    fit, options, method
        The fit, its options, and the facts of its method.
    design, contrast
        With the hidden factors that entered.
    question
        As answered: the method and normalisation that were taken.
    seen
        What the residuals say of the units.
    cautions
        Warnings for the header.
    without_factors
        Design and contrast before hidden factors entered; None where none did.
    plain
        The fit without hidden factors and weights, to be shown beside; None where none entered.
    """

    fit: Fit
    options: FitOptions
    method: dict[str, Any]
    design: Design
    contrast: Contrast
    question: Question
    seen: UnitPatterns
    cautions: list[str]
    without_factors: tuple[Design, Contrast] | None
    plain: Fit | None = None


@dataclass(frozen=True)
class Said:
    """What results add to the header and to the facts."""

    header: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def fit_units(
    matrix: CountMatrix, ask: Asked, kept: NDArray[np.bool_], scaling: str, *, tested: bool
) -> FittedUnits:
    """Plan the fit of a normalised matrix, look at its units, and fit.

    Parameters
    ----------
    kept
        (n_regions,) bool: regions to test.
    scaling
        Name of the normalisation.
    tested
        Whether there will be a test, without which nothing is looked for.
    """
    method, options = plan_fit(matrix, ask.design, ask.plan, kept, ask.question)
    question = replace(ask.question, method=method["name"], normalize=scaling)
    seen = nothing_seen(ask.design)
    if tested:
        seen = look_at_units(matrix, ask.design, ask.plan, kept, question)
        options = _allowed(options, method, seen)
    design, contrast = with_factors(ask.design, ask.contrast, seen.columns)
    fit = differential.fit(matrix, design, method=method["name"], tested=kept, options=options)
    plain = None
    if seen.adjusted:
        plain = differential.fit(
            matrix,
            ask.design,
            method=fit.method,
            tested=kept,
            options=FitOptions(block=options.block),
        )
    fitted = FittedUnits(fit, options, method, design, contrast, question, seen, [], None, plain)
    return for_contrast(fitted, ask, kept, tested=tested)


def for_contrast(
    model: FittedUnits, ask: Asked, kept: NDArray[np.bool_], *, tested: bool
) -> FittedUnits:
    """The same fit, asked for another contrast.

    Parameters
    ----------
    ask
        With the question and contrast that are meant; of the same design.
    kept, tested
        As of `fit_units`, and whether this contrast is tested.
    """
    question = replace(
        ask.question, method=model.question.method, normalize=model.question.normalize
    )
    _, contrast = with_factors(ask.design, ask.contrast, model.seen.columns)
    limit = None
    if tested:
        limit = differential.reach(model.fit.method, ask.contrast, kept, fdr=question.fdr)
    if limit is not None:
        logger.warning("%s", limit)
    cautions = [*ask.cautions, *([] if limit is None else [limit]), *model.seen.warnings]
    before = (ask.design, ask.contrast) if model.seen.adjusted else None
    return replace(
        model, contrast=contrast, question=question, cautions=cautions, without_factors=before
    )


def _allowed(options: FitOptions, method: dict[str, Any], seen: UnitPatterns) -> FitOptions:
    """The options that the units allow, and the method's words for them."""
    said = method["options"]
    if seen.adjusted:
        said["hidden"] = (
            f"adjusted for {', '.join(map(str, seen.columns))}, estimated from the residuals"
        )
    if not options.weights or seen.weights_off is None:
        return options
    del said["weights"]
    said["no weights"] = f"units not weighted: {seen.weights_off}"
    return replace(options, weights=False, variance_groups=None)


def tested_results(
    model: FittedUnits, matrix: CountMatrix, kept: NDArray[np.bool_]
) -> tuple[pd.DataFrame, Said]:
    """The results, those without hidden factors beside, and what is said of them."""
    question, said = model.question, Said()
    results = differential.contrast_results(
        model.fit, model.contrast, fdr=question.fdr, lfc_threshold=question.lfc_threshold
    )
    if model.without_factors is not None and model.plain is not None:
        _, contrast = model.without_factors
        results = differential.with_unadjusted(results, model.plain, contrast, question)
        said.header["unadjusted"], n = calls_in_words(results, question.fdr)
        said.facts["hidden"] = {**model.seen.facts["hidden"], "unadjusted_calls": n}
    said.facts["shrunken"] = support_facts(results)
    said.header["shrunken fold changes"] = shrunken_in_words(
        said.facts["shrunken"], model.fit.method
    )
    results = with_loci(results, model.fit, model.contrast)
    said.facts["loci"] = loci_facts(results, fdr=question.fdr)
    said.header["loci"] = loci_in_words(said.facts["loci"])
    caution = composition_caution(results, matrix, question)
    if caution is not None:
        said.header["composition"] = said.facts["composition"] = caution
        logger.warning("%s", caution)
    return results, said
