"""Which regions hold enough signal to be tested, decided without looking at the groups."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.background import MIN_ENRICHED, MIN_ENRICHMENT, fold_over_background
from resist_epi.counting.matrix import CountMatrix, log_divisors, scaled
from resist_epi.errors import DesignError
from resist_epi.schema import COUNTS
from resist_epi.stats.scaling.sparsity import dense_rows, pooled_rate, zero_shares

logger = logging.getLogger(__name__)

MIN_READS = 5.0

LOGS_UNLIKE = 4.0  # ratio of the depths from which the variances of logarithms differ too much

DEPTH_RATIO = 2.0  # between the sides of a contrast, from which reads are weighed, not units

MIN_EXPECTED = 10.0  # reads a unit of the shallower side, for logarithms to be unbiased

MIN_EXPECTED_COUNTS = 1.0  # likewise for a model of counts

MAX_ZERO_DIFFERENCE = 0.1  # between the sides' shares of zero regions

MIN_DENSE = 100  # regions with hardly any zeros


def regions_with_signal(
    matrix: CountMatrix,
    *,
    min_units: int,
    min_value: float | None = None,
    background: CountMatrix | None = None,
    sides: Sequence[NDArray[np.bool_]] = (),
    of_counts: bool = False,
) -> tuple[NDArray[np.bool_], str]:
    """Regions with signal in enough units, whichever these are, (n_regions,); the rule in words.

    The choice depends on how many units are in the smaller group but not on which units those are,
    so it stays independent of the test (Bourgon, Gentleman & Huber 2010). Where the background is
    known, regions without the mark are left out as well (as Lun & Smyth 2016 do with windows): they
    cannot be called, but would be adjusted for, and their variance, which is that of sparse
    sampling alone, would pass for that of the others.

    Where depth goes with the contrast units are not alike: one read of a shallow unit, scaled,
    passes for many, so regions would pass where the shallow side happens to have too many. Then
    the reads of all units together decide, which say nothing of how they fall on the sides.

    Parameters
    ----------
    min_units
        At least so many units must hold more than the threshold.
    min_value
        Threshold on the value at the common library size; by default 5 for reads, and any signal
        at all for coverage.
    background
        Background bins of the same units: a region, unless it is a peak, must also have 1.5 times
        the background's signal per base on average or in `min_units` units. Not asked for where
        fewer than 100 regions have it.
    sides
        (n_units,) bool each, of the sides of the contrasts, to see whether depth goes with them.
    of_counts
        Whether the test models counts, and not their logarithms, which need more reads.

    Raises
    ------
    DesignError
        If depth goes with the contrast and no region has reads enough.

    References
    ----------
    Bourgon, Gentleman & Huber (2010) PNAS 107:9546; Lun & Smyth (2016) Nucleic Acids Res. 44:e45.
    """
    counts = matrix.quantity in COUNTS
    if min_value is None:
        min_value = MIN_READS if counts else 0.0
    values = scaled(matrix)
    enough = values >= min_value if min_value > 0 else values > 0
    kept = enough.sum(axis=1) >= min_units
    unit = " reads" if counts else ""
    what = f"at least {min_value:g}{unit}" if min_value > 0 else "any signal"
    rule = f"{what} in at least {min_units} units, whichever these are"
    if goes_with_depth(matrix, sides):
        first, *_, second = sorted(sides, key=lambda side: _log_size(matrix, side))
        ratio = np.exp(_log_size(matrix, second) - _log_size(matrix, first))
        effective = float(np.exp(log_divisors(matrix)[:, first].mean()))
        least = MIN_EXPECTED_COUNTS if of_counts else MIN_EXPECTED
        depth = Depth(float(ratio), effective, least)
        kept, rule = _by_all_reads(matrix, min_value * min_units, depth)
    elif not counts and len(sides) > 1 and all(side.any() for side in sides):
        kept, rule = _without_uneven_zeros(matrix, sides, kept, rule)
    if background is not None and not (matrix.regions["kind"] == "peaks").all():
        kept, also = _with_the_mark(matrix, background, kept, min_units)
        rule += f"; {also}"
    return kept, rule


@dataclass(frozen=True)
class Depth:
    """How depth goes with a contrast.

    Attributes
    ----------
    ratio
        Of the sides' library sizes (geometric means), deeper over shallower.
    shallower
        Effective library size of the shallower side.
    least
        Reads that a unit of this size must be expected to have.
    """

    ratio: float
    shallower: float
    least: float

    @property
    def of_logarithms(self) -> bool:
        """Whether the reads asked for are those that a logarithm needs."""
        return self.least >= MIN_EXPECTED


def evenly_spaced(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most so many of these regions, evenly spaced, for what a part of them tells as well."""
    return rows[:: max(1, -(-len(rows) // most))]


def goes_with_depth(matrix: CountMatrix, sides: Sequence[NDArray[np.bool_]]) -> bool:
    """Whether one side of a contrast was sequenced at least twice as deeply, as far as reads tell.

    Parameters
    ----------
    sides
        (n_units,) bool each; without two of them the answer is no. Of several, the deepest and the
        shallowest count.
    """
    if len(sides) < 2 or matrix.quantity not in COUNTS or not len(matrix.regions):
        return False
    if not all(side.any() for side in sides):
        return False
    sizes = [_log_size(matrix, side) for side in sides]
    return bool(max(sizes) - min(sizes) >= np.log(DEPTH_RATIO))


def _log_size(matrix: CountMatrix, side: NDArray[np.bool_]) -> float:
    return float(np.log(matrix.library_sizes[side]).mean())


def _by_all_reads(matrix: CountMatrix, least: float, depth: Depth) -> tuple[NDArray[np.bool_], str]:
    """Regions with so many reads in all units together, and the rule in words."""
    rate = pooled_rate(matrix.values, np.exp(log_divisors(matrix)))
    kept = matrix.values.sum(axis=1) >= least
    rule = (
        f"depth differs {depth.ratio:.1f}-fold between the sides, so all reads together decide:"
        f" at least {least:g}"
    )
    if depth.least:
        kept &= rate * depth.shallower >= depth.least
        rule += f", and at their rate {depth.least:g} in a unit of the shallower side"
    above = ""
    if depth.of_logarithms and depth.ratio >= LOGS_UNLIKE:
        above = (
            "; tests of logarithms then call a little more than their level where nothing changes"
            " (P < .05 in .06 of the regions at eightfold depth), --method ql does not"
        )
    logger.warning("filter: %s%s", rule, above)
    if not kept.any():
        raise DesignError(
            f"no region can be tested: {rule}. Take wider regions, or"
            f"{' --method ql, or' if depth.of_logarithms else ''} libraries of more equal depth"
        )
    return kept, rule


def _without_uneven_zeros(
    matrix: CountMatrix, sides: Sequence[NDArray[np.bool_]], kept: NDArray[np.bool_], rule: str
) -> tuple[NDArray[np.bool_], str]:
    """Of signal whose reads are not known: the dense regions, where zeros go with the contrast."""
    zeros = zero_shares(matrix.values[kept])
    own = [float(zeros[side].mean()) for side in sides]
    if max(own) - min(own) < MAX_ZERO_DIFFERENCE:
        return kept, rule
    dense = kept & dense_rows(scaled(matrix), np.ones(len(matrix.samples)))
    shares = (
        f"{own[0]:.0%} of the regions with any signal are zero on the first side of the contrast"
    )
    shares += f" and {' and '.join(f'{share:.0%}' for share in own[1:])} on the"
    shares += f" {'second' if len(own) == 2 else 'others'}, as where depth differs"
    if dense.sum() < MIN_DENSE:
        raise DesignError(
            f"{shares}, and only {int(dense.sum())} regions have hardly any zeros (at least"
            f" {MIN_DENSE}): count reads, or take wider regions"
        )
    logger.warning("filter: %s: the most abundant regions alone are tested", shares)
    return dense, f"{rule}; {shares}, so of these the most abundant, with at most 1% zeros a unit"


def _with_the_mark(
    matrix: CountMatrix, background: CountMatrix, kept: NDArray[np.bool_], min_units: int
) -> tuple[NDArray[np.bool_], str]:
    """Those of the regions that have the mark, and the rule in words."""
    fold = fold_over_background(matrix, background)
    # A gain in a small group leaves the average low; one in a part of a group, the number of units.
    in_units = (fold >= MIN_ENRICHMENT).sum(axis=1) >= min_units
    marked = kept & ((fold.mean(axis=1) >= MIN_ENRICHMENT) | in_units)
    words = f"{MIN_ENRICHMENT:g} times the background's signal per base"
    if marked.sum() < MIN_ENRICHED:
        logger.warning(
            "only %d regions have %s, so all with signal are tested", int(marked.sum()), words
        )
        return kept, f"not filtered against background, as only {int(marked.sum())} have {words}"
    return marked, f"{words} on average or in as many units"


def regions_over_input(over: NDArray[np.bool_], *, min_units: int) -> tuple[NDArray[np.bool_], str]:
    """Choose regions that are over input in enough units, whichever these are.

    Gives (n_regions,) bool, and a sentence for the header.

    Parameters
    ----------
    over
        (n_regions, n_units).
    min_units
        As many as the smaller group has.
    """
    kept = np.asarray(over.sum(axis=1) >= min_units)
    sentence = (
        f"filter: {int(kept.sum())} of {len(kept)} regions hold more than {MIN_FOLD:g} times their"
        f" input, scaled to the background, in at least {min_units} units, whichever these are; the"
        " others are not tested"
    )
    return kept, sentence


MIN_FOLD = 1.25  # ChIP over its background, for a region to hold the mark in a unit
