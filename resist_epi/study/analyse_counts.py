"""Counts on disk to results, with what their sheet says of inputs and copy number."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_files import refuse_one_library_twice, sheet_repeats
from resist_epi.dna.adjust_counts import adjust_counts
from resist_epi.dna.describe import describe_confounders
from resist_epi.dna.options import check_confounders
from resist_epi.genome.builtin import known_genomes
from resist_epi.genome.chromosomes import recognise_assembly
from resist_epi.genome.cytogenetics import assembly_of_regions
from resist_epi.genome.reference import genomes
from resist_epi.model.analysis import Analysis, analyse, analyse_several, blank_unplaced
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.count_sheet import background_of_counts, inputs_of_bins, naming_of_counts

logger = logging.getLogger(__name__)


def analyse_counts(
    matrix: CountMatrix,
    sheet: SampleSheet,
    question: Question | None = None,
    *,
    fold_changes: str = "never",
) -> Analysis:
    """Ask a question of counts, with inputs and copy number where it asks for them.

    Parameters
    ----------
    matrix, sheet, question, fold_changes
        As in `analysis.analyse`.
    """
    return analyse_several_counts(matrix, sheet, (), question, fold_changes=fold_changes)[0]


def analyse_several_counts(
    matrix: CountMatrix,
    sheet: SampleSheet,
    contrasts: Sequence[str],
    question: Question | None = None,
    *,
    fold_changes: str = "never",
) -> list[Analysis]:
    """Ask several contrasts of one fit of counts, as `analyse_counts` asks one.

    Parameters
    ----------
    contrasts
        As in `analysis.analyse_several`; none for the question's own.
    matrix, sheet, question, fold_changes
        As in `analysis.analyse`.
    """
    question = question or Question()
    asked = question.confounders
    unplaced, matrix = matrix.unplaced, matrix.filled()
    own = sheet.for_samples(matrix.samples)
    for column in ("Coverage", "bamReads"):
        refuse_one_library_twice(own, sheet_repeats(own, column))
    check_confounders(sheet, asked)
    bins = background_of_counts(matrix, sheet, asked.background)
    bins = None if bins is None else bins.filled()
    table, note = None, ""
    if asked.source != "none":
        from resist_epi.dna.segments import study_segments

        lengths = dict.fromkeys(matrix.regions["chrom"], 0)
        if asked.source == "input":
            from resist_epi.counting.controls import open_controls
            from resist_epi.tracks.opened import chromosome_ends

            lengths = chromosome_ends(open_controls(sheet).values())
        name = _assembly(sheet, lengths)
        known = name if name in known_genomes() else None
        table, note = study_segments(
            sheet,
            lengths,
            source=asked.source,
            segments=asked.segments,
            fasta=asked.fasta,
            naming=naming_of_counts(matrix, sheet, genome=known),
        )
    counted = None
    if asked.control != "none" and bins is not None:
        from resist_epi.counting.controls import count_controls

        counted = count_controls(own, matrix.regions), count_controls(own, bins.regions)
    adjusted = adjust_counts(
        matrix,
        sheet,
        bins,
        segments=table,
        segments_note=note,
        control=asked.control,
        controls=counted,
    )
    options: dict[str, Any] = {
        "inputs": inputs_of_bins(adjusted.matrix, sheet, adjusted.bins, question),
        "over_input": adjusted.over_input,
        "fold_changes": fold_changes,
    }
    found = (
        analyse_several(adjusted.matrix, sheet, contrasts, question, **options)
        if contrasts
        else [analyse(adjusted.matrix, sheet, question, **options)]
    )
    described = []
    assembly = _assembly(sheet, {}) or assembly_of_regions(matrix.regions)
    for one in found:
        analysis, arms = describe_confounders(
            one.with_more(header=adjusted.header), segments=table, assembly=assembly
        )
        for warning in () if arms is None else arms.warnings:
            logger.warning("%s", warning)
        described.append(analysis.with_more(blank_unplaced(analysis.results, unplaced)))
    return described


def _assembly(sheet: SampleSheet, lengths: dict[str, int]) -> str | None:
    """Assembly that the sheet names in every row, else the one that the lengths tell."""
    if sheet.assembly is not None:
        return sheet.assembly
    return recognise_assembly({c: n for c, n in lengths.items() if n}, genomes())
