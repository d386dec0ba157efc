"""Log ratios of DNA along the genome from counts in bins, without GC content and unruly bins."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import BoolArray, FloatArray

# Bins whose median over the samples is this far from the genome's are gaps, repeats or collapsed
# copies: what they hold does not follow the number of copies.
LOW, HIGH = 0.25, 3.0

_STRATUM = 0.01  # of GC content

_MIN_IN_STRATUM = 50


def usable_bins(values: FloatArray, autosomal: BoolArray) -> BoolArray:
    """Bins that can tell of copy number in every sample, (n_bins,) bool.

    Parameters
    ----------
    values
        Reads or coverage, shape (n_bins, n_samples).
    autosomal
        Shape (n_bins,): the bins that say what is usual.
    """
    if not len(values):
        return np.zeros(0, dtype=bool)
    reference = values[autosomal & (values > 0).any(axis=1)]
    if not len(reference):
        return np.zeros(len(values), dtype=bool)
    usual = np.median(reference, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.median(values / usual, axis=1)
    return np.asarray((values > 0).all(axis=1) & (level >= LOW) & (level <= HIGH))


def log_ratios(
    values: FloatArray, autosomal: BoolArray, *, gc: FloatArray | None = None
) -> tuple[FloatArray, BoolArray]:
    """log2 of each bin's DNA over the median of the sample's autosomes.

    Where GC content is given, its effect is taken out of each sample: the median of the bins
    of each per cent. Gives (n_used, n_samples) log2, and the bins used, (n_bins,) bool.

    Parameters
    ----------
    values
        Shape (n_bins, n_samples).
    autosomal
        Shape (n_bins,).
    gc
        Share of G and C, shape (n_bins,), NaN where unknown: such bins are not used.

    References
    ----------
    Benjamini & Speed (2012) Nucleic Acids Res. 40:e72 (GC content); Scheinin et al. (2014) Genome
    Res. 24:2022 (correction by medians).
    """
    used = usable_bins(values, autosomal)
    if gc is not None:
        used &= np.isfinite(gc)
    ratio = np.log2(values[used])
    if gc is not None:
        ratio = ratio - _gc_effect(ratio, gc[used], autosomal[used])
    centre = ratio[autosomal[used]]
    if len(centre):
        ratio = ratio - np.median(centre, axis=0)
    return np.asarray(ratio), used


def _gc_effect(ratio: FloatArray, gc: FloatArray, autosomal: BoolArray) -> FloatArray:
    """Median log ratio of the bins of each per cent of GC, (n, n_samples), interpolated between."""
    stratum = np.round(gc / _STRATUM).astype(np.int64)
    levels = [
        s for s in np.unique(stratum) if (autosomal & (stratum == s)).sum() >= _MIN_IN_STRATUM
    ]
    if not levels:
        return np.zeros_like(ratio)
    medians = np.array([np.median(ratio[autosomal & (stratum == s)], axis=0) for s in levels])
    at = np.array(levels) * _STRATUM
    return np.column_stack([np.interp(gc, at, medians[:, i]) for i in range(ratio.shape[1])])
