"""Generalised linear models of counts, negative binomial with known dispersion, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.counts import checked_counts
from resist_epi.stats.linear.least_squares import check_design
from resist_epi.stats.negbin.newton import NOTHING, Climber, Layout
from resist_epi.stats.rows import taken

_ENOUGH = 1e-4  # last step of a fit, log scale: its square is the error

_TINY_COUNT = 1e-4  # an observed zero fitted below this counts as fitted exactly


@dataclass(frozen=True)
class CountData:
    """Counts with their log libraries and a design, checked once.

    Attributes
    ----------
    counts
        Shape (n_regions, n_samples), not negative, finite; whole numbers are not required. They may
        be float32: all that is computed of them is float64.
    offsets
        Log effective library sizes, shape (1, n_samples) or (n_regions, n_samples); the latter may
        be `rows.Rows`.
    design
        Full rank, shape (n_samples, n_coefficients).
    """

    counts: FloatArray
    offsets: FloatArray
    design: FloatArray

    def rows(self, keep: BoolArray) -> CountData:
        """Some of the regions."""
        offsets = taken(self.offsets, keep) if len(self.offsets) > 1 else self.offsets
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

    Raises
    ------
    QuantityError
        Counts that are negative or not finite, or libraries that are not positive.
    DesignError
        An aliased design, or shapes that do not fit.
    """
    reads = checked_counts(counts)
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


def fit_counts(
    data: CountData,
    dispersion: npt.ArrayLike,
    *,
    prior_count: float = 0.0,
    coefficients_only: bool = False,
) -> CountFit:
    """Maximum likelihood at known dispersions.

    Parameters
    ----------
    dispersion
        A number or shape (n_regions,), >= 0; 0 is the Poisson distribution.
    prior_count
        Reads added to every observation in proportion to its library, to keep log ratios finite;
        the libraries grow by twice as much.
    coefficients_only
        Leave deviance, degrees of freedom and smallest mean at NaN.

    References
    ----------
    McCarthy, Chen & Smyth (2012) Nucleic Acids Res. 40:4288; Lund et al. (2012) Stat. Appl.
    Genet. Mol. Biol. 11(5):8 (zeros fitted as zero carry no degree of freedom, as described by
    Lun & Smyth (2017) Stat. Appl. Genet. Mol. Biol. 16:83).
    """
    n, p = len(data.counts), data.design.shape[1]
    phi = np.broadcast_to(np.asarray(dispersion, dtype=np.float64), (n,))
    layout = Layout.of(data.design)
    climber = Climber(layout, enough=_ENOUGH)
    beta, deviance, smallest = np.empty((n, p)), np.full(n, np.nan), np.full(n, np.nan)
    exact: list[tuple[slice, BoolArray]] = []
    empty = np.empty(n, dtype=bool)
    for rows, block in climber.blocks(data.counts, data.offsets, prior_count=prior_count):
        climber.climb(block, phi[rows])
        beta[rows] = block.beta.T
        empty[rows] = ~(block.y > 0).any(axis=0)
        if coefficients_only:
            continue
        smallest[rows] = block.mean.min(axis=0)
        deviance[rows] = _deviance(block.y, block.mean, phi[rows])
        if smallest[rows].min() < _TINY_COUNT:
            exact.append((rows, ((block.y < _TINY_COUNT) & (block.mean < _TINY_COUNT)).T))
    # A group of zeros is at minus infinity, and may only spoil coefficients that it enters.
    beta[beta <= NOTHING / 2] = -np.inf
    df = np.full(n, np.nan if coefficients_only else float(len(data.design) - p))
    for rows, zero in exact:
        df[rows] = _residual_df(zero, data.design)
    coefficients = _times(beta, layout.to_design) if layout.groups else beta
    if empty.any():
        coefficients[empty] = -np.inf
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
    fit = fit_counts(flat, dispersion, prior_count=prior_count, coefficients_only=True)
    return np.asarray((fit.coefficients[:, 0] + np.log(1e6)) / np.log(2))


def _deviance(y: FloatArray, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Deviance of some regions, from (n_samples, n_rows) to (n_rows,)."""
    y, mean = y + 1e-8, mean + 1e-8
    poisson = phi < 1e-4
    if not poisson.any():
        return _negative_binomial_deviance(y, mean, phi)
    total = np.empty(len(phi))
    some = ~poisson
    total[some] = _negative_binomial_deviance(y[:, some], mean[:, some], phi[some])
    y, mean, phi = y[:, poisson], mean[:, poisson], phi[poisson]
    rest = y - mean
    # A series in the dispersion: the difference of logs would lose all digits.
    bend = 0.5 * rest * rest * phi * (1.0 + phi * (2.0 / 3.0 * rest - y))
    total[poisson] = 2.0 * (y * np.log(y / mean) - rest - bend).sum(axis=0)
    return total


def _negative_binomial_deviance(y: FloatArray, mean: FloatArray, phi: FloatArray) -> FloatArray:
    r = 1.0 / phi
    unit = y / mean
    np.log(unit, out=unit)
    unit *= y
    more = y + r
    second = mean + r
    second /= more
    np.log(second, out=second)
    second *= more
    unit += second
    product = mean * phi
    if product.max(initial=0.0) > 1e6:
        # Nearly gamma: the sum above cancels.
        gamma = ((y - mean) / mean - np.log(y / mean)) * mean / (1.0 + product)
        unit = np.where(product > 1e6, gamma, unit)
    return np.asarray(2.0 * unit.sum(axis=0))


def _times(log_means: FloatArray, inverse: FloatArray) -> FloatArray:
    finite = np.isfinite(log_means)
    if finite.all():
        return np.asarray(log_means @ inverse.T)
    product = np.where(finite, log_means, 0.0) @ inverse.T
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
