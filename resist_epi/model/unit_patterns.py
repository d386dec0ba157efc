"""What the residuals say of the units, in one record; and the values that are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, log_divisors
from resist_epi.model.linear_models import log_level
from resist_epi.samples.design import Design
from resist_epi.schema import COUNTS


@dataclass(frozen=True)
class UnitPatterns:
    """What was found of the units, and what follows for the fit.

    Attributes
    ----------
    columns
        (n_units, k) table of the factors that enter the design; no column where none does.
    weights_off
        Why units get no weights; None where nothing speaks against them.
    sentence
        What was found, for the header; empty where nothing was looked for.
    warnings
        What the reader must know, and do.
    facts
        The same as plain values.
    """

    columns: pd.DataFrame
    weights_off: str | None = None
    sentence: str = ""
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def adjusted(self) -> bool:
        """Whether factors enter the design."""
        return bool(self.columns.shape[1])

    @property
    def header(self) -> dict[str, str]:
        """For the `#` lines of a table."""
        return {"hidden factors": self.sentence} if self.sentence else {}


def nothing_seen(design: Design) -> UnitPatterns:
    """What is known of the units where nobody looked."""
    return UnitPatterns(pd.DataFrame(index=design.matrix.index))


def unit_level(part: CountMatrix) -> FloatArray:
    """(n_regions, n_units) values whose mean does not depend on depth.

    The log of a small count does, as its prior weighs more in a shallow library. So counts are
    taken over what depth alone would give them of the region's total.
    """
    if part.quantity not in COUNTS:
        return log_level(part, np.ones(len(part.regions), dtype=bool))[0]
    depth = np.exp(log_divisors(part))
    share = depth / depth.sum(axis=1, keepdims=True)
    expected = part.values.sum(axis=1, keepdims=True) * share
    return np.asarray(part.values / np.where(expected > 0, expected, 1.0))
