"""Whether groups differ as a whole: in global signal, or in efficiency of precipitation.

Neither coverage nor counts can tell one from the other; what they can tell is that one of them is
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtr

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.remembered import remembered
from resist_epi.genome.chromosomes import autosomes
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.linear.least_squares import row_blocks

TOP_SHARE = 0.05  # of the bins with signal

MAX_P = 0.03  # warns in less than 5 % of the studies where nothing differs as a whole

MIN_DIFFERENCE = float(np.log2(1.1))  # smaller ones move no call that rests on more than noise

UNTESTED_DIFFERENCE = 1.0  # log2, that is said where no replicates tell its noise

SHARE_P = 0.1

IN_REGIONS = "composition where the mark is (TMM)"
DISAGREE = "disagree between the groups"  # in every warning of a `Disagreement`

_COVARIATES = ("Batch", "Purity", "Treatment", "Tissue", "Replicate")


@dataclass(frozen=True)
class Disagreement:
    """Composition in regions against a reference, between the sides of a contrast.

    Attributes
    ----------
    difference, error
        log2 of the ratio of effective library sizes (TMM in regions over reference), the contrast
        of it, and its standard error, from the variation between units.
    df
        Residual degrees of freedom.
    pvalue
        Two-sided, of no difference; NaN where no degree of freedom is left.
    reference
        `background` or `spike_in`.
    other
        What disagrees with it, in words.
    headline
        The normalisation that the results rest on.
    """

    difference: float
    error: float
    df: float
    pvalue: float
    reference: str
    other: str = IN_REGIONS
    headline: str = ""

    @property
    def disagree(self) -> bool:
        """Whether the difference is beyond its own noise, and large enough to matter."""
        if np.isnan(self.pvalue):
            return abs(self.difference) >= UNTESTED_DIFFERENCE
        return self.pvalue <= MAX_P and abs(self.difference) >= MIN_DIFFERENCE

    @property
    def warnings(self) -> list[str]:
        """What to tell the user; empty where composition agrees."""
        if not self.disagree:
            return []
        more = "more" if self.difference > 0 else "less"
        size = f"factor of {2 ** abs(self.difference):.2f}"
        noise = f"standard error {self.error:.2f}, P {self.pvalue:.2g}"
        claim = (
            "Claim the regions whose high_confidence is True in the table of results; all others"
            " hold only if"
        )
        if np.isnan(self.pvalue):
            noise, claim = "no replicates tell its noise", "The fold changes hold only if"
        return [
            f"{self.other} and {self.reference} {DISAGREE}"
            f" by a {size} (log2 {self.difference:+.2f}, {noise}):"
            f" either the mark is {more} abundant as a whole on the first"
            f" side of the contrast, or immunoprecipitation was {more} efficient there, and these"
            " data cannot tell which. Spike-in, the inputs, or a western blot of the mark would."
            f" {claim} the assumption of {self.headline or self.reference} does"
        ]


def composition_disagreement(
    in_regions: FloatArray,
    reference_sizes: FloatArray,
    design: Design,
    contrast: Contrast,
    *,
    reference: str,
    other: str = IN_REGIONS,
    headline: str = "",
) -> Disagreement:
    """Test whether two normalisations differ between the groups, beyond the units' own variation.

    Each unit has one log ratio of its two effective library sizes; the study's own design and
    contrast are fitted to it. So efficiency that varies from unit to unit is noise, and efficiency
    that goes with the group is not. Where no residual degree of freedom is left there is no P.

    Parameters
    ----------
    in_regions, reference_sizes
        Effective library sizes, shape (n_units,), positive.
    reference, other, headline
        As of `Disagreement`.
    """
    ratio = np.log2(in_regions / reference_sizes)
    estimate, error, df = _contrast_of(ratio, design.matrix.to_numpy(), contrast.vector)
    if df < 1:
        return Disagreement(estimate, np.nan, df, np.nan, reference, other, headline)
    statistic = estimate / error if error > 0 else np.inf * np.sign(estimate)
    p = 1.0 if estimate == 0 else float(2 * stdtr(df, -abs(statistic)))
    return Disagreement(estimate, error, df, p, reference, other, headline)


@remembered
def top_share(bins: CountMatrix) -> dict[str, float]:
    """Share of each library's signal in the 5 % of the autosomal bins with most signal over all.

    The like of FRiP (fraction of reads in peaks) where there are no peaks: it rises with the
    efficiency of the precipitation, and with the mark. NaN without signal.
    """
    chroms = dict.fromkeys(bins.regions["chrom"].unique(), 0)
    kept = bins.regions["chrom"].isin(autosomes(chroms)).to_numpy() & (bins.values > 0).any(axis=1)
    rows = np.flatnonzero(kept)
    totals, level = np.zeros((1, len(bins.samples))), np.empty(len(rows))
    for part in row_blocks(len(rows)):
        values = bins.values[rows[part]]
        level[part] = (values / bins.library_sizes).mean(axis=1)
        totals = np.concatenate([totals, values]).sum(axis=0, keepdims=True)
    totals = totals[0]
    if not len(rows) or not (totals > 0).any():
        return dict.fromkeys(bins.samples, np.nan)
    top = level >= np.quantile(level, 1 - TOP_SHARE)
    shares = np.divide(
        bins.values[rows[top]].sum(axis=0),
        totals,
        out=np.full(len(totals), np.nan),
        where=totals > 0,
    )
    return dict(zip(bins.samples, shares.tolist(), strict=True))


def share_tests(shares: Mapping[str, float], design: Design, contrast: Contrast) -> list[str]:
    """Test the share of signal in the top bins against the contrast and against each covariate.

    Gives a sentence for each of them with P below 0.1; of the contrast, if the difference is not
    smaller than any that moves calls (a factor of 1.1).
    """
    units = list(design.matrix.index)
    share = np.array([shares.get(str(u), np.nan) for u in units])
    if not (np.isfinite(share) & (share > 0)).all():
        return []
    level, found = np.log2(share), []
    estimate, error, df = _contrast_of(level, design.matrix.to_numpy(), contrast.vector)
    if df >= 1 and error > 0:
        p = float(2 * stdtr(df, -abs(estimate / error)))
        if p < SHARE_P and abs(estimate) >= MIN_DIFFERENCE:
            found.append(
                f"the share of signal in the top bins goes with the contrast (a factor of"
                f" {2**estimate:.2f}, P {p:.2g}): efficiency, or the mark as a whole, may differ"
            )
    for name in _COVARIATES:
        if name in design.units and design.units[name].nunique() > 1:
            p = _association(level, design.units[name])
            if p < SHARE_P:
                found.append(
                    f"the share of signal in the top bins goes with {name} (P {p:.2g}): have it in"
                    " the design"
                )
    return found


def _contrast_of(y: FloatArray, X: FloatArray, vector: FloatArray) -> tuple[float, float, float]:
    """Estimate, standard error and residual degrees of freedom of one contrast."""
    coefficients, *_ = np.linalg.lstsq(X, y, rcond=None)
    df = len(y) - int(np.linalg.matrix_rank(X))
    if df < 1:
        return float(coefficients @ vector), np.nan, df
    residual = y - X @ coefficients
    variance = float(residual @ residual) / df * float(vector @ np.linalg.pinv(X.T @ X) @ vector)
    return float(coefficients @ vector), float(np.sqrt(variance)), df


def _association(y: FloatArray, column: pd.Series) -> float:
    """P of the F test of one covariate alone, a number or levels; 1 where it cannot be tested."""
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().all():
        X = np.column_stack([np.ones(len(y)), numbers.to_numpy(np.float64)])
    else:
        X = np.asarray(pd.get_dummies(column.astype(str)), dtype=np.float64)
    df = len(y) - X.shape[1]
    if df < 1 or X.shape[1] < 2:
        return 1.0
    coefficients, *_ = np.linalg.lstsq(X, y, rcond=None)
    within = float(((y - X @ coefficients) ** 2).sum())
    between = float(((y - y.mean()) ** 2).sum()) - within
    if within <= 0:
        return 1.0
    extra = X.shape[1] - 1
    return float(fdtrc(extra, df, between / extra / (within / df)))
