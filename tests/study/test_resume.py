"""A run that stopped goes on; what changed is made anew; a killed run ends with the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.io.clock import VARIABLE
from resist_epi.io.lock import LOCK
from resist_epi.io.run_folder import run_file, run_path
from resist_epi.io.store import PARTIAL
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort
from tests.support.finished import FinishedRun

LEDGER = run_file("ledger")


@pytest.fixture
def cohort(tmp_path: Path) -> SmallCohort:
    (tmp_path / "cohort").mkdir()
    return make_cohort(tmp_path / "cohort", per_group=2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort and its run, of which `begun` makes copies."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "cohort").mkdir()
    made = make_cohort(folder / "cohort", per_group=2)
    run_study(settings(made), folder / "out", report=False)
    return folder


@pytest.fixture
def begun(finished: Path, tmp_path: Path) -> FinishedRun:
    """A run in a folder of the test's own, as if it had been made there."""
    shutil.copytree(finished, tmp_path / "begun")
    run = FinishedRun.in_folder(tmp_path / "begun")
    run_study(settings(run.cohort), run.out, report=False)  # records where its inputs lie now
    return run


def settings(cohort: SmallCohort, **more: object) -> StudySettings:
    values = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    return StudySettings.model_validate({**values, **more})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the log, to which each run adds."""
    log = run_path(folder, "log")
    files = (p for p in folder.rglob("*") if p.is_file() and p != log)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def made_anew(before: dict[str, float], folder: Path) -> set[str]:
    return {name for name, when in moments(folder).items() if before.get(name) != when}


def moments(folder: Path) -> dict[str, float]:
    tables = (p for d in ("counts", "differential") for p in (folder / d).iterdir())
    return {p.name: p.stat().st_mtime_ns for p in tables}


@pytest.mark.usefixtures("few_figures")
def test_nothing_is_done_twice(
    cohort: SmallCohort, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = run_study(settings(cohort), tmp_path / "out")
    before, bytes_before = moments(out), contents(out)
    with caplog.at_level("INFO", logger="resist_epi"):
        run_study(settings(cohort), out)
    assert made_anew(before, out) == set()
    assert contents(out) == bytes_before
    assert "reused, since nothing that it depends on has changed: tests H3K27me3" in caplog.text


def test_a_changed_setting_redoes_the_tests_and_not_the_counts(
    begun: FinishedRun, tmp_path: Path
) -> None:
    cohort, out = begun.cohort, begun.out
    before = moments(out)
    run_study(settings(cohort, normalize="tmm"), out, report=False)
    again = made_anew(before, out)
    assert not any(name.endswith(".parquet") for name in again)
    assert "H3K27me3.promoters.tsv.gz" in again
    fresh = run_study(settings(cohort, normalize="tmm"), tmp_path / "fresh", report=False)
    assert contents(out)[LEDGER] == contents(fresh)[LEDGER]


def test_changed_groups_are_those_of_the_peaks_table(begun: FinishedRun, tmp_path: Path) -> None:
    """Its regions are the same; how many of each group have a peak is not."""
    cohort, out = begun.cohort, begun.out
    rows = pd.read_csv(cohort.sheet)
    rows["Condition"] = ["poor", "good"] * (len(rows) // 2)
    rows.to_csv(cohort.sheet, index=False)
    before = moments(out)
    run_study(settings(cohort), out, report=False)
    counted = {name for name in made_anew(before, out) if name.endswith(".parquet")}
    assert counted == {f"{mark}.peaks.parquet" for mark in ("H3K27me3", "H3K36me3")}
    fresh = run_study(settings(cohort), tmp_path / "fresh", report=False)
    folders = ("counts", "differential", "genes", "sites")
    tables = {name for name in contents(fresh) if name.split("/")[0] in folders}
    assert len(tables) > 8
    assert {n for n in tables if contents(out)[n] != contents(fresh)[n]} == set()


def test_a_changed_track_redoes_its_mark_alone(begun: FinishedRun) -> None:
    cohort, out = begun.cohort, begun.out
    before = moments(out)
    folder = cohort.sheet.parent
    one, other = (folder / f"T{i}_H3K36me3.bw" for i in (0, 1))
    before_them = one.read_bytes(), other.read_bytes()
    other.write_bytes(before_them[0])
    one.write_bytes(before_them[1])
    run_study(settings(cohort), out, report=False)
    again = made_anew(before, out)
    assert {name.split(".")[0] for name in again} == {"H3K36me3"}
    assert any(name.endswith(".parquet") for name in again)


@pytest.mark.usefixtures("few_figures")
def test_a_mark_that_left_the_sheet_leaves_the_folder(cohort: SmallCohort, tmp_path: Path) -> None:
    out = run_study(settings(cohort), tmp_path / "out")
    rows = pd.read_csv(cohort.sheet)
    rows[rows["Factor"] == "H3K36me3"].to_csv(cohort.sheet, index=False)
    run_study(settings(cohort), out)
    assert not any("H3K27me3" in name for name in contents(out))


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_output_is_made_anew(begun: FinishedRun, damage: str) -> None:
    cohort, out = begun.cohort, begun.out
    before = contents(out)
    victim = out / "differential" / "H3K36me3.genes.tsv.gz"
    if damage == "gone":
        victim.unlink()
    else:
        victim.write_bytes(b"something else")
    run_study(settings(cohort), out, report=False)
    assert contents(out) == before


# The command line in a process of its own, without the figures, which are most of the time: where
# they would be drawn it waits for the end of its input.
WITHOUT_FIGURES = """
import sys
from resist_epi.report import page
page.draw_figures = lambda run, folder, **how: list(sys.stdin.read())
from resist_epi.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_of_two_runs_in_one_folder_the_second_stops(tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    cohort = make_cohort(tmp_path / "cohort", per_group=2, marks=["H3K27me3"])
    out = tmp_path / "out"
    command = [sys.executable, "-c", WITHOUT_FIGURES, "-q", "run", str(cohort.sheet)]
    command += ["--genes", str(cohort.genes), "--gene-sets", str(cohort.gene_sets), "-o", str(out)]
    first = subprocess.Popen(command, stdin=subprocess.PIPE)
    while not (out / LOCK).exists():
        assert first.poll() is None
        time.sleep(0.01)
    second = subprocess.run(
        [*command, "--normalize", "tmm"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    first.communicate()
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert f"another run writes this folder: process {first.pid} on " in line
    assert first.returncode == 0
    assert not (out / LOCK).exists()
    assert "normalize: null" in (out / "study.yaml").read_text()


@dataclass(frozen=True)
class Kill:
    """Where a run dies: at this file, half written or just in place, or at the ledger after it."""

    file: str
    at_ledger: bool
    in_place: bool


def watch(out: Path, seen: Callable[[str, Path], None], then: Callable[[str], None]) -> None:
    """Have every file that gets its final name told of, before and after; for one process."""
    replace = Path.replace

    def told(temporary: Path, target: Path) -> Path:
        name = target.relative_to(out).as_posix()
        seen(name, temporary)
        placed = replace(temporary, target)
        then(name)
        return placed

    Path.replace = told  # type: ignore[method-assign, assignment]


def run_until(kill: Kill, cohort: SmallCohort, out: Path) -> None:
    """Run, and die by the signal that leaves nothing to say; in a process of its own."""
    reached = False

    def dies(name: str) -> bool:
        return (reached and name == LEDGER) if kill.at_ledger else name == kill.file

    def seen(name: str, temporary: Path) -> None:
        if dies(name) and not kill.in_place:
            os.truncate(temporary, temporary.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    def then(name: str) -> None:
        nonlocal reached
        if dies(name):
            os.kill(os.getpid(), signal.SIGKILL)
        reached = reached or name == kill.file

    watch(out, seen, then)
    run_study(settings(cohort), out)


def moments_to_die(names: Sequence[str]) -> list[Kill]:
    """In each step at one of its files, and at the record of it; half written and in place in turn.

    A step of one file dies at either. Between two of these a folder differs only by whole files
    that no record speaks of yet.
    """
    kills: list[Kill] = []
    known: set[str] = set()
    step: list[str] = []
    for name in names:
        if name != LEDGER:
            step += [name] if name not in known else []
            known.add(name)
        elif step:
            place = len(kills) % 4 < 2
            one = Kill(step[len(step) // 2], at_ledger=False, in_place=place)
            two = Kill(step[-1], at_ledger=True, in_place=not place)
            kills += [one, two] if len(step) > 1 else [one] if len(kills) % 2 else [two]
            step = []
    return kills


@pytest.mark.slow
@pytest.mark.usefixtures("few_figures")
def test_killed_in_every_step_it_ends_with_the_same_bytes(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1700000000")  # midnight must not fall between two runs
    whole, out, names = tmp_path / "whole", tmp_path / "killed", []
    with monkeypatch.context() as once:
        once.setattr(Path, "replace", Path.replace)
        watch(whole, lambda name, _: names.append(name), lambda _: None)
        run_study(settings(cohort), whole)
    expected = contents(whole)
    kills = moments_to_die(names)
    assert len(kills) >= 15
    assert len({(kill.at_ledger, kill.in_place) for kill in kills}) == 4
    for kill in kills:
        # A fork has the imports already, which were a third of each run.
        process = get_context("fork").Process(target=run_until, args=(kill, cohort, out))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL, kill
        found = contents(out)
        # Whatever bears its final name is whole: the same bytes as in the undisturbed run.
        for name in found.keys() - {LEDGER}:
            parts = run_file("parts") + "/"  # whole, but gone at the end of a run
            if not (Path(name).name.startswith((PARTIAL, LOCK)) or name.startswith(parts)):
                assert found[name] == expected[name], (name, kill)
    run_study(settings(cohort), out)
    assert contents(out) == expected
