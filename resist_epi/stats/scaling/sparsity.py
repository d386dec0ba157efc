"""Whether zeros, and not composition, would decide the factors between libraries.

A region without reads has no log ratio, so factors from log ratios drop it; in a shallow library
these are the regions where it has fewer reads than it should. What is left looks too high. The
means of all libraries that choose regions here weigh reads, not libraries, so that they say nothing
of how a region's reads fall on deep and shallow ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray

MAX_ZERO_SHARE = 0.1  # up to here TMM is off by at most .05 log2 at eightfold depth

MAX_DENSE_ZERO_SHARE = 0.01

# Of the difference in zeros, what depth must account for to be held responsible.
_PART_OF_DEPTH = 0.2

_ENOUGH_READS = 20.0  # a block of rows, in the library with most zeros


def pooled_rate(values: FloatArray, sizes: FloatArray) -> FloatArray:
    """What a row holds in all libraries together, over their sizes, shape (n_rows,).

    Parameters
    ----------
    values
        Shape (n_rows, n_samples).
    sizes
        Effective library sizes, shape (n_samples,) or (n_rows, n_samples).
    """
    return np.asarray(values.sum(axis=1) / sizes.sum(axis=-1))


def zero_shares(values: FloatArray) -> FloatArray:
    """Share of each library's rows that are zero, of those with signal anywhere, (n_samples,)."""
    present = (values > 0).any(axis=1)
    if not present.any():
        return np.zeros(values.shape[1])
    return np.asarray((values[present] == 0 if not present.all() else values == 0).mean(axis=0))


def uneven(zeros: FloatArray, most: float = MAX_ZERO_SHARE) -> bool:
    """Whether one library has many zeros and another does not, from `zero_shares`.

    Where all have as many, no library is at an advantage.
    """
    return bool(np.ptp(zeros) > most)


def by_depth(values: FloatArray, sizes: FloatArray) -> bool:
    """Whether shallow libraries have the zeros, and not a poor library the gaps of its own.

    Reads that fell at random (Poisson) on libraries of these sizes would differ in their zeros by a
    fifth at least of what these do: zeros of shallow libraries are more than that where units vary.

    Parameters
    ----------
    values
        Counts, shape (n_rows, n_samples).
    sizes
        Effective library sizes, shape (n_samples,).
    """
    present = values[(values > 0).any(axis=1)]
    if not len(present):
        return False
    expected = np.exp(-np.outer(pooled_rate(present, sizes), sizes)).mean(axis=0)
    return bool(np.ptp(expected) >= _PART_OF_DEPTH * np.ptp(zero_shares(values)))


def dense_rows(values: FloatArray, sizes: FloatArray) -> npt.NDArray[np.bool_]:
    """The most abundant rows, as many as have at most 1 % zeros in every library, (n_rows,)."""
    order = np.argsort(-pooled_rate(values, sizes), kind="stable")
    zeros = np.cumsum(values[order] == 0, axis=0).max(axis=1)
    fits = np.flatnonzero(zeros <= MAX_DENSE_ZERO_SHARE * np.arange(1, len(order) + 1))
    dense = np.zeros(len(order), dtype=bool)
    if len(fits):
        dense[order[: fits[-1] + 1]] = True
    return dense


def in_blocks(values: FloatArray) -> FloatArray:
    """Sums of neighbouring rows, of so many that no library has zeros to speak of.

    The number follows from the share of zeros in the sparsest library, as if its reads fell at
    random (Poisson): about 20 a block. A rest at the end is left out.
    """
    n = len(values)
    reads = -np.log(max(float(zero_shares(values).max()), 1 / max(n, 2)))
    together = min(max(1, int(np.ceil(_ENOUGH_READS / max(reads, 1e-3)))), max(n, 1))
    whole = n // together * together
    return np.asarray(values[:whole].reshape(-1, together, values.shape[1]).sum(axis=1))
