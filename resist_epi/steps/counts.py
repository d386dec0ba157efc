"""Counting one kind of a mark's regions."""

from __future__ import annotations

from collections.abc import Callable

from resist_epi.consensus import Consensus
from resist_epi.counting import count_regions
from resist_epi.inputs import genomes
from resist_epi.matrix import CountMatrix
from resist_epi.presets import preset
from resist_epi.samples import SampleSheet
from resist_epi.schema import Kind
from resist_epi.sheet_counts import count_background, kind_regions
from resist_epi.study import Study


def count_kind(
    study: Study,
    sheet: SampleSheet,
    kind: Kind,
    consensus: Consensus | None,
    progress: Callable[[str], None] | None,
) -> CountMatrix:
    """Count the tracks of one mark in one kind of regions.

    Raises
    ------
    ResistEpiError
        As `counting.count_regions`.
    """
    tracks = {s: study.tracks[s] for s in sheet.samples}
    said = None if progress is None else lambda s: progress(f"{s}: {kind} counted")
    if kind == "bins":
        return count_background(
            tracks, sheet, study.reference, exclude=study.exclude, progress=said
        )
    regions = kind_regions(kind, study.reference, preset(sheet.marks[0]), consensus=consensus)
    return count_regions(
        tracks,
        regions,
        library_sizes=sheet.numbers("LibrarySize"),
        exclude=study.exclude,
        genome=study.reference.genome,
        known=genomes(),
        progress=said,
    )
