"""What confounds the marks of tumours, put into an analysis: copy number and inputs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.analysis import Analysis
from resist_epi.arms import ArmShifts, arm_shifts
from resist_epi.control import over_input, scaled_control, with_input_offset
from resist_epi.control_files import control_paths, count_controls, distinct_controls
from resist_epi.copy_number import (
    BIN_SIZE,
    log2_copy_number,
    sample_segments,
    segment_inputs,
    with_copy_number,
)
from resist_epi.copy_number_effects import copy_number_effects
from resist_epi.errors import DesignError
from resist_epi.filtering import regions_with_signal
from resist_epi.genome import Genome
from resist_epi.inputs import Disjoint
from resist_epi.io.cytogenetics import load_amplicons, load_centromeres
from resist_epi.io.fasta import gc_content
from resist_epi.io.seg import read_seg
from resist_epi.matrix import CountMatrix
from resist_epi.regions import genome_bins
from resist_epi.samples import SampleSheet

logger = logging.getLogger(__name__)

CONTROL_USES = ("none", "filter", "offset")
COPY_NUMBER_SOURCES = ("none", "input", "segments")


@dataclass(frozen=True)
class Adjusted:
    """Counts of one kind with what is known of confounders, ready to be analysed.

    Attributes
    ----------
    matrix, bins
        With what is `expected` of each region and library; `bins` may be None.
    over_input
        (n_regions, n_libraries) bool for the filter, or None.
    header
        What was done, for the `#` lines.
    """

    matrix: CountMatrix
    bins: CountMatrix | None
    over_input: NDArray[np.bool_] | None = None
    header: Mapping[str, str] = field(default_factory=dict)


def copy_number_source(source: str | None, segments: Path | None) -> str:
    """Where copy number comes from: as asked for, else from segments where there are any.

    Raises
    ------
    DesignError
        If the name is unknown, or names segments without any, or the other way round.
    """
    if source is None:
        return "none" if segments is None else "segments"
    if source not in COPY_NUMBER_SOURCES:
        known = ", ".join(COPY_NUMBER_SOURCES)
        raise DesignError(f"unknown source of copy number {source!r}; expected one of {known}")
    if source == "segments" and segments is None:
        raise DesignError("copy number from segments needs their file; give it with --segments")
    if source != "segments" and segments is not None:
        raise DesignError(f"--segments says nothing to --copy-number {source}; leave one out")
    return source


def check_confounders(
    sheet: SampleSheet,
    *,
    control: str,
    copy_number: str | None,
    segments: Path | None,
    fasta: Path | None,
) -> None:
    """Find options that cannot be met before anything is counted.

    Raises
    ------
    DesignError
        If an option is unknown, or one needs another.
    SampleSheetError
        If inputs are asked for that the sheet does not name.
    """
    if control not in CONTROL_USES:
        known = ", ".join(CONTROL_USES)
        raise DesignError(f"unknown use of inputs {control!r}; expected one of {known}")
    source = copy_number_source(copy_number, segments)
    if control != "none" or source == "input":
        control_paths(sheet)
    if fasta is not None and source != "input":
        raise DesignError("--fasta corrects the inputs' GC content; it needs --copy-number input")


def study_segments(
    sheet: SampleSheet,
    chrom_lengths: Mapping[str, int],
    *,
    source: str,
    segments: Path | None = None,
    fasta: Path | None = None,
    genome: Genome | None = None,
    exclude: Disjoint | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[pd.DataFrame, str]:
    """Segments of equal copy number of every library of a sheet, and where they are from, in words.

    Parameters
    ----------
    chrom_lengths
        bp of each chromosome of the tracks.
    source
        `input` or `segments`.
    segments
        SEG file of the user's.
    fasta
        Genome, for the GC content of bins.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    if source == "segments":
        table, note = sample_segments(read_seg(str(segments)), sheet, chroms=list(chrom_lengths))
        return table, f"from segments of the user's: {note}"
    representative = distinct_controls(sheet)
    bins = count_controls(
        sheet.for_samples(list(representative)),
        genome_bins(chrom_lengths, BIN_SIZE),
        exclude=exclude,
        genome=genome,
        progress=progress,
    )
    gc = None if fasta is None else gc_content(fasta, bins.regions)
    borders = load_centromeres(None if genome is None else genome.name)
    found = segment_inputs(bins, gc=gc, borders=borders)
    of_path = {path: sample for sample, path in representative.items()}
    _, paths = control_paths(sheet)
    own = {str(s): rows for s, rows in found.groupby("sample", sort=False)}
    table = pd.concat(
        [own[of_path[paths[s]]].assign(sample=s) for s in sheet.samples], ignore_index=True
    )
    correction = "GC content corrected" if gc is not None else "GC content not corrected (no FASTA)"
    note = (
        f"from {len(representative)} inputs in {BIN_SIZE // 1000}-kb bins, {correction},"
        " mappability not looked up"
    )
    return table, note


def adjust_counts(
    matrix: CountMatrix,
    sheet: SampleSheet,
    bins: CountMatrix | None,
    *,
    segments: pd.DataFrame | None = None,
    segments_note: str = "",
    control: str = "none",
    inputs: tuple[CountMatrix, CountMatrix] | None = None,
) -> Adjusted:
    """Put copy number, and then inputs, into what is expected of counts.

    Parameters
    ----------
    matrix, bins
        One kind of regions, and the background bins, a column a library.
    segments
        Of every library; None where copy number is not to be corrected.
    control
        `none`, `filter` or `offset`.
    inputs
        Inputs in the regions of `matrix` and of `bins`, for `filter` and `offset`.

    Raises
    ------
    DesignError
        If inputs are asked for and missing, or do not fit.
    """
    header: dict[str, str] = {}
    flags = None
    raw = matrix, bins
    if segments is not None:
        matrix = _with_segments(matrix, segments)
        bins = None if bins is None else _with_segments(bins, segments)
        header["copy number"] = f"an offset a region and unit, {segments_note}"
    if control != "none":
        if inputs is None or raw[1] is None:
            raise DesignError(
                f"inputs as {control} are scaled in bins of the genome; give counts of the ChIP in"
                " bins with --background"
            )
        scaled = scaled_control(raw[0], inputs[0], bins=raw[1], control_bins=inputs[1])
        share = ", ".join(
            f"{s} {x:.3g}" for s, x in zip(matrix.samples, scaled.scales, strict=True)
        )
        logger.info("inputs are scaled to the background by %s", share)
        if control == "filter":
            flags = over_input(raw[0], scaled)
        else:
            matrix = with_input_offset(matrix, scaled)
            header["control"] = (
                "offset: the share of background in a region, group-blind, follows each unit's"
                " input, scaled in background bins; nothing is subtracted"
            )
    return Adjusted(matrix, bins, flags, header)


def _with_segments(matrix: CountMatrix, segments: pd.DataFrame) -> CountMatrix:
    copies = log2_copy_number(matrix.regions, segments, matrix.samples)
    return with_copy_number(matrix, copies)


def describe_confounders(
    analysis: Analysis,
    *,
    segments: pd.DataFrame | None,
    assembly: str | None,
    fdr: float = 0.05,
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
    header, results, copies = dict(analysis.header), analysis.results, None
    if segments is not None:
        copies = log2_copy_number(analysis.matrix.regions, segments, analysis.matrix.samples)
        effects = copy_number_effects(
            analysis.matrix,
            copies,
            analysis.design,
            analysis.contrast,
            tested=tested,
            amplicons=load_amplicons(assembly),
            fdr=fdr,
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
    for i, warning in enumerate(arms.warnings, start=1):
        header[f"arm warning {i}"] = warning
    return replace(analysis, results=results, header=header), arms
