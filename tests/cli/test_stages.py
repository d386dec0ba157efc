"""The jobs of a workflow on the command line: what goes together, and the codes they end with."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.lock import folder_lock
from resist_epi.io.run_folder import stage_path
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_file import write_study
from tests.support.cohort import SmallCohort


def job(sheet: Path, out: Path, *options: str) -> int:
    return main(["-q", "run", str(sheet), "-o", str(out), *options])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shard", "1/2"], "goes with --stage look or --stage count"),
        (["--stage", "plan", "--shard", "1/2"], "goes with --stage look or --stage count"),
        (["--stage", "look", "--shard", "0/3"], "'0/3' is no shard"),
        (["--stage", "count", "--shard", "4/3"], "'4/3' is no shard"),
        (["--stage", "count", "--shard", "a/b"], "i/N with i from 1 to N"),
        (["--stage", "count", "--mark", "ER"], "goes with --stage test"),
        (["--mark", "ER"], "goes with --stage test"),
        (["--stage", "report"], "'look', 'plan', 'count', 'test'"),
    ],
)
def test_what_does_not_go_together_is_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert job(tmp_path / "gone.csv", tmp_path / "out", *options) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_codes_of_jobs(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, study = tmp_path / "out", tmp_path / "study.yaml"
    settings = StudySettings(sheet=cohort.sheet, genes=cohort.genes, gene_sets=cohort.gene_sets)
    write_study(study, settings)
    assert job(study, out, "--stage", "count", "--shard", "1/4") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"-o {shlex.quote(str(out))} --stage plan`" in line
    assert job(study, out, "--stage", "look", "--shard", "20/20") == 0  # nothing is left for it
    assert stage_path(out, "done", "look.20-of-20").is_file()
    assert job(study, out, "--stage", "plan") == 0
    assert job(study, out, "--stage", "count", "--shard", "1/4") == 0
    assert job(study, out, "--stage", "test", "--mark", "H3K27me3") == 1
    assert "counts of 12 of" not in (said := capsys.readouterr().err)
    assert "H3K27me3: counts of 6 of 8 libraries are missing" in said
    lock = stage_path(out, "lock", "plan")
    with folder_lock(lock.parent, name=lock.name):
        assert job(study, out, "--stage", "plan") == 1
        assert "another process does this already" in capsys.readouterr().err
        assert job(study, out, "--stage", "plan", "--unlock") == 0
