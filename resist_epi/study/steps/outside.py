"""The called genes of every mark in an outside cohort of patients."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.genes.builtin import load_symbols
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.mechanism.cohort_files import CohortColumns, OutsideCohort, read_cohort
from resist_epi.mechanism.outcome import outcome_of_genes, worse_side
from resist_epi.model.analysis import Analysis
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.outputs import Outputs
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)


def study_cohort(settings: StudySettings) -> OutsideCohort | None:
    """Read the outside cohort that a study names; None where it names none.

    Raises
    ------
    ResistEpiError
        As `cohort_files.read_cohort`.
    """
    if settings.survival_expression is None or settings.survival_clinical is None:
        return None
    columns = cohort_columns(settings)
    return read_cohort(settings.survival_expression, settings.survival_clinical, columns)


def cohort_columns(settings: StudySettings) -> CohortColumns:
    """Which columns of the outside cohort are used beside time and event."""
    return CohortColumns(
        settings.survival_adjust, settings.survival_strata, settings.survival_treatment
    )


def write_outside_cohort(
    settings: StudySettings, analyses: Mapping[str, Analysis], outputs: Outputs
) -> None:
    """Write what an outside cohort says of each mark's called genes, where the study names one.

    A mark with too few called genes is left out, and this is said.

    Raises
    ------
    ResistEpiError
        As `study_cohort` and `outcome.worse_side`.
    """
    cohort = study_cohort(settings)
    if cohort is None:
        return
    header, summaries = {"resist_epi": VERSION}, []
    for mark, analysis in analyses.items():
        level = GeneLevel(analysis.results, symbols=load_symbols(), mark=mark)
        worse = worse_side(analysis.facts, settings.survival_worse)
        try:
            found = outcome_of_genes(level, cohort, fdr=settings.fdr, worse=worse)
        except DesignError as error:
            logger.warning("%s: no outside cohort: %s", mark, error)
            header[mark] = f"not done: {error}"
            continue
        logger.info("%s: %s", mark, found.header["outcome"])
        about = {"resist_epi": VERSION, "contrast": analysis.contrast.words} | found.header
        outputs.table(outputs.path("evidence", "survival", mark=mark), found.genes, about)
        header[mark] = found.header["outcome"]
        summaries.append(found.summary)
    if summaries:
        outputs.table(outputs.path("survival"), pd.concat(summaries), header)
