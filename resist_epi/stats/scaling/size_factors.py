"""Composition factors between libraries: TMM, TMMwsp, RLE and the upper quartile.

Every function takes counts of shape (n_regions, n_samples), library sizes of shape (n_samples,)
and returns float64 factors of shape (n_samples,) whose product is 1. The effective library size
is library size x factor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError
from resist_epi.stats.counts import checked_counts

_IDENTICAL = 1e-6  # largest |log2 ratio| at which two libraries count as the same

_SMALL_VARIANCE = 1e-6  # keeps the weights of singleton pairs finite


def tmm(
    counts: npt.ArrayLike,
    library_sizes: npt.ArrayLike | None = None,
    *,
    reference: int | None = None,
    log_ratio_trim: float = 0.3,
    sum_trim: float = 0.05,
    weighted: bool = True,
    abundance_cutoff: float = -1e10,
) -> FloatArray:
    """Trimmed mean of M values.

    Parameters
    ----------
    counts
        Reads or coverage, shape (n_regions, n_samples), not negative, finite.
    library_sizes
        Total of each library, shape (n_samples,), same unit as `counts`; default the column sums.
    reference
        Column that the others are compared with; default the sample whose upper quartile (per
        read of its library) is nearest to the mean upper quartile.
    log_ratio_trim, sum_trim
        Share cut from each end of the log ratios (M) and of the log abundances (A).
    weighted
        Weight by the inverse asymptotic variance of the log ratio.
    abundance_cutoff
        Regions with A at or below this log2 share are ignored.

    Raises
    ------
    QuantityError
        Negative or non-finite counts, or a library without reads.

    References
    ----------
    Robinson & Oshlack (2010) Genome Biology 11:R25.
    """
    values, sizes = _checked(counts, library_sizes)
    if values.shape[0] == 0 or values.shape[1] == 1:
        return np.ones(values.shape[1])
    if reference is None:
        reference = _nearest_upper_quartile(values, sizes)
    ratio = partial(
        _trimmed_mean_ratio,
        trims=(log_ratio_trim, sum_trim),
        weighted=weighted,
        abundance_cutoff=abundance_cutoff,
    )
    return _against(reference, values, sizes, ratio)


def tmmwsp(
    counts: npt.ArrayLike,
    library_sizes: npt.ArrayLike | None = None,
    *,
    reference: int | None = None,
    log_ratio_trim: float = 0.3,
    sum_trim: float = 0.05,
    weighted: bool = True,
) -> FloatArray:
    """TMM with singleton pairing, for tables with many zeros.

    Regions that are positive in only one of the two libraries are paired, the largest with the
    largest, instead of being dropped; ties among log ratios are broken by ratios shrunk with
    half a read. The default reference is the library with the largest sum of square roots.
    Regions of equal abundance at the trimming edge are cut in row order, as the reference
    implementation does: another order of the rows may move a factor by some 1e-6. Parameters are
    those of `tmm`.

    References
    ----------
    Robinson & Oshlack (2010) Genome Biology 11:R25; the pairing is described in the manual of
    Bioconductor's edgeR (calcNormFactors).
    """
    values, sizes = _checked(counts, library_sizes)
    if values.shape[0] == 0 or values.shape[1] == 1:
        return np.ones(values.shape[1])
    if reference is None:
        reference = int(np.argmax(np.sqrt(values).sum(axis=0)))
    ratio = partial(_paired_mean_ratio, trims=(log_ratio_trim, sum_trim), weighted=weighted)
    return _against(reference, values, sizes, ratio)


def rle(counts: npt.ArrayLike, library_sizes: npt.ArrayLike | None = None) -> FloatArray:
    """Relative log expression: the median ratio to the geometric mean library.

    Raises
    ------
    QuantityError
        As in `tmm`, and where no region is positive in every sample.

    References
    ----------
    Anders & Huber (2010) Genome Biology 11:R106.
    """
    values, sizes = _checked(counts, library_sizes)
    if values.shape[0] == 0 or values.shape[1] == 1:
        return np.ones(values.shape[1])
    common = values[(values > 0).all(axis=1)]
    if not len(common):
        raise QuantityError(
            "RLE needs regions that are positive in every sample and found none; "
            "use tmmwsp or library_size"
        )
    geometric = np.exp(np.log(common).mean(axis=1))
    return _product_one(np.median(common / geometric[:, None], axis=0) / sizes)


def upper_quartile(
    counts: npt.ArrayLike, library_sizes: npt.ArrayLike | None = None, *, quantile: float = 0.75
) -> FloatArray:
    """Scale by an upper quantile of the regions that are positive somewhere.

    Parameters
    ----------
    counts, library_sizes
        As in `tmm`.

    Raises
    ------
    QuantityError
        As in `tmm`, and where the quantile of a sample is zero.

    References
    ----------
    Bullard et al. (2010) BMC Bioinformatics 11:94.
    """
    values, sizes = _checked(counts, library_sizes)
    if values.shape[0] == 0 or values.shape[1] == 1:
        return np.ones(values.shape[1])
    factors = np.quantile(values / sizes, quantile, axis=0)
    if (factors <= 0).any():
        raise QuantityError(
            f"the {quantile:g} quantile is zero in samples {_columns(factors <= 0)}; "
            "use tmmwsp or library_size"
        )
    return _product_one(factors)


def _checked(
    counts: npt.ArrayLike, library_sizes: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Counts without the all-zero regions, and library sizes."""
    values = checked_counts(counts)
    given = values.sum(axis=0) if library_sizes is None else library_sizes
    sizes = np.asarray(given, dtype=np.float64)
    if sizes.shape != values.shape[1:]:
        raise QuantityError(f"{values.shape[1]} samples but library sizes of shape {sizes.shape}")
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        raise QuantityError(
            f"library sizes must be positive; samples {_columns(~(sizes > 0))} are not"
        )
    present = (values > 0).any(axis=1)
    return values if present.all() else values[present], sizes


def _columns(bad: npt.NDArray[np.bool_]) -> str:
    return ", ".join(str(i) for i in np.flatnonzero(bad)) + " (from 0)"


def _against(
    reference: int, values: FloatArray, sizes: FloatArray, ratio: Callable[..., float]
) -> FloatArray:
    """Factors of all libraries from the ratio of each to one of them."""
    pairs = [(float(size), float(sizes[reference])) for size in sizes]
    beside = np.ascontiguousarray(values[:, reference])
    # Each is read several times, and lies across the rows.
    columns = zip(map(np.ascontiguousarray, values.T), pairs, strict=True)
    return _product_one(np.array([ratio(own, beside, both) for own, both in columns]))


def _product_one(factors: FloatArray) -> FloatArray:
    return np.asarray(factors / np.exp(np.log(factors).mean()), dtype=np.float64)


def _nearest_upper_quartile(values: FloatArray, sizes: FloatArray) -> int:
    libraries = zip(values.T, sizes, strict=True)  # one at a time: bins of a genome are many
    quartiles = np.array([np.quantile(own / size, 0.75) for own, size in libraries])
    if np.median(quartiles) < 1e-20:
        return int(np.argmax(np.sqrt(values).sum(axis=0)))
    return int(np.argmin(np.abs(quartiles - quartiles.mean())))


def _trimmed_mean_ratio(
    observed: FloatArray,
    reference: FloatArray,
    sizes: tuple[float, float],
    *,
    trims: tuple[float, float],
    weighted: bool,
    abundance_cutoff: float,
) -> float:
    """The factor of one library against another, not yet centred."""
    both = (observed > 0) & (reference > 0)
    obs, ref = observed[both], reference[both]
    share_obs, share_ref = obs / sizes[0], ref / sizes[1]
    # The ratio of shares, not a difference of logs: equal ratios must stay tied when ranked.
    m = np.log2(share_obs / share_ref)
    a = (np.log2(share_obs) + np.log2(share_ref)) / 2
    seen = a > abundance_cutoff
    if not seen.all():
        m, a, obs, ref = m[seen], a[seen], obs[seen], ref[seen]
    n = len(m)
    if n == 0 or np.abs(m).max() < _IDENTICAL:
        return 1.0
    keep = _within(m, trims[0]) & _within(a, trims[1])
    obs, ref = obs[keep], ref[keep]
    variance = (sizes[0] - obs) / sizes[0] / obs + (sizes[1] - ref) / sizes[1] / ref
    return _weighted_ratio(m[keep], variance, weighted)


def _within(values: FloatArray, trim: float) -> npt.NDArray[np.bool_]:
    """Whether the rank (the average one among ties) lies inside both trimmed ends."""
    n = len(values)
    cut = int(np.floor(n * trim))
    if n - 1 - cut < cut:
        return np.zeros(n, dtype=bool)
    low, high = np.partition(values, [cut, n - 1 - cut])[[cut, n - 1 - cut]]
    above, below = values > low, values < high
    # Ties at an edge stand or fall together, by their average rank.
    first = np.count_nonzero(values < low) + (np.count_nonzero(values == low) + 1) / 2
    last = np.count_nonzero(below) + (np.count_nonzero(values == high) + 1) / 2
    if first >= cut + 1:
        above |= values == low
    if last <= n - cut:
        below |= values == high
    return np.asarray(above & below)


def _paired_mean_ratio(
    observed: FloatArray,
    reference: FloatArray,
    sizes: tuple[float, float],
    *,
    trims: tuple[float, float],
    weighted: bool,
) -> float:
    """As `_trimmed_mean_ratio`, with positives of one library paired with those of the other."""
    in_obs, in_ref = observed > 0, reference > 0
    both, only_obs, only_ref = in_obs & in_ref, in_obs & ~in_ref, in_ref & ~in_obs
    pairs = min(int(only_obs.sum()), int(only_ref.sum()))
    obs = np.concatenate([observed[both], np.sort(observed[only_obs])[::-1][:pairs]])
    ref = np.concatenate([reference[both], np.sort(reference[only_ref])[::-1][:pairs]])
    n = len(obs)
    share_obs, share_ref = obs / sizes[0], ref / sizes[1]
    m = np.log2(share_obs / share_ref)
    if n == 0 or np.abs(m).max() < _IDENTICAL:
        return 1.0
    a = 0.5 * np.log2(share_obs * share_ref)
    shrunk = np.log2(((obs + 0.5) / (sizes[0] + 0.5)) / ((ref + 0.5) / (sizes[1] + 0.5)))
    keep = np.ones(n, dtype=bool)
    for order, trim in (
        (np.lexsort((shrunk, m)), trims[0]),
        (np.argsort(a, kind="stable"), trims[1]),
    ):
        cut = int(n * trim)
        keep[order[:cut]] = False
        keep[order[n - cut :]] = False
    variance = (1 - share_obs) / obs + (1 - share_ref) / ref + _SMALL_VARIANCE
    return _weighted_ratio(m[keep], variance[keep], weighted)


def _weighted_ratio(m: FloatArray, variance: FloatArray, weighted: bool) -> float:
    if not len(m):
        return 1.0
    mean = (m / variance).sum() / (1 / variance).sum() if weighted else m.mean()
    return float(2.0**mean)
