"""Which regions hold enough signal to be tested, decided without looking at the groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resist_epi.control import MIN_FOLD
from resist_epi.matrix import CountMatrix
from resist_epi.normalization import scaled
from resist_epi.units import COUNTS

MIN_READS = 5.0


def regions_with_signal(
    matrix: CountMatrix, *, min_units: int, min_value: float | None = None
) -> tuple[NDArray[np.bool_], str]:
    """Choose regions with enough signal in enough units, whichever these are.

    The choice depends on how many units are in the smaller group but not on which units those are,
    so it stays independent of the test (Bourgon, Gentleman & Huber 2010).

    Parameters
    ----------
    min_units
        At least so many units must hold more than the threshold.
    min_value
        Threshold on the value at the common library size; by default 5 for reads, and any signal
        at all for coverage.

    Returns
    -------
    tuple
        (n_regions,) bool, and a sentence for the header.
    """
    counts = matrix.quantity in COUNTS
    if min_value is None:
        min_value = MIN_READS if counts else 0.0
    values = scaled(matrix)
    enough = values >= min_value if min_value > 0 else values > 0
    kept = enough.sum(axis=1) >= min_units
    what = f"at least {min_value:g}" if min_value > 0 else "any signal"
    sentence = (
        f"{int(kept.sum())} of {len(kept)} regions tested: {what} in at least {min_units} units,"
        " whichever these are; the others stay in the table without P"
    )
    return kept, sentence


def regions_over_input(over: NDArray[np.bool_], *, min_units: int) -> tuple[NDArray[np.bool_], str]:
    """Choose regions that are over input in enough units, whichever these are.

    Parameters
    ----------
    over
        (n_regions, n_units).
    min_units
        As many as the smaller group has.

    Returns
    -------
    tuple
        (n_regions,) bool, and a sentence for the header.
    """
    kept = np.asarray(over.sum(axis=1) >= min_units)
    sentence = (
        f"filter: {int(kept.sum())} of {len(kept)} regions hold more than {MIN_FOLD:g} times their"
        f" input, scaled to the background, in at least {min_units} units, whichever these are; the"
        " others are not tested"
    )
    return kept, sentence
