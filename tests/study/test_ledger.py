"""The record of finished steps: what it names is in the folder, and nothing else is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import InputFormatError
from resist_epi.io.run_folder import run_path
from resist_epi.io.store import PARTIAL, host
from resist_epi.pipeline import run_study
from resist_epi.study.ledger import Inputs, Ledger, remove_partial_files
from resist_epi.tracks.looks import TrackFile
from resist_epi.tracks.opened import OpenedFile
from tests.study.test_resume import settings
from tests.support.cohort import make_cohort

DAMAGED = [
    "{",
    '{"a": 1}',
    "[1]",
    '{"a": {"key": 1}}',
    "[" * 100_000,
    '{"a": {"key": "k", "outputs": 3}}',
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_record_is_an_error_that_says_what_to_do(tmp_path: Path, text: str) -> None:
    run_path(tmp_path, "ledger").write_text(text)
    with pytest.raises(InputFormatError, match="Remove this file"):
        Ledger(tmp_path)


def record(folder: Path, *outputs: str) -> None:
    steps = {"tests X": {"key": "old", "outputs": dict.fromkeys(outputs, "0")}}
    run_path(folder, "ledger").write_text(json.dumps(steps))


@pytest.mark.parametrize(
    "name",
    [
        "../victim",
        "a/../../victim",
        "./victim",
        "/etc/victim",
        "a//b",
        "..\\victim",
        "C:\\victim",
        "C:victim",
        "",
        ".",
        "..",
        "a/",
        "a\x00b",
        "a\nb",
        "linked/victim",
        "deep/linked/victim",
        "deep",
    ],
)
def test_a_record_that_names_what_is_outside_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    (folder / "deep").mkdir(parents=True)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "deep" / "linked").symlink_to(tmp_path)
    (tmp_path / "victim").write_text("dear")
    record(folder, name)
    with pytest.raises(InputFormatError, match=r"no file of this folder\. Remove this file"):
        Ledger(folder)
    assert (tmp_path / "victim").read_text() == "dear"


def test_a_link_is_removed_itself(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "victim").write_text("dear")
    (folder / "qc.tsv").symlink_to(tmp_path / "victim")
    record(folder, "qc.tsv")
    ledger = Ledger(folder)
    assert not ledger.is_done("tests X")
    ledger.open({})
    assert not (folder / "qc.tsv").is_symlink()
    assert (tmp_path / "victim").read_text() == "dear"


@pytest.mark.usefixtures("few_figures")
def test_outputs_never_go_through_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort = make_cohort(tmp_path, per_group=2)
    out = run_study(settings(cohort), tmp_path / "out")
    (tmp_path / "page").write_text("dear")
    names = ("report.html", "counts/H3K27me3.genes.parquet", "check.tsv", "qc.tsv")
    for name in names:
        (out / name).unlink()
        (out / name).symlink_to(tmp_path / "page")
    run_study(settings(cohort), out)
    assert not any((out / name).is_symlink() for name in names)
    assert (tmp_path / "page").read_text() == "dear"
    (out / "figures").rename(tmp_path / "figures")
    (out / "figures").symlink_to(tmp_path / "figures")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "figures").iterdir()}
    with pytest.raises(InputFormatError, match="figures: is a link to another folder"):
        run_study(settings(cohort), out)
    assert main(["report", str(out)]) == 1
    assert "is a link to another folder" in capsys.readouterr().err
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "figures").iterdir()} == before


def test_only_partial_files_of_this_computers_dead_processes_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder, outside = tmp_path / "run", tmp_path / "outside"
    for place in (folder / "a", outside):
        place.mkdir(parents=True)
    (folder / "linked").symlink_to(outside)
    stay = [
        folder / f"{PARTIAL}{host()}-{os.getpid()}-a.tsv",
        folder / f"{PARTIAL}elsewhere-{dead.pid}-a.tsv",
        folder / f"{PARTIAL}{dead.pid}-of-0.1.0.tsv",
        folder / f"{PARTIAL}{host()}-{'9' * 40}-a.tsv",
        outside / f"{PARTIAL}{host()}-{dead.pid}-a.tsv",
    ]
    left = folder / "a" / f"{PARTIAL}{host()}-{dead.pid}-a.tsv"
    for path in (*stay, left):
        path.write_text("half")
    (folder / f"{PARTIAL}{host()}-{dead.pid}-folder").mkdir()
    remove_partial_files(folder)
    assert all(path.exists() for path in stay)
    assert not left.exists()


def test_what_changes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    path.write_text("one")
    state = path.stat()
    inputs = Inputs([path, tmp_path / "missing"])
    inputs.check()
    ledger = Ledger(tmp_path, checks=[inputs.check])
    time.sleep(0.02)
    (tmp_path / "new").write_text("two")
    os.utime(tmp_path / "new", ns=(state.st_atime_ns, state.st_mtime_ns))
    (tmp_path / "new").replace(path)  # of the same size and time
    with pytest.raises(InputFormatError, match="changed or replaced while the run read it"):
        ledger.record("step", "key", [])
    assert not run_path(tmp_path, "ledger").exists()


def test_keys_are_content_wherever_and_whenever_it_was_written(tmp_path: Path) -> None:
    """A moved folder goes on, and a track replaced by one of the same size and time is seen."""
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.bw").write_text("one")
    path, moved = tmp_path / "here" / "a.bw", tmp_path / "there" / "a.bw"
    os.utime(moved, (0, 0))

    def keys(path: Path) -> list[str]:
        return [TrackFile(str(path)).key(), OpenedFile(str(path), "bigWig").key("plan")]

    before, state = keys(path), path.stat()
    assert before == keys(moved)
    path.write_text("two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert not set(before) & set(keys(path))


def test_a_contrast_that_is_asked_no_more_leaves_no_empty_folder(tmp_path: Path) -> None:
    names = ["contrasts/a-b/genes/X.tsv.gz", "contrasts/a-b/marks/m.tsv", "genes/X.tsv.gz"]
    for name in [*names, "contrasts/c-d/notes.txt", "contrasts/c-d/genes/X.tsv.gz"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    record(tmp_path, *names, "contrasts/c-d/genes/X.tsv.gz")
    Ledger(tmp_path).open({})
    left = sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "contrasts").rglob("*"))
    assert left == ["contrasts/c-d", "contrasts/c-d/notes.txt"]
    assert (tmp_path / "genes").is_dir()
