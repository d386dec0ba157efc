"""The same run once more: nothing is read where nothing has changed."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from resist_epi.io.lock import LOCK, LockHeldError, folder_lock
from resist_epi.io.run_folder import run_path
from resist_epi.study.ledger import Ledger
from resist_epi.study.unchanged import asked_key, is_unchanged, note_asked, warnings_heard

KEY = "of this command line"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder as a run leaves it: one step, what stands beside it, and the note."""
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "sheet.csv").write_text("SampleID\nT1\n")
    (out / "qc.tsv").write_text("sample\nT1\n")
    (out / "made.tsv").write_text("1\n")
    ledger = Ledger(out)
    ledger.open({"made": "key"})
    ledger.record("made", "key", [out / "made.tsv"])
    inputs = [tmp_path / "sheet.csv", tmp_path / "absent.bam"]
    note_asked(out, KEY, inputs, [(logging.WARNING, "few reads")])
    return out


def test_the_same_again_makes_nothing(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "resist_epi")
    before = {p: p.stat().st_mtime_ns for p in run.iterdir()}
    assert is_unchanged(run, KEY)
    after = {p: p.stat().st_mtime_ns for p in run.iterdir() if p != run_path(run, "log")}
    assert after == before
    assert "reused, since nothing that it depends on has changed: made" in caplog.text
    assert "few reads" in caplog.text  # what was warned of still holds
    assert not (run / LOCK).exists()
    assert "few reads" in run_path(run, "log").read_text()


def _sheet_changed(out: Path) -> None:
    sheet = out.parent / "sheet.csv"
    stood = sheet.stat()
    sheet.write_text("SampleID\nT2\n")
    os.utime(sheet, ns=(stood.st_atime_ns, stood.st_mtime_ns))  # as old and as long as before


def _linked(out: Path) -> None:
    (out / "made.tsv").rename(out.parent / "elsewhere.tsv")
    (out / "made.tsv").symlink_to(out.parent / "elsewhere.tsv")


@pytest.mark.parametrize(
    "change",
    [
        _sheet_changed,
        _linked,
        lambda out: (out.parent / "sheet.csv").unlink(),
        lambda out: (out.parent / "absent.bam").write_text("now it is there"),
        lambda out: (out / "made.tsv").unlink(),
        lambda out: (out / "made.tsv").write_text("2\n"),
        lambda out: (out / "qc.tsv").write_text("sample\nT2\n"),
        lambda out: run_path(out, "ledger").write_text("{}\n"),
        lambda out: run_path(out, "ledger").unlink(),
        lambda out: run_path(out, "asked").unlink(),
        lambda out: run_path(out, "asked").write_text("{"),
        lambda out: run_path(out, "asked").write_text(json.dumps({"sha256": "", "value": 1})),
        lambda out: (out / ".stages").mkdir(),
    ],
)
def test_whatever_else_is_found_the_study_is_run(
    run: Path, change: Callable[[Path], object]
) -> None:
    change(run)
    assert not is_unchanged(run, KEY)


def test_another_question_is_another_run(run: Path) -> None:
    assert not is_unchanged(run, "of another command line")
    assert not is_unchanged(run.parent, KEY)


def test_a_file_of_the_same_content_is_the_same(run: Path) -> None:
    sheet = run.parent / "sheet.csv"
    text = sheet.read_text()
    sheet.unlink()
    sheet.write_text(text)
    assert is_unchanged(run, KEY)


def test_a_folder_that_another_holds_is_not_looked_over(run: Path) -> None:
    with folder_lock(run), pytest.raises(LockHeldError):
        is_unchanged(run, KEY)


def test_key_is_of_options_and_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asked_key({"fdr": 0.05}, tmp_path)
    assert asked_key({"fdr": 0.05}, tmp_path) == first
    assert asked_key({"fdr": 0.1}, tmp_path) != first
    assert asked_key({"fdr": 0.05}, tmp_path / "other") != first
    monkeypatch.chdir(tmp_path)
    assert asked_key({"fdr": 0.05}, tmp_path) != first


def test_what_holds_for_one_run_alone_is_not_said_again() -> None:
    with warnings_heard() as heard:
        logging.getLogger("resist_epi.model.fit").warning("few units")
        logging.getLogger("resist_epi.model.fit").info("done")
        logging.getLogger("resist_epi.io.lock").warning("taken over")
        logging.getLogger("resist_epi.study.ledger").warning("made anew")
    assert heard == [(logging.WARNING, "few units")]
