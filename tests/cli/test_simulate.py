"""The verb `simulate`: the files of a cohort, and what cannot be simulated is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from resist_epi.samples.sheet import read_sheet

TINY = ["--chromosomes", "chr21", "--fragments", "30000", "--good", "2", "--poor", "3"]


def test_simulate_writes_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "-o", str(tmp_path), *TINY, "--marks", "H3K36me3", "--purity"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"sheet: {tmp_path / 'sheet.csv'}", f"truth: {tmp_path / 'truth.tsv.gz'}"]
    sheet = read_sheet(tmp_path / "sheet.csv")
    assert sheet.marks == ("H3K36me3",)
    assert list(sheet.table["Condition"]) == ["good"] * 2 + ["poor"] * 3
    assert sheet.numbers("Purity") is not None
    assert all(Path(p).is_file() for c in ("Coverage", "Peaks") for p in sheet.table[c])
    assert main(["check", str(tmp_path / "sheet.csv"), "-o", str(tmp_path / "check.tsv")]) == 0
    assert set(read_table(tmp_path / "check.tsv")["level"]) == {"info"}


def test_simulate_refuses_what_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "-o", str(tmp_path / "c"), "--chromosomes", "chr77"]) == 1
    assert "chr77" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


def test_a_sheet_that_no_simulation_wrote_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.csv").write_text("dear")
    small = ["--good", "1", "--poor", "1", "--chromosomes", "chr21", "--marks", "H3K27me3"]
    assert main(["simulate", "-o", str(tmp_path), *small, "--fragments", "1000"]) == 1
    assert "no simulation wrote" in capsys.readouterr().err
    assert (tmp_path / "sheet.csv").read_text() == "dear"
