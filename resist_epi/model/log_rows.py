"""Log2 signal of regions too many for a matrix of it: windows of a genome, made by rows."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled_cells
from resist_epi.stats.rows import Rows, Which


class LogLevel(Rows):
    """log2(scaled value + prior) of a matrix, as `linear_models.log_level` makes it at once.

    Parameters
    ----------
    matrix
        Normalised.
    prior
        In the quantity's unit.
    """

    def __init__(self, matrix: CountMatrix, prior: float) -> None:
        super().__init__((len(matrix.values), len(matrix.samples)))
        self._matrix, self._prior = matrix, prior

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        values = scaled_cells(self._matrix, rows, columns)
        values += self._prior
        return np.asarray(np.log2(values, out=values))


class ExpRows(Rows):
    """Exponentials of offsets: what each region has for the sizes of the libraries.

    Parameters
    ----------
    offsets
        Natural logs.
    """

    def __init__(self, offsets: Rows) -> None:
        super().__init__(offsets.shape)
        self._offsets = offsets

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        values = self._offsets.cells(rows, columns)
        return np.asarray(np.exp(values, out=values))
