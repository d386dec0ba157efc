"""The stage `count`: regions, shares and bins of a shard's files and controls, a part a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

from resist_epi.counting.files import tally_files
from resist_epi.counting.passes import Pass
from resist_epi.counting.tally import Tally
from resist_epi.io.parts import Parts
from resist_epi.io.run_folder import run_path, stage_path
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.ledger import finished_outputs
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.looks import know_looks
from resist_epi.study.stages.plan_file import Plan, read_plan
from resist_epi.study.stages.shard import Shard
from resist_epi.tracks.looks import LookCache

logger = logging.getLogger(__name__)

_OF_FILES = ("counts ", "shares ", "windows ")  # steps that are made of what files give


def count_files(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    shard: Shard,
    progress: Callable[[str], None] | None = None,
) -> list[str]:
    """Count a shard's files by the plan, each once, as far as no job has done so before.

    Returns
    -------
    list of str
        The samples of the shard.

    Raises
    ------
    ResistEpiError
        If there is no plan of this study, or a file is damaged or is another one than planned.
    """
    know_looks(out, LookCache())
    plan = read_plan(settings, sheet, out)
    mine, controls = shard.mine(plan.tasks()), shard.mine(plan.control_tasks())
    parts = Parts(run_path(out, "parts"))
    how = Pass(plan.exclude, None, settings.jobs, parts, progress)

    def kept(name: str, tally: Tally) -> None:
        """Its part holds all of it."""

    for mark in plan.marks:
        samples = [sample for of, sample in mine if of == mark]
        with_controls = [sample for of, sample in controls if of == mark]
        if not samples and not with_controls:
            continue
        files, inputs = plan.files(mark, samples), plan.controls(mark, with_controls)
        if are_counted(plan, mark, out):
            logger.info("%s: all counts are there", mark)
            continue
        if files:
            tally_files(files, plan.regions(mark), how, kept)
        if inputs:
            tally_files(inputs, plan.control_regions(mark), how, kept)
    return [sample for _, sample in mine]


def are_counted(plan: Plan, mark: str, out: Path) -> bool:
    """Whether all counts of a mark are joined already, by its test or by a run."""
    steps = {n: k for n, k in plan.steps(mark).items() if n.startswith(_OF_FILES)}
    return any(
        all(finished_outputs(place, name, key) is not None for name, key in steps.items())
        for place in (out, stage_path(out, "tested", mark))
    )


def missing_counts(plan: Plan, mark: str, out: Path) -> list[str]:
    """The libraries of a mark whose counts are not there yet, each with its shard where known."""
    if are_counted(plan, mark, out):
        return []
    parts = Parts(run_path(out, "parts"))
    absent = [sample for sample, key in plan.keys(mark).items() if not parts.has(key)]
    of = _shards(out)
    at = {task: i % of + 1 for i, task in enumerate(plan.tasks())} if of else {}
    return [f"{s} (shard {at[mark, s]}/{of})" if at else s for s in absent]


def _shards(out: Path) -> int:
    """Into how many shards the counting was parted last; 0 where none is done."""
    done = stage_path(out, "done", "count").parent.glob("count.*-of-*.json")
    newest = max(done, key=lambda path: path.stat().st_mtime_ns, default=None)
    found = None if newest is None else re.search(r"-of-([0-9]+)\.json$", newest.name)
    return int(found[1]) if found else 0
