"""Log2 signal of regions too many for a matrix of it: windows of a genome, made by rows."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled_cells
from resist_epi.stats.rows import Rows, Which


class ScaledRows(Rows):
    """Values of a matrix as `counting.matrix.scaled` makes them at once.

    Parameters
    ----------
    matrix
        Normalised.
    """

    def __init__(self, matrix: CountMatrix) -> None:
        super().__init__((len(matrix.values), len(matrix.samples)))
        self._matrix = matrix

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        return scaled_cells(self._matrix, rows, columns)


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


class KeptWeights(Rows):
    """Weights of the units where values are kept, and next to none where they are left out.

    Parameters
    ----------
    odd
        (n_regions, n_units) bool, the values to leave out.
    none
        What is left of a weight there.
    units
        (n_units,) weights.
    """

    def __init__(self, odd: BoolArray, none: float, units: FloatArray) -> None:
        super().__init__((odd.shape[0], odd.shape[1]))
        self._odd, self._none, self._units = odd, none, units

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        kept = np.where(self._odd[rows][:, columns], self._none, 1.0)
        return np.asarray(kept * self._units[columns])


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
