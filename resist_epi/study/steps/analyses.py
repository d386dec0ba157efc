"""The analyses that a study asks for, of one matrix."""

from __future__ import annotations

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts
from resist_epi.genes.site_genes import genes_of_sites, site_links
from resist_epi.io.run_folder import as_in_run, run_path
from resist_epi.model.analysis import Analysis
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import Kind
from resist_epi.study.steps.dna import controls_path
from resist_epi.study.study import Study
from resist_epi.study.study_counts import StudyCounts, ask_counts


def analyse_kind(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    bins: CountMatrix,
) -> list[Analysis]:
    """Ask the study's questions of a matrix of one mark: an analysis a contrast, of one fit.

    The background that they name is the mark's counts in bins in the run's folder.

    Raises
    ------
    ResistEpiError
        As `analysis.analyse`.
    """
    question = study.settings.question
    if study.folder is not None:
        background = as_in_run(run_path(study.folder, "counts", sheet.marks[0], "bins"))
        question = question.with_options(background=background)
    kind = str(matrix.regions["kind"].iloc[0]) if len(matrix.regions) else ""
    controls = _controls(study, sheet, matrix)
    counts = StudyCounts(study, sheet, kind, matrix, bins, controls)
    return ask_counts(counts, question, study.settings.contrasts)


def genes_of_kind(study: Study, mark: str, regions: Analysis, kind: Kind) -> Analysis:
    """The analysis of a mark's genes: of sites by their mean, otherwise of the regions themselves.

    Raises
    ------
    DesignError
        As `site_genes.genes_of_sites`.
    """
    if kind != "peaks":
        return regions
    annotation = study.reference.annotation
    links = site_links(regions.results, annotation, promoter=preset(mark).window)
    return genes_of_sites(regions, links, annotation)


def _controls(
    study: Study, sheet: SampleSheet, matrix: CountMatrix
) -> tuple[CountMatrix, CountMatrix] | None:
    """Counts of the controls in the regions of a matrix and in bins, where the study uses them."""
    if study.settings.control == "none" or study.folder is None or matrix.regions.empty:
        return None
    mark, kind = sheet.marks[0], str(matrix.regions["kind"].iloc[0])
    of_regions, of_bins = (
        read_counts(controls_path(study.folder, mark, k)) for k in (kind, "bins")
    )
    return of_regions, of_bins
