"""Paths of a command line are looked at before anything is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.cli.paths import refuse_foreign
from resist_epi.errors import InputFormatError
from tests.support.cohort import SmallCohort


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    for name in ("counts.tsv", "sheet.csv"):
        (tmp_path / name).write_text("not read\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "sheet.csv")
    return tmp_path


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("folder", "is a folder; one file is written"),
        ("counts.tsv", "is read and would be written over"),
        ("sheet.csv", "is read and would be written over"),
        ("folder/../sheet.csv", "is read and would be written over"),
        ("none_yet/../sheet.csv", "is read and would be written over"),
        ("none_yet/sub/../../counts.tsv", "is read and would be written over"),
        ("link.csv", "is read and would be written over"),
        ("C:\\out.tsv", "looks like a path of Windows"),
    ],
)
def test_an_output_that_cannot_be_meant(
    inputs: Path, output: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = output if output.startswith("C:") else str(inputs / output)
    command = ["diff", str(inputs / "counts.tsv"), "--samples", str(inputs / "sheet.csv")]
    assert main([*command, "-o", where]) == 1
    assert message in capsys.readouterr().err
    assert (inputs / "sheet.csv").read_text() == "not read\n"


def test_what_a_sheet_names_is_an_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.bed").write_text("chr1\t1\t9\n")
    sheet = "SampleID,Factor,Condition,Peaks\na,ER,x,a.bed\nb,ER,y,b.bed\n"
    (tmp_path / "check.tsv").write_text(sheet)
    assert main(["regions", "peaks", "--samples", "check.tsv", "-o", "./a.bed"]) == 1
    assert "a.bed: is read and would be written over" in capsys.readouterr().err
    assert main(["run", "check.tsv", "-o", "."]) == 1
    assert "check.tsv: is read, and the run would write over it" in capsys.readouterr().err
    assert (tmp_path / "check.tsv").read_text() == sheet
    assert (tmp_path / "a.bed").read_text() == "chr1\t1\t9\n"


def test_two_outputs_are_two_files(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(inputs / "r.tsv")
    assert main(["diff", str(inputs / "counts.tsv"), "--carriers", out, "-o", out]) == 1
    assert "two outputs would be written to this file" in capsys.readouterr().err


def test_a_run_writes_a_folder(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(inputs / "sheet.csv"), "-o", str(inputs / "counts.tsv")]) == 1
    assert "is a file; a folder is written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", ["C:\\data\\sheet.csv", "c:/data/sheet.csv", "C:datasheet.csv", "\\\\server\\s\\a.csv"]
)
def test_paths_of_windows_are_told_as_such(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", path]) == 1
    assert "looks like a path of Windows" in capsys.readouterr().err


def test_a_kind_of_regions_that_is_none_is_said_at_once(
    inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = str(inputs / "sheet.csv")
    assert main(["count", sheet, "--regions", "promotor", "-o", str(inputs / "c.parquet")]) == 1
    assert "did you mean 'promoters'" in capsys.readouterr().err.lower()
    assert main(["regions", "gene", "-o", str(inputs / "r.bed")]) == 2
    assert "Did you mean 'genes'?" in capsys.readouterr().err


def test_a_process_of_its_own_shows_no_warning_of_a_library(tmp_path: Path) -> None:
    rows = [f"chr1\t{i * 100}\t{i * 100 + 50}\t{i % 2}\t0\t0\t{i}\n" for i in range(40)]
    (tmp_path / "c.tsv").write_text("chrom\tstart\tend\ta\tb\tc\td\n" + "".join(rows))
    (tmp_path / "s.csv").write_text("SampleID,Factor,Condition\na,ER,x\nb,ER,x\nc,ER,y\nd,ER,y\n")
    command = [sys.executable, "-m", "resist_epi", "diff", "c.tsv", "--samples", "s.csv"]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    for method in ("trend", "wilcoxon", "welch"):
        done = subprocess.run(
            [*command, "--quantity", "mean_signal", "--method", method, "-o", "r.tsv"],
            cwd=tmp_path, capture_output=True, text=True, env=clean, check=False,
        )  # fmt: skip
        lines = done.stderr.splitlines()
        assert all(line.startswith("resist-epi: ") for line in lines), done.stderr


def test_a_folder_of_other_files_asks_for_force_and_that_of_a_run_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    refuse_foreign(folder)  # not there yet
    folder.mkdir()
    (folder / ".DS_Store").touch()
    (folder / "counts").mkdir()
    refuse_foreign(folder)
    (folder / "thesis.docx").touch()
    with pytest.raises(InputFormatError, match=r"other files \(thesis.docx\).*--force"):
        refuse_foreign(folder)
    (folder / "steps.json").touch()  # a run's folder already
    refuse_foreign(folder)


def test_run_writes_beside_foreign_files_when_forced(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.docx").touch()
    command = ["run", str(cohort.sheet), "--genes", str(cohort.genes), "-o", str(tmp_path)]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "thesis.docx" in said
    assert "--force" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["thesis.docx"]
    # Past this check; the next one refuses it, before anything is counted.
    assert main([*command, "--force", "--contrast", "no-such"]) == 1
    assert "thesis.docx" not in capsys.readouterr().err
