"""Composition factors from background bins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.least_squares import row_blocks
from resist_epi.stats.scaling.size_factors import tmm
from resist_epi.stats.scaling.sparsity import in_blocks, pooled_rate


def less_abundant_half(counts: FloatArray, library_sizes: FloatArray) -> npt.NDArray[np.bool_]:
    """Bins whose mean share of the library is at most the median bin's, shape (n_bins,).

    The choice looks at the mean of all samples alone, so it is blind to groups.
    """
    share = np.empty(len(counts))
    for rows in row_blocks(len(counts)):
        share[rows] = (counts[rows] / library_sizes).mean(axis=1)
    return np.asarray(share <= np.median(share))


def background_factors(
    counts: FloatArray, library_sizes: FloatArray, *, lower_half: bool = True, even: bool = True
) -> FloatArray:
    """TMM over background bins, of all or of the less abundant half.

    Where a mark covers much of the genome, the abundant bins hold it and change with it; the other
    half is background even when the mark covers nearly half of the genome. Shape (n_samples,),
    product 1.

    Parameters
    ----------
    counts
        Reads or coverage of bins without peaks, shape (n_bins, n_samples).
    library_sizes
        Shape (n_samples,), positive.
    lower_half
        Whether the more abundant half is left out.
    even
        Whether libraries are of about one depth. Where they are not, bins are chosen by the reads
        of all together, and neighbours are summed until none is sparse: a mean of shares follows
        the shallow libraries' noise, and so would the factors (by .2 log2 at eightfold depth).

    References
    ----------
    Lun & Smyth (2016) Nucleic Acids Research 44:e45 (csaw: TMM on 10-kb bins); the lower half is
    ours.
    """
    if lower_half and len(counts):
        rate = pooled_rate(counts, library_sizes)
        half = less_abundant_half(counts, library_sizes) if even else rate <= np.median(rate)
        counts = counts[half]
    return tmm(counts if even else in_blocks(counts), library_sizes)
