"""The verb `check`: every problem of a sheet's files at once, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from resist_epi.schema import CHECK, names
from tests.support.cohort import SmallCohort


def test_check_lists_every_problem_and_exits_with_1(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(cohort.sheet)]) == 0
    said = capsys.readouterr().err
    assert "16 " not in said
    assert f"{cohort.sheet}: no problem" in said
    sheet = cohort.sheet.with_name("bad.csv")
    text = cohort.sheet.read_text().replace("T0_H3K27me3.bw", "none.bw")
    sheet.write_text(text.replace("T1_H3K27me3.bw", "T1_H3K27me3.bed"))
    assert main(["check", str(sheet), "-o", str(tmp_path / "check.tsv")]) == 1
    # Nothing is printed where a file is written, so exit 1 needs a word.
    said = capsys.readouterr().err
    assert f"error: {sheet}: 2 problems" in said
    assert f"2 problems; listed in {tmp_path / 'check.tsv'}" in said
    errors = read_table(tmp_path / "check.tsv").query("level == 'error'")
    assert list(errors["sample"]) == ["T0_H3K27me3", "T1_H3K27me3"]


def test_check_prints_json_for_programs(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = cohort.sheet.with_name("bad.csv")
    sheet.write_text(cohort.sheet.read_text().replace("T0_H3K27me3.bw", "none.bw"))
    assert main(["check", str(sheet), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["counts"]["error"] == 1
    (error,) = (f for f in said["findings"] if f["level"] == "error")
    assert list(error) == names(CHECK)
    assert (error["sample"], error["column"]) == ("T0_H3K27me3", "Coverage")
    assert main(["check", str(sheet), "--json", "-o", str(tmp_path / "c.json")]) == 1
    assert json.loads((tmp_path / "c.json").read_text()) == said
