"""What the libraries look like before anything is tested."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import QUALITY, names
from resist_epi.stats.components import leading_components


def quality_table(
    matrix: CountMatrix,
    sheet: SampleSheet,
    *,
    in_peaks: Mapping[str, float] | None = None,
    in_promoters: Mapping[str, float] | None = None,
    n_peaks: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """One row a library.

    Parameters
    ----------
    matrix
        The mark's main regions, a column a library.
    in_peaks, in_promoters
        Share of each library's signal there, 0 to 1; NaN where it was not measured.
    n_peaks
        Peaks in each sample's own file.

    Returns
    -------
    DataFrame
        Columns of `schema.QUALITY`.
    """
    sheet = sheet.for_samples(matrix.samples)

    def lookup(values: Mapping[str, float] | None) -> list[float]:
        return [float((values or {}).get(s, np.nan)) for s in matrix.samples]

    table = pd.DataFrame(
        {
            "sample": list(matrix.samples),
            "mark": sheet.table["Factor"].to_numpy(),
            "condition": sheet.table["Condition"].to_numpy(),
            "library_size": matrix.library_sizes,
            "library_size_from": matrix.metadata.get("library_size_from", "sheet"),
            "n_peaks": lookup(n_peaks),
            "fraction_in_peaks": lookup(in_peaks),
            "fraction_in_promoters": lookup(in_promoters),
            "fraction_zero": (matrix.values == 0).mean(axis=0) if len(matrix.regions) else np.nan,
        }
    )
    return table[names(QUALITY)]


def log_signal(matrix: CountMatrix, *, prior: float = 0.05) -> FloatArray:
    """(n_regions, n_samples) log2 of the scaled values plus a share of their median mean.

    Parameters
    ----------
    prior
        The share; the larger, the less the noise of regions with little signal.
    """
    values = scaled(matrix)
    means = values.mean(axis=1)
    positive = means[means > 0]
    added = prior * float(np.median(positive)) if len(positive) else 1.0
    return np.asarray(np.log2(values + added))


def sample_correlation(matrix: CountMatrix) -> pd.DataFrame:
    """Spearman correlation of the samples over regions with any signal.

    Returns
    -------
    DataFrame
        (n_samples, n_samples), index and columns the SampleIDs; NaN for a sample without variation.

    Examples
    --------
    >>> from resist_epi.genome.regions import bed_regions
    >>> regions = bed_regions([("chr1", i * 100, i * 100 + 100) for i in range(4)])
    >>> values = np.array([[1, 2, 9], [2, 4, 7], [3, 6, 5], [4, 8, 1]], dtype=float)
    >>> counts = CountMatrix(values, regions, ("a", "b", "c"), "mean_signal", np.ones(3))
    >>> sample_correlation(counts).loc["a"].round(3).tolist()
    [1.0, 1.0, -1.0]
    """
    present = (matrix.values > 0).any(axis=1)
    # Ranks once a sample, and one product for all pairs.
    ranks = pd.DataFrame(log_signal(matrix)[present]).rank().to_numpy(np.float64)
    ranks = ranks - ranks.mean(axis=0) if len(ranks) else ranks
    size = np.sqrt((ranks**2).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.clip(ranks.T @ ranks / np.outer(size, size), -1.0, 1.0)
    np.fill_diagonal(found, np.where(size > 0, 1.0, np.nan))
    rows = pd.Index(list(matrix.samples), name="sample")
    return pd.DataFrame(found, index=rows, columns=list(matrix.samples))


def principal_components(
    matrix: CountMatrix, *, n_components: int = 4, n_regions: int = 2000
) -> pd.DataFrame:
    """Principal components of the samples, over the regions that vary most.

    log2 of the signal plus its median, centred by region: such a started logarithm (Rocke & Durbin
    2003 Bioinformatics 19:966) keeps regions of little signal, whose noise is large, from being the
    most variable ones. The choice of regions is blind to the groups.

    Parameters
    ----------
    n_components
        At most one less than there are samples.
    n_regions
        How many of the most variable regions are used.

    Returns
    -------
    DataFrame
        Columns `sample PC1 PC2 …` (log2 units); `attrs["explained"]` holds each component's share
        of the variance. The sign is fixed so that each component's largest entry is positive.

    Examples
    --------
    >>> from resist_epi.genome.regions import bed_regions
    >>> regions = bed_regions([("chr1", i * 100, i * 100 + 100) for i in range(4)])
    >>> values = np.array([[1, 2, 9], [2, 4, 7], [3, 6, 5], [4, 8, 1]], dtype=float)
    >>> counts = CountMatrix(values, regions, ("a", "b", "c"), "mean_signal", np.ones(3))
    >>> list(principal_components(counts))
    ['sample', 'PC1', 'PC2']
    """
    level = log_signal(matrix, prior=1.0)
    order = np.argsort(-level.var(axis=1), kind="stable")[:n_regions]
    centred = level[order] - level[order].mean(axis=1, keepdims=True)
    scores, shares = leading_components(centred, n_components=n_components)
    table = pd.DataFrame({"sample": list(matrix.samples)})
    for k, score in enumerate(scores):
        table[f"PC{k + 1}"] = score
    table.attrs["explained"] = shares
    return table
