"""What confounds a contrast, beside its results: copy number, arms and purity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resist_epi.dna.arms import ArmShifts, arm_shifts
from resist_epi.dna.copy_number import log2_copy_number
from resist_epi.dna.copy_number_effects import copy_number_effects
from resist_epi.genome.cytogenetics import load_amplicons, load_centromeres
from resist_epi.model.analysis import Analysis
from resist_epi.model.filtering import regions_with_signal


def describe_confounders(
    analysis: Analysis,
    *,
    segments: pd.DataFrame | None,
    assembly: str | None,
) -> tuple[Analysis, ArmShifts | None]:
    """Say of an analysis whether it goes with copy number or with chromosome arms.

    Returns
    -------
    tuple
        The analysis, with columns of `schema.COPY_NUMBER` where copy number is known and sentences
        and warnings in its header; and the arms, None where the contrast is no combination of
        coefficients (`cox`).
    """
    if not analysis.contrast.vector.any():
        return analysis, None
    # Background, which is not tested for the mark, tells of copies as well as the mark does.
    smaller = min(analysis.contrast.group_sizes, default=len(analysis.matrix.samples) // 2)
    tested, _ = regions_with_signal(analysis.matrix, min_units=max(1, smaller))
    header: dict[str, Any] = {}
    results, copies = analysis.results, None
    if segments is not None:
        copies = log2_copy_number(analysis.matrix.regions, segments, analysis.matrix.samples)
        effects = copy_number_effects(
            analysis.matrix,
            copies,
            analysis.design,
            analysis.contrast,
            tested=tested,
            amplicons=load_amplicons(assembly),
            fdr=analysis.question.fdr,
        )
        results = results.assign(**{str(c): effects.table[c].to_numpy() for c in effects.table})
        header["copy number effect"] = effects.sentence
    arms = arm_shifts(
        analysis.matrix,
        analysis.design,
        analysis.contrast,
        tested=tested,
        borders=load_centromeres(assembly),
        fold_changes=analysis.results["log2FoldChange"].to_numpy(np.float64),
        weights=analysis.fit.weights,
        log2_copies=copies,
    )
    header["arms"] = arms.sentence
    if arms.warnings:
        header["arm warnings"] = list(arms.warnings)
    return analysis.with_more(results, header=header), arms
