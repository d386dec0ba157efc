"""Matrices whose rows are made when they are asked for: of regions too many to hold at once.

The log signal of a million windows in hundreds of libraries, or the precision of each value, is as
large as the counts that it comes from and twice that, since it is float64. Kernels go through such
a matrix a block of rows at a time anyway (`linear.responses.row_blocks`), so it need not exist.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.responses import row_blocks

Which = slice | npt.NDArray[Any]

_COLUMNS = 16  # columns that are worked on at once, all rows of them


class Rows(ABC):
    """(n_regions, n_samples) float64 that is computed from something smaller.

    Attributes
    ----------
    shape
        As of an array.
    """

    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    @abstractmethod
    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """Some rows (a slice, positions or a mask) and columns, as a new array."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Which) -> FloatArray:
        return self.cells(rows, slice(None))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> FloatArray:
        # Whoever asks for all of it at once gets it, and has the memory to answer for.
        whole = np.empty(self.shape)
        for rows in row_blocks(len(self)):
            whole[rows] = self[rows]
        return whole if dtype is None else whole.astype(dtype, copy=False)


class TakenRows(Rows):
    """Some rows of such a matrix.

    Parameters
    ----------
    whole
        The matrix.
    rows
        Positions in it.
    """

    def __init__(self, whole: Rows, rows: npt.NDArray[np.integer]) -> None:
        super().__init__((len(rows), whole.shape[1]))
        self._whole, self._rows = whole, rows

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        return self._whole.cells(self._rows[rows], columns)


class GatheredRows(Rows):
    """Rows of a small table, each as often as it is wanted: offsets of windows, by their domain.

    Parameters
    ----------
    table
        (n, n_samples).
    member
        (n_regions,) the row of the table that each region has.
    """

    def __init__(self, table: FloatArray, member: npt.NDArray[np.integer]) -> None:
        super().__init__((len(member), table.shape[1]))
        self.table, self.member = table, member

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        return np.asarray(self.table[:, columns][self.member[rows]])


class ShiftedRows(Rows):
    """Such a matrix less a number a column.

    Parameters
    ----------
    whole
        The matrix.
    shift
        (n_samples,).
    """

    def __init__(self, whole: Rows, shift: FloatArray) -> None:
        super().__init__(whole.shape)
        self._whole, self._shift = whole, shift

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        return np.asarray(self._whole.cells(rows, columns) - self._shift[columns])


class ShiftedSingles(Rows):
    """float32 less a number a column, each value rounded to float32 as a matrix of them would be.

    Parameters
    ----------
    whole
        (n_regions, n_samples) float32.
    shift
        (n_samples,).
    """

    def __init__(self, whole: FloatArray, shift: FloatArray) -> None:
        super().__init__((len(whole), whole.shape[1]))
        self._whole, self._shift = whole, shift

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        shifted = self._whole[rows][:, columns] - self._shift[columns]
        return shifted.astype(np.float32).astype(np.float64)


def gathered(table: FloatArray, member: npt.NDArray[np.integer]) -> FloatArray:
    """As `GatheredRows`, where an array is expected."""
    return cast("FloatArray", GatheredRows(table, member))


def float_response(y: npt.ArrayLike | Rows) -> FloatArray:
    """The response as floats: float32 and `Rows` stay so, for what is computed is float64."""
    if isinstance(y, Rows) or (isinstance(y, np.ndarray) and y.dtype == np.float32):
        return cast("FloatArray", y)
    return np.asarray(y, dtype=np.float64)


_Matrix = TypeVar("_Matrix", bound=npt.NDArray[Any] | Rows)


def taken(matrix: _Matrix, rows: Which) -> _Matrix:
    """Some rows (a slice, positions or a mask), as a matrix of the same kind."""
    if isinstance(matrix, Rows):
        return cast("_Matrix", TakenRows(matrix, np.arange(len(matrix))[rows]))
    return cast("_Matrix", matrix[rows])


def row_means(matrix: npt.NDArray[Any] | Rows) -> FloatArray:
    """(n_regions,) mean of each row, in float64."""
    if not isinstance(matrix, Rows):
        return np.asarray(matrix.mean(axis=1, dtype=np.float64))
    means = np.empty(len(matrix))
    for rows in row_blocks(len(matrix)):
        means[rows] = matrix[rows].mean(axis=1)
    return means


def shifts(matrix: Rows, basis: FloatArray) -> FloatArray:
    """(n_samples,) median over all regions of what an orthonormal basis leaves of each sample.

    Parameters
    ----------
    basis
        (n_samples, p).
    """
    n, width = matrix.shape
    effects, found = np.empty((n, basis.shape[1])), np.empty(width)
    for rows in row_blocks(n):
        effects[rows] = matrix[rows] @ basis
    for first in range(0, width, _COLUMNS):
        own = slice(first, min(first + _COLUMNS, width))
        left = np.empty((n, own.stop - first))
        for rows in row_blocks(n):
            left[rows] = matrix.cells(rows, own) - effects[rows] @ basis[own].T
        found[own] = np.median(left, axis=0, overwrite_input=True)
    return found
