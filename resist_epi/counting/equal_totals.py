"""Libraries of unequal depth brought to one total, for pictures of their signal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resist_epi.errors import InputFormatError

_IN_WORDS = "at equal total coverage"


def equal_total_factors(totals: Mapping[str, float]) -> dict[str, float]:
    """What each library is multiplied by, so that all have the mean of their totals.

    Parameters
    ----------
    totals
        Library -> its coverage over the whole genome, value x bp.

    Raises
    ------
    InputFormatError
        If a total is not above 0: an empty track, or one of ratios.

    Examples
    --------
    >>> equal_total_factors({"deep": 300.0, "shallow": 100.0})
    {'deep': 0.6666666666666666, 'shallow': 2.0}
    """
    wrong = {name: total for name, total in totals.items() if not total > 0}
    if wrong:
        raise InputFormatError(
            "libraries without a depth to be scaled by",
            expected="a total coverage (value x bp) above 0",
            found=", ".join(f"{name}: {total:g}" for name, total in wrong.items()),
            remedy="leave them out, or show the values as they are",
        )
    if not totals:
        return {}
    values = np.array(list(totals.values()), dtype=np.float64)
    return dict(zip(totals, (values.mean() / values).tolist(), strict=True))


def at_equal_total(quantity: str) -> str:
    """A quantity that was multiplied by `equal_total_factors`, in words."""
    return f"{quantity} {_IN_WORDS}"
