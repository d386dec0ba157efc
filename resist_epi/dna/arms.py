"""Whether fold changes come by the arm: what copy number would look like where it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, polygamma

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.chromosomes import autosomes, chrom_rank
from resist_epi.genome.cytogenetics import arm_names
from resist_epi.model.linear_models import log_level
from resist_epi.samples.design import Contrast, Design
from resist_epi.schema import ARMS, names
from resist_epi.stats.linear.least_squares import LinearFit, fit_linear
from resist_epi.stats.linear.least_squares import contrast as linear_contrast
from resist_epi.stats.linear.moderation import squeeze_variances, standard_error
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.scaling.offsets import robust_line
from resist_epi.stats.tails import t_pvalue

MIN_REGIONS = 20

TRIM = 0.2  # of the regions of an arm, at either side: its few true changes have no say

MAX_PADJ = 0.05

MAX_SPREAD_PADJ = 0.01

MIN_SHIFT = 0.1  # log2

MAD_TO_SD = 0.6745

_FEWEST_ARMS = 3  # for a prior of the variance

_FEWEST_FOR_TREND = 15


@dataclass(frozen=True)
class ArmShifts:
    """Mean change of every arm under one contrast.

    Attributes
    ----------
    table
        Columns of `schema.ARMS`, in genome order.
    autocorrelation
        Of the fold changes of neighbouring regions within arms, and what is left of it once each
        arm's mean is taken away.
    warnings
        What to tell the user; empty where no autosomal arm shifts as a whole.
    """

    table: pd.DataFrame
    autocorrelation: tuple[float, float]
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For the header."""
        first, left = self.autocorrelation
        n = int(self.table["shifted"].sum())
        return (
            f"{n} of {len(self.table)} chromosome arms shift as a whole; fold changes of"
            f" neighbouring regions correlate by {first:.2f}, {left:.2f} without the arms' means"
        )


def arm_shifts(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    *,
    tested: NDArray[np.bool_],
    borders: Mapping[str, int] | None = None,
    fold_changes: FloatArray | None = None,
    weights: FloatArray | None = None,
    log2_copies: FloatArray | None = None,
) -> ArmShifts:
    """Test the mean signal of each chromosome arm, one number a unit and arm.

    A region's level is taken relative to its own mean; the trimmed mean over an arm's regions,
    less the unit's median over the autosomes' arms, is that unit's value of the arm. The study's
    design and contrast are fitted to these, so the units are the replicates and never the regions,
    with variances moderated over the arms. To their error that of the mean over regions is added
    (Yuen 1974: Winsorised variance), since true changes of single regions move it alike in all
    units. X and Y are tested apart: what differs between patients there may be sex or X
    inactivation.

    Parameters
    ----------
    matrix
        Normalised, a column a unit.
    tested
        (n_regions,) bool.
    borders
        Chromosome -> bp at which its arms meet; without, whole chromosomes are tested.
    fold_changes
        (n_regions,) log2, for the autocorrelation; by default those of least squares.
    weights
        (n_units,) weights of the units.
    log2_copies
        (n_regions, n_units) copy number, to be shown beside.
    """
    level, _ = log_level(matrix, tested)
    regions = matrix.regions
    order = np.lexsort((regions["start"].to_numpy(), chrom_rank(regions["chrom"])))
    order = order[tested[order]]
    arms = arm_names(regions, borders or {})[order]
    split = {str(arm): np.flatnonzero(arms == arm) for arm in dict.fromkeys(arms)}
    X, vector = design.matrix.to_numpy(), contrast.vector
    if fold_changes is None:
        fold_changes, _ = linear_contrast(fit_linear(level, X, weights=weights), vector)
    change = fold_changes[order]
    centred = level[order] - level[order].mean(axis=1, keepdims=True)
    chrom = regions["chrom"].to_numpy()[order]
    large = {arm: here for arm, here in split.items() if len(here) >= MIN_REGIONS}
    rows = pd.DataFrame(
        {
            "arm": list(large),
            "chrom": [chrom[here[0]] for here in large.values()],
            "n_regions": [len(here) for here in large.values()],
            "autocorrelation": [_lag_one([change[here]]) for here in large.values()],
        }
    )
    copies = [
        np.nan if log2_copies is None else _mean_contrast(log2_copies[order[here]], X, vector)
        for here in large.values()
    ]
    values = np.array([_trimmed(centred[here]) for here in large.values()])
    own = set(autosomes(regions["chrom"].unique().tolist()))
    rows = rows.assign(copy_number_log2FoldChange=copies)
    sampling = np.array([_sampling_error(change[here]) for here in large.values()])
    table = _tested(rows, values, X, vector, weights, own, sampling)
    parts = [change[here] for here in split.values()]
    left = [part - _trimmed(part[:, None])[0] for part in parts]
    both = (_lag_one(parts), _lag_one(left))
    return ArmShifts(table, both, tuple(_warnings(table, own)))


def _mean_contrast(copies: FloatArray, X: FloatArray, vector: FloatArray) -> float:
    """Contrast of the mean over the regions whose copy number is known."""
    known = copies[~np.isnan(copies).any(axis=1)]
    if not len(known):
        return np.nan
    return float(linear_contrast(fit_linear(known.mean(axis=0)[None, :], X), vector)[0][0])


def _tested(
    table: pd.DataFrame,
    values: FloatArray,
    X: FloatArray,
    vector: FloatArray,
    weights: FloatArray | None,
    own: set[str],
    region_error: FloatArray,
) -> pd.DataFrame:
    if table.empty:
        return pd.DataFrame(columns=names(ARMS)).astype({"shifted": bool, "varies": bool})
    on_autosomes = table["chrom"].isin(own).to_numpy()
    values = values - np.median(values[on_autosomes | ~on_autosomes.any()], axis=0)
    linear = fit_linear(values, X, weights=weights)
    estimate, unscaled = linear_contrast(linear, vector)
    nothing = np.full(len(table), np.nan)
    error, stat, pvalue, padj, spread_padj = (nothing.copy() for _ in range(5))
    if X.shape[0] > X.shape[1] and len(table) >= _FEWEST_ARMS:
        # The mean over few regions varies more, so small arms must not borrow from large ones.
        size = np.log(table["n_regions"].to_numpy(np.float64))
        squeezed = squeeze_variances(
            linear.sigma2,
            linear.df_residual,
            covariate=size if len(table) >= _FEWEST_FOR_TREND else None,
            robust=True,
        )
        # True changes of single regions move an arm's mean too, alike in every unit.
        error = np.hypot(standard_error(unscaled, squeezed), region_error)
        stat = estimate / error
        pvalue = t_pvalue(stat, squeezed.df_total)
        more = _excess_spread(linear.sigma2, table["n_regions"].to_numpy(np.float64), linear)
        for part in (on_autosomes, ~on_autosomes):
            padj[part] = benjamini_hochberg(pvalue[part])
            spread_padj[part] = benjamini_hochberg(more[part])
    spread = np.sqrt(linear.sigma2)
    table = table.assign(
        log2FoldChange=estimate,
        lfcSE=error,
        stat=stat,
        pvalue=pvalue,
        padj=padj,
        unit_sd=spread,
        unit_sd_padj=spread_padj,
        shifted=(np.nan_to_num(padj, nan=1.0) <= MAX_PADJ) & (np.abs(estimate) >= MIN_SHIFT),
        varies=(np.nan_to_num(spread_padj, nan=1.0) <= MAX_SPREAD_PADJ) & (spread >= MIN_SHIFT),
    )
    return table[names(ARMS)]


def _excess_spread(sigma2: FloatArray, n_regions: FloatArray, linear: LinearFit) -> FloatArray:
    """One-sided P that the units spread more on an arm than arms of its size usually let them.

    The log variance against a robust line in the log number of regions; its own spread is that of a
    chi-square at least, and else as the arms themselves show it, robustly.
    """
    level = np.log(np.maximum(sigma2, np.finfo(float).tiny))
    intercept, slope = robust_line(np.log(n_regions), level)
    beyond = level - (intercept + slope * np.log(n_regions))
    usual = float(np.median(np.abs(beyond))) / MAD_TO_SD
    least = float(np.sqrt(polygamma(1, linear.df_residual[0] / 2)))
    return np.asarray(ndtr(-beyond / max(usual, least)))


def _trimmed(values: FloatArray) -> FloatArray:
    """Mean of the middle 60 % of each column."""
    cut = int(TRIM * len(values))
    ordered = np.sort(values, axis=0)
    return np.asarray(ordered[cut : len(values) - cut].mean(axis=0))


def _sampling_error(change: FloatArray) -> float:
    """Standard error of the trimmed mean over regions, from their Winsorised variance."""
    low, high = np.quantile(change, (TRIM, 1 - TRIM))
    spread = float(np.clip(change, low, high).std(ddof=1))
    return float(spread / ((1 - 2 * TRIM) * np.sqrt(len(change))))


def _lag_one(parts: list[FloatArray]) -> float:
    """Correlation of neighbours, pooled over parts."""
    pairs = [(p[:-1], p[1:]) for p in parts if len(p) > 1]
    if not pairs:
        return np.nan
    first, second = (np.concatenate([p[i] for p in pairs]) for i in (0, 1))
    mean = np.concatenate(parts).mean()
    scale = float(((np.concatenate(parts) - mean) ** 2).mean())
    if scale == 0 or len(first) < MIN_REGIONS - 1:
        return np.nan
    return float(((first - mean) * (second - mean)).mean()) / scale


def _warnings(table: pd.DataFrame, own: set[str]) -> list[str]:
    shifted = table[table["shifted"]]
    warnings = []
    on_autosomes = shifted["chrom"].isin(own) if len(shifted) else shifted["shifted"]
    for part, why in (
        (
            shifted[on_autosomes],
            "consistent with a difference of copy number between the groups rather than of the"
            " mark. Inputs (--copy-number input) or segments (--segments) would tell; until then"
            " regions on these arms are no evidence of a change",
        ),
        (
            shifted[~on_autosomes],
            "which sex, copy number or X inactivation may cause; genes on these chromosomes are"
            " reported apart",
        ),
    ):
        if len(part):
            listed = ", ".join(
                f"{arm} ({change:+.2f})"
                for arm, change in zip(part["arm"], part["log2FoldChange"], strict=True)
            )
            warnings.append(
                f"signal shifts along whole chromosome arms: {listed} (log2, first side of the"
                f" contrast minus second), {why}"
            )
    varies = table[table["varies"]] if len(table) else table
    on_autosomes = varies["chrom"].isin(own) if len(varies) else varies["varies"]
    for part, why in (
        (
            varies[on_autosomes],
            "copy number in some of them. Inputs or segments would tell and correct it",
        ),
        (
            varies[~on_autosomes],
            "sexes that are mixed, copy number or X inactivation; genes on these chromosomes are"
            " reported apart",
        ),
    ):
        if len(part):
            listed = ", ".join(
                f"{arm} (sd {sd:.2f})" for arm, sd in zip(part["arm"], part["unit_sd"], strict=True)
            )
            warnings.append(
                f"units of one group differ along whole chromosome arms: {listed} (log2),"
                f" consistent with {why}"
            )
    return warnings
