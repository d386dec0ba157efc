"""What a set's test would have seen: the smallest change that is called with a power of .8."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri, stdtrit

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.set_methods import SetPvalues

POWER = 0.8


def smallest_effects(
    level: GeneLevel,
    members: Mapping[str, IntArray],
    found: SetPvalues,
    *,
    fdr: float,
    n_sets: int,
    beyond: FloatArray | None = None,
) -> FloatArray:
    """(n_sets,) smallest shift of all members, log2, that would be called with power .8.

    Of a set that is called alone, the case that asks most: P at the level over the number of sets.
    A shift moves each gene's normal score by itself over the gene's standard error.

    Parameters
    ----------
    members
        Set -> positions of its genes, one a locus.
    found
        Its test, with `error` and `df`; NaN comes out of tests without them.
    fdr, n_sets
        Level, and the sets that are adjusted for.
    beyond
        (n_sets,) effect, log2, that has to be exceeded besides, or None.
    """
    nothing = np.full(len(members), np.nan)
    if found.error is None or found.df is None or fdr <= 0 or n_sets < 1:
        return nothing
    z, change = level.z, level.change
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.abs(z / change)  # of a gene: 1 over its standard error, by any test
    scale = np.array([_mean(precision[index]) for index in members.values()])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = found.error / scale
    power = float(ndtri(POWER))
    critical = -stdtrit(found.df, fdr / n_sets / 2)
    smallest = (critical + power) * error
    if beyond is not None:
        smallest = np.fmax(smallest, beyond + power * error)
    return np.asarray(np.where(np.isfinite(smallest), smallest, np.nan))


def _mean(values: FloatArray) -> float:
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else np.nan
