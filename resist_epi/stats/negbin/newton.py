"""Negative-binomial likelihoods of many regions, climbed together by Newton's method.

With a log link the likelihood is concave, and its third derivative along any direction is at most
its second times the change of the linear predictor. A Newton step that changes no predictor by
more than 1.79 therefore always climbs (Bach 2010, Electron. J. Stat. 4:384, proposition 1), so
longer steps are cut and nothing is searched; a step of size s leaves one of at most about s^2 / 2.

Here a block of regions is (n_samples, n_rows), so that sums over samples run along whole vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import AnyFloat, FloatArray

NOTHING = -1e3  # log mean of a group of zeros: its exponential is 0

_LONGEST = 1.5  # largest change of a linear predictor in one step

_NO_GAIN = 1e-9  # in log likelihood: a step that gains less is the last, on the way to -infinity

_MAX_STEPS = 100

_LEAST_PIVOT = 1e-10  # directions that carry no information

_BLOCK = 1 << 16  # observations worked on at once: temporaries stay near


@dataclass(frozen=True)
class Layout:
    """A design as the fits use it.

    Attributes
    ----------
    columns
        The groups' indicators where the design tells groups apart and no more, else the design
        itself, shape (n_samples, n_coefficients).
    groups
        Whether the columns are indicators.
    products
        Of pairs of columns, shape (n_coefficients^2, n_samples); in a layout of groups the
        columns, transposed.
    to_design
        Turns coefficients of the columns into those of the design.
    projection
        Turns linear predictors into coefficients, shape (n_coefficients, n_samples).
    """

    columns: FloatArray
    groups: bool
    products: FloatArray
    to_design: FloatArray
    projection: FloatArray

    @classmethod
    def of(cls, design: FloatArray) -> Layout:
        """The layout of a design of full rank."""
        distinct, group = np.unique(design, axis=0, return_inverse=True)
        n_samples, p = design.shape
        if len(distinct) == p:
            columns = np.ascontiguousarray(np.eye(p)[group.reshape(-1)])
            inverse = np.asarray(np.linalg.inv(distinct), dtype=np.float64)
            return cls(columns, True, np.ascontiguousarray(columns.T), inverse, columns.T)
        products = (design.T[:, None] * design.T[None]).reshape(p * p, n_samples)
        projection = np.asarray(np.linalg.pinv(design), dtype=np.float64)
        return cls(design, False, products, np.eye(p), projection)

    def half_log_det(self, weight: FloatArray) -> FloatArray:
        """Half the log determinant of the information at some weights, shape (n_rows,)."""
        information = self.products @ weight
        if self.groups:
            return np.asarray(0.5 * np.log(np.maximum(information, _LEAST_PIVOT)).sum(axis=0))
        p = self.columns.shape[1]
        factor = _factorised(information.reshape(p, p, -1))
        return np.asarray(np.log(factor[np.arange(p), np.arange(p)]).sum(axis=0))

    def step(self, weight: FloatArray, score: FloatArray) -> FloatArray:
        """Newton's step from weights and score, shape (n_coefficients, n_rows)."""
        information = self.products @ weight
        if self.groups:
            return np.asarray(score / np.maximum(information, 1e-300, out=information))
        p = len(score)
        return _solved(_factorised(information.reshape(p, p, -1)), score)


@dataclass
class Block:
    """Some regions on their way to the maximum.

    Attributes
    ----------
    y
        Counts, shape (n_samples, n_rows).
    offset
        Log libraries, shape (n_samples, 1) or (n_samples, n_rows).
    beta
        Coefficients of the layout's columns, shape (n_coefficients, n_rows).
    mean
        At these coefficients, shape (n_samples, n_rows).
    """

    y: FloatArray
    offset: FloatArray
    beta: FloatArray
    mean: FloatArray

    def at(self, rows: npt.NDArray[np.intp]) -> Block:
        """A copy of some rows."""
        offset = self.offset if self.offset.shape[1] == 1 else self.offset[:, rows]
        return Block(self.y[:, rows], offset, self.beta[:, rows], self.mean[:, rows])


class Climber:
    """Newton's method on blocks of regions, with working space that is used again.

    Parameters
    ----------
    layout
        Of the design.
    enough
        A step that changes no linear predictor by more than this is the last.
    """

    def __init__(self, layout: Layout, *, enough: float) -> None:
        n_samples = len(layout.columns)
        self.layout, self._enough = layout, enough
        self.n_rows = max(_BLOCK // n_samples, 16)
        self._work = np.empty((4, n_samples * self.n_rows))

    def blocks(
        self, counts: AnyFloat, offsets: FloatArray, *, prior_count: float = 0.0
    ) -> Iterator[tuple[slice, Block]]:
        """Blocks of all regions, each with coefficients to climb from.

        Parameters
        ----------
        counts
            Shape (n_regions, n_samples).
        offsets
            Log libraries, shape (1, n_samples) or as `counts`.
        prior_count
            Reads added to every observation in proportion to its library, which grows by twice as
            much.
        """
        for first in range(0, len(counts), self.n_rows):
            rows = slice(first, min(first + self.n_rows, len(counts)))
            here, own = counts[rows], offsets[rows] if len(offsets) > 1 else offsets
            if prior_count:
                libraries = np.exp(own)
                prior = prior_count * libraries / libraries.mean(axis=1, keepdims=True)
                here, own = here + prior, np.log(libraries + 2 * prior)
            y = np.ascontiguousarray(here.T, dtype=np.float64)
            own = np.ascontiguousarray(own.T)
            if self.layout.groups:
                library = self.layout.products @ np.exp(own)
                with np.errstate(divide="ignore"):
                    beta = np.maximum(np.log((self.layout.products @ y) / library), NOTHING)
            else:
                beta = self.layout.projection @ (np.log(y + 0.5) - own)
            block = Block(y, own, beta, np.empty(y.shape))
            self._set_mean(block)
            yield rows, block

    def move(self, block: Block, beta: FloatArray) -> None:
        """Put the block at other coefficients."""
        block.beta[:] = beta
        self._set_mean(block)

    def climb(self, block: Block, phi: FloatArray | float) -> None:
        """Bring the block's coefficients and means to the maximum.

        Parameters
        ----------
        phi
            Dispersion, a number or shape (n_rows,).
        """
        left = self._step(block, phi)
        for _ in range(_MAX_STEPS):
            if not len(left):
                return
            part = block.at(left)
            again = self._step(part, phi if np.ndim(phi) == 0 else np.asarray(phi)[left])
            block.beta[:, left], block.mean[:, left] = part.beta, part.mean
            left = left[again]

    def _step(self, block: Block, phi: FloatArray | float) -> npt.NDArray[np.intp]:
        """One step of every row, in place; which rows need another."""
        y, mean = block.y, block.mean
        inverse, pull, weight, spread = self._work[:, : y.size].reshape(4, *y.shape)
        np.multiply(mean, phi, out=inverse)
        inverse += 1.0
        np.divide(1.0, inverse, out=inverse)
        np.subtract(y, mean, out=pull)
        pull *= inverse
        # The observed information: mean (1 + phi y) / (1 + phi mean)^2.
        np.multiply(y, phi, out=spread)
        spread += 1.0
        np.multiply(inverse, inverse, out=weight)
        weight *= mean
        weight *= spread
        score = self.layout.columns.T @ pull
        step = self.layout.step(weight, score)
        gain = (score * step).sum(axis=0)
        change = step
        if not self.layout.groups:
            change = np.matmul(self.layout.columns, step, out=inverse)
        reach = np.maximum(change.max(axis=0), -change.min(axis=0))
        if reach.max(initial=0.0) > _LONGEST:
            step *= np.minimum(_LONGEST / np.maximum(reach, 1e-300), 1.0)
        block.beta += step
        self._set_mean(block)
        return np.flatnonzero((reach > self._enough) & (gain > _NO_GAIN))

    def _set_mean(self, block: Block) -> None:
        if self.layout.groups and block.offset.shape[1] == 1:
            sizes = self.layout.columns * np.exp(block.offset)
            np.matmul(sizes, np.exp(block.beta), out=block.mean)
            return
        np.matmul(self.layout.columns, block.beta, out=block.mean)
        block.mean += block.offset
        np.exp(block.mean, out=block.mean)


def _factorised(a: FloatArray) -> FloatArray:
    """Cholesky factors, in the lower triangles of (p, p, n_rows), in place."""
    p = len(a)
    for k in range(p):
        pivot = a[k, k]
        np.maximum(pivot, _LEAST_PIVOT, out=pivot)
        np.sqrt(pivot, out=pivot)
        a[k + 1 :, k] /= pivot
        for i in range(k + 1, p):
            a[i, k + 1 : i + 1] -= a[i, k] * a[k + 1 : i + 1, k]
    return a


def _solved(factor: FloatArray, score: FloatArray) -> FloatArray:
    """Solutions of the factorised systems, shape (p, n_rows)."""
    x = score.copy()
    p = len(x)
    for k in range(p):
        x[k] /= factor[k, k]
        x[k + 1 :] -= factor[k + 1 :, k] * x[k]
    for k in range(p - 1, -1, -1):
        x[k] /= factor[k, k]
        x[:k] -= factor[k, :k] * x[k]
    return x
