"""What of the signal follows copy number: regions, amplicons, and signal per DNA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.linear_models import log_level
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.schema import COPY_NUMBER, names
from resist_epi.stats.linear.least_squares import contrast as linear_contrast
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.multiple import benjamini_hochberg

MIN_SPREAD = 0.05  # log2: DNA that varies less between units, after the design, explains nothing

GAINED = 0.2  # log2 ratio of a specimen


@dataclass(frozen=True)
class CopyNumberEffects:
    """How signal goes with copy number over the units of one contrast.

    Attributes
    ----------
    table
        A row a region, columns of `schema.COPY_NUMBER`.
    slope
        log2 of signal for one log2 of DNA within regions, over all that vary; 1 is proportional,
        0 is none, NaN where no region's DNA varies. `slope_after`: the same after correction.
    sentence
        For the header.
    """

    table: pd.DataFrame
    slope: float
    slope_after: float
    sentence: str


def copy_number_effects(
    matrix: CountMatrix,
    log2_copies: FloatArray,
    design: Design,
    contrast: Contrast,
    *,
    tested: NDArray[np.bool_],
    amplicons: pd.DataFrame | None = None,
    fdr: float = Question.fdr,
) -> CopyNumberEffects:
    """Correlate signal, before it is corrected, with DNA across units, region by region.

    Both are adjusted for the design, so that a difference between the groups, of the mark or of
    copy number, makes no correlation by itself. The test is one-sided: copies add signal.

    Parameters
    ----------
    matrix
        Normalised, a column a unit.
    log2_copies
        (n_regions, n_units), NaN where unknown.
    tested
        (n_regions,) bool.
    amplicons
        `name chrom start end`: recurrent gains to name.
    fdr
        At which a region is said to follow copy number.
    """
    X = design.matrix.to_numpy()
    before, _ = log_level(without_expected(matrix), tested)
    after, _ = log_level(matrix, tested)
    copies = np.nan_to_num(log2_copies)
    effect, _ = linear_contrast(fit_linear(copies, X), contrast.vector)
    signal, corrected, dna = (_left(v, X) for v in (before, after, copies))
    df = X.shape[0] - int(np.linalg.matrix_rank(X)) - 1
    varies = tested & (np.sqrt((dna**2).sum(axis=1) / max(df + 1, 1)) >= MIN_SPREAD)
    r = np.full(len(copies), np.nan)
    pvalue = np.full(len(copies), np.nan)
    if df >= 1 and varies.any():
        y, x = signal[varies], dna[varies]
        scale = np.sqrt((y**2).sum(axis=1) * (x**2).sum(axis=1))
        r[varies] = np.clip((y * x).sum(axis=1) / np.where(scale > 0, scale, np.inf), -1, 1)
        with np.errstate(divide="ignore"):
            t = r[varies] * np.sqrt(df / (1 - r[varies] ** 2))
        pvalue[varies] = stdtr(df, -t)
    padj = benjamini_hochberg(pvalue)
    known = ~np.isnan(log2_copies).any(axis=1)
    columns = (
        np.where(known, effect, np.nan),
        r,
        padj,
        np.nan_to_num(padj, nan=1.0) <= fdr,
        amplicon_names(matrix.regions, amplicons),
    )
    table = pd.DataFrame(dict(zip(names(COPY_NUMBER), columns, strict=True)))
    slope, slope_after = (_slope(v[varies], dna[varies]) for v in (signal, corrected))
    sentence = _in_words(table, int(varies.sum()), slope, slope_after)
    return CopyNumberEffects(table, slope, slope_after, sentence)


def without_expected(matrix: CountMatrix) -> CountMatrix:
    """Return a normalised matrix whose offsets are without what is expected of each region."""
    if matrix.expected is None or matrix.offsets is None:
        return matrix
    return replace(matrix, offsets=matrix.offsets - matrix.expected, expected=None)


def amplicon_names(regions: pd.DataFrame, amplicons: pd.DataFrame | None) -> NDArray[np.object_]:
    """(n_regions,) name of the narrowest listed gain that holds a region's middle, or empty."""
    found = np.full(len(regions), "", dtype=object)
    if amplicons is None:
        return found
    middle = (regions["start"] + regions["end"]).to_numpy() // 2
    chrom = regions["chrom"].to_numpy()
    widest_first = amplicons.assign(width=amplicons["end"] - amplicons["start"])
    for row in widest_first.sort_values("width", ascending=False).itertuples():
        found[(chrom == row.chrom) & (middle >= row.start) & (middle < row.end)] = row.name
    return found


def amplicon_table(
    log2_copies: FloatArray,
    regions: pd.DataFrame,
    samples: Sequence[str],
    amplicons: pd.DataFrame,
) -> pd.DataFrame:
    """log2 ratio of each sample at each recurrent gain: the median of the regions in it.

    Returns
    -------
    DataFrame
        `name gene chrom n_regions n_gained`, then a column a sample; `n_gained` counts samples
        with a log2 ratio of at least 0.2. Amplicons without regions are NaN.
    """
    middle = (regions["start"] + regions["end"]).to_numpy() // 2
    chrom = regions["chrom"].to_numpy()
    rows = []
    for name, gene, where, start, end in zip(
        *(amplicons[c] for c in ("name", "gene", "chrom", "start", "end")), strict=True
    ):
        inside = (chrom == where) & (middle >= start) & (middle < end)
        inside &= ~np.isnan(log2_copies).any(axis=1)
        ratio = (
            np.median(log2_copies[inside], axis=0)
            if inside.any()
            else np.full(len(samples), np.nan)
        )
        rows.append(
            {
                "name": name,
                "gene": gene,
                "chrom": where,
                "n_regions": int(inside.sum()),
                "n_gained": int((ratio >= GAINED).sum()),
                **dict(zip(samples, ratio.tolist(), strict=True)),
            }
        )
    columns = ["name", "gene", "chrom", "n_regions", "n_gained", *samples]
    return pd.DataFrame(rows, columns=columns)


def _left(values: FloatArray, X: FloatArray) -> FloatArray:
    """What the design leaves of each row."""
    return np.asarray(values - values @ np.linalg.pinv(X).T @ X.T)


def _slope(signal: FloatArray, dna: FloatArray) -> float:
    total = float((dna**2).sum())
    return float((signal * dna).sum()) / total if total > 0 else np.nan


def _in_words(table: pd.DataFrame, n_varies: int, slope: float, slope_after: float) -> str:
    if not n_varies:
        return "the DNA of no tested region varies between units beyond the design"
    followers = int(table["follows_copy_number"].sum())
    return (
        f"the DNA of {n_varies} tested regions varies between units beyond the design; within them"
        f" signal grows by {slope:.2f} log2 for one log2 of DNA before correction (1 is"
        f" proportional) and by {slope_after:.2f} after; {followers} follow copy number"
        " (follows_copy_number)"
    )
