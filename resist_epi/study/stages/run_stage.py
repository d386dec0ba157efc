"""One job of a run: a stage, and which part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from resist_epi.io.lock import folder_lock
from resist_epi.io.run_folder import stage_path
from resist_epi.io.run_log import run_log
from resist_epi.io.sealed import write_sealed
from resist_epi.study.first_look import (
    FirstLook,
    check_first,
    check_has_stages,
    look_at_sheet,
    make_folder,
)
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.count import count_files
from resist_epi.study.stages.looks import fetch_files, look_at_files
from resist_epi.study.stages.shard import Shard
from resist_epi.version import VERSION

STAGES = ("look", "plan", "count", "test")

SHARDED = ("look", "count")  # what is done file by file


@dataclass(frozen=True)
class Job:
    """A stage, and which part of it.

    Attributes
    ----------
    stage
        One of `STAGES`.
    shard
        Of `look` and `count`.
    mark
        Of `test`; empty for every mark in turn.
    """

    stage: str
    shard: Shard = field(default_factory=Shard)
    mark: str = ""

    @property
    def name(self) -> str:
        """As it stands in the names of files."""
        if self.stage in SHARDED:
            return f"{self.stage}.{self.shard.name}"
        return f"{self.stage}.{self.mark}" if self.mark else self.stage


def run_stage(
    settings: StudySettings,
    out: str | Path,
    job: Job,
    *,
    first: FirstLook | None = None,
    progress: Callable[[str], None] | None = None,
    unlock: bool = False,
    cache: Path | None = None,
) -> None:
    """Do one job of a study, whose results `run_study` takes over instead of making them.

    Jobs of one study may run at the same time, on any computers that share its folder.

    Parameters
    ----------
    settings
        Paths relative to the working directory.
    out
        The study's folder; made if missing.
    first
        The sheet, where it was read before.
    progress
        Called with a line whenever a file is done.
    unlock
        Do it although another process seems to be at it.
    cache
        As of `staged.stage_sheet`; one that all machines share.

    Raises
    ------
    ResistEpiError
        If an input is wrong, an earlier stage is missing, or another process is at this job.
    """
    out = Path(out)
    first = look_at_sheet(settings) if first is None else first
    sheet = first.sheet
    check_has_stages(settings, sheet)
    if job.stage in ("look", "plan"):  # the others do what a plan says that was checked
        check_first(settings, sheet)
    todo = [job]
    if job.stage == "test":
        from resist_epi.study.stages.mark import mark_of_sheet

        marks = [mark_of_sheet(sheet, job.mark)] if job.mark else sheet.marks
        todo = [Job(job.stage, mark=mark) for mark in marks]
    for one in todo:
        _do(settings, first, out, one, progress, unlock=unlock, cache=cache)


def _do(
    settings: StudySettings,
    first: FirstLook,
    out: Path,
    job: Job,
    progress: Callable[[str], None] | None,
    *,
    unlock: bool,
    cache: Path | None,
) -> None:
    """Do a job that is ours, and note that it is done."""
    make_folder(out)
    lock = stage_path(out, "lock", job.name)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with (
        folder_lock(lock.parent, name=lock.name, unlock=unlock) as still_ours,
        run_log(out, stage_path(out, "log", job.name)),
    ):
        # Later jobs count and test what is counted by others: they find all copies there.
        share = job.shard if job.stage == "look" else None
        sheet = fetch_files(settings, first, out, cache, progress, share)
        checks = (first.inputs.check, still_ours)
        what: list[str] = []
        if job.stage == "look":
            what = look_at_files(settings, sheet, out, job.shard, progress)
        elif job.stage == "plan":
            from resist_epi.study.stages.plan import make_plan

            make_plan(settings, sheet, out, progress)
        elif job.stage == "count":
            what = count_files(settings, sheet, out, job.shard, progress)
        else:
            from resist_epi.study.stages.mark import run_mark_alone

            run_mark_alone(settings, sheet, out, job.mark, checks, progress)
        for check in checks:
            check()
        done = {"job": job.name, "of": what, "by": VERSION}
        write_sealed(stage_path(out, "done", job.name), done)
