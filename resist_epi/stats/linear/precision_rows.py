"""Log counts and their precision (voom) by rows, for regions too many for matrices of them."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import AnyFloat, FloatArray
from resist_epi.stats.linear.responses import row_blocks
from resist_epi.stats.rows import Rows, Which


class LogCounts(Rows):
    """log2((count + 0.5) / (library + 1) x 10^6).

    Parameters
    ----------
    counts
        (n_regions, n_samples).
    sizes
        Effective library sizes, (n_samples,) or (n_regions, n_samples).
    """

    def __init__(self, counts: AnyFloat, sizes: FloatArray) -> None:
        super().__init__((counts.shape[0], counts.shape[1]))
        self._counts, self._sizes = counts, sizes

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        counts = np.asarray(self._counts[rows][:, columns], dtype=np.float64)
        sizes = self._sizes[columns] if self._sizes.ndim == 1 else self._sizes[rows][:, columns]
        return np.asarray(np.log2((counts + 0.5) / (sizes + 1) * 1e6))

    def depth(self, rows: Which) -> FloatArray:
        """(n_rows, n_samples) log2 of millions of reads: from counts per million back to counts."""
        sizes = self._sizes if self._sizes.ndim == 1 else self._sizes[rows]
        n = len(np.arange(len(self))[rows])
        return np.broadcast_to(np.log2(sizes + 1) - np.log2(1e6), (n, self.shape[1]))

    def mean_depth(self) -> FloatArray:
        """(n_regions,) mean of each row of `depth`."""
        means = np.empty(len(self))
        for rows in row_blocks(len(self)):
            means[rows] = self.depth(rows).mean(axis=1)
        return means


class Precision(Rows):
    """Inverse variances that a curve has at the fitted log counts.

    Parameters
    ----------
    counts
        Log counts that were fitted.
    coefficients
        (n_regions, p), of the fit.
    design
        (n_samples, p).
    curve
        (n_points, 2) log2 count, sorted, and the square root of the standard deviation.
    factor
        (n_samples,) weights of the samples, by which those of the observations are multiplied.
    """

    def __init__(
        self,
        counts: LogCounts,
        coefficients: FloatArray,
        design: FloatArray,
        curve: FloatArray,
        factor: FloatArray | None = None,
    ) -> None:
        super().__init__(counts.shape)
        self._counts, self._coefficients, self._design = counts, coefficients, design
        self._curve, self._factor = curve, factor

    def times(self, factor: FloatArray) -> Precision:
        """The same times a weight a sample."""
        return Precision(self._counts, self._coefficients, self._design, self._curve, factor)

    def cells(self, rows: Which, columns: slice) -> FloatArray:
        """As of `Rows`."""
        fitted = self._coefficients[rows] @ self._design.T + self._counts.depth(rows)
        weights = np.interp(fitted[:, columns], self._curve[:, 0], self._curve[:, 1]) ** -4
        return np.asarray(weights if self._factor is None else weights * self._factor[columns])
