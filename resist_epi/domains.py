"""Domains of a broad mark: windows above background, merged by location, one P a domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.design import Contrast, Design
from resist_epi.differential import contrast_statistics
from resist_epi.differential import fit as fit_model
from resist_epi.domain_filter import settings_of
from resist_epi.domain_windows import Windows, range_matrix, windows_of
from resist_epi.filtering import regions_with_signal
from resist_epi.linear_models import FitOptions, linear_statistics
from resist_epi.matrix import CountMatrix, FloatArray
from resist_epi.regions import make_regions
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.windows import (
    Combined,
    IntArray,
    combine_windows,
    equal_size_weights,
    merge_windows,
)


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


def find_domains(bins: CountMatrix) -> Domains:
    """Merge the windows above background by location; no result and no group has a say.

    Windows of all sizes with at most `gap` bp between them are one domain, cut into equal parts
    where it is wider than the largest width. A domain ends where its windows of the smallest size
    do: larger ones reach into background.

    Parameters
    ----------
    bins
        As `domain_filter.domain_bins` keeps them.

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


def _rows(
    bins: CountMatrix, chroms: tuple[str, ...], regions: pd.DataFrame
) -> tuple[IntArray, IntArray]:
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


def domain_matrix(
    bins: CountMatrix, domains: Domains, *, quantity: str | None = None
) -> CountMatrix:
    """Values of whole domains, each base once: `mean_signal`, or a sum in the bins' quantity."""
    return range_matrix(bins, domains.regions, domains.first, domains.last, quantity=quantity)


@dataclass(frozen=True)
class WindowTests:
    """What the windows of each domain say.

    Attributes
    ----------
    combined
        One P a domain, and the window with the lowest.
    effects
        (n_windows,) log2 fold changes.
    unweighted
        The same without weights of the units; None where there are none.
    """

    combined: Combined
    effects: FloatArray
    unweighted: Combined | None


def window_tests(
    matrices: Iterable[tuple[IntArray, CountMatrix]],
    domains: Domains,
    design: Design,
    contrast: Contrast,
    *,
    method: str,
    options: FitOptions | None = None,
    lfc_threshold: float = 0.0,
) -> WindowTests:
    """Test every window and combine those of a domain; window sizes count equally.

    Parameters
    ----------
    matrices
        For each size of windows, their rows in `domains.windows` and windows x units, normalised
        with factors from elsewhere: windows above background never estimate their own. Each size
        has a fit of its own, since the variance depends on it.

    Raises
    ------
    DesignError, QuantityError
        As `differential.fit`.
    """
    n = len(domains.windows)
    effect, sign, p, p_unweighted = (np.full(n, np.nan) for _ in range(4))
    for rows, matrix in matrices:
        smaller = min(contrast.group_sizes, default=len(matrix.samples) // 2)
        tested, _ = regions_with_signal(matrix, min_units=max(1, smaller))
        if not tested.any():
            continue
        fitted = fit_model(matrix, design, method=method, tested=tested, options=options)
        found = contrast_statistics(fitted, contrast, design=design, lfc_threshold=lfc_threshold)
        effect[rows], p[rows] = found["log2FoldChange"], found["pvalue"]
        # A hazard ratio without a maximum is NaN, but its score test has a sign.
        sign[rows] = np.where(np.isnan(effect[rows]), found["stat"], effect[rows])
        if fitted.unweighted is not None:
            plain = linear_statistics(fitted.unweighted, contrast, lfc_threshold=lfc_threshold)
            p_unweighted[rows] = plain["pvalue"]
    weights = equal_size_weights(domains.member, domains.windows.size)

    def combined(pvalues: FloatArray) -> Combined:
        return combine_windows(
            pvalues, sign, domains.member, n_clusters=len(domains), weights=weights
        )

    beside = None if np.isnan(p_unweighted).all() else combined(p_unweighted)
    return WindowTests(combined(p), effect, beside)


def domain_results(
    whole: pd.DataFrame, domains: Domains, tests: WindowTests | None, *, fdr: float = 0.05
) -> pd.DataFrame:
    """Results of domains: P from their windows, effects from their whole signal.

    Parameters
    ----------
    whole
        Results of the domains' whole signal, a row a domain: they give `baseMean`,
        `log2FoldChange`, its error, interval and statistic. The window with the lowest P would
        exaggerate the effect.
    tests
        What the windows say; None where nothing could be tested.
    fdr
        Level at which `direction` says gain or loss.

    Returns
    -------
    DataFrame
        The contract's columns: `pvalue` is Simes' over the windows, `padj` adjusts it over domains,
        `direction` is that of the windows that decide it, and of the best one where they are mixed.
        Appended: `signal_pvalue` (P of the whole signal), `n_windows n_up n_down` (windows tested,
        and changed at 5 % within the domain), `window_direction` (`up down mixed none`),
        `best_start best_end best_log2FoldChange` (the window of the lowest P), then what `whole`
        has.
    """
    n = len(domains)
    table = whole.copy()
    added: dict[str, FloatArray | IntArray | NDArray[np.str_]] = {
        "signal_pvalue": whole["pvalue"].to_numpy(np.float64),
        **{name: np.zeros(n, dtype=np.int64) for name in ("n_windows", "n_up", "n_down")},
        "window_direction": np.full(n, "none"),
        **{f"best_{name}": np.full(n, np.nan) for name in ("start", "end", "log2FoldChange")},
    }
    if tests is not None:
        found, places = tests.combined, domains.windows.places
        has = found.best >= 0
        best = found.best[has]
        effect = np.full(n, np.nan)
        effect[has] = tests.effects[best]
        for name, values in (("start", places.start), ("end", places.end)):
            added[f"best_{name}"] = np.where(has, 0.0, np.nan)
            added[f"best_{name}"][has] = values[best]
        added |= {
            "n_windows": found.n_windows,
            "n_up": found.n_up,
            "n_down": found.n_down,
            "window_direction": found.direction,
            "best_log2FoldChange": effect,
        }
        # What a filter left out as a whole stays out.
        p = np.where(whole["pvalue"].isna(), np.nan, found.pvalue)
        table["pvalue"], table["padj"] = p, benjamini_hochberg(p)
        sign = np.select([found.direction == "up", found.direction == "down"], [1.0, -1.0], effect)
        called = (table["padj"] <= fdr).to_numpy()
        table["direction"] = np.select(
            [called & (sign > 0), called & (sign < 0)], ["gain", "loss"], "none"
        )
        if (
            "high_confidence" in table
        ):  # of the whole signal; but a domain that is not called is none
            known = table["high_confidence"].notna().to_numpy()
            table.loc[known & ~called, "high_confidence"] = False
        if tests.unweighted is not None and "pvalue_unweighted" in table:
            p = tests.unweighted.pvalue
            table["pvalue_unweighted"], table["padj_unweighted"] = p, benjamini_hochberg(p)
    at = list(table.columns).index("direction") + 1
    for i, (name, column) in enumerate(added.items()):
        table.insert(at + i, name, column)
    for name in ("best_start", "best_end"):
        table[name] = table[name].astype("Int64")
    return table
