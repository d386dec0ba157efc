"""The stage `plan`: the study is read and checked once, and what counting needs is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.arrays import IntArray
from resist_epi.counting.files import plan_tables
from resist_epi.counting.plan import Adjacent, bins_alone
from resist_epi.domains.of_sheet import window_controls
from resist_epi.io.run_folder import run_path
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.loaded import LoadedStudy, check_files, load_steps
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.looks import know_looks, look_at_files
from resist_epi.study.stages.plan_file import stored_file, write_plan
from resist_epi.study.steps.count_mark import asked_of_mark, controls_counted
from resist_epi.study.study import Study, counting_pass, mark_kinds, stop_on_errors
from resist_epi.tracks.looks import LookCache


def make_plan(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Check a study and write its plan; what is not looked at yet is looked at first.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ResistEpiError
        As a run does where an input is wrong.
    """
    look_at_files(settings, sheet, out, progress=progress)
    looks = LookCache(run_path(out, "looks"))
    know_looks(out, looks)
    findings = check_files(settings, sheet, looks, progress)
    stop_on_errors(findings, sheet, quantity=settings.quantity)
    loaded = load_steps(settings, sheet, looks)
    return write_plan(settings, out, *_of_study(loaded))


def _of_study(loaded: LoadedStudy) -> tuple[dict[str, Any], dict[str, IntArray]]:
    """The plan of a study that was read: plain values and arrays."""
    study = loaded.study
    codes: dict[str, int] = {}
    arrays: dict[str, IntArray] = {}
    marks: dict[str, Any] = {}

    def keep(name: str, chroms: Sequence[str], starts: Any, ends: Any) -> None:
        coded = [codes.setdefault(str(c), len(codes)) for c in chroms]
        columns = [np.asarray(c, dtype=np.int64) for c in (coded, starts, ends)]
        arrays[name] = np.stack(columns, axis=1)

    for i, mark in enumerate(study.sheet.marks):
        asked = asked_of_mark(study, mark, mark_kinds(study, mark), study.consensus[mark])
        sources = study.sources[mark]
        _, plan = plan_tables(
            sources.files,
            asked.tables,
            within=asked.within,
            adjacent=asked.adjacent,
            library_sizes=asked.library_sizes,
            how=counting_pass(study),
        )
        for what, tables in (("tables", plan.tables), ("within", plan.within)):
            for name, table in tables.items():
                keep(f"{what} {i} {name}", list(table["chrom"]), table["start"], table["end"])
        digest = plan.digest()
        marks[mark] = {
            "quantity": sources.quantity,
            "reason": sources.reason,
            "column": "bamReads" if sources.quantity == "reads" else "Coverage",
            "tables": list(plan.tables),
            "within": list(plan.within),
            "adjacent": None if plan.adjacent is None else asdict(plan.adjacent),
            "digest": digest,
            "files": {s: stored_file(file, digest) for s, file in sources.files.items()},
            "controls": _controls(study, mark, plan.adjacent),
            "steps": {**loaded.dna, **loaded.marks[mark]},
        }
    out = [(c, s, e) for c, (s, e) in study.exclude.items()]
    keep(
        "exclude",
        [c for c, starts, _ in out for _ in starts],
        np.concatenate([s for _, s, _ in out]) if out else [],
        np.concatenate([e for *_, e in out]) if out else [],
    )
    return {"marks": marks, "chroms": list(codes), "excluded": list(study.exclude)}, arrays


def _controls(study: Study, mark: str, adjacent: Adjacent | None) -> dict[str, Any]:
    """The controls as a plan holds them: by the first library that each belongs to."""
    files = controls_counted(study, mark, adjacent)
    if adjacent is None or not files:
        return {}
    digest = bins_alone(adjacent, study.exclude).digest()
    first: dict[str, str] = {}
    for sample, path in window_controls(study.sheet.for_mark(mark)).items():
        first.setdefault(path, sample)
    return {first[file.path]: stored_file(file, digest) for file in files.values()}
