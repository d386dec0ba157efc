"""Normalisations as functions: each an assumption about what does not change between samples.

Of a matrix and what is needed besides: a factor a sample, shape (n_samples,), or offsets, shape
(n_regions, n_samples). `normalization_method.py` has their records.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError
from resist_epi.genome.regions import overlapping
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.schema import COUNTS
from resist_epi.stats.scaling import size_factors
from resist_epi.stats.scaling.background import background_factors
from resist_epi.stats.scaling.offsets import common_peak_offsets, trended_offsets
from resist_epi.stats.scaling.quantile import smooth_quantile

MIN_COMMON_PEAKS = 20

_PRIOR_READS = 0.5

_PRIOR_SHARE = 0.01  # of the median region, for signal: small, since it shrinks the offsets


def by_library_size(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the total of mark and background together is the same in every sample."""
    return np.ones(len(matrix.samples))


def by_tmm(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that most of the regions do not change, or that gains and losses balance."""
    return size_factors.tmm(matrix.values, matrix.library_sizes)


def by_tmmwsp(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume what TMM assumes, where many regions are zero in some of the samples."""
    return size_factors.tmmwsp(matrix.values, matrix.library_sizes)


def by_rle(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the median region does not change."""
    return size_factors.rle(matrix.values, matrix.library_sizes)


def by_upper_quartile(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the region at the upper quartile of signal is equally high in every sample."""
    return size_factors.upper_quartile(matrix.values, matrix.library_sizes)


def by_reads_in_regions(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the total over the regions is the same in every sample."""
    return _relative(matrix, matrix.values.sum(axis=0), "signal in the regions")


def by_background(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that background is equal and that precipitation was equally efficient."""
    bins = as_expected(of_the_same(matrix, inputs.background))
    return background_factors(bins.values, bins.library_sizes)


def by_spike_in(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that exogenous chromatin was added in proportion to cells and precipitated alike.

    Source: Orlando et al. (2014) Cell Reports 9:1163 (ChIP-Rx).
    """
    bins = of_the_same(matrix, inputs.spike_in)
    return _relative(matrix, bins.values.sum(axis=0), "spike-in signal")


def by_loess(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that at every level of signal most regions do not change."""
    level, present = _level(matrix)
    return trended_offsets(level, fitted_on=present)


def by_common_peaks(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the peaks found in every sample do not change as a whole at any level."""
    peaks = inputs.peaks or {}
    level, common = _level(matrix)
    for sample in matrix.samples:
        if sample not in peaks:
            raise DesignError(f"common_peaks needs the peaks of every sample; {sample} has none")
        common &= overlapping(matrix.regions, peaks[sample])
    if common.sum() < MIN_COMMON_PEAKS:
        raise DesignError(
            f"only {int(common.sum())} regions have a peak in every sample; common_peaks needs"
            f" {MIN_COMMON_PEAKS}: use background or library_size"
        )
    return common_peak_offsets(level, common)


def by_quantile(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that samples of a group have the same distribution of signal over the regions."""
    level, present = _level(matrix)
    groups = inputs.groups
    labels = None if groups is None else [groups[s] for s in matrix.samples]
    offsets = np.zeros_like(level)
    offsets[present] = level[present] - smooth_quantile(level[present], labels)
    return np.asarray(offsets - offsets.mean(axis=1, keepdims=True))


def by_given(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the factors given are right."""
    given = inputs.given or {}
    missing = [s for s in matrix.samples if s not in given]
    if missing:
        raise DesignError(f"no factor is given for {', '.join(missing)}")
    return np.array([given[s] for s in matrix.samples])


def as_expected(matrix: CountMatrix) -> CountMatrix:
    """Return the matrix with what is expected apart from the mark divided out of its values."""
    if matrix.expected is None:
        return matrix
    return replace(matrix, values=matrix.values / np.exp(matrix.expected), expected=None)


def _level(matrix: CountMatrix) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Natural log of the values at the common library size, and which regions have signal."""
    values = scaled(replace(matrix, size_factors=None, offsets=None))
    present = (values > 0).any(axis=1)
    if matrix.quantity in COUNTS:
        prior = _PRIOR_READS
    else:
        prior = _PRIOR_SHARE * float(np.median(values[present].mean(axis=1)))
    return np.asarray(np.log(values + prior)), np.asarray(present)


def _relative(matrix: CountMatrix, totals: FloatArray, what: str) -> FloatArray:
    """Factors, product 1, that make the effective library sizes proportional to these totals."""
    if (totals <= 0).any():
        raise DesignError(f"{matrix.samples[int(np.argmin(totals))]} has no {what}")
    factors = np.log(totals / matrix.library_sizes)
    return np.asarray(np.exp(factors - factors.mean()), dtype=np.float64)


def of_the_same(matrix: CountMatrix, other: CountMatrix | None) -> CountMatrix:
    """The other matrix with its samples in this one's order; it must be of the same libraries."""
    if other is None:
        raise DesignError("nothing to take factors from")
    absent = [s for s in matrix.samples if s not in other.samples]
    if absent:
        raise DesignError(
            f"factors for {', '.join(absent)} cannot be had: the other counts are of"
            f" {', '.join(other.samples)}"
        )
    other = other.select(samples=matrix.samples)
    differing = ~np.isclose(matrix.library_sizes, other.library_sizes, rtol=1e-6)
    if differing.any():
        i = int(np.argmax(differing))
        raise DesignError(
            f"{matrix.samples[i]} has library size {matrix.library_sizes[i]:g} in these counts and"
            f" {other.library_sizes[i]:g} in those that factors come from; count both from the"
            " same tracks with the same --exclude and LibrarySize"
        )
    return other
