"""Precision weights of counts (voom), alone or together with sample weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.counts import checked_counts
from resist_epi.stats.linear.least_squares import fit_linear, row_blocks
from resist_epi.stats.linear.precision_rows import LogCounts, Precision
from resist_epi.stats.linear.weights import array_weights, without_shift
from resist_epi.stats.rows import float_response
from resist_epi.stats.smoothing import lowess


@dataclass(frozen=True)
class Voom:
    """Log counts with the precision of each.

    Attributes
    ----------
    log_cpm
        log2((count + 0.5) / (library + 1) x 10^6), shape (n_regions, n_samples).
    weights
        Inverse variances of the observations (times sample weights, if any), same shape.
    sample_weights
        Shape (n_samples,); None where none were estimated.
    trend
        Mean log2 count and the square root of the standard deviation along the curve, sorted,
        shape (n_points, 2).
    """

    log_cpm: FloatArray
    weights: FloatArray
    sample_weights: FloatArray | None
    trend: FloatArray


def voom(
    counts: npt.ArrayLike,
    design: npt.ArrayLike,
    library_sizes: npt.ArrayLike,
    *,
    sample_weights: npt.ArrayLike | None = None,
    correlation: npt.ArrayLike | None = None,
    span: float = 0.5,
) -> Voom:
    """Weights from the trend of the variance in the fitted log count.

    The weights do not contain `sample_weights`.

    Parameters
    ----------
    counts
        Reads, shape (n_regions, n_samples), not negative. Of float32, as those of windows are, log
        counts and weights are made by rows (`rows.Rows`), and no more than one block is held.
    design
        Full rank, shape (n_samples, n_coefficients).
    library_sizes
        Effective library sizes (size x factor), reads, shape (n_samples,), or the exponentials of
        offsets, shape (n_regions, n_samples).
    sample_weights
        Known weights of the samples for the first fit, shape (n_samples,).
    correlation
        Correlation between the samples' errors, shape (n_samples, n_samples).
    span
        Of the local lines.

    Raises
    ------
    DesignError
        No residual degree of freedom, or fewer than 2 regions with reads.
    QuantityError
        Negative or missing counts, or library sizes that are not positive.

    References
    ----------
    Law, Chen, Shi & Smyth (2014) Genome Biology 15:R29.
    """
    reads, sizes = _checked(counts, library_sizes)
    log_counts = LogCounts(reads, sizes)
    by_rows = reads.dtype == np.float32
    log_cpm = cast("FloatArray", log_counts) if by_rows else np.asarray(log_counts)
    fit = fit_linear(log_cpm, design, weights=sample_weights, correlation=correlation)
    if reads.shape[1] <= fit.design.shape[1]:
        raise DesignError("voom needs replicates: the design leaves no residual degree of freedom")
    present = reads.max(axis=1, initial=0) > 0
    if present.sum() < 2:
        raise DesignError(
            "voom needs at least 2 regions with reads to draw its trend; use ql or trend"
        )
    # Back from reads per million to reads.
    level = (fit.mean + log_counts.mean_depth())[present]
    spread = np.sqrt(np.sqrt(fit.sigma2[present]))
    smooth = lowess(level, spread, span=span)
    points, first = np.unique(level, return_index=True)
    curve = np.column_stack([points, smooth[first]])
    precision = Precision(log_counts, fit.coefficients, fit.design, curve)
    weights = cast("FloatArray", precision) if by_rows else np.asarray(precision)
    return Voom(log_cpm, weights, None, curve)


def voom_with_sample_weights(
    counts: npt.ArrayLike,
    design: npt.ArrayLike,
    library_sizes: npt.ArrayLike,
    *,
    correlation: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    centred: bool = False,
    first: Voom | None = None,
) -> Voom:
    """Precision weights times REML sample weights, estimated in turn, twice each.

    `weights` contains the `sample_weights`.

    Parameters
    ----------
    counts, design, library_sizes, correlation
        As in `voom`.
    groups
        As in `weights.array_weights`.
    centred
        Whether a sample's shift in all regions is taken out before its weight is estimated.
    first
        What `voom` makes of them, where that is known.

    Raises
    ------
    DesignError, QuantityError
        As in `voom` and `weights.array_weights`.

    References
    ----------
    Liu et al. (2015) Nucleic Acids Res. 43:e97.
    """
    first = voom(counts, design, library_sizes, correlation=correlation) if first is None else first
    # Either depends on the other: twice in turn settles them.
    level = without_shift(first.log_cpm, design) if centred else first.log_cpm
    known = array_weights(level, design, weights=first.weights, groups=groups)
    second = voom(counts, design, library_sizes, sample_weights=known, correlation=correlation)
    level = without_shift(second.log_cpm, design) if centred else second.log_cpm
    estimate = array_weights(level, design, weights=second.weights, groups=groups)
    made = second.weights
    weights = made.times(estimate) if isinstance(made, Precision) else made * estimate
    return Voom(second.log_cpm, weights, estimate, second.trend)


def _checked(counts: npt.ArrayLike, library_sizes: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    reads = checked_counts(counts, single=True)
    sizes = float_response(library_sizes)
    blocks = [*row_blocks(len(reads))] if sizes.ndim == 2 else [slice(None)]
    if sizes.shape not in {reads.shape, reads.shape[1:]} or not all(
        (np.isfinite(sizes[rows]) & (sizes[rows] > 0)).all() for rows in blocks
    ):
        least = min((float(sizes[rows].min(initial=np.inf)) for rows in blocks), default=np.inf)
        raise QuantityError(
            "voom needs a positive library size for each sample (or each observation); "
            f"found shape {sizes.shape}, smallest {least}"
        )
    return reads, sizes
