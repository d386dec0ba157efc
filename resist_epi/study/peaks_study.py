"""A study of peaks and nothing else: what a run of it reads, and what it cannot do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.genes.builtin import GO, load_sets
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.consensus_rule import RULE
from resist_epi.genome.naming import Naming
from resist_epi.genome.reference import Reference, load_reference
from resist_epi.io.digest import step_key
from resist_epi.samples.peaks import sheet_peaks
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.compared import compared_groups
from resist_epi.study.occupancy import AskedOccupancy, check_peaks_named
from resist_epi.study.settings import StudySettings

logger = logging.getLogger(__name__)

# Settings that mean something where there are peaks alone; all others need tracks or reads.
USED = frozenset(
    {"sheet", "genome", "genes", "exclude", "gene_sets", "contrast", "min_overlap", "chain", "jobs"}
)


@dataclass(frozen=True)
class PeaksStudy:
    """What all marks of a run of peaks alone share.

    Attributes
    ----------
    peaks
        SampleID -> its peaks, by the assembly's names.
    not_done
        What was asked for and cannot be done without tracks, in words; empty where nothing was.
    """

    settings: StudySettings
    sheet: SampleSheet
    reference: Reference
    naming: Naming
    peaks: Mapping[str, pd.DataFrame]
    gene_sets: Mapping[str, GeneSet]
    not_done: str = ""

    @property
    def asked(self) -> AskedOccupancy:
        """How peaks are brought together and compared."""
        contrast = self.settings.contrast
        return AskedOccupancy(
            min_overlap=self.settings.min_overlap,
            contrast=contrast if isinstance(contrast, str) else None,
            exclude=self.settings.exclude,
        )


def of_peaks_alone(sheet: SampleSheet) -> bool:
    """Whether a sheet names peaks, and neither tracks nor reads in any row."""
    table = sheet.table

    def named(column: str) -> bool:
        return column in table and bool((table[column] != "").any())

    return named("Peaks") and not named("Coverage") and not named("bamReads")


def check_peaks_study(settings: StudySettings, sheet: SampleSheet) -> None:
    """Refuse what a run of peaks alone cannot be asked, before anything is read.

    Raises
    ------
    DesignError
        If several contrasts or a coefficient are asked for, or the contrast names no two levels.
    SampleSheetError
        If a row names no peaks.
    """
    check_peaks_named(sheet)
    if len(settings.contrasts) > 1 or settings.coefficient is not None:
        raise DesignError(
            "peaks alone are compared between two groups at a time: give one --contrast and no"
            " --coefficient, and run again into another folder for the next"
        )
    compared_groups(sheet, settings.contrasts[0] if settings.contrasts else None)


def not_done_words(settings: StudySettings) -> str:
    """What was asked for and has no meaning for peaks alone."""
    default = StudySettings(sheet=settings.sheet)
    names = [
        name
        for name in StudySettings.model_fields
        if name not in USED and getattr(settings, name) != getattr(default, name)
    ]
    if not names:
        return ""
    return f"asked for, and not done, since it needs tracks or reads: {', '.join(names)}"


def load_peaks_study(settings: StudySettings, sheet: SampleSheet) -> PeaksStudy:
    """Read everything that the settings and the sheet name.

    Raises
    ------
    GenomeMismatchError
        If no genes can be had, or peaks share no chromosome with the assembly.
    InputFormatError
        If a file cannot be read.
    """
    not_done = not_done_words(settings)
    if not_done:
        logger.warning("%s", not_done)
    name = settings.genome if settings.genome is not None else sheet.assembly
    reference = load_reference(name, settings.genes)
    naming = Naming(None if name is None else load_genome(name), source=name or "the genes")
    return PeaksStudy(
        settings=settings,
        sheet=sheet,
        reference=reference,
        naming=naming,
        peaks=sheet_peaks(sheet, naming),
        gene_sets=load_sets(settings.gene_sets),
        not_done=not_done,
    )


def occupancy_keys(study: PeaksStudy, inputs: Mapping[str, str]) -> dict[str, str]:
    """Step -> digest of what it depends on, a step a mark.

    Parameters
    ----------
    inputs
        Path -> checksum of every input file.
    """
    settings = study.settings

    def sums(*paths: Path | str | None) -> list[str | None]:
        return [inputs.get(str(path)) for path in paths]

    keys = {}
    for mark in study.sheet.marks:
        rows = study.sheet.for_mark(mark).table
        keys[f"occupancy {mark}"] = step_key(
            peaks=sums(*rows["Peaks"]),
            rows={str(c): list(map(str, rows[c])) for c in rows if c != "Peaks"},
            genome=study.reference.name if settings.genes is None else settings.genome,
            files=sums(settings.genes, settings.exclude),
            gene_sets=settings.gene_sets if settings.gene_sets == GO else sums(settings.gene_sets),
            asked=[settings.min_overlap, RULE, settings.contrast, study.not_done],
            preset=asdict(preset(mark)),
        )
    return keys
