"""Normalisations as functions: each an assumption about what does not change between samples.

Of a matrix and what is needed besides: a factor a sample, shape (n_samples,), or offsets, shape
(n_regions, n_samples). `normalization_method.py` has their records.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.regions import overlapping
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.offset_rows import (
    INSTEAD,
    MIN_DENSE,
    common_level,
    offset_rows,
    zeros_in_words,
)
from resist_epi.schema import COUNTS
from resist_epi.stats.scaling import size_factors, sparsity
from resist_epi.stats.scaling.background import background_factors
from resist_epi.stats.scaling.offsets import common_peak_offsets, trended_offsets
from resist_epi.stats.scaling.quantile import smooth_quantile
from resist_epi.stats.scaling.rounds import tmm_rounds

logger = logging.getLogger(__name__)

MIN_COMMON_PEAKS = 20

MOST_SPARSE = 0.05  # of the regions: sampling noise widens the quantiles of a shallow library

MIN_QUARTILE = 20  # reads

MAX_DEPTH_RATIO = 3.0  # between libraries, up to which bins are chosen by the mean of their shares

MAX_BACKGROUND_ZEROS = 0.02  # likewise where the reads of a track are not known


def by_library_size(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that library sizes stand for the same amount of chromatin in every sample."""
    return np.ones(len(matrix.samples))


def by_tmm(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that most of the regions do not change, or that gains and losses balance."""
    dense = _dense(matrix, "tmm")
    return size_factors.tmm(dense.values, dense.library_sizes)


def by_tmm_rounds(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that most of the regions do not change, whichever way the others do.

    Source: Kadota, Nishiyama & Shimizu 2012; Sun et al. 2013.
    """
    dense, test = _dense(matrix, "tmm_rounds"), inputs.test
    if test is None:
        raise DesignError("tmm_rounds needs a contrast that can be tested; use tmm")
    given = replace(dense, offsets=None, expected=None)
    return tmm_rounds(
        dense.values, dense.library_sizes, lambda found: test(replace(given, size_factors=found))
    )


def by_tmmwsp(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume what TMM assumes, where many regions are zero in some of the samples."""
    dense = _dense(matrix, "tmmwsp")
    return size_factors.tmmwsp(dense.values, dense.library_sizes)


def by_rle(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the median region does not change."""
    dense = _dense(matrix, "rle")
    return size_factors.rle(dense.values, dense.library_sizes)


def by_upper_quartile(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the region at the upper quartile of signal is equally high in every sample."""
    if matrix.quantity in COUNTS and np.ptp(np.log2(matrix.library_sizes)) > 1:
        present = matrix.values[(matrix.values > 0).any(axis=1)]
        quartiles = np.quantile(present, 0.75, axis=0)
        if quartiles.min() < MIN_QUARTILE:
            raise DesignError(
                f"upper_quartile: the quartile of {matrix.samples[int(np.argmin(quartiles))]} is"
                f" {quartiles.min():g} reads; where libraries differ twofold in size, steps of one"
                f" read are too coarse below {MIN_QUARTILE}: {INSTEAD}"
            )
    dense = _dense(matrix, "upper_quartile")
    return size_factors.upper_quartile(dense.values, dense.library_sizes)


def by_reads_in_regions(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the total over the regions is the same in every sample."""
    return _relative(matrix, matrix.values.sum(axis=0), "signal in the regions")


def by_background(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that background is equal and that precipitation was equally efficient."""
    bins = as_expected(of_the_same(matrix, inputs.background))
    uneven_depth = bins.quantity in COUNTS and np.ptp(np.log(bins.library_sizes)) > np.log(
        MAX_DEPTH_RATIO
    )
    sparse = sparsity.uneven(sparsity.zero_shares(bins.values), MAX_BACKGROUND_ZEROS)
    even = not (uneven_depth or sparse)
    return background_factors(bins.values, bins.library_sizes, even=even)


def by_spike_in(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that exogenous chromatin was added in proportion to cells and precipitated alike.

    Source: Orlando et al. (2014) Cell Reports 9:1163 (ChIP-Rx).
    """
    bins = of_the_same(matrix, inputs.spike_in)
    return _relative(matrix, bins.values.sum(axis=0), "spike-in signal")


def by_loess(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that at every level of signal most regions do not change."""
    level, rows = offset_rows(matrix, "loess")
    return trended_offsets(level, fitted_on=rows, along=common_level(matrix))


def by_common_peaks(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that the peaks found in every sample do not change as a whole at any level."""
    peaks = inputs.peaks or {}
    level, common = offset_rows(matrix, "common_peaks")
    for sample in matrix.samples:
        if sample not in peaks:
            raise DesignError(f"common_peaks needs the peaks of every sample; {sample} has none")
        common &= overlapping(matrix.regions, peaks[sample])
    if common.sum() < MIN_COMMON_PEAKS:
        raise DesignError(
            f"only {int(common.sum())} regions have a peak in every sample; common_peaks needs"
            f" {MIN_COMMON_PEAKS}: use background or library_size"
        )
    return common_peak_offsets(level, common, along=common_level(matrix))


def by_quantile(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    """Assume that samples of a group have the same distribution of signal over the regions."""
    level, present = offset_rows(matrix, "quantile", most_sparse=MOST_SPARSE)
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


def _dense(matrix: CountMatrix, method: str) -> CountMatrix:
    """The matrix, or where one sample has many zeros and others have not, its abundant regions.

    Without abundant regions it is refused, unless depth is not what the zeros come from.
    """
    zeros = sparsity.zero_shares(matrix.values)
    if not sparsity.uneven(zeros):
        return matrix
    dense = sparsity.dense_rows(matrix.values, matrix.library_sizes)
    n = int(dense.sum())
    if n < MIN_DENSE:
        counts = matrix.quantity in COUNTS
        if counts and not sparsity.by_depth(matrix.values, matrix.library_sizes):
            logger.warning(
                "%s: %s, far more than their depths explain: look at that library",
                method,
                zeros_in_words(matrix, zeros),
            )
            return matrix
        raise DesignError(
            f"{method}: {zeros_in_words(matrix, zeros)}, and only {n} regions are abundant enough"
            f" in every sample (at least {MIN_DENSE}), so factors would follow depth: {INSTEAD}"
        )
    logger.info(
        "%s: %s, so factors are from the %d most abundant regions",
        method,
        zeros_in_words(matrix, zeros),
        n,
    )
    return matrix.select(regions=dense)


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
