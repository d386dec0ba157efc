"""The verb `run`: options typed beside a study file."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import ResistEpiError
from resist_epi.io.run_folder import run_path
from resist_epi.study.study_file import read_study
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    """Of one mark, in two tumours a group: what is asked here does not hang on more."""
    folder = tmp_path_factory.mktemp("cohort")
    return make_cohort(folder, per_group=2, marks=["H3K27me3"])


@pytest.mark.usefixtures("without_figures")
def test_options_beside_a_study_file_win_over_it(cohort: SmallCohort, tmp_path: Path) -> None:
    sheet = ["--genes", str(cohort.genes), "--gene-sets", str(cohort.gene_sets)]
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["run", str(cohort.sheet), *sheet, "--normalize", "tmm", "-o", str(first)]) == 0
    again = ["run", str(first / "study.yaml"), "-o", str(second)]
    assert main([*again, "--fdr", "0.2"]) == 0
    settings = read_study(second / "study.yaml")
    assert (settings.normalize, settings.fdr) == ("tmm", 0.2)


@pytest.mark.usefixtures("without_figures")
def test_the_same_again_does_not_read_the_study(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    sheet = ["run", str(cohort.sheet), "--genes", str(cohort.genes), "-o", str(out)]
    assert main(sheet) == 0
    text = run_path(out, "check").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise ResistEpiError("the study is read")

    with monkeypatch.context() as nothing_read:
        nothing_read.setattr("resist_epi.pipeline.run_study", refuse)
        assert main([*sheet, "--jobs", "2"]) == 0
        assert main([*sheet, "--fdr", "0.2"]) == 1
    run_path(out, "check").unlink()
    assert main(sheet) == 0
    assert run_path(out, "check").read_bytes() == text
