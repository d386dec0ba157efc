"""From the bins of windows above background to tested domains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from resist_epi.analysis import Analysis
from resist_epi.domain_filter import settings_of
from resist_epi.domain_windows import window_matrix
from resist_epi.domains import Domains, domain_results, window_tests
from resist_epi.errors import DesignError
from resist_epi.matrix import CountMatrix
from resist_epi.samples import SampleSheet
from resist_epi.stats.windows import IntArray
from resist_epi.units import merge_units


def with_windows(
    analysis: Analysis,
    bins: CountMatrix,
    domains: Domains,
    sheet: SampleSheet,
    *,
    fdr: float = 0.05,
    lfc_threshold: float = 0.0,
) -> Analysis:
    """Test the windows of domains whose whole signal was analysed; P comes from the windows.

    Units, design, contrast, method and normalisation are those of the analysis: windows above
    background never estimate their own factors. Where a normalisation gives an offset a region,
    each window has that of its domain.

    Parameters
    ----------
    analysis
        Of `domains.domain_matrix`, or of counts in the same regions.
    bins
        What the domains were found in, a column a library.
    sheet
        Rows of the libraries.
    fdr, lfc_threshold
        What the analysis was made with.

    Returns
    -------
    Analysis
        The same with the results of `domains.domain_results`, and sentences in its header.

    Raises
    ------
    DesignError
        If the analysis is of other regions, or the windows cannot be tested.
    """
    if not analysis.matrix.regions["region_id"].equals(domains.regions["region_id"]):
        raise DesignError("these results are not of the domains whose windows are to be tested")
    tests = None
    if analysis.tested and len(domains):
        tests = window_tests(
            _normalized_windows(analysis, bins, domains, sheet),
            domains,
            analysis.design,
            analysis.contrast,
            method=analysis.fit.method,
            options=analysis.options,
            lfc_threshold=lfc_threshold,
        )
    results = domain_results(analysis.results, domains, tests, fdr=fdr)
    return replace(analysis, results=results, header=analysis.header | _header(bins, domains))


def _normalized_windows(
    analysis: Analysis, bins: CountMatrix, domains: Domains, sheet: SampleSheet
) -> Iterator[tuple[IntArray, CountMatrix]]:
    """For each size, rows of its windows, and windows x units with the factors of the analysis."""
    matrix, windows = analysis.matrix, domains.windows
    extra = (analysis.options.block, analysis.options.strata)
    columns = (*analysis.design.variables, *(c for c in extra if c is not None))
    for size in np.unique(windows.size):
        rows = np.flatnonzero(windows.size == size)
        values = window_matrix(bins, windows.take(rows), quantity=matrix.quantity)
        merged, _, _ = merge_units(values, sheet, design_columns=columns)
        offsets = matrix.offsets
        yield (
            rows,
            replace(
                merged,
                library_sizes=matrix.library_sizes,
                size_factors=matrix.size_factors,
                offsets=None if offsets is None else offsets[domains.member[rows]],
                metadata={"normalization": matrix.metadata.get("normalization")},
            ),
        )


def _header(bins: CountMatrix, domains: Domains) -> dict[str, str]:
    settings, found = settings_of(bins), bins.metadata["domains"]
    sizes = " and ".join(f"{size:,}" for size in settings.sizes)
    inputs = ", and as much above the local signal of the inputs" if found["inputs"] else ""
    return {
        "domains": (
            f"{len(domains)}, from {len(domains.windows)} of {found['windows']} windows of {sizes}"
            f" bp at least {settings.fold:g} times background and 3 deviations above it{inputs}, by"
            f" the mean of all samples; merged where at most {settings.gap} bp apart, cut at"
            f" {settings.max_width:,} bp; neither groups nor results have a say"
        ),
        "pvalue": (
            "Simes over the windows of a domain, window sizes with equal weight; padj over domains;"
            " log2FoldChange, lfcSE, interval, stat and signal_pvalue are of the domain's whole"
            " signal; best_ is the window of the lowest P, which exaggerates the change"
        ),
    }
