"""Which regions hold enough signal to be tested, decided without looking at the groups."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.background import MIN_ENRICHED, MIN_ENRICHMENT, fold_over_background
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.schema import COUNTS

logger = logging.getLogger(__name__)

MIN_READS = 5.0


def regions_with_signal(
    matrix: CountMatrix,
    *,
    min_units: int,
    min_value: float | None = None,
    background: CountMatrix | None = None,
) -> tuple[NDArray[np.bool_], str]:
    """Regions with signal in enough units, whichever these are, (n_regions,); the rule in words.

    The choice depends on how many units are in the smaller group but not on which units those are,
    so it stays independent of the test (Bourgon, Gentleman & Huber 2010). Where the background is
    known, regions without the mark are left out as well (as Lun & Smyth 2016 do with windows): they
    cannot be called, but would be adjusted for, and their variance, which is that of sparse
    sampling alone, would pass for that of the others.

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
    what = f"at least {min_value:g}" if min_value > 0 else "any signal"
    rule = f"{what} in at least {min_units} units, whichever these are"
    if background is not None and not (matrix.regions["kind"] == "peaks").all():
        kept, also = _with_the_mark(matrix, background, kept, min_units)
        rule += f"; {also}"
    return kept, rule


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
