"""Stages and shards, in any number and order, leave what a plain run leaves, to the byte."""

from __future__ import annotations

import logging
import random
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.counting import files
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.tally import Tally
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.io.clock import VARIABLE
from resist_epi.io.digest import checksum
from resist_epi.io.lock import folder_lock
from resist_epi.io.parts import read_arrays
from resist_epi.io.run_folder import (
    LOGS,
    STAGES,
    foreign_entries,
    run_file,
    run_path,
    stage_path,
)
from resist_epi.pipeline import run_study
from resist_epi.report import figures
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.plan_file import read_plan
from resist_epi.study.stages.run_stage import Job, run_stage
from resist_epi.study.stages.shard import Shard
from resist_epi.tracks.opened import OpenedFile
from tests.support.cohort import SmallCohort, make_cohort

MARKS = ("H3K27me3", "H3K36me3")
TRACKS = 8

OF_REPORT = {run_file("ledger"), run_file("crate")}  # they name the page and figures, if any


@dataclass(frozen=True)
class Made:
    """A cohort, what is asked of it, and the folder of a plain run."""

    cohort: SmallCohort
    settings: StudySettings
    plain: Path

    def asked(self, **more: object) -> StudySettings:
        return self.settings.model_copy(update=more)


@dataclass
class Said:
    """What a job reports, and how often."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str, /) -> None:
        self.lines.append(line)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """One plain run for all tests here, with two figures a mark, and all of them at one time."""
    place = tmp_path_factory.mktemp("stages")
    (place / "cohort").mkdir()
    cohort = make_cohort(place / "cohort", per_group=2)
    (place / "cohort" / "gaps.bed").write_text("chr2\t120000\t121000\nchr1\t0\t900\n")
    asked = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    settings = StudySettings.model_validate({**asked, "exclude": place / "cohort" / "gaps.bed"})
    draw = figures._figures
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "_figures", lambda *mark: islice(draw(*mark), 2))
        patch.setattr(figures, "DPI", 72)
        patch.setenv(VARIABLE, "1700000000")
        yield Made(cohort, settings, run_study(settings, place / "plain"))


@pytest.fixture(scope="module")
def counted_once(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that was looked at, planned and counted in three shards."""
    out = tmp_path_factory.mktemp("counted") / "out"
    run_stage(made.settings, out, Job("look"))
    run_stage(made.settings, out, Job("plan"))
    for i in (2, 3, 1):
        run_stage(made.settings, out, Job("count", Shard(i, 3)))
    return out


@pytest.fixture
def out(made: Made, tmp_path: Path) -> Path:
    """A folder beside the plain run's: paths of inputs are the same from there."""
    return made.plain.with_name(tmp_path.name)


@pytest.fixture
def counted(counted_once: Path, out: Path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(counted_once, out)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a finished run but the logs and what its stages leave."""
    files = {p.relative_to(folder): p for p in folder.rglob("*") if p.is_file()}
    log = run_path(folder, "log").relative_to(folder)
    own = {n: p for n, p in files.items() if n.parts[0] not in (STAGES, LOGS) and n != log}
    return {name.as_posix(): path.read_bytes() for name, path in own.items()}


def differing(one: Path, other: Path) -> set[str]:
    mine, theirs = contents(one), contents(other)
    return {name for name in mine | theirs if mine.get(name) != theirs.get(name)}


def of_report(folder: Path) -> set[str]:
    """The page and its figures."""
    page = run_path(folder, "report").relative_to(folder).as_posix()
    return {name for name in contents(folder) if name == page or name.startswith("figures/")}


def parts(out: Path) -> dict[str, int]:
    """When each part was written."""
    return {p.name: p.stat().st_mtime_ns for p in run_path(out, "parts").iterdir()}


@pytest.mark.parametrize(
    ("n", "tested", "report"),
    [(1, MARKS[1:], False), (3, MARKS, True), (24, (), False)],
    ids=["1", "3", "24"],
)
def test_any_number_of_shards_in_any_order_is_one_plain_run(
    made: Made, out: Path, n: int, tested: tuple[str, ...], report: bool
) -> None:
    order = random.Random(n)
    looks = [Job("look", Shard(i, 5)) for i in range(1, 6)]
    counts = [Job("count", Shard(i, n)) for i in range(1, n + 1)]
    tests = [Job("test", mark=mark) for mark in tested]
    for jobs in (looks, [Job("plan")], counts, tests):
        for job in order.sample(jobs, len(jobs)):
            run_stage(made.asked(jobs=2 if job.shard.number == 2 else 1), out, job)
            assert stage_path(out, "done", job.name).is_file()
            assert stage_path(out, "log", job.name).is_file()
    assert not run_path(out, "ledger").exists()
    assert foreign_entries(out) == []
    assert run_study(made.settings, out, report=report) == out
    drawn = of_report(made.plain)
    assert len(drawn) > 8
    expected = set() if report else drawn | OF_REPORT
    assert differing(out, made.plain) == expected
    assert not run_path(out, "parts").exists()
    assert not stage_path(out, "tested", MARKS[1]).exists()
    run_stage(made.settings, out, counts[0])  # its parts are joined by now
    run_stage(made.settings, out, Job("test"))
    assert not run_path(out, "parts").exists()
    assert differing(out, made.plain) == expected


def test_a_shard_is_done_once(made: Made, counted: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = parts(counted)
    assert len(before) == TRACKS
    for job in (Job("look", Shard(2, 3)), Job("count", Shard(1, 3)), Job("count", Shard(2, 2))):
        said = Said()
        marker = stage_path(counted, "done", job.name)
        marker.unlink(missing_ok=True)
        run_stage(made.settings, counted, job, progress=said)
        assert said.lines == []
        assert marker.is_file()
    assert parts(counted) == before
    run_stage(made.settings, counted, Job("test", mark=MARKS[1]))
    caplog.set_level(logging.INFO, logger="resist_epi")
    run_stage(made.settings, counted, Job("test", mark=MARKS[1].lower()))
    assert "H3K36me3: tested before" in caplog.text


def test_damage_is_noticed_said_and_mended(
    made: Made, counted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_stage(made.settings, counted, Job("test", mark=MARKS[0]))
    # Of the other mark: those of this one are joined already.
    sheet = read_sheet(made.cohort.sheet)
    keys = read_plan(made.settings, sheet, counted).keys(MARKS[1])
    flipped = run_path(counted, "parts") / f"{min(keys.values())}.npz"
    flip(flipped)
    # Of this mark: a track that is looked at again is counted again, whatever became of its part.
    seen = checksum(sheet.for_mark(MARKS[0]).table["Coverage"].iloc[0])
    look = next(p for p in stage_path(counted, "looks").iterdir() if seen in p.read_text())
    look.write_text(look.read_text().replace("1", "2"))
    table = next(stage_path(counted, "tested", MARKS[0]).glob("differential/*.promoters.tsv.gz"))
    flip(table)
    said = Said()
    run_study(made.settings, counted, report=False, progress=said)
    for path in (flipped, look):
        assert f"{path} is damaged: made anew" in caplog.messages
    assert f"differential/{table.name} is missing or was changed: made anew" in caplog.messages
    assert len([line for line in said.lines if line.endswith(": counted")]) == 1
    assert differing(counted, made.plain) & {*contents(counted)} == OF_REPORT


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_job_counts_a_damaged_part_again(
    made: Made, counted: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    victim = sorted(run_path(counted, "parts").iterdir())[-1]
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-30])
    said = Said()
    run_stage(made.settings, counted, Job("count"), progress=said)
    assert f"{victim} is damaged: made anew" in caplog.messages
    assert len(said.lines) == 1
    kept = tmp_path / "whole.npz"
    kept.write_bytes(whole)
    assert values(victim) == values(kept)


def values(path: Path) -> dict[str, bytes]:
    found = read_arrays(path)
    assert found is not None
    return {name: array.tobytes() for name, array in found.arrays.items()}


def test_parts_of_a_former_study_are_not_taken(
    made: Made, counted_once: Path, tmp_path: Path
) -> None:
    """Two tracks are exchanged after they were counted, and a mark was tested."""
    cohort = shutil.copytree(made.cohort.sheet.parent, tmp_path / "cohort")
    paths = {n: cohort / p.name for n, p in made.settings.named_paths.items()}
    settings = made.asked(**paths)
    out = shutil.copytree(counted_once, tmp_path / "out")
    run_stage(settings, out, Job("count"))  # the same study, seen from elsewhere
    run_stage(settings, out, Job("test", mark=MARKS[1]))
    one, other = (cohort / f"T{i}_H3K36me3.bw" for i in (0, 3))
    before = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(before)
    with pytest.raises(InputFormatError, match=r"of T0_H3K36me3 is not the one any more.*--stage"):
        run_stage(settings, out, Job("count"))
    with pytest.raises(InputFormatError, match=r"of T0_H3K36me3 is not the one any more.*--stage"):
        run_stage(settings, out, Job("test", mark=MARKS[1]))  # nor is what was tested before
    run_study(settings, out, report=False)
    fresh = run_study(settings, tmp_path / "fresh", report=False)
    assert differing(out, fresh) == set()


def test_counting_needs_a_plan_of_this_study(made: Made, counted: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    for job in (Job("count"), Job("test", mark=MARKS[0])):
        with pytest.raises(InputFormatError, match=r"has no plan yet.*--stage plan"):
            run_stage(made.settings, empty, job)
    with pytest.raises(InputFormatError, match=r"another study: fdr is another.*--stage plan"):
        run_stage(made.asked(fdr=0.2), counted, Job("count"))
    sheet = pd.read_csv(made.cohort.sheet)
    shorter = made.cohort.sheet.with_name("shorter.csv")
    sheet.iloc[:-1].to_csv(shorter, index=False)
    with pytest.raises(InputFormatError, match="another study: the file of sheet is another"):
        run_stage(made.asked(sheet=shorter), counted, Job("test", mark=MARKS[0]))
    flip(stage_path(counted, "plan"))
    with pytest.raises(InputFormatError, match="the plan is damaged"):
        run_stage(made.settings, counted, Job("count"))


def test_commands_of_messages_can_be_typed_as_they_stand(made: Made, tmp_path: Path) -> None:
    sheet = shutil.copy(made.cohort.sheet, made.cohort.sheet.with_name("the sheet (1).csv"))
    out = tmp_path / "my study"
    with pytest.raises(InputFormatError) as error:
        run_stage(made.asked(sheet=Path(sheet)), out, Job("count"))
    (command,) = re.findall("`(.+)`", str(error.value))
    typed = ["resist-epi", "run", str(sheet), "-o", str(out), "--stage", "plan"]
    assert shlex.split(command) == typed


def test_testing_needs_all_counts_of_its_mark(made: Made, counted: Path) -> None:
    done = stage_path(counted, "done", "count.2-of-3")
    assert done.is_file()
    run_path(counted, "parts").rename(counted / STAGES / "away")
    with pytest.raises(InputFormatError) as error:
        run_stage(made.settings, counted, Job("test", mark=MARKS[1]))
    for words in ("H3K36me3: counts of 4 of 4", "T1_H3K36me3 (shard 3/3)", "--stage count --shard"):
        assert words in str(error.value)
    done.unlink()
    run_stage(made.settings, counted, Job("count", Shard(2, 3)))
    with pytest.raises(InputFormatError, match=r"of 2 of 4 libraries.*: T1_H3K36me3 \(shard 3/3\)"):
        run_stage(made.settings, counted, Job("test", mark=MARKS[1]))
    assert not stage_path(counted, "done", f"test.{MARKS[1]}").exists()


def test_marks_and_sheets_that_have_no_stages(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="no mark 'H3K4me3'; it has H3K27me3, H3K36me3"):
        run_stage(made.settings, tmp_path / "out", Job("test", mark="H3K4me3"))
    alone = made.cohort.sheet.with_name("peaks.csv")
    pd.read_csv(made.cohort.sheet).drop(columns="Coverage").to_csv(alone, index=False)
    with pytest.raises(InputFormatError, match="a sheet of peaks alone has no tracks"):
        run_stage(StudySettings(sheet=alone), tmp_path / "out", Job("look"))
    with pytest.raises(InputFormatError, match="lifted first"):
        run_stage(made.asked(chain=alone), tmp_path / "out", Job("look"))


def test_a_damaged_track_is_named_and_the_others_are_looked_at(made: Made, tmp_path: Path) -> None:
    cohort = shutil.copytree(made.cohort.sheet.parent, tmp_path / "cohort")
    victim = cohort / "T1_H3K27me3.bw"
    victim.write_bytes(victim.read_bytes()[:2000])
    settings = made.asked(**{n: cohort / p.name for n, p in made.settings.named_paths.items()})
    with pytest.raises(InputFormatError, match=r"T1_H3K27me3\.bw"):
        run_stage(settings, tmp_path / "out", Job("look"))
    assert not stage_path(tmp_path / "out", "done", "look.1-of-1").exists()
    assert len(list(stage_path(tmp_path / "out", "looks").iterdir())) == 2 * TRACKS - 1 + 4


def test_each_job_has_a_lock_of_its_own(made: Made, counted: Path) -> None:
    lock = stage_path(counted, "lock", "count.1-of-3")
    with folder_lock(counted), folder_lock(lock.parent, name=lock.name):
        with pytest.raises(InputFormatError, match="another process does this already: process"):
            run_stage(made.settings, counted, Job("count", Shard(1, 3)))
        run_stage(made.settings, counted, Job("count", Shard(2, 3)))
    run_stage(made.settings, counted, Job("count", Shard(1, 3)))
    assert not lock.exists()


def test_inputs_that_marks_share_are_counted_once_by_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cohort").mkdir()
    cohort = make_cohort(tmp_path / "cohort", per_group=2)
    sheet = pd.read_csv(cohort.sheet)
    tumours = sorted(set(sheet["Patient"]))
    for i in range(2):  # one input of two tumours each
        shutil.copy(cohort.sheet.parent / sheet["Coverage"][i], tmp_path / "cohort" / f"in{i}.bw")
    sheet["ControlCoverage"] = [f"in{tumours.index(p) % 2}.bw" for p in sheet["Patient"]]
    sheet.to_csv(cohort.sheet, index=False)
    asked = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    settings = StudySettings.model_validate(asked)
    monkeypatch.setenv(VARIABLE, "1700000000")
    with caplog.at_level("INFO", logger="resist_epi"):
        plain = run_study(settings, tmp_path / "plain", report=False)
    assert not run_path(plain, "parts").exists()
    assert caplog.text.count("domains must stand out against 2 inputs") == len(MARKS), "once a mark"
    read: list[str] = []
    tally = files.tally_file

    def noted(file: OpenedFile, plan: RegionPlan) -> Tally:
        read.append(Path(file.path).name)
        return tally(file, plan)

    monkeypatch.setattr(files, "tally_file", noted)
    out = tmp_path / "out"
    run_stage(settings, out, Job("plan"))
    for i in (3, 1, 2):
        run_stage(settings, out, Job("count", Shard(i, 3)))
    assert sorted(name for name in read if name.startswith("in")) == ["in0.bw", "in1.bw"]
    assert len(read) == len(sheet) + 2
    for mark in MARKS:
        run_stage(settings, out, Job("test", mark=mark))
    run_study(settings, out, report=False)
    assert len(read) == len(sheet) + 2, "whoever joins counts reads nothing"
    assert not run_path(out, "parts").exists()
    assert differing(plain, out) == set()
