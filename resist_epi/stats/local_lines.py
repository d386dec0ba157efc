"""Weighted straight lines around many centres, over points that need not be visited each time.

The tricube weight of a centre is a polynomial of degree 9 on either side of it. Between the places
where any weight changes its polynomial, the points can therefore be replaced, exactly, by twelve
nodes that carry the same moments: what is left for each centre are sums over some nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from resist_epi.arrays import FloatArray, IntArray

_NODES = 12  # moments up to degree 11: the weight's 9, and 2 of the line's normal equations

_BLOCK = 8192  # points worked on at once: they stay in cache

_KEPT = 1 << 22  # weights that are kept from one pass to the next

_ORDERS = np.arange(_NODES)

_ANGLES = np.pi * (_ORDERS + 0.5) / _NODES

# From moments of the Chebyshev polynomials to weights at their nodes (Mason & Handscomb 2003).
_TO_NODES = np.where(_ORDERS == 0, 1.0, 2.0) * np.cos(np.outer(_ANGLES, _ORDERS)) / _NODES


class Neighbours(NamedTuple):
    """Where lines are fitted, each array of shape (n_centres,).

    The points `first` .. `stop` - 1 of the sorted x have weight around `at`: the tricube of their
    distance over `half`.
    """

    at: FloatArray
    half: FloatArray
    first: IntArray
    stop: IntArray


class LocalLines:
    """Local lines through points of fixed x, for any y and any weights of the points.

    Parameters
    ----------
    x
        Sorted, shape (n,).
    """

    def __init__(self, x: FloatArray, windows: Neighbours) -> None:
        self._windows = windows
        centres = np.searchsorted(x, windows.at)
        cuts = np.unique(
            np.concatenate(
                [[0, len(x)], centres, windows.first, windows.stop, np.arange(0, len(x), _BLOCK)]
            )
        )
        # About the median: well conditioned, since windows far from it are wide.
        self._origin = float(x[len(x) // 2])
        self._range = float(x[-1] - x[0])
        self._cells = _Cells(x, cuts) if 2 * _NODES * (len(cuts) - 1) < len(x) else None
        if self._cells is None:
            nodes, bounds = x, np.column_stack([windows.first, windows.stop])
        else:
            nodes = self._cells.nodes
            ends = np.column_stack([windows.first, windows.stop])
            bounds = _NODES * np.searchsorted(cuts, ends)
        self._nodes = nodes
        self._centred = nodes - self._origin
        self._bounds: list[list[int]] = bounds.tolist()
        self._weights: list[FloatArray] | None = None
        if int(np.diff(bounds).sum()) <= _KEPT:
            self._weights = [self._weight(i) for i in range(len(windows.at))]

    def heights(self, y: FloatArray, robustness: FloatArray | None) -> FloatArray:
        """Heights of the lines, (n_centres,); NaN where no point has weight.

        Parameters
        ----------
        y
            Shape (n,).
        robustness
            Further weights of the points, shape (n,).
        """
        columns = self._columns(y, robustness)
        sums = np.empty((len(self._bounds), 5))
        for i, (low, high) in enumerate(self._bounds):
            weight = self._weight(i) if self._weights is None else self._weights[i]
            # In blocks that are too short for BLAS to start threads on.
            sums[i] = sum(
                np.vecdot(columns[:, low + k : min(low + k + _BLOCK, high)], weight[k : k + _BLOCK])
                for k in range(0, high - low, _BLOCK)
            )
        total, sx, sy, sxx, sxy = sums.T
        with np.errstate(divide="ignore", invalid="ignore"):
            mean_x, mean_y = sx / total, sy / total
            square = sxx / total - mean_x**2
            slope = (sxy / total - mean_x * mean_y) / square
            sloping = (self._windows.half > 0) & (square > (0.001 * self._range) ** 2)
            away = self._windows.at - self._origin - mean_x
            height = mean_y + np.where(sloping, slope * away, 0.0)
        return np.where(total > 0, height, np.nan)

    def _weight(self, i: int) -> FloatArray:
        low, high = self._bounds[i]
        half = float(self._windows.half[i])
        if half <= 0:
            return np.ones(high - low)
        distance = np.abs(self._nodes[low:high] - self._windows.at[i]) * (1 / half)
        weight = _tricube(distance)
        if self._cells is None:
            # Cleveland's program takes the nearest thousandth as 1; nodes would not notice.
            weight[distance <= 0.001] = 1.0
        return weight

    def _columns(self, y: FloatArray, robustness: FloatArray | None) -> FloatArray:
        """Weights of the nodes, and their products with x, y, x^2 and x y, shape (5, n_nodes)."""
        columns = np.empty((5, len(self._nodes)))
        if self._cells is None:
            columns[0] = 1.0 if robustness is None else robustness
            np.multiply(columns[0], y, out=columns[2])
        else:
            self._cells.condense(y, robustness, columns[0], columns[2])
        np.multiply(columns[0], self._centred, out=columns[1])
        np.multiply(columns[1], self._centred, out=columns[3])
        np.multiply(columns[2], self._centred, out=columns[4])
        return columns


class _Cells:
    """Cells of sorted points, each with twelve nodes; `nodes` has shape (12 x n_cells,)."""

    def __init__(self, x: FloatArray, cuts: IntArray) -> None:
        self._x = x
        self._cuts: list[int] = cuts.tolist()
        low, high = x[cuts[:-1]], x[cuts[1:] - 1]
        self._middle, self._half = (low + high) / 2, (high - low) / 2
        self.nodes = (self._middle[:, None] + self._half[:, None] * np.cos(_ANGLES)).ravel()

    def condense(
        self, y: FloatArray, robustness: FloatArray | None, weight: FloatArray, product: FloatArray
    ) -> None:
        """Fill the nodes' weights and weights times y, so that all moments are the points'."""
        n, sizes = len(self._x), np.diff(self._cuts)
        twice = 2 / np.where(self._half > 0, self._half, 1.0)
        moments = np.empty((len(sizes), 2, _NODES))
        powers = np.empty((_NODES, _BLOCK))
        values = np.empty((2, _BLOCK))
        cell = 0
        for start in range(0, n, _BLOCK):
            stop = min(start + _BLOCK, n)
            inside = slice(cell, self._cuts.index(stop, cell))
            z = self._x[start:stop] - np.repeat(self._middle[inside], sizes[inside])
            z *= np.repeat(twice[inside], sizes[inside])
            _chebyshev(z, powers[:, : stop - start])
            values[0, : stop - start] = 1.0 if robustness is None else robustness[start:stop]
            np.multiply(values[0, : stop - start], y[start:stop], out=values[1, : stop - start])
            for cell in range(inside.start, inside.stop):
                part = slice(self._cuts[cell] - start, self._cuts[cell + 1] - start)
                np.matmul(values[:, part], powers[:, part].T, out=moments[cell])
            cell = inside.stop
        at_nodes = moments @ _TO_NODES.T
        weight[:] = at_nodes[:, 0].ravel()
        product[:] = at_nodes[:, 1].ravel()


def _chebyshev(twice: FloatArray, out: FloatArray) -> None:
    """Fill the rows of `out` with the Chebyshev polynomials of z, given 2 z."""
    out[0] = 1.0
    np.multiply(twice, 0.5, out=out[1])
    for k in range(2, len(out)):
        np.multiply(twice, out[k - 1], out=out[k])
        out[k] -= out[k - 2]


def _tricube(distance: FloatArray) -> FloatArray:
    """(1 - d^3)^3."""
    cube = distance * distance
    cube *= distance
    np.subtract(1.0, cube, out=cube)
    weight = cube * cube
    weight *= cube
    return weight
