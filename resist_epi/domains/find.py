"""Domains of a broad mark: windows above background, merged by location, one P a domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.clusters import merge_windows
from resist_epi.domains.filter import settings_of
from resist_epi.domains.stored_bins import Bins
from resist_epi.domains.windows import Windows, range_matrix, windows_of
from resist_epi.genome.regions import make_regions


@dataclass(frozen=True)
class Domains:
    """Domains and the windows that they are made of.

    Attributes
    ----------
    regions
        (n) regions of the kind `domains`, disjoint, with `whole_start` and `whole_end` (int64):
        the domain before it was cut at the largest width.
    windows
        All windows above background.
    member
        (n_windows,) int64: row in `regions` of each window.
    first, last
        (n,) int64: the rows of the matrix of bins that each domain holds, `first` to `last`.
    """

    regions: pd.DataFrame
    windows: Windows
    member: IntArray
    first: IntArray
    last: IntArray

    def __len__(self) -> int:
        return len(self.regions)


def find_domains(bins: Bins) -> Domains:
    """Merge the windows above background by location; no result and no group has a say.

    Windows of all sizes with at most `gap` bp between them are one domain, cut into equal parts
    where it is wider than the largest width. A domain ends where its windows of the smallest size
    do: larger ones reach into background.

    Parameters
    ----------
    bins
        As `filter.domain_bins` keeps them.

    References
    ----------
    Lun & Smyth (2014) Nucleic Acids Research 42:e95; (2016) 44:e45 (csaw).
    """
    settings, windows = settings_of(bins), windows_of(bins)
    clusters = merge_windows(
        windows.places,
        gap=settings.gap,
        max_width=settings.max_width,
        grid=settings.step,
        sharp=windows.size == settings.sizes[0],
    )
    table = pd.DataFrame(
        {
            "chrom": np.array([*windows.chroms, ""], dtype=object)[clusters.chrom],
            "start": clusters.start,
            "end": clusters.end,
        }
    )
    by_whole = table.groupby(clusters.whole)
    table["whole_start"] = by_whole["start"].transform("min")
    table["whole_end"] = by_whole["end"].transform("max")
    table["cluster"] = np.arange(len(table))
    regions = make_regions(table, kind="domains")
    order = regions.pop("cluster").to_numpy(np.int64)
    row_of = np.empty(len(order), dtype=np.int64)
    row_of[order] = np.arange(len(order))
    first, last = _rows(bins, windows.chroms, regions)
    return Domains(regions, windows, row_of[clusters.member], first, last)


def _rows(bins: Bins, chroms: tuple[str, ...], regions: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Rows of the bins that begin in each region."""
    code = {name: i for i, name in enumerate(chroms)}
    table = bins.regions
    span = 1 + max(int(table["end"].max()) if len(table) else 0, 1)
    line = table["chrom"].astype(str).map(code).to_numpy(np.int64) * span
    line = line + table["start"].to_numpy(np.int64)
    origin = regions["chrom"].map(code).to_numpy(np.int64) * span
    first = np.searchsorted(line, origin + regions["start"].to_numpy(np.int64))
    last = np.searchsorted(line, origin + regions["end"].to_numpy(np.int64))
    return first.astype(np.int64), last.astype(np.int64)


def domain_matrix(bins: Bins, domains: Domains, *, quantity: str | None = None) -> CountMatrix:
    """Values of whole domains, each base once: `mean_signal`, or a sum in the bins' quantity."""
    return range_matrix(bins, domains.regions, domains.first, domains.last, quantity=quantity)
