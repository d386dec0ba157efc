"""What an outside cohort says of every mark of a study, and why not of some."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.io.tables import read_table
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.outside import write_outside_cohort
from tests.mechanism.test_layers import changed
from tests.support.outside_cohort import write_outside_cohort as write_files


def settings(folder: Path, **more: object) -> StudySettings:
    expression, clinical = write_files(folder, 0.8)
    files = {"survival_expression": expression, "survival_clinical": clinical}
    return StudySettings.model_validate({"sheet": folder / "sheet.csv", **files, **more})


def test_each_mark_has_its_genes_and_a_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marks = {"H3K36me3": changed(dict.fromkeys(range(20), 1.5)), "H3K27me3": changed({})}
    outputs = Outputs(tmp_path / "out")
    write_outside_cohort(settings(tmp_path, survival_adjust=("age",)), marks, outputs)
    table = read_table(tmp_path / "out" / "evidence" / "survival.tsv")
    assert table["mark"].tolist() == ["H3K36me3"]
    assert table["verdict"].tolist() == ["confirmed"]
    genes = read_table(tmp_path / "out" / "evidence" / "H3K36me3.survival.tsv.gz")
    assert set(genes["expected"]) == {"earlier"}
    assert "H3K27me3: no outside cohort" in caplog.text
    assert "not done" in table.attrs["header"]["H3K27me3"]
    assert len(outputs.written) == 2


def test_a_study_without_a_cohort_writes_nothing(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    plain = StudySettings(sheet=tmp_path / "sheet.csv")
    write_outside_cohort(plain, {"H3K36me3": changed({})}, outputs)
    assert outputs.written == []
