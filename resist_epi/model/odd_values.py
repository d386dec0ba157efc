"""Whether single values are left out: gaps and heavy tails that fall on both sides alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.filtering import evenly_spaced
from resist_epi.model.linear_models import log_level, odd_among
from resist_epi.samples.design import Contrast, Design

MIN_DF, MIN_UNITS, MIN_REGIONS = 4, 3, 200

MIN_SHARE = 0.0005  # of the values; clean cohorts have next to none

# Of the rarer side over the other: a change in a few tumours of one side is no gap.
MIN_BALANCE = 1 / 3

_MOST_ROWS = 5_000


@dataclass(frozen=True)
class OddValues:
    """Values far from the rest of their region, in a sample of the regions.

    Attributes
    ----------
    share
        Of all values.
    balance
        Share on the side of the contrast with fewer over that on the other; 1 without sides.
    """

    share: float
    balance: float

    @property
    def left_out(self) -> bool:
        """Whether they are to be left out of every region."""
        return self.share >= MIN_SHARE and self.balance >= MIN_BALANCE

    @property
    def words(self) -> str:
        """For the header."""
        return f"about {self.share:.2%} of the values are far from the rest of their region"


def find_odd_values(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    tested: NDArray[np.bool_],
    weights: FloatArray | None,
) -> OddValues | None:
    """Look for odd values in up to 5,000 regions; None with too few units or regions to tell.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool.
    weights
        (n_units,) of the units; None where all count the same.
    """
    X = design.matrix.to_numpy(np.float64)
    rows = np.flatnonzero(tested)
    smaller = min(contrast.group_sizes, default=len(X) // 2)
    if smaller < MIN_UNITS or len(X) - X.shape[1] < MIN_DF or len(rows) < MIN_REGIONS:
        return None
    rows = evenly_spaced(rows, _MOST_ROWS)
    level = log_level(matrix.select(regions=rows), np.ones(len(rows), dtype=bool))[0]
    odd = odd_among(level, X, weights)
    sides = [float(odd[:, side].mean()) for side in contrast.sides]
    balance = min(sides) / max(sides) if sides and max(sides) > 0 else 1.0
    return OddValues(float(odd.mean()), balance)
