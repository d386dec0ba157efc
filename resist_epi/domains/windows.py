"""The windows that a filter kept, as runs of bins, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat, FloatArray, IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.clusters import gathered_sums
from resist_epi.domains.filter import settings_of
from resist_epi.domains.stored_bins import Bins, bin_rows, type_of
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


def windows_of(bins: Bins) -> Windows:
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


def window_matrix(bins: Bins, windows: Windows, *, quantity: str | None = None) -> CountMatrix:
    """Values of windows: the sums of their bins, or for `mean_signal` the mean per base.

    A row is a window; `regions` has `chrom start end` alone, no names. Sums are those of float64,
    kept in the bins' own type.

    Parameters
    ----------
    quantity
        `mean_signal` for bins of `coverage_sum`; by default the bins' own.
    """
    chosen = _quantity(bins, quantity)
    bases = bins.regions["bases"].to_numpy(np.float64) if chosen == "mean_signal" else None
    values = np.empty((len(windows), len(bins.samples)), dtype=type_of(bins))
    for span in np.unique(windows.span):
        of_span = np.flatnonzero(windows.span == span)
        for part in _parts(len(of_span), values.shape[1]):
            rows = of_span[part]
            first = windows.first[rows]
            low, high = int(first.min()), int(first.max() + span)
            sums = gathered_sums(bin_rows(bins, low, high), first - low, int(span))
            if bases is not None:
                sums /= gathered_sums(bases[low:high, None], first - low, int(span))
            values[rows] = sums
    return _of_quantity(bins, values, _places_table(windows), chosen)


def range_matrix(
    bins: Bins, regions: pd.DataFrame, first: IntArray, last: IntArray, *,
    quantity: str | None = None,
) -> CountMatrix:  # fmt: skip
    """Values of disjoint runs of bins, rows `first` to `last` of each, as `window_matrix`.

    They are float64.
    """
    chosen = _quantity(bins, quantity)
    values = np.empty((len(first), len(bins.samples)))
    at = 0
    for stop in _stops(first, last, values.shape[1]):
        low, high = int(first[at]), int(last[stop - 1])
        own = slice(at, stop)
        block = np.asarray(bin_rows(bins, low, high), dtype=np.float64)
        values[own] = _range_sums(block, first[own] - low, last[own] - low)
        at = stop
    if chosen == "mean_signal":
        bases = bins.regions["bases"].to_numpy(np.float64)
        values /= _range_sums(bases[:, None], first, last)
    return _of_quantity(bins, values, regions, chosen)


# Values of bins that are worked on at once.
_BLOCK = 1 << 22


def _parts(n: int, width: int) -> list[slice]:
    size = max(_BLOCK // max(width, 1), 1)
    return [slice(a, min(a + size, n)) for a in range(0, n, size)]


def _stops(first: IntArray, last: IntArray, width: int) -> list[int]:
    """Where to cut ordered runs, so that the bins from a part's first to its last are few."""
    size, stops, begin = max(_BLOCK // max(width, 1), 1), [], 0
    while begin < len(first):
        stop = max(int(np.searchsorted(last, first[begin] + size, side="right")), begin + 1)
        stops.append(stop)
        begin = stop
    return stops


def _range_sums(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Sums of rows `first` to `last`, disjoint and in order."""
    if not len(first):
        return np.zeros((0, values.shape[1]))
    edges = np.stack([first, last], axis=1).ravel()
    edges = edges[:-1] if edges[-1] == len(values) else edges
    return np.asarray(np.add.reduceat(values, edges, axis=0)[::2])


def _quantity(bins: Bins, quantity: str | None) -> str:
    chosen = bins.quantity if quantity is None else quantity
    if chosen != bins.quantity and (bins.quantity, chosen) != ("coverage_sum", "mean_signal"):
        raise InputFormatError(f"bins of {bins.quantity} hold no {chosen}")
    return chosen


def _of_quantity(bins: Bins, values: AnyFloat, regions: pd.DataFrame, quantity: str) -> CountMatrix:
    values.flags.writeable = False
    own = cast("FloatArray", values)
    metadata = dict(bins.metadata)
    return CountMatrix(own, regions, bins.samples, quantity, bins.library_sizes, metadata=metadata)


def _places_table(windows: Windows) -> pd.DataFrame:
    names = pd.CategoricalDtype(list(windows.chroms))
    return pd.DataFrame(
        {
            "chrom": pd.Categorical.from_codes(windows.places.chrom, dtype=names),
            "start": windows.places.start,
            "end": windows.places.end,
        }
    )
