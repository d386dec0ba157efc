"""Regions that two opposed assumptions call alike: one keeps a global change, one takes it away."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.model.analysis import Analysis
from resist_epi.model.composition import EVIDENCE, unchanged_of_results
from resist_epi.model.normalization import compared_as, references
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.samples.question import Question
from resist_epi.stats.multiple import benjamini_hochberg

# TMM where the mark is: in most sets of regions, such as all promoters, the majority has none of
# it, and TMM over all of them would be background composition once more.
ENRICHED = "tmm_enriched"

ROUNDS = "tmm_rounds"  # over the same regions


def opposed(had: Container[str], inputs: NormalizationInputs) -> tuple[str | None, str | None]:
    """What keeps a global change and what takes it away, among the normalisations had.

    None where there is none.
    """
    reference = next((m for m in references(inputs) if m in had), None)
    return reference, next((m for m in (ENRICHED, *compared_as("regions")) if m in had), None)


def high_confidence(tables: Mapping[str, pd.DataFrame], analysis: Analysis) -> NDArray[np.object_]:
    """Whether both assumptions call a region, with one sign and one false discovery rate for both.

    (n_regions,) True or False; NaN where one of the two cannot be had.

    The larger of the two P, adjusted over all regions: where either assumption holds, it is a
    valid P of a region that does not change. The intersection of two lists would not do: a true
    call is easily lost from one of them, a false one seldom where the other assumption is wrong,
    so that false calls gather in it. Of the regions with the mark, rounds of TMM lose fewer true
    calls than TMM where more rise than fall; TMM takes their place where they seem to have gone
    with the regions that change, and would lose most of them
    (docs/evidence/calibration_normalization.md).
    """
    reference, in_regions = opposed(tables, analysis.inputs)
    if in_regions == ENRICHED and _rounds_hold(tables, analysis.question):
        in_regions = ROUNDS
    if reference is None or in_regions is None:
        return np.full(len(analysis.matrix.regions), np.nan, dtype=object)
    sure = called_by_both(tables[reference], tables[in_regions], fdr=analysis.question.fdr)
    return sure.astype(object)


def _rounds_hold(tables: Mapping[str, pd.DataFrame], question: Question) -> bool:
    """Whether there are rounds over the regions with the mark, and the unchanged ones lie at 0."""
    if ROUNDS not in list(tables)[1:]:  # as the headline they are over all regions
        return False
    return not unchanged_of_results(tables[ROUNDS], question).evidence >= EVIDENCE


def called_by_both(one: pd.DataFrame, other: pd.DataFrame, *, fdr: float) -> NDArray[np.bool_]:
    """(n_regions,) whether two results say the same of a region: the larger P, adjusted.

    Parameters
    ----------
    one, other
        Results of the same regions; where their signs differ, P is 1.
    """
    change = [t["log2FoldChange"].to_numpy(np.float64) for t in (one, other)]
    p = np.maximum(one["pvalue"].to_numpy(np.float64), other["pvalue"].to_numpy(np.float64))
    p = np.where((np.sign(change[0]) == np.sign(change[1])) | np.isnan(p), p, 1.0)
    return np.asarray(benjamini_hochberg(p) <= fdr)
