"""What all marks of a run share, read and checked before anything is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from resist_epi.arrays import ByChromosome
from resist_epi.counting.passes import Pass
from resist_epi.counting.sources import (
    ReadOptions,
    SheetSources,
    has_reads,
    read_options,
    sheet_sources,
    study_naming,
)
from resist_epi.errors import SampleSheetError
from resist_epi.genes.builtin import load_sets
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.consensus import Consensus
from resist_epi.genome.naming import Naming
from resist_epi.genome.reference import Reference, load_exclude, load_reference
from resist_epi.io.parts import Parts
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.schema import Kind
from resist_epi.study.settings import StudySettings
from resist_epi.tracks.looks import LookCache
from resist_epi.tracks.opened import chromosome_ends

# Problems in these columns stop a run; others concern files that it does not read.
_NEEDED = {"", "Peaks", "Assembly", "Patient"}


@dataclass(frozen=True)
class Study:
    """What all marks of a run share.

    Attributes
    ----------
    settings
        As asked for, with paths that can be opened from here.
    sources
        Mark -> the files that are counted, and in which quantity.
    peaks
        SampleID -> table `chrom start end` of its peaks.
    consensus
        Mark -> consensus of its peaks, or None where too few samples have any.
    exclude
        Chromosome -> excluded intervals.
    naming
        How the chromosomes of the tracks are named.
    own_sets
        Whether the sets are the user's.
    folder
        Of the run, once its steps write there.
    contrasts
        Folder of each of several contrasts, in the order of the settings; empty where there is one,
        which stands in the run's own.
    segments, segments_note
        Copy number of every library, and where it is from; None where it is not corrected.
    made
        Regions that were made once and are asked for again, by what they are.
    """

    settings: StudySettings
    sheet: SampleSheet
    reference: Reference
    sources: Mapping[str, SheetSources]
    peaks: Mapping[str, pd.DataFrame]
    consensus: Mapping[str, Consensus | None]
    exclude: ByChromosome
    naming: Naming
    gene_sets: Mapping[str, GeneSet]
    own_sets: bool
    folder: Path | None = None
    contrasts: tuple[Path, ...] = ()
    segments: pd.DataFrame | None = None
    segments_note: str = ""
    made: dict[tuple[str, ...], pd.DataFrame] = field(
        default_factory=dict, repr=False, compare=False
    )


def load_study(
    settings: StudySettings,
    *,
    sheet: SampleSheet | None = None,
    looks: LookCache | None = None,
    before: Study | None = None,
) -> Study:
    """Read everything that the settings name, but for what is counted.

    Parameters
    ----------
    sheet
        The settings' sheet, where it was read before.
    looks
        What tracks are, as far as that is known already.
    before
        The same study as it was read when its tracks had not been looked at: what does not hang on
        that is taken from it.
    """
    sheet = read_sheet(settings.sheet) if sheet is None else sheet
    looks = LookCache() if looks is None else looks
    reads = study_reads(settings)
    sources = {
        mark: sheet_sources(
            sheet.for_mark(mark),
            settings.quantity,
            reads=reads,
            genome=settings.genome,
            looks=looks,
            jobs=settings.jobs,
        )
        for mark in sheet.marks
    }
    if before is not None and _places(sources) == _places(before.sources):
        return replace(before, settings=settings, sources=sources)
    files = {s: file for found in sources.values() for s, file in found.files.items()}
    reference = load_reference(settings.genome, settings.genes, tracks=files)
    files_with_places = (settings.exclude, settings.segments, settings.partition)
    placed = any(files_with_places) or "Peaks" in sheet.table
    naming = study_naming(files, reference.genome, read=bool(placed))
    peaks = sheet_peaks(sheet, naming, places=True)
    return Study(
        settings=settings,
        sheet=sheet,
        reference=reference,
        sources=sources,
        peaks=peaks,
        consensus={
            mark: sheet_consensus(sheet.for_mark(mark), peaks, min_overlap=settings.min_overlap)
            for mark in sheet.marks
        },
        exclude=load_exclude(settings.exclude, naming),
        naming=naming,
        gene_sets=load_sets(settings.gene_sets),
        own_sets=settings.gene_sets is not None,
    )


def _places(sources: Mapping[str, SheetSources]) -> list[object]:
    """What the rest of a study hangs on of its files: their chromosomes."""
    return [
        (mark, sample, file.path, file.chrom_lengths, file.lengths_known, file.naming)
        for mark, found in sources.items()
        for sample, file in found.files.items()
    ]


def study_reads(settings: StudySettings) -> ReadOptions:
    """How a study's reads are counted."""
    return read_options(
        count_as=settings.count_as,
        min_quality=settings.min_mapq,
        duplicates=settings.keep_duplicates,
        shift=settings.shift,
        extend=settings.extend,
    )


def mark_kinds(study: Study, mark: str) -> list[Kind]:
    """Kinds of regions that are counted: background bins, the preset's, peaks where there are."""
    kinds: list[Kind] = ["bins", *(k for k in preset(mark).kinds if k not in ("bins", "peaks"))]
    if study.consensus[mark] is not None:
        kinds.append("peaks")
    return kinds


def stop_on_errors(findings: pd.DataFrame, sheet: SampleSheet, *, quantity: str = "auto") -> None:
    """Raise the errors of a check that concern what a run of this quantity reads.

    Raises
    ------
    SampleSheetError
        With all of them at once.
    """
    errors = findings[findings["level"] == "error"]
    counted = dict.fromkeys(errors["sample"], "Coverage")
    if errors["column"].isin(["Coverage", "bamReads"]).any():
        for mark in sheet.marks:
            own = sheet.for_mark(mark)
            with_reads = quantity == "reads" or (quantity == "auto" and has_reads(own))
            no_track = "Coverage" not in own.table
            counted |= dict.fromkeys(
                own.samples, "bamReads" if with_reads or no_track else "Coverage"
            )
    read = [
        column in _NEEDED or (column in {"Coverage", "bamReads"} and column == counted[sample])
        for column, sample in zip(errors["column"], errors["sample"], strict=True)
    ]
    errors = errors[read]
    if errors.empty:
        return
    problems = [": ".join(filter(None, map(str, row))) for row in errors.to_numpy()[:, 1:]]
    raise SampleSheetError(sheet.path, problems)


def input_files(study: Study) -> list[Path]:
    """Every file that the results depend on, each once."""
    return named_files(study.sheet, study.settings)


def named_files(sheet: SampleSheet, settings: StudySettings) -> list[Path]:
    """Every file that a sheet and settings name, each once."""
    table = sheet.table
    named = [p for c in PATH_COLUMNS if c in table for p in table[c] if p and Path(p).is_file()]
    given = [str(p) for p in settings.named_paths.values()]
    return [Path(p) for p in dict.fromkeys([*given, *named])]


def chrom_lengths(study: Study) -> dict[str, int]:
    """Length of every chromosome of the assembly, else of the tracks, bp."""
    if study.reference.genome is not None:
        return dict(study.reference.genome.lengths)
    return chromosome_ends(f for found in study.sources.values() for f in found.files.values())


def counting_pass(
    study: Study,
    progress: Callable[[str], None] | None = None,
    *,
    parts: Parts | None = None,
) -> Pass:
    """How this study's files are counted."""
    return Pass(study.exclude, study.reference.genome, study.settings.jobs, parts, progress)
