"""Counts on disk to results, with what their sheet says of inputs and copy number."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from resist_epi.counting.controls import count_controls, open_controls
from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.adjust_counts import adjust_counts
from resist_epi.dna.describe import describe_confounders
from resist_epi.dna.options import check_confounders, copy_number_source
from resist_epi.dna.segments import study_segments
from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.chromosomes import recognise_assembly
from resist_epi.genome.reference import genomes
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.count_sheet import background_of_counts, inputs_of_bins
from resist_epi.tracks.opened import chromosome_ends

logger = logging.getLogger(__name__)


def analyse_counts(
    matrix: CountMatrix,
    sheet: SampleSheet,
    *,
    background: Path | None = None,
    control: str = "none",
    copy_number: str | None = None,
    segments: Path | None = None,
    fasta: Path | None = None,
    normalize: str | None = None,
    fdr: float = 0.05,
    **options: Any,
) -> Analysis:
    """Analyse counts as `analysis.analyse` does, with inputs and copy number where asked for.

    Parameters
    ----------
    background
        Counts in bins of the genome, as `count --regions bins` writes them.
    control, copy_number, segments, fasta
        As in `settings.StudySettings`.
    options
        Of `analysis.analyse`.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    check_confounders(
        sheet, control=control, copy_number=copy_number, segments=segments, fasta=fasta
    )
    bins = background_of_counts(matrix, sheet, background)
    source = copy_number_source(copy_number, segments)
    table, note = None, ""
    if source != "none":
        lengths = dict.fromkeys(matrix.regions["chrom"], 0)
        if source == "input":
            lengths = chromosome_ends(open_controls(sheet).values())
        name = _assembly(sheet, lengths)
        table, note = study_segments(
            sheet,
            lengths,
            source=source,
            segments=segments,
            fasta=fasta,
            genome=load_genome(name) if name in known_genomes() else None,
        )
    counted = None
    if control != "none" and bins is not None:
        own = sheet.for_samples(matrix.samples)
        counted = count_controls(own, matrix.regions), count_controls(own, bins.regions)
    adjusted = adjust_counts(
        matrix, sheet, bins, segments=table, segments_note=note, control=control, controls=counted
    )
    analysis = analyse(
        adjusted.matrix,
        sheet,
        normalize=normalize,
        inputs=inputs_of_bins(adjusted.matrix, sheet, adjusted.bins, normalize=normalize),
        fdr=fdr,
        over_input=adjusted.over_input,
        **options,
    )
    analysis.header.update(adjusted.header)
    assembly = _assembly(sheet, {})
    described, arms = describe_confounders(analysis, segments=table, assembly=assembly, fdr=fdr)
    for warning in () if arms is None else arms.warnings:
        logger.warning("%s", warning)
    return described


def _assembly(sheet: SampleSheet, lengths: dict[str, int]) -> str | None:
    """Assembly that the sheet names in every row, else the one that the lengths tell."""
    named = set(sheet.table["Assembly"]) if "Assembly" in sheet.table else set()
    if len(named) == 1 and named != {""}:
        return str(named.pop())
    return recognise_assembly({c: n for c, n in lengths.items() if n}, genomes())
