"""The stage `test`: a mark from the counts of its files to its tables, in a folder of its own."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.io.lock import folder_lock
from resist_epi.io.parts import Parts
from resist_epi.io.run_folder import run_path, stage_path
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.ledger import Ledger, finished_outputs
from resist_epi.study.loaded import contrast_folders_of, load_steps
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.count import missing_counts
from resist_epi.study.stages.looks import know_looks
from resist_epi.study.stages.plan_file import read_plan, stage_command
from resist_epi.study.steps.dna import with_copy_number_of_study
from resist_epi.study.steps.run_marks import MarkSteps
from resist_epi.tracks.looks import LookCache

logger = logging.getLogger(__name__)

_NAMED = 12  # libraries that a message names


def mark_of_sheet(sheet: SampleSheet, mark: str) -> str:
    """The mark as the sheet writes it.

    Raises
    ------
    DesignError
        If it has none of this name.
    """
    for own in sheet.marks:
        if own.casefold() == mark.casefold():
            return own
    raise DesignError(f"the sheet has no mark {mark!r}; it has {', '.join(sheet.marks)}")


def run_mark_alone(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    mark: str,
    checks: Sequence[Callable[[], None]] = (),
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Join a mark's counts and test it, as a run does, in a folder from which a run takes it over.

    Parameters
    ----------
    checks
        As of `ledger.Ledger`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputFormatError
        If counts are missing, with the libraries and shards, or a file is not the one any more of
        which the plan was made.
    ResistEpiError
        As a run does.
    """
    place = stage_path(out, "tested", mark)
    looks = LookCache(run_path(out, "looks"))
    know_looks(out, looks)
    plan = read_plan(settings, sheet, out)
    plan.check_files(mark)
    for there in (out, place):
        if all(finished_outputs(there, n, key) is not None for n, key in plan.steps(mark).items()):
            logger.info("%s: tested before", mark)
            return place
    absent = missing_counts(plan, mark, out)
    if absent:
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        raise InputFormatError(
            f"{mark}: counts of {len(absent)} of {len(plan.keys(mark))} libraries are missing:"
            f" {', '.join(absent[:_NAMED])}{more}",
            path=run_path(out, "parts"),
            remedy=f"count them first by {stage_command(settings, out, 'count --shard i/N')}",
        )
    loaded = load_steps(settings, sheet, looks)
    study = replace(loaded.study, contrasts=contrast_folders_of(settings, sheet, place))
    place.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(place, checks=checks, beside=[out])
    ledger.open({**loaded.dna, **loaded.marks[mark]})
    study = with_copy_number_of_study(study, ledger, loaded.dna, progress)
    looks.path = run_path(place, "looks")
    looks.write()
    MarkSteps.find(study, mark, loaded.marks[mark], ledger).run(progress)
    return place


def tested_folders(out: Path, marks: Sequence[str]) -> list[Path]:
    """The folders in which marks of this sheet were tested alone."""
    places = [stage_path(out, "tested", mark) for mark in marks]
    return [place for place in places if run_path(place, "ledger").is_file()]


def remove_gathered(out: Path) -> None:
    """Remove what a finished run has taken over from its stages, but for what says they are done.

    What another job holds stays; links are not followed.
    """
    stages = stage_path(out, "plan").parent
    if stages.is_symlink() or not stages.is_dir():
        return
    Parts(run_path(out, "parts")).remove_all()
    tests = stage_path(out, "tested", "any").parent
    for place in sorted(tests.iterdir()) if tests.is_dir() and not tests.is_symlink() else ():
        if place.is_dir() and not place.is_symlink():
            # Held by a job that tests the mark again: that folder is its own.
            with suppress(InputFormatError), folder_lock(stages, name=f"test.{place.name}.lock"):
                shutil.rmtree(place, ignore_errors=True)
    for folder in (tests, stages):
        with suppress(OSError):
            folder.rmdir()
