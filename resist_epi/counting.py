"""From tracks and regions to the matrix of counts or signal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.coverage_runs import RegionSummary
from resist_epi.errors import QuantityError
from resist_epi.matrix import CountMatrix

logger = logging.getLogger(__name__)

STATISTICS = ("mean", "sum", "covered", "max", "min")


class CoverageTrack(Protocol):
    """What counting needs of a track; the readers in `io/` satisfy it."""

    path: Path

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome of the track, bp."""
        ...

    def summarise(
        self, chrom: str, starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> RegionSummary:
        """Sum, covered bases, minimum and maximum of each region of one chromosome."""
        ...

    def total(
        self,
        chroms: Sequence[str] | None = None,
        exclude: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None,
    ) -> float:
        """Sum of value x length over these chromosomes less the excluded intervals."""
        ...
