"""A wrong file that is needed at the end of a run stops it before anything is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from tests.support.cohort import make_cohort

WRONG = {
    "--sites": ("X={}", "chr1\tone\ttwo\n", "start"),
    "--contacts": ("{}", "chr1\t0\t900\n", "BEDPE"),
    "--partition": ("{}", "chr1\t0\t900\tearly\t0\t9000\n", "strand"),
    "--known": ("{}", "symbol\nGENE1\n", "direction"),
}


@pytest.mark.parametrize("option", WRONG)
def test_a_file_that_cannot_be_read_stops_a_run_before_it_counts(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, text, said = WRONG[option]
    cohort = make_cohort(tmp_path)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text)
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, option, named.format(wrong)]) == 1
    error = capsys.readouterr().err
    assert "wrong.txt" in error
    assert said in error
    assert not out.exists()


def test_an_outside_cohort_with_its_files_exchanged_stops_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = make_cohort(tmp_path)
    levels, clinical = tmp_path / "levels.tsv", tmp_path / "clinical.csv"
    levels.write_text("gene\tX1\tX2\nGENE1\t1\t2\n")
    clinical.write_text("patient,time,event\nX1,3,1\nX2,4,0\n")
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, "--survival", str(clinical), str(levels)]) == 1
    assert "levels.tsv: no column for the patient" in capsys.readouterr().err
    assert not out.exists()
