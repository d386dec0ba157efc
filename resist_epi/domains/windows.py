"""The windows that a filter kept, as runs of bins, and their values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.clusters import gathered_sums
from resist_epi.domains.filter import settings_of
from resist_epi.errors import InputFormatError
from resist_epi.genome.intervals import Intervals


@dataclass(frozen=True)
class Windows:
    """Windows above background, each a run of rows of a matrix of bins.

    Attributes
    ----------
    first, span
        (n,) int64: row of the first bin, and how many bins.
    size
        (n,) int64: nominal size, bp.
    places
        Where they lie; the chromosome's code is its place in `chroms`.
    chroms
        Names of the chromosomes, in genome order.
    """

    first: IntArray
    span: IntArray
    size: IntArray
    places: Intervals
    chroms: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: IntArray) -> Windows:
        """Those in these rows."""
        places = self.places.take(rows)
        return Windows(self.first[rows], self.span[rows], self.size[rows], places, self.chroms)


def windows_of(bins: CountMatrix) -> Windows:
    """The windows whose bins were kept, by size and then in genome order."""
    settings, table = settings_of(bins), bins.regions
    chroms = tuple(map(str, table["chrom"].unique()))
    code = pd.Categorical(table["chrom"].astype(str), categories=list(chroms)).codes
    code = np.asarray(code, dtype=np.int64)
    start, end = table["start"].to_numpy(np.int64), table["end"].to_numpy(np.int64)
    # A window has fewer bins than its size says only where it holds a whole short chromosome.
    last_of = np.searchsorted(code, code, side="right")
    parts = []
    for size in settings.sizes:
        first = np.flatnonzero(table[f"window_{size}"].to_numpy(bool)).astype(np.int64)
        span = np.minimum(size // settings.step, last_of[first] - first)
        parts.append((first, span, np.full(len(first), size, dtype=np.int64)))
    first, span, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
    places = Intervals(code[first], start[first], end[first + span - 1])
    return Windows(first, span, sizes, places, chroms)


def window_matrix(
    bins: CountMatrix, windows: Windows, *, quantity: str | None = None
) -> CountMatrix:
    """Values of windows: the sums of their bins, or for `mean_signal` the mean per base.

    A row is a window; `regions` has `chrom start end` alone, no names.

    Parameters
    ----------
    quantity
        `mean_signal` for bins of `coverage_sum`; by default the bins' own.
    """
    values = _window_sums(bins.values, windows)
    if quantity == "mean_signal":
        bases = bins.regions["bases"].to_numpy(np.float64)
        values /= _window_sums(bases[:, None], windows)
    return _of_quantity(bins, values, _places_table(windows), quantity)


def _window_sums(bins: FloatArray, windows: Windows) -> FloatArray:
    spans = np.unique(windows.span)
    if len(spans) == 1:
        return gathered_sums(bins, windows.first, int(spans[0]))
    sums = np.empty((len(windows), bins.shape[1]))
    for span in spans:
        rows = np.flatnonzero(windows.span == span)
        sums[rows] = gathered_sums(bins, windows.first[rows], int(span))
    return sums


def range_matrix(
    bins: CountMatrix, regions: pd.DataFrame, first: IntArray, last: IntArray, *,
    quantity: str | None = None,
) -> CountMatrix:  # fmt: skip
    """Values of disjoint runs of bins, rows `first` to `last` of each, as `window_matrix`."""
    values = _range_sums(bins.values, first, last)
    if quantity == "mean_signal":
        bases = bins.regions["bases"].to_numpy(np.float64)
        values /= _range_sums(bases[:, None], first, last)
    return _of_quantity(bins, values, regions, quantity)


def _range_sums(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Sums of rows `first` to `last`, disjoint and in order."""
    if not len(first):
        return np.zeros((0, values.shape[1]))
    edges = np.stack([first, last], axis=1).ravel()
    edges = edges[:-1] if edges[-1] == len(values) else edges
    return np.asarray(np.add.reduceat(values, edges, axis=0)[::2])


def _of_quantity(
    bins: CountMatrix, values: FloatArray, regions: pd.DataFrame, quantity: str | None
) -> CountMatrix:
    chosen = bins.quantity if quantity is None else quantity
    if chosen != bins.quantity and (bins.quantity, chosen) != ("coverage_sum", "mean_signal"):
        raise InputFormatError(f"bins of {bins.quantity} hold no {chosen}")
    values.flags.writeable = False
    return replace(bins, values=values, regions=regions, quantity=chosen)


def _places_table(windows: Windows) -> pd.DataFrame:
    names = pd.CategoricalDtype(list(windows.chroms))
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(windows.places.chrom, dtype=names),
            "start": windows.places.start,
            "end": windows.places.end,
        }
    )
