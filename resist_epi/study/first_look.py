"""The first look at a study: its sheet, and the files that must stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.run_folder import run_path
from resist_epi.io.store import partial_name, refuse_linked_folders, unwritable
from resist_epi.io.tables import write_table
from resist_epi.model.question_check import check_joint
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.schema import CHECK, names
from resist_epi.study.check import missing_files
from resist_epi.study.check_question import check_asked
from resist_epi.study.given_files import GivenFiles, StudyContext, check_given_files
from resist_epi.study.ledger import Inputs
from resist_epi.study.peaks_study import check_peaks_study, of_peaks_alone
from resist_epi.study.settings import StudySettings
from resist_epi.study.study import named_files, stop_on_errors


@dataclass(frozen=True)
class FirstLook:
    """A study's sheet as it was read, once, and the files that must stay as they were since."""

    sheet: SampleSheet
    inputs: Inputs


def look_at_sheet(settings: StudySettings) -> FirstLook:
    """Read the sheet, and note what it and every file named looked like before.

    Raises
    ------
    ResistEpiError
        If the sheet cannot be read.
    """
    inputs = Inputs([settings.sheet])  # before it is read: what is read is never older
    sheet = read_sheet(settings.sheet)
    inputs.add(named_files(sheet, settings))
    return FirstLook(sheet, inputs)


def check_first(settings: StudySettings, sheet: SampleSheet) -> None:
    """Refuse what cannot be asked, before anything is read or an earlier run is touched.

    Raises
    ------
    ResistEpiError
        If a setting, a question or a file that is named is wrong.
    """
    alone = of_peaks_alone(sheet)
    if alone:
        check_peaks_study(settings, sheet)
    else:
        for question in settings.questions:
            check_asked(sheet, question)
        if settings.joint:
            check_joint(settings.question)
    settings.check_files()
    if not alone:
        given = GivenFiles.of_settings(settings)
        check_given_files(given, StudyContext(sheet, settings.questions))


def check_files_are_there(
    settings: StudySettings, sheet: SampleSheet, out: Path | None = None
) -> None:
    """Refuse a sheet that names files which are not there, before any is read.

    Parameters
    ----------
    out
        Folder of a run, where `check.tsv` then says it, too.

    Raises
    ------
    SampleSheetError
        With all of them that a run of these settings would read.
    """
    missing = pd.DataFrame(missing_files(sheet), columns=names(CHECK))
    if out is not None and len(missing):
        write_table(run_path(out, "check"), missing)
    stop_on_errors(missing, sheet, quantity=settings.quantity)


def check_has_stages(settings: StudySettings, sheet: SampleSheet) -> None:
    """Refuse a study that cannot be parted into jobs.

    Raises
    ------
    InputFormatError
        If its sheet names peaks alone, or its files are lifted first.
    """
    if of_peaks_alone(sheet):
        raise InputFormatError(
            "a sheet of peaks alone has no tracks, and so no stages",
            path=settings.sheet,
            remedy="run it whole: `resist-epi run` without --stage",
        )
    if settings.chain is not None:
        raise InputFormatError(
            "files that are lifted first cannot be counted in stages",
            path=settings.chain,
            remedy="run it whole: `resist-epi run` without --stage; or lift the files before",
        )


def make_folder(out: Path) -> None:
    """Make the folder, and find out before hours of work whether it can be written.

    Raises
    ------
    InputFormatError
        If it cannot, or links to other folders stand in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / partial_name("probe")
        try:
            probe.write_text("probe")
        finally:
            probe.unlink(missing_ok=True)  # of a full disk the name is there all the same
    except OSError as error:
        raise unwritable(out, error) from error
    refuse_linked_folders(out)
