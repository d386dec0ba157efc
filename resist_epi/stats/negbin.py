"""Generalised linear models of counts, negative binomial with known dispersion, row by row.

The work is done by compiled kernels; this module lays out the design and checks the input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.linear import check_design

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class CountData:
    """Counts with their log libraries and a design, checked once.

    Attributes
    ----------
    counts
        Shape (n_regions, n_samples), not negative, finite; whole numbers are not required.
    offsets
        Log effective library sizes, shape (1, n_samples) or (n_regions, n_samples).
    design
        Full rank, shape (n_samples, n_coefficients).
    """

    counts: FloatArray
    offsets: FloatArray
    design: FloatArray

    def rows(self, keep: BoolArray) -> CountData:
        """Some of the regions."""
        offsets = self.offsets[keep] if len(self.offsets) > 1 else self.offsets
        return CountData(self.counts[keep], offsets, self.design)

    def with_design(self, design: FloatArray) -> CountData:
        """The same counts under another design."""
        return CountData(self.counts, self.offsets, design)


@dataclass(frozen=True)
class CountFit:
    """One model of every region.

    Attributes
    ----------
    coefficients
        Natural log scale, shape (n_regions, n_coefficients); not finite where a group holds zeros
        only.
    deviance
        Shape (n_regions,).
    df_residual
        Observations less rank, where zeros fitted as zero do not count, shape (n_regions,).
    smallest_mean
        Smallest fitted count of the region, shape (n_regions,).
    """

    coefficients: FloatArray
    deviance: FloatArray
    df_residual: FloatArray
    smallest_mean: FloatArray


def count_data(
    counts: npt.ArrayLike,
    design: npt.ArrayLike,
    library_sizes: npt.ArrayLike | None = None,
    *,
    offsets: npt.ArrayLike | None = None,
) -> CountData:
    """Check counts, design and libraries.

    Parameters
    ----------
    counts
        Reads, shape (n_regions, n_samples).
    design
        Shape (n_samples, n_coefficients).
    library_sizes
        Effective library sizes, reads, shape (n_samples,); default the column sums.
    offsets
        Natural log offsets instead of library sizes, shape (n_samples,) or
        (n_regions, n_samples).

    Returns
    -------
    CountData

    Raises
    ------
    QuantityError
        Counts that are negative or not finite, or libraries that are not positive.
    DesignError
        An aliased design, or shapes that do not fit.
    """
    reads = np.ascontiguousarray(counts, dtype=np.float64)
    if reads.ndim != 2:
        raise QuantityError(f"counts must be regions x samples; found shape {reads.shape}")
    bad = ~(np.isfinite(reads) & (reads >= 0))
    if bad.any():
        region, sample = np.argwhere(bad)[0]
        raise QuantityError(
            f"a count test needs counts that are finite and not negative; region {region}, sample "
            f"{sample} (both from 0) holds {reads[region, sample]}"
        )
    matrix = check_design(design, reads.shape[1])
    if offsets is not None:
        logs = np.asarray(offsets, dtype=np.float64)
    else:
        given = reads.sum(axis=0) if library_sizes is None else library_sizes
        sizes = np.asarray(given, dtype=np.float64)
        if not (np.isfinite(sizes) & (sizes > 0)).all():
            raise QuantityError(f"library sizes must be positive; found {sizes}")
        logs = np.log(sizes)
    if logs.ndim == 1:
        logs = logs[None]
    if logs.shape[1] != reads.shape[1] or len(logs) not in {1, len(reads)}:
        raise DesignError(f"offsets of shape {logs.shape} do not fit counts of {reads.shape}")
    if not np.isfinite(logs).all():
        raise QuantityError("offsets must be finite")
    return CountData(reads, np.ascontiguousarray(logs), matrix)


def fit_counts(data: CountData, dispersion: npt.ArrayLike, *, prior_count: float = 0.0) -> CountFit:
    """Maximum likelihood at known dispersions.

    Parameters
    ----------
    data
        From `count_data`.
    dispersion
        A number or shape (n_regions,), >= 0; 0 is the Poisson distribution.
    prior_count
        Reads added to every observation in proportion to its library, to keep log ratios finite;
        the libraries grow by twice as much.

    Returns
    -------
    CountFit

    References
    ----------
    McCarthy, Chen & Smyth (2012) Nucleic Acids Res. 40:4288; Lund et al. (2012) Stat. Appl.
    Genet. Mol. Biol. 11(5):8 (zeros fitted as zero carry no degree of freedom, as described by
    Lun & Smyth (2017) Stat. Appl. Genet. Mol. Biol. 16:83).
    """
    from resist_epi.stats import negbin_kernels

    if prior_count:
        data = _with_prior(data, prior_count)
    n = len(data.counts)
    phi = frozen(np.broadcast_to(np.asarray(dispersion, dtype=np.float64), (n,)))
    group, distinct = one_way(data.design)
    coefficients = np.empty((n, data.design.shape[1]))
    deviance, smallest = np.empty(n), np.empty(n)
    exact = np.zeros(data.counts.shape, dtype=np.bool_)
    inputs = kernel_input(data, group, len(distinct))
    fit_rows: Callable[..., None] = negbin_kernels.fit_rows
    fit_rows(*inputs, phi, coefficients, deviance, smallest, exact)
    if len(distinct):
        # A group of zeros is at minus infinity, and may only spoil coefficients that it enters.
        coefficients = _times(coefficients, np.asarray(np.linalg.inv(distinct), dtype=np.float64))
    df = _residual_df(exact, data.design)
    return CountFit(coefficients, np.maximum(deviance, 0.0), df, smallest)


def average_log_cpm(
    data: CountData, *, dispersion: float = 0.05, prior_count: float = 2.0
) -> FloatArray:
    """Average log2 counts per million: the fit of one common mean, shape (n_regions,).

    References
    ----------
    McCarthy, Chen & Smyth (2012) Nucleic Acids Res. 40:4288.
    """
    flat = data.with_design(np.ones((data.counts.shape[1], 1)))
    fit = fit_counts(flat, dispersion, prior_count=prior_count)
    return np.asarray((fit.coefficients[:, 0] + np.log(1e6)) / np.log(2))


def one_way(design: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Group of each sample and the groups' rows, if the design tells groups apart and no more.

    For any other design the groups' rows have shape (0, n_coefficients).
    """
    distinct, group = np.unique(design, axis=0, return_inverse=True)
    if len(distinct) != design.shape[1]:
        return np.zeros(len(design), dtype=np.int64), distinct[:0]
    return group.reshape(-1).astype(np.int64), distinct


def kernel_input(
    data: CountData, group: npt.NDArray[np.int64], n_groups: int
) -> tuple[FloatArray | IntArray, ...]:
    """Arguments that all row kernels share: read-only ones, then two arrays to work in."""
    design = np.ascontiguousarray(data.design)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(n_groups + 1)).astype(np.int64)
    return (
        frozen(data.counts),
        frozen(data.offsets),
        frozen(np.exp(data.offsets)),
        frozen(design),
        frozen(np.asarray(np.linalg.pinv(design), dtype=np.float64)),
        frozen(order),
        frozen(bounds),
        np.empty((9, len(design))),
        np.empty((design.shape[1], design.shape[1])),
    )


def frozen(values: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """A contiguous read-only view: kernels compile once, for it alone."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view


def _with_prior(data: CountData, prior_count: float) -> CountData:
    libraries = np.exp(data.offsets)
    prior = prior_count * libraries / libraries.mean(axis=1, keepdims=True)
    return CountData(data.counts + prior, np.log(libraries + 2 * prior), data.design)


def _times(log_means: FloatArray, inverse: FloatArray) -> FloatArray:
    finite = np.isfinite(log_means)
    safe = np.where(finite, log_means, 0.0)
    product = safe @ inverse.T
    if not finite.all():
        product[((~finite) @ (np.abs(inverse.T) > 1e-9)).astype(bool)] = -np.inf
    return np.asarray(product)


def _residual_df(exact: BoolArray, design: FloatArray) -> FloatArray:
    """Degrees of freedom of the observations that are not fitted zeros."""
    n_samples, p = design.shape
    df = np.full(len(exact), float(n_samples - p))
    touched = np.flatnonzero(exact.any(axis=1))
    patterns, which = np.unique(exact[touched], axis=0, return_inverse=True)
    left = np.array(
        [
            (~zero).sum() - (np.linalg.matrix_rank(design[~zero]) if (~zero).any() else 0)
            for zero in patterns
        ],
        dtype=np.float64,
    )
    if len(touched):
        df[touched] = left[which.reshape(-1)]
    return df
