"""Whether a call stays when one unit is left out, and which calls hang on one alone."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.io.shown import count
from resist_epi.model.analysis import Analysis
from resist_epi.model.differential import METHODS, contrast_statistics
from resist_epi.model.left_out import MIN_SIDE, Left, leave_out
from resist_epi.samples.design_checks import PATIENT
from resist_epi.schema import STABILITY, names
from resist_epi.stats.linear.left_out import units_to_leave_out
from resist_epi.stats.multiple import benjamini_hochberg

logger = logging.getLogger(__name__)

# Beyond this P, and this many regions, none is taken to be called without a unit; their P count
# as they are.
NEAR, FEWEST_NEAR = 0.1, 2_000

# Units that are left out in turn: with more, those on which the calls lean most. Each costs a fit
# of all units, so that all of them would cost the square of their number.
MOST_LEFT_OUT = 60

_LARGEST = 10  # parts of a unit in calls, by which it is chosen


@dataclass(frozen=True)
class Stability:
    """How calls fare without each unit.

    Attributes
    ----------
    share
        (n_regions,) share of the fits in which a call stays; NaN where nothing is called.
    smallest
        (n_regions,) log2, the smallest change of a call among these fits, in its own direction:
        of the other sign where it turns.
    hangs_on
        (n_regions,) the unit without which alone a call is lost; empty elsewhere.
    facts
        `calls stay one several`: how many calls there are, stay in every fit, are lost without one
        unit alone, and without any of several; `left_out`: fits; `units`: unit -> calls that hang
        on it; `not_fitted`: units without which there is no test; `of`: how many could be left out,
        where these are more than 60.
    """

    share: FloatArray
    smallest: FloatArray
    hangs_on: NDArray[np.object_]
    facts: dict[str, Any]


def check_stability(*, tested: bool) -> None:
    """Refuse to look for the stability of calls where there are none to be had.

    Raises
    ------
    DesignError
        If there is no test.
    """
    if not tested:
        raise DesignError(
            "the stability of calls needs a test; leave --stability or --fold-changes-only out"
        )


def with_stability(analysis: Analysis) -> Analysis:
    """The analysis with columns `stability`, `stability_min_log2FoldChange` and `hangs_on`.

    Its header has the sentence, its facts the numbers. Without a test it stays as it is.
    """
    if not analysis.tested:
        return analysis
    found = stability(analysis)
    columns = (found.share, found.smallest, found.hangs_on)
    results = analysis.results.assign(**dict(zip(names(STABILITY), columns, strict=True)))
    sentence = stability_in_words(found.facts)
    if found.facts["calls"] and not found.facts["left_out"]:
        logger.warning("stability: %s", sentence)
    return analysis.with_more(
        results, header={"stability": sentence}, facts={"stability": found.facts}
    )


def stability(analysis: Analysis) -> Stability:
    """Test again without each unit in turn, and see which calls stay.

    A call stays where its P, adjusted over all regions, is at most the question's level and its
    change has the same sign. Units of one patient or block are left out together, and so is the
    other half of a pair. Normalisation, filter, hidden factors, weights, and in `ql` the trend of
    the dispersion are those of the whole analysis; estimates, variances and their prior are new.
    Of more than 60 units the 60 are left out on which most calls lean, one by one (`_leaned_on`).

    Parameters
    ----------
    analysis
        Whose calls are those of its contrast, region by region.
    """
    fitted, contrast, question = analysis.fit, analysis.contrast, analysis.question
    results = analysis.results
    called = np.flatnonzero((results["direction"] != "none").to_numpy())
    share, smallest = np.full(len(results), np.nan), np.full(len(results), np.nan)
    hangs_on = np.full(len(results), "", dtype=object)
    whole = results["pvalue"].to_numpy(np.float64)
    near = _near(whole, called)
    fitted_without: list[str] = []
    not_fitted: list[str] = []
    sign = np.where(results["direction"].to_numpy()[called] == "gain", 1.0, -1.0)
    stays: list[NDArray[np.bool_]] = []
    least = np.full(len(called), np.inf)
    groups = _groups(analysis) if len(called) else []
    of = len(groups)
    if of > MOST_LEFT_OUT:
        groups = _leaned_on(analysis, groups, called, sign)
    for name, gone in groups:
        left = leave_out(fitted, contrast, gone, near)
        tests = None if left is None else _tested_without(analysis, left, whole)
        if tests is None:
            not_fitted.append(name)
            continue
        padj, change = (values[called] for values in tests)
        fitted_without.append(name)
        stays.append((padj <= question.fdr) & (sign * change > 0))
        least = np.fmin(least, sign * change)
    if stays:
        kept = np.array(stays)
        share[called] = kept.mean(axis=0)
        smallest[called] = np.where(np.isfinite(least), sign * least, np.nan)
        one = (~kept).sum(axis=0) == 1
        hangs_on[called[one]] = np.array(fitted_without, dtype=object)[(~kept).argmax(axis=0)[one]]
    facts = _facts(share[called], hangs_on[called], fitted_without) | {"not_fitted": not_fitted}
    return Stability(share, smallest, hangs_on, facts | ({"of": of} if of > len(groups) else {}))


def _leaned_on(
    analysis: Analysis,
    groups: list[tuple[str, NDArray[np.bool_]]],
    called: NDArray[np.intp],
    sign: FloatArray,
) -> list[tuple[str, NDArray[np.bool_]]]:
    """The groups of units that carry most of the calls' changes, in the order given.

    A unit's part in a call is what its residual adds to the change in the call's direction, as far
    as a linear model of log2 signal tells; a group's place is by the mean of its ten largest.
    """
    fitted, contrast = analysis.fit, analysis.contrast
    X = fitted.design.to_numpy(np.float64)
    if not contrast.vector.any():
        order = np.arange(len(groups))
    else:
        leverage = np.linalg.pinv(X).T @ contrast.vector
        response = fitted.linear.response[called]
        parts = (response - (response @ np.linalg.pinv(X).T) @ X.T) * leverage * sign[:, None]
        of_groups = np.column_stack([parts[:, gone].sum(axis=1) for _, gone in groups])
        most = np.sort(np.nan_to_num(of_groups), axis=0)[-_LARGEST:].mean(axis=0)
        order = np.argsort(-most, kind="stable")
    return [groups[i] for i in np.sort(order[:MOST_LEFT_OUT])]


def _near(pvalues: FloatArray, called: NDArray[np.intp]) -> NDArray[np.intp]:
    tested = np.flatnonzero(np.isfinite(pvalues))
    first = tested[np.argsort(pvalues[tested], kind="stable")]
    number = max(int((pvalues[tested] <= NEAR).sum()), FEWEST_NEAR)
    return np.union1d(first[:number], called).astype(np.intp)


def _groups(analysis: Analysis) -> list[tuple[str, NDArray[np.bool_]]]:
    """Units that are left out together, by name."""
    units = analysis.units.table
    columns = [PATIENT] if analysis.units.has_patients else []
    if analysis.options.block is not None:
        columns.append(analysis.units.column(analysis.options.block) or analysis.options.block)
    labels = [units[c].fillna("").astype(str).to_numpy(object) for c in columns]
    samples = np.array(analysis.fit.design.index, dtype=object)
    found = []
    for gone in units_to_leave_out(analysis.fit.design.to_numpy(np.float64), labels):
        shared = [label[gone][0] for label in labels if len(set(label[gone])) == 1]
        several = int(gone.sum()) > 1
        name = shared[0] if several and shared and shared[0] else " + ".join(samples[gone])
        found.append((str(name), gone))
    return found


def _tested_without(
    analysis: Analysis, left: Left, whole: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Adjusted P and change of every region, (n_regions,); None where a test is not possible."""
    refit = METHODS[analysis.fit.method].without
    if refit is None:
        return None
    try:
        fitted, rows = refit(analysis.fit, left)
        found = contrast_statistics(
            fitted, left.contrast, lfc_threshold=analysis.question.lfc_threshold
        )
    except DesignError as error:
        logger.info("not tested without some units: %s", error)
        return None
    p, change = whole.copy(), np.full(len(whole), np.nan)
    p[rows] = found["pvalue"]
    # A hazard ratio without a maximum is NaN, but its score test has a sign.
    effect = found["log2FoldChange"]
    change[rows] = np.where(np.isnan(effect), found["stat"], effect)
    return benjamini_hochberg(p), change


def _facts(share: FloatArray, hangs_on: NDArray[np.object_], fits: list[str]) -> dict[str, Any]:
    calls, one = len(share), int((hangs_on != "").sum())
    stay = int((share == 1).sum())
    counted = Counter(map(str, hangs_on[hangs_on != ""]))
    return {
        "calls": calls,
        "stay": stay,
        "one": one,
        "several": calls - stay - one if fits else 0,
        "left_out": len(fits),
        "units": dict(sorted(counted.items(), key=lambda item: (-item[1], fits.index(item[0])))),
    }


def stability_in_words(facts: dict[str, Any]) -> str:
    """One sentence: how many calls hang on one unit, and on which.

    Examples
    --------
    >>> facts = {"calls": 9, "stay": 5, "one": 3, "several": 1, "left_out": 6, "not_fitted": []}
    >>> stability_in_words(facts | {"units": {"T3": 2, "T5": 1}})
    '3 of 9 calls hang on one unit: each is lost without that one alone, most without T3 (2); 1 is \
lost when any of several is left out, and 5 stay whichever of 6 is left out'
    """
    calls, fits = facts["calls"], facts["left_out"]
    if not calls:
        return "nothing is called, so no call hangs on one unit"
    if not fits:
        return (
            f"of {count(calls, 'call')} it is not known whether any hangs on one unit:"
            f" without any one of them fewer than {MIN_SIDE} are left on a side, or nothing tells"
            " how much units differ"
        )
    one, several, stay = facts["one"], facts["several"], facts["stay"]
    skipped = facts["not_fitted"]
    each = f"{fits}"
    if "of" in facts:
        each += f" of {facts['of']} units, those that calls lean on most,"
    more = f" (no test is possible without {', '.join(skipped)})" if skipped else ""
    rest = (
        f"{several:,} {'is' if several == 1 else 'are'} lost when any of several is left out, and"
        f" {stay:,} stay{'s' * (stay == 1)} whichever of {each} is left out{more}"
    )
    if not one:
        return f"none of {count(calls, 'call')} hangs on one unit alone; {rest}"
    most = next(iter(facts["units"].values()))
    named = [name for name, n in facts["units"].items() if n == most]
    where = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    which = f"without {where} ({most:,}{' each' * (len(named) > 1)})"
    hang = "hang on one unit: each is" if one != 1 else "hangs on one unit: it is"
    return (
        f"{one:,} of {count(calls, 'call')} {hang} lost without that one alone,"
        f" {'most ' * (len(facts['units']) > 1)}{which}; {rest}"
    )
