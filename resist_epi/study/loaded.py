"""A study read and checked, with the key of every step that its marks need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.genome.peaks import forget_peaks
from resist_epi.io.run_folder import contrast_folder
from resist_epi.model.differential import require_quantity
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.check import check_study
from resist_epi.study.check_chromosomes import Beside
from resist_epi.study.check_question import contrast_labels
from resist_epi.study.given_files import GivenFiles, StudyContext, check_given_files
from resist_epi.study.ledger import file_checksums
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.dna import copy_number_key
from resist_epi.study.steps.keys import mark_keys
from resist_epi.study.study import Study, input_files, load_study, named_files
from resist_epi.tracks.looks import LookCache


@dataclass(frozen=True)
class LoadedStudy:
    """A study, and what each of its steps is made from.

    Attributes
    ----------
    inputs
        SHA-256 of every file that it names, by its path.
    dna
        Step -> digest, of its copy number; empty where that is not asked for.
    marks
        Mark -> step -> digest.
    """

    study: Study
    inputs: Mapping[str, str]
    dna: Mapping[str, str]
    marks: Mapping[str, Mapping[str, str]]


def check_files(
    settings: StudySettings,
    sheet: SampleSheet,
    looks: LookCache,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Look at every file of a study, as far as that was not done before; what `check` finds."""
    return check_study(
        settings.sheet,
        sheet=sheet,
        beside=Beside(settings.genome, settings.genes, settings.exclude, settings.segments),
        jobs=settings.jobs,
        looks=looks,
        progress=progress,
    )


def contrast_folders_of(
    settings: StudySettings, sheet: SampleSheet, folder: Path
) -> tuple[Path, ...]:
    """The folder of each of several contrasts; none where there is one, which stands in the run's.

    Raises
    ------
    DesignError
        If two contrasts would have one folder.
    """
    if len(settings.contrasts) < 2:
        return ()
    names = contrast_labels(sheet, settings.questions)
    return tuple(contrast_folder(folder, name) for name in names)


def load_steps(
    settings: StudySettings,
    sheet: SampleSheet,
    looks: LookCache,
    *,
    given: SampleSheet | None = None,
    before: Study | None = None,
) -> LoadedStudy:
    """Read a study whose files were checked, and find what each step of its marks depends on.

    Parameters
    ----------
    looks
        What its tracks are.
    given
        The sheet before its files were lifted, where they were.
    before
        As of `load_study`.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    study = load_study(settings, sheet=sheet, looks=looks, before=before)
    for mark, sources in study.sources.items():  # before hours of counting, not after
        for question in settings.questions:
            require_quantity(question.method, sources.quantity, f"the study of {mark}")
    told = StudyContext(sheet, settings.questions, study.naming, study.reference.annotation.genes)
    check_given_files(GivenFiles.of_settings(settings), told)
    forget_peaks()  # checked and read: processes that are forked from here on need not hold them
    named = named_files(sheet if given is None else given, settings)
    inputs = file_checksums(list(dict.fromkeys([*input_files(study), *named])))
    dna = copy_number_key(study, inputs)
    marks = {mark: mark_keys(study, mark, inputs, dna=dna) for mark in sheet.marks}
    return LoadedStudy(study, inputs, dna, marks)
