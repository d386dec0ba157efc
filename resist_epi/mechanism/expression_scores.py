"""Proliferation, subtype and other tissue from the expression of the study's own patients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resist_epi.arrays import BoolArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet, match_sets
from resist_epi.genes.matched import match_traits
from resist_epi.genes.symbols import SymbolTable
from resist_epi.genes.tissue_scores import ScoreInputs, TissueScores, score_sets
from resist_epi.mechanism.assays import Evidence
from resist_epi.mechanism.patients import log_levels, shared_patients
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import SampleSheet


def expression_scores(
    evidence: Evidence,
    units: SampleSheet,
    gene_sets: Mapping[str, GeneSet],
    *,
    formula: str,
    contrast: str | None,
    symbols: SymbolTable | None = None,
) -> TissueScores:
    """Score markers in the levels of an assay, as `tissue_scores.tissue_scores` does in a mark.

    Genes are matched on their mean level; neighbours are not told apart, as places are not known.

    Parameters
    ----------
    evidence
        With levels a patient.
    units
        The study's units.
    formula, contrast
        As for the mark.

    Raises
    ------
    DesignError
        If there are no levels, too few shared patients, or no residual df.
    """
    if evidence.values is None:
        raise DesignError(f"the {evidence.assay.title} has no levels a patient to score")
    own = shared_patients(evidence.values, units)
    values, _ = log_levels(evidence.values[own["name"].tolist()])
    design = make_design(units.for_samples(own["sample"].tolist()), formula)
    vector = make_contrast(design, contrast).vector
    usable: BoolArray = np.asarray(np.isfinite(values).all(axis=1))
    X = design.matrix.to_numpy(np.float64)
    filled = np.where(np.isfinite(values), values, 0.0)
    genes = evidence.effects["gene"]
    level = filled.mean(axis=1)
    inputs = ScoreInputs(
        filled,
        filled @ np.linalg.pinv(X).T @ vector,
        usable,
        match_traits(evidence.effects.assign(baseMean=level, gene_id=genes), None),
        design.matrix,
        vector,
    )
    members = match_sets(gene_sets, genes.where(usable, "").tolist(), symbols)
    return score_sets(inputs, members)
