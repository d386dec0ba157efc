"""Which libraries look unlike the others, by rules that a reader can check by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd

LIBRARY_SIZE_FOLD = 3.0

FEW_PEAKS = 1 / 3

LOW_SHARE = 0.5

LOW_CORRELATION = 0.5

CORRELATION_GAP = 0.1

MOSTLY_ZERO = 0.5

RULES = (
    f"A library is flagged where its size is more than {LIBRARY_SIZE_FOLD:g} times above or below"
    " the median of its mark; where it has less than a third of the median number of peaks; where"
    " its share of signal in peaks or promoters is less than half of the median; where more than"
    f" {MOSTLY_ZERO:.0%} of the main regions have no signal; or where its median correlation with"
    f" the others is more than {CORRELATION_GAP:g} below that of the median library (of two or"
    f" three libraries: below {LOW_CORRELATION:g}). Flags are hints to look, not"
    " reasons to drop a tumour."
)


def median_correlation(correlation: pd.DataFrame) -> pd.Series:
    """Median Spearman correlation of each sample with the others; NaN where there are none."""
    values = correlation.to_numpy(np.float64, copy=True)
    np.fill_diagonal(values, np.nan)
    return pd.DataFrame(values, index=correlation.index).median(axis=1)


def quality_flags(quality: pd.DataFrame, correlation: pd.DataFrame | None) -> dict[str, list[str]]:
    """Sample -> reasons to look at a library again, for every sample of the table, in its order.

    Parameters
    ----------
    quality
        Columns of `schema.QUALITY`, of one mark.
    correlation
        (n_samples, n_samples), index and columns the samples.
    """
    samples = quality["sample"].tolist()
    flags: dict[str, list[str]] = {s: [] for s in samples}

    def relative(column: str) -> np.ndarray:
        values = quality[column].to_numpy(np.float64)
        middle = np.nanmedian(values) if np.isfinite(values).any() else np.nan
        return values / middle if middle > 0 else np.full(len(values), np.nan)

    for sample, fold in zip(samples, relative("library_size"), strict=True):
        if fold > LIBRARY_SIZE_FOLD or fold < 1 / LIBRARY_SIZE_FOLD:
            flags[sample].append(f"library size {fold:.2g} times the median")
    shares = {
        "n_peaks": (FEW_PEAKS, "few peaks ({:.0%} of the median)"),
        "fraction_in_peaks": (LOW_SHARE, "little signal in peaks ({:.0%} of the median share)"),
        "fraction_in_promoters": (
            LOW_SHARE,
            "little signal in promoters ({:.0%} of the median share)",
        ),
    }
    for column, (limit, text) in shares.items():
        for sample, share in zip(samples, relative(column), strict=True):
            if share < limit:
                flags[sample].append(text.format(share))
    for sample, zero in zip(samples, quality["fraction_zero"], strict=True):
        if zero > MOSTLY_ZERO:
            flags[sample].append(f"{zero:.0%} of the main regions without signal")
    for sample, text in _correlation_flags(correlation).items():
        if sample in flags:
            flags[sample].append(text)
    return flags


def _correlation_flags(correlation: pd.DataFrame | None) -> dict[str, str]:
    if correlation is None or len(correlation) < 2:
        return {}
    own = median_correlation(correlation)
    # Of three samples two always look alike, so that only an absolute bound says anything.
    limit = LOW_CORRELATION if len(own) < 4 else float(own.median()) - CORRELATION_GAP
    low = own[own < limit]
    return {str(s): f"correlates little with the others (median {r:.2f})" for s, r in low.items()}
