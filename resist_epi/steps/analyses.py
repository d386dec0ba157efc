"""The analysis that a study asks for, of one matrix."""

from __future__ import annotations

from resist_epi.analysis import Analysis, analyse
from resist_epi.consensus import Consensus
from resist_epi.matrix import CountMatrix
from resist_epi.normalization_inputs import normalization_inputs
from resist_epi.samples import SampleSheet
from resist_epi.study import Study


def analyse_kind(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    bins: CountMatrix,
    consensus: Consensus | None,
) -> Analysis:
    """Test a matrix of one mark with the settings of the study.

    Raises
    ------
    ResistEpiError
        As `analysis.analyse`.
    """
    settings = study.settings
    inputs = normalization_inputs(
        matrix,
        sheet,
        bins=bins,
        exclude=study.exclude,
        consensus=None if consensus is None else consensus.regions,
        peaks=study.peaks,
    )
    return analyse(
        matrix,
        sheet,
        formula=settings.design,
        contrast=settings.contrast,
        method=settings.method,
        normalize=settings.normalize,
        inputs=inputs,
        fdr=settings.fdr,
        lfc_threshold=settings.lfc_threshold,
        block=settings.block,
        strata=settings.strata,
        fold_changes="if_untestable",
    )
