"""Whether numbers are whole multiples of one scale, and of which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray

# Writers print six significant digits; 32-bit floats add a little.
_DIGITS = 6

_FLOAT32 = 2.0**-24

_MOST_DIVISOR = 12

# Of deep tracks the smallest value is far above the scale, but neighbouring values are one scale
# apart; so many values from the smallest on are looked at for that.
_LOOKED_AT = 64

_DEEPEST = 500


@dataclass(frozen=True, slots=True)
class Lattice:
    """The scale that all values are whole multiples of.

    Attributes
    ----------
    scale
        Middle of the bounds.
    low, high
        Bounds of the scale: any scale between them explains every value to its last digit.
    smallest, largest
        Smallest and largest multiple by which the bounds were found.
    determined
        Number of distinct values whose multiple is certain.
    share
        Share of the weight whose values are whole multiples.
    consecutive
        Longest row of multiples that are all there, without a hole.
    """

    scale: float
    low: float
    high: float
    smallest: int
    largest: int
    determined: int
    share: float
    consecutive: int

    def multiples(self, values: FloatArray) -> FloatArray:
        """The whole numbers that stand behind values; (n,) float64."""
        return np.rint(values / self.scale)


def find_lattice(values: FloatArray, weights: FloatArray) -> Lattice | None:
    """Find the scale of which positive values are whole multiples, up to six digits.

    Each value bounds the scale by an interval: its own last digit over its multiple. Values are
    taken in ascending order, so that the bounds of the small ones tell the multiples of the large
    ones, and the bounds are intersected. The first divisor of the smallest value for which they do
    not become empty is taken. None where there are fewer than three values, or no scale explains
    them.

    Parameters
    ----------
    values
        (n,) distinct, positive, ascending.
    weights
        (n,) how much each value counts, such as its bases. Up to a thousandth of the weight may
        disagree (a writer's odd last bin).
    """
    if values.size < 3:
        return None
    unit = 10.0 ** (np.floor(np.log10(values)) - (_DIGITS - 1))
    slack = 0.5 * unit * (1 + 1e-6) + values * _FLOAT32
    for divisor in range(1, _MOST_DIVISOR + 1):
        found = _intersect(values, slack, weights, divisor)
        if found is not None:
            return found
    apart = float(np.diff(values[:_LOOKED_AT]).min())
    deep = int(np.rint(values[0] / apart)) if apart > 0 else 0
    if _MOST_DIVISOR < deep <= _DEEPEST:
        return _intersect(values, slack, weights, deep)
    return None


def _intersect(
    values: FloatArray, slack: FloatArray, weights: FloatArray, divisor: int
) -> Lattice | None:
    low = (values[0] - slack[0]) / divisor
    high = (values[0] + slack[0]) / divisor
    allowed = 1e-3 * float(weights.sum())
    smallest, largest, determined, disagreeing = divisor, divisor, 1, 0.0
    rows = zip(values.tolist(), slack.tolist(), weights.tolist(), strict=True)
    next(rows)
    for value, error, weight in rows:
        first = int(np.ceil((value - error) / high))
        last = int(np.floor((value + error) / low))
        if first > last:
            disagreeing += weight
            if disagreeing > allowed:
                return None
        elif first == last:
            low = max(low, (value - error) / first)
            high = min(high, (value + error) / first)
            largest, determined = max(largest, first), determined + 1
    if determined < 3 or largest < 3:
        return None
    share = 1 - disagreeing / float(weights.sum())
    scale = (low + high) / 2
    holes = np.diff(np.unique(np.rint(values / scale))) > 1
    consecutive = int(np.diff(np.flatnonzero(np.concatenate([[True], holes, [True]]))).max())
    return Lattice(scale, low, high, smallest, largest, determined, share, consecutive)


def decimals(values: FloatArray, *, most: int = 5) -> int | None:
    """Smallest number of decimals that all values have, or None where it is more than `most`.

    Parameters
    ----------
    values
        (n,) finite.
    """
    for places in range(most + 1):
        if np.allclose(values, np.round(values, places), rtol=2 * _FLOAT32, atol=1e-12):
            return places
    return None
