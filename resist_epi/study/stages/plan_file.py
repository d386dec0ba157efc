"""The plan of a study: one small file that says what counting does, and is read instead of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyArray, ByChromosome
from resist_epi.counting.controls import named_controls
from resist_epi.counting.plan import Adjacent, RegionPlan, bins_alone
from resist_epi.errors import InputFormatError
from resist_epi.io.digest import checksum, step_key
from resist_epi.io.parts import read_arrays, write_arrays
from resist_epi.io.run_folder import stage_path
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.settings import PATHS, StudySettings
from resist_epi.tracks.opened import OpenedFile
from resist_epi.tracks.reads.reads import ReadRules
from resist_epi.tracks.recovery.recovery import Recovery
from resist_epi.version import VERSION


def stage_command(settings: StudySettings, out: Path, stage: str) -> str:
    """The command that does a stage of a study, for messages."""
    sheet, folder = (shlex.quote(str(path)) for path in (settings.sheet, out))
    return f"`resist-epi run {sheet} -o {folder} --stage {stage}`, with the study's other options"


class Plan:
    """A study's plan, read back; the regions of a mark are made ready when they are asked for.

    Parameters
    ----------
    sheet
        That of the plan, by which files are found from here.
    again
        What makes the plan anew, in words.
    """

    def __init__(
        self, about: dict[str, Any], arrays: Mapping[str, AnyArray], sheet: SampleSheet, again: str
    ) -> None:
        self._about, self._arrays, self._sheet, self._again = about, arrays, sheet, again
        self.marks: list[str] = list(about["marks"])

    def tasks(self) -> list[tuple[str, str]]:
        """Mark and sample of every file that is counted, in the order of the sheet."""
        return [(mark, s) for mark, one in self._about["marks"].items() for s in one["files"]]

    def control_tasks(self) -> list[tuple[str, str]]:
        """Mark and a library of every control that is counted, each control once."""
        first: dict[str, tuple[str, str]] = {}
        for mark, one in self._about["marks"].items():
            for sample, file in one["controls"].items():
                first.setdefault(str(file["key"]), (mark, sample))
        return list(first.values())

    def steps(self, mark: str) -> dict[str, str]:
        """Step of a mark -> digest of what it depends on."""
        return dict(self._about["marks"][mark]["steps"])

    def keys(self, mark: str) -> dict[str, str]:
        """SampleID -> key of its part."""
        return {s: str(file["key"]) for s, file in self._about["marks"][mark]["files"].items()}

    def control_keys(self, mark: str) -> dict[str, str]:
        """SampleID -> key of the part of its control, of one library a control."""
        own = self._about["marks"][mark]["controls"]
        return {s: str(file["key"]) for s, file in own.items()}

    def files(self, mark: str, samples: Sequence[str]) -> dict[str, OpenedFile]:
        """The files of some libraries of a mark.

        Raises
        ------
        InputFormatError
            If one is not what it was when the plan was made.
        """
        own = self._about["marks"][mark]
        return self._files(mark, own["files"], own["column"], samples, own["digest"])

    def controls(self, mark: str, samples: Sequence[str]) -> dict[str, OpenedFile]:
        """The controls of some libraries of a mark, under names for the log.

        Raises
        ------
        InputFormatError
            If one is not what it was when the plan was made.
        """
        own, digest = self._about["marks"][mark], self.control_regions(mark).digest()
        found = self._files(mark, own["controls"], "ControlCoverage", samples, digest)
        return named_controls(found.values())

    def check_files(self, mark: str) -> None:
        """Refuse a mark whose files or controls are not what they were when the plan was made.

        Raises
        ------
        InputFormatError
            With the first of them, and the command that makes the plan again.
        """
        self.files(mark, list(self.keys(mark)))
        self.controls(mark, list(self.control_keys(mark)))

    def _files(
        self, mark: str, stored: Mapping[str, Any], column: str, samples: Sequence[str], digest: str
    ) -> dict[str, OpenedFile]:
        if not samples:
            return {}
        rows = self._sheet.for_mark(mark)
        paths = dict(zip(rows.samples, rows.table[column], strict=True))
        found: dict[str, OpenedFile] = {}
        for sample in samples:
            file = _opened(stored[sample]["file"], str(paths[sample]))
            if file.key(digest) != stored[sample]["key"]:
                of = "file" if column != "ControlCoverage" else "control"
                raise InputFormatError(
                    f"the {of} of {sample} is not the one any more of which the plan was made",
                    path=file.path,
                    remedy=self._again,
                )
            found[sample] = file
        return found

    @cached_property
    def exclude(self) -> ByChromosome:
        """Chromosome -> excluded intervals."""
        names, rows = self._about["chroms"], self._arrays["exclude"]
        found = {}
        for chrom in self._about["excluded"]:
            here = rows[rows[:, 0] == names.index(chrom)] if chrom in names else rows[:0]
            found[chrom] = (here[:, 1].copy(), here[:, 2].copy())
        return found

    def regions(self, mark: str) -> RegionPlan:
        """What is asked of each file of a mark.

        Raises
        ------
        InputFormatError
            If the plan is damaged.
        """
        own = self._about["marks"][mark]
        tables, within = (
            {name: self._table(f"{what} {self.marks.index(mark)} {name}") for name in own[what]}
            for what in ("tables", "within")
        )
        plan = RegionPlan(tables, within, self.exclude, self._adjacent(mark))
        if plan.digest() != own["digest"]:
            raise InputFormatError("the plan is damaged", remedy=self._again)
        return plan

    def control_regions(self, mark: str) -> RegionPlan:
        """What is asked of each control of a mark: the bins of its windows."""
        return bins_alone(self._adjacent(mark), self.exclude)

    def _adjacent(self, mark: str) -> Adjacent | None:
        own = self._about["marks"][mark]["adjacent"]
        return None if own is None else Adjacent(**own)

    def _table(self, name: str) -> pd.DataFrame:
        rows = self._arrays[name]
        chroms = np.array(self._about["chroms"], dtype=object)[rows[:, 0]]
        return pd.DataFrame({"chrom": chroms, "start": rows[:, 1], "end": rows[:, 2]})


def write_plan(
    settings: StudySettings, out: Path, about: Mapping[str, Any], arrays: Mapping[str, AnyArray]
) -> Path:
    """Write a plan into a run's folder.

    Parameters
    ----------
    about, arrays
        As `plan.make_plan` makes them.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    asked, path = study_of_plan(settings), stage_path(out, "plan")
    write_arrays(path, step_key(**asked), arrays, {"study": asked, **about}, small=True)
    return path


def read_plan(settings: StudySettings, sheet: SampleSheet, out: Path) -> Plan:
    """The plan of a study.

    Raises
    ------
    InputFormatError
        If there is none, it is damaged, or was made of another sheet or by other settings.
    """
    path, command = stage_path(out, "plan"), stage_command(settings, out, "plan")
    found = read_arrays(path)
    if found is None:
        raise InputFormatError(
            "the plan is damaged" if path.exists() else "the study has no plan yet",
            path=path,
            remedy=f"make it by {command}",
        )
    asked = study_of_plan(settings)
    if found.key != step_key(**asked):
        raise InputFormatError(
            f"the plan was made for another study: {_difference(found.about['study'], asked)}",
            path=path,
            remedy=f"make it again by {command}",
        )
    return Plan(found.about, found.arrays, sheet, f"make the plan again by {command}")


def study_of_plan(settings: StudySettings) -> dict[str, Any]:
    """What a plan is made from, wherever it is seen from: settings, and checksums of files.

    Tracks have their own: each part is kept under the checksum of its track.
    """
    plain = settings.model_dump(mode="json", exclude={*PATHS, "sites", "jobs"})
    files = {name: checksum(path) for name, path in settings.named_paths.items()}
    gene_sets = settings.gene_sets if isinstance(settings.gene_sets, str) else None
    return {"settings": {**plain, "gene_sets": gene_sets}, "files": files, "by": VERSION}


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """In what two studies differ, in words."""
    if then.get("by") != now["by"]:
        return f"by version {then.get('by')}, and this is {now['by']}"
    for what, word in (("files", "the file of {} is another"), ("settings", "{} is another")):
        before, after = then.get(what, {}), now[what]
        different = [n for n in {**before, **after} if before.get(n) != after.get(n)]
        if different:
            return word.format(", ".join(different))
    return "it cannot be told in what"


def stored_file(file: OpenedFile, digest: str) -> dict[str, Any]:
    """A file as a plan holds it; the digest is that of the regions in which it is counted."""
    about = {name: value for name, value in asdict(file).items() if name != "path"}
    return {"file": about, "key": file.key(digest)}


def _opened(stored: Mapping[str, Any], path: str) -> OpenedFile:
    recovery, rules = stored["recovery"], stored["rules"]
    return OpenedFile(
        **{
            **stored,
            "path": path,
            "recovery": None if recovery is None else Recovery(**recovery),
            "rules": None if rules is None else ReadRules(**rules),
        }
    )
