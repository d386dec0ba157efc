"""Normalisation from the regions themselves: the test that its rounds make, and where it fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model import differential, normalization
from resist_epi.model.filtering import goes_with_depth
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.stats.scaling import Unchanged, unchanged_regions
from resist_epi.stats.shrinkage import normal_errors

MANY_CHANGED, ONE_WAY = 1 / 3, 0.9  # of the tested regions; of the calls

FEWEST_CHANGED = 10  # calls: fewer are no global change

EVIDENCE = 3.0  # log likelihood by which the unchanged regions must seem to lie elsewhere

_REMEDY = (
    " no normalisation from the regions themselves ({name}) can be trusted. Spike-in"
    " (SpikeInReads) would tell, or background bins (--background), which assume equal efficiency"
)


def composition_caution(
    results: pd.DataFrame, matrix: CountMatrix, question: Question
) -> str | None:
    """What speaks against factors from the regions themselves: many change, and mostly one way.

    Where a part of the regions changes one way and is called, the calls say so. Where the factors
    have gone with the regions that change, gains and losses balance, and it is the place of the
    unchanged ones that tells (`stats.scaling.unchanged_regions`).

    Parameters
    ----------
    results
        Of `differential.contrast_results`.
    """
    name = question.normalize or ""
    of_regions = normalization.METHODS[name].in_regions
    if not of_regions and not (name == "library_size" and normalization.sizes_are_sums(matrix)):
        return None
    said = _one_sided_calls(results) or _unchanged_elsewhere(results, question)
    return None if said is None else said + _REMEDY.format(name=name)


def _one_sided_calls(results: pd.DataFrame) -> str | None:
    tested = int(results["pvalue"].notna().sum())
    calls = results["direction"].value_counts()
    gain, loss = int(calls.get("gain", 0)), int(calls.get("loss", 0))
    if gain + loss < max(MANY_CHANGED * tested, FEWEST_CHANGED):
        return None
    if max(gain, loss) < ONE_WAY * (gain + loss):
        return None
    return (
        f"{gain:,} gains and {loss:,} losses among {tested:,} regions tested, many and nearly all"
        " one way:"
    )


def _unchanged_elsewhere(results: pd.DataFrame, question: Question) -> str | None:
    found = unchanged_of_results(results, question)
    if not found.evidence >= EVIDENCE:
        return None
    return (
        f"the regions that all change alike, as unchanged ones do, are {found.share:.0%} of those"
        f" tested and lie at a log2 fold change of {found.elsewhere:+.2f}, not at 0 (log likelihood"
        f" {found.evidence:+.0f}): half of the regions or more may change one way, and then"
    )


def unchanged_of_results(results: pd.DataFrame, question: Question) -> Unchanged:
    """Where the regions seem to lie that do not change; more than `EVIDENCE` is for elsewhere.

    Parameters
    ----------
    results
        Of `differential.contrast_results`.
    """
    columns = ("log2FoldChange", "lfcSE", "stat", "df", "pvalue")
    change, error, stat, df, p = (results[c].to_numpy(np.float64) for c in columns)
    # P against a threshold says nothing of the error.
    against_none = p if question.lfc_threshold <= 0 else np.where(np.isnan(p), p, 1.0)
    errors = normal_errors(change, error, stat, df, against_none)
    return unchanged_regions(np.where(np.isfinite(p), change, np.nan), errors)


@dataclass(frozen=True)
class RoundsTest:
    """The contrast's P in a normalised matrix: by linear models, which are quick, where they do.

    Of several contrasts (`joined_contrasts`) that of all of them together.
    """

    design: Design
    contrast: Contrast
    question: Question

    def __call__(self, matrix: CountMatrix) -> FloatArray:
        """(n_regions,) P."""
        asked, contrast = self.question, self.contrast
        quick = "ql" if goes_with_depth(matrix, contrast.sides) and not asked.block else "trend"
        own = differential.own_contrast(asked.method) is not None
        method = asked.method if own and asked.method is not None else quick
        options = FitOptions(block=None if own else asked.block, strata=asked.strata)
        fitted = differential.fit(matrix, self.design, method=method, options=options)
        if contrast.vector.ndim == 2:
            return differential.f_statistics(fitted, contrast.vector)[1]
        return differential.contrast_statistics(fitted, contrast)["pvalue"]
