"""How much of the genome carries a mark in each unit, and whether that goes with the groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import SEX_CHROMOSOMES, on_chromosomes
from resist_epi.samples.design import Contrast, Design
from resist_epi.schema import BALANCE, COUNTS, names
from resist_epi.stats.linear.least_squares import row_blocks
from resist_epi.stats.tails import t_pvalue

EVERYWHERE = "genome"

# A bin is above background where it holds this many times as much; reads are joined until a bin of
# background holds so many that noise alone hardly does.
ABOVE, FEWEST_READS = 2.0, 20.0

FEWEST_BINS = 100


def mark_balance(
    bins: CountMatrix,
    design: Design,
    contrast: Contrast,
    *,
    classes: Mapping[str, NDArray[np.object_]] | None = None,
) -> pd.DataFrame:
    """Share of the genome above background in each unit, by group, with the contrast and its error.

    A unit's background is the median of its quieter bins (the lower half by their mean over all
    units, blind to the groups), so that depth drops out. Neighbouring bins of reads are joined
    until the background of the shallowest unit holds 20 reads. It is relative to the unit's own
    background: what changes everywhere alike is not seen without a spike-in.

    Parameters
    ----------
    bins
        Bins of the genome, raw, a column a unit in the order of the design; sex chromosomes are
        left out.
    classes
        Partition -> (n_bins,) class of each bin: then each class has its rows, too.

    Returns
    -------
    DataFrame
        Columns of `schema.BALANCE`, then a column a unit (its share).

    Raises
    ------
    DesignError
        If design and bins name different units, or the contrast has no groups or no error.
    """
    if tuple(design.matrix.index) != bins.samples:
        raise DesignError("the bins are of other units than the design")
    X, c = design.matrix.to_numpy(np.float64), contrast.vector
    df = len(X) - int(np.linalg.matrix_rank(X))
    if not c.any() or df < 1:
        raise DesignError("a balance takes a contrast of coefficients and a residual df")
    autosome = ~on_chromosomes(bins.regions["chrom"], SEX_CHROMOSOMES)
    values, of_bin = _joined(bins, autosome)
    if len(values) < FEWEST_BINS:
        raise DesignError(f"{len(values)} bins are too few for a balance")
    level, mean = values.mean(axis=0), np.empty(len(values))
    for rows_of in row_blocks(len(values)):
        mean[rows_of] = (values[rows_of] / level).mean(axis=1)
    quiet = (mean > 0) & (mean <= np.median(mean[mean > 0]))
    background = np.array([np.median(own[quiet]) for own in values.T])
    if not (background > 0).all():
        raise DesignError("a unit has no background in these bins: they are too sparse")
    above = values > ABOVE * background
    rows = [{"partition": EVERYWHERE, "class": EVERYWHERE, **_tested(above, X, c, df, contrast)}]
    shares = [above.mean(axis=0)]
    for name, kinds in (classes or {}).items():
        own = kinds[of_bin]
        for kind in sorted(set(own)):
            part = above[own == kind]
            if len(part) < FEWEST_BINS:
                continue
            rows.append({"partition": name, "class": kind, **_tested(part, X, c, df, contrast)})
            shares.append(part.mean(axis=0))
    table = pd.DataFrame(rows, columns=names(BALANCE))
    units = pd.DataFrame(np.vstack(shares), columns=list(map(str, bins.samples)))
    return pd.concat([table, units], axis=1)


def _joined(bins: CountMatrix, kept: NDArray[np.bool_]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Values of runs of bins on one chromosome, and the first bin of each."""
    rows = np.flatnonzero(kept)
    values = bins.values if len(rows) == len(bins.values) else bins.values[rows]
    per = 1
    if bins.quantity in COUNTS and len(values):
        signal = values.sum(axis=1) > 0
        median = min((float(np.median(own[signal])) for own in values.T), default=0.0)
        per = int(np.clip(np.ceil(FEWEST_READS / max(median, 1e-9)), 1, 100))
    chrom = pd.factorize(bins.regions["chrom"].iloc[rows])[0]
    place = np.arange(len(rows)) - np.searchsorted(
        chrom, chrom
    )  # rows of a chromosome are adjacent
    group = pd.factorize(chrom * (len(rows) + 1) + place // per)[0]
    first = np.unique(group, return_index=True)[1]
    return values if per == 1 else np.add.reduceat(values, first, axis=0), rows[first]


def _tested(
    above: NDArray[np.bool_], X: FloatArray, c: FloatArray, df: int, contrast: Contrast
) -> dict[str, float]:
    share = above.mean(axis=0)
    beta = np.linalg.pinv(X) @ share
    residual = share - X @ beta
    error = float(np.sqrt(residual @ residual / df * (c @ np.linalg.pinv(X.T @ X) @ c)))
    effect = float(c @ beta)
    groups = [share[side] for side in contrast.sides] if len(contrast.sides) == 2 else []
    means = [float(own.mean()) for own in groups] or [np.nan, np.nan]
    errors = [_standard_error(own) for own in groups] or [np.nan, np.nan]
    t = np.array([effect / error if error > 0 else np.nan])
    return {
        "n_bins": len(above),
        "first": means[0],
        "first_error": errors[0],
        "second": means[1],
        "second_error": errors[1],
        "difference": effect,
        "error": error,
        "pvalue": float(t_pvalue(t, np.array([float(df)]))[0]),
    }


def _standard_error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
