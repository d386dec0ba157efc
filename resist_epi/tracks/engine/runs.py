"""Runs of coverage: stretches of bases of one chromosome with one value each.

Every reader of coverage hands its runs on, sorted and without overlap, chunk by chunk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import AnyFloat, IntArray

MAX_COORDINATE = 2**32 - 1  # coordinates are unsigned 32-bit in bigWig, and so are runs here


@dataclass(frozen=True, slots=True)
class Runs:
    """Consecutive runs of one chromosome, 0-based half-open.

    Attributes
    ----------
    starts, ends
        (n,) uint32, `starts < ends` and `starts[1:] >= ends[:-1]`.
    values
        (n,) float32 or float64; NaN and infinite values count as uncovered.
    gapless
        True says that each run begins where the one before ends, which saves work.
    below_zero
        False says that no value is below zero, which saves looking.
    """

    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    values: AnyFloat
    gapless: bool = False
    below_zero: bool = True

    def __len__(self) -> int:
        return self.starts.size

    @property
    def begin(self) -> int:
        """Start of the first run."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """End of the last run."""
        return int(self.ends[-1])


@dataclass(frozen=True, slots=True)
class Grid:
    """Runs of equal width without gaps; starts and ends are made only when asked for.

    Attributes
    ----------
    begin
        Start of the first run.
    step
        Width of each run, bp.
    values
        (n,) float32 or float64; NaN and infinite values count as uncovered.
    """

    begin: int
    step: int
    values: AnyFloat

    def __len__(self) -> int:
        return self.values.size

    @property
    def end(self) -> int:
        """End of the last run."""
        return self.begin + self.step * self.values.size

    @property
    def starts(self) -> NDArray[np.uint32]:
        """(n,) uint32."""
        return self._edges()[:-1]

    @property
    def ends(self) -> NDArray[np.uint32]:
        """(n,) uint32."""
        return self._edges()[1:]

    @property
    def gapless(self) -> bool:
        """True."""
        return True

    @property
    def below_zero(self) -> bool:
        """True: nobody has looked."""
        return True

    def place(self, numbers: IntArray) -> IntArray:
        """Where in `values` the runs of these numbers stand."""
        return numbers

    def _edges(self) -> NDArray[np.uint32]:
        edges = np.arange(self.values.size + 1, dtype=np.uint32)
        return edges * np.uint32(self.step) + np.uint32(self.begin)


@dataclass(frozen=True, slots=True)
class GridParts:
    """Stretches of a grid: those that were asked for, without the values in between.

    Attributes
    ----------
    begin, end
        Start of the first and end of the last run of the whole grid.
    step
        Width of each run, bp.
    first
        (k,) int64, sorted: number of the first run of each stretch, counted from `begin`.
    offset
        (k + 1,) int64: where each stretch begins in `values`; the last is their length.
    values
        (n,) float32 or float64; NaN and infinite values count as uncovered.
    """

    begin: int
    end: int
    step: int
    first: IntArray
    offset: IntArray
    values: AnyFloat

    def __len__(self) -> int:
        return self.values.size

    @property
    def starts(self) -> NDArray[np.uint32]:
        """(n,) uint32."""
        shift = np.repeat(self.first - self.offset[:-1], np.diff(self.offset))
        numbers = np.arange(self.values.size) + shift
        return (numbers * self.step + self.begin).astype(np.uint32)

    @property
    def ends(self) -> NDArray[np.uint32]:
        """(n,) uint32."""
        return self.starts + np.uint32(self.step)

    @property
    def below_zero(self) -> bool:
        """True: nobody has looked."""
        return True

    def place(self, numbers: IntArray) -> IntArray:
        """Where in `values` these runs stand; between stretches, where the next one begins."""
        part = np.maximum(np.searchsorted(self.first, numbers, side="right") - 1, 0)
        inside = np.maximum(numbers - self.first[part], 0)
        place: IntArray = np.minimum(self.offset[part] + inside, self.offset[part + 1])
        return place
