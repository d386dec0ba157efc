"""Segments of equal copy number of every library of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from resist_epi.arrays import ByChromosome
from resist_epi.counting.controls import control_paths, count_controls, distinct_controls
from resist_epi.counting.passes import Pass
from resist_epi.dna.copy_number import COPY_NUMBER_BIN, sample_segments, segment_controls
from resist_epi.dna.seg import read_seg
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.cytogenetics import load_centromeres
from resist_epi.genome.fasta import gc_content
from resist_epi.genome.naming import Naming
from resist_epi.samples.sheet import SampleSheet


def study_segments(
    sheet: SampleSheet,
    chrom_lengths: Mapping[str, int],
    *,
    source: str,
    segments: Path | None = None,
    fasta: Path | None = None,
    exclude: ByChromosome | None = None,
    naming: Naming | None = None,
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
    naming
        How the chromosomes of the tracks are named, and of which assembly they are.
    """
    naming = naming or Naming()
    if source == "segments":
        found = read_seg(str(segments))
        # Its notes are its own: a run that goes on does not come here, and its counts are the same.
        own = replace(naming, notes=[])
        found = own.place(found, segments.name if segments else "", rows="segments", loose=True)
        table, note = sample_segments(found, sheet, chroms=list(chrom_lengths))
        return table, "; ".join([f"from segments of the user's: {note}", *own.notes])
    genome = naming.genome
    representative = distinct_controls(sheet)
    bins = count_controls(
        sheet.for_samples(list(representative)),
        genome_bins(chrom_lengths, COPY_NUMBER_BIN),
        how=Pass(exclude=exclude or {}, genome=genome, progress=progress),
    )
    gc = None if fasta is None else gc_content(fasta, bins.regions, genome=genome)
    borders = load_centromeres(None if genome is None else genome.name)
    found = segment_controls(bins, gc=gc, borders=borders)
    of_path = {path: sample for sample, path in representative.items()}
    _, paths = control_paths(sheet)
    own_segments = {str(s): rows for s, rows in found.groupby("sample", sort=False)}
    table = pd.concat(
        [own_segments[of_path[paths[s]]].assign(sample=s) for s in sheet.samples], ignore_index=True
    )
    correction = "GC content corrected" if gc is not None else "GC content not corrected (no FASTA)"
    note = (
        f"from {len(representative)} inputs in {COPY_NUMBER_BIN // 1000}-kb bins, {correction},"
        " mappability not looked up"
    )
    return table, note
