"""Composition factors in rounds: test, leave out what differs, and take factors of the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.scaling.size_factors import tmm

ROUNDS = 3

LEVEL = 0.1  # regions with an adjusted P of at most this are left out

LEAST = 0.05  # at least this share of the tested regions is


def tmm_rounds(
    counts: FloatArray, library_sizes: FloatArray, test: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """TMM over the regions that do not seem to differ, shape (n_samples,), product 1.

    Where more regions rise than fall, those that rise are among the ones that TMM keeps, and
    unchanged regions seem to fall. Leaving out what a test under these factors finds, and starting
    again, takes most of that away as long as most of the regions do not change.

    Parameters
    ----------
    counts
        Shape (n_regions, n_samples).
    library_sizes
        Shape (n_samples,), positive.
    test
        Factors, shape (n_samples,), to the P of every region, shape (n_regions,); NaN where it is
        not tested.

    References
    ----------
    Kadota, Nishiyama & Shimizu (2012) Algorithms Mol. Biol. 7:5; Sun, Nishiyama, Shimizu & Kadota
    (2013) BMC Bioinformatics 14:219 (elimination of what differs before normalising, TMM within).
    """
    factors = tmm(counts, library_sizes)
    left_out = np.zeros(len(counts), dtype=bool)
    for _ in range(ROUNDS):
        before, left_out = left_out, seem_to_differ(test(factors))
        if (left_out == before).all() or left_out.all():
            break
        factors = tmm(counts[~left_out], library_sizes)
    return factors


def seem_to_differ(pvalues: FloatArray) -> npt.NDArray[np.bool_]:
    """Regions with adjusted P of at most .1, and at least the 5 % of smallest P, (n_regions,)."""
    tested = np.isfinite(pvalues)
    least = int(np.ceil(LEAST * tested.sum()))
    if not least:
        return np.zeros(len(pvalues), dtype=bool)
    smallest = np.partition(pvalues[tested], least - 1)[least - 1]
    with np.errstate(invalid="ignore"):
        return np.asarray((benjamini_hochberg(pvalues) <= LEVEL) | (pvalues <= smallest))
