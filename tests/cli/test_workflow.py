"""The verb `workflow`: the options of `run` in a study file, and Snakemake with its exit code."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer.main
import yaml

from resist_epi.cli import run
from resist_epi.cli.main import app, main
from resist_epi.study.settings import make_settings
from resist_epi.study.study_file import read_study
from tests.support.cohort import SmallCohort
from tests.support.fake_snakemake import fake_snakemake


def options(*verbs: str) -> dict[str, list[str]]:
    """Parameter of a verb -> how it is written."""
    command = typer.main.get_command(app)
    for verb in verbs:
        command = command.commands[verb]  # type: ignore[attr-defined]
    return {str(p.name): [*p.opts, *p.secondary_opts] for p in command.params}


def test_every_option_of_a_study_is_taken() -> None:
    of_run, of_init = options("run"), options("workflow", "init")
    missing = {"jobs", "unlock", "stage", "shard", "mark"} & set(of_run)
    assert {n: o for n, o in of_run.items() if n not in of_init} == {n: of_run[n] for n in missing}
    shared = set(of_run) - missing
    assert {n: of_init[n] for n in shared} == {n: of_run[n] for n in shared}
    assert set(of_init) - set(of_run) == {"libraries_a_shard", "threads"}
    assert "jobs" in inspect.signature(run.command).parameters  # which is not changed by it


@pytest.fixture(scope="module")
def made(cohort: SmallCohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workflow with options."""
    wf = tmp_path_factory.mktemp("made") / "wf"
    words = ["workflow", "init", str(cohort.sheet), "-o", str(wf)]
    words += ["--genes", str(cohort.genes), "--design", "~ Condition", "--fdr", "0.2"]
    words += ["--gene-sets", str(cohort.gene_sets), "--contrast", "good-poor"]
    assert main([*words, "--libraries-a-shard", "5", "--threads", "2"]) == 0
    return wf


@pytest.fixture
def wf(made: Path, tmp_path: Path) -> Path:
    """The same for a test alone, equally deep."""
    shutil.copytree(made, tmp_path / "wf")
    return tmp_path / "wf"


def test_options_stand_in_the_study_file(wf: Path, cohort: SmallCohort) -> None:
    expected = make_settings(
        {
            "sheet": cohort.sheet,
            "genes": cohort.genes,
            "gene_sets": cohort.gene_sets,
            "contrast": "good-poor",
            "fdr": 0.2,
        }
    )
    found = read_study(wf / "study.yaml")
    assert {n: p.resolve() for n, p in found.named_paths.items()} == expected.named_paths
    assert found.model_dump(exclude={*found.named_paths}) == expected.model_dump(
        exclude={*expected.named_paths}
    )
    config = yaml.safe_load((wf / "config.yaml").read_text())
    assert (config["shards"], config["threads"]["count"]) == (4, 2)


def test_a_study_file_is_taken_with_options_beside(wf: Path, tmp_path: Path) -> None:
    again = ["workflow", "init", str(wf / "study.yaml"), "-o", str(tmp_path / "b")]
    assert main([*again, "--fdr", "0.3"]) == 0
    first, second = read_study(wf / "study.yaml"), read_study(tmp_path / "b" / "study.yaml")
    assert (second.fdr, second.contrast) == (0.3, "good-poor")
    assert second.sheet.resolve() == first.sheet.resolve()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--contrast", "poor-none"], "none"),
        (["--design", "~ Batch"], "Batch"),
        (["--exclude", "missing.bed"], "missing.bed"),
    ],
)
def test_what_a_run_would_refuse_is_refused(
    words: list[str],
    said: str,
    cohort: SmallCohort,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "wf"
    assert main(["workflow", "init", str(cohort.sheet), "-o", str(out), *words]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_files_that_are_not_there_are_all_named(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = Path(shutil.copytree(cohort.sheet.parent, tmp_path / "cohort"))
    text = cohort.sheet.read_text().replace("T1_H3K27me3.bw", "gone.bw")
    (there / "s.csv").write_text(text.replace("T6_H3K36me3.bed", "lost.bed"))
    out = tmp_path / "wf"
    assert main(["workflow", "init", str(there / "s.csv"), "-o", str(out)]) == 1
    said = capsys.readouterr().err
    assert "2 problems" in said
    assert "gone.bw: no such file" in said
    assert "lost.bed: no such file" in said
    assert not out.exists()


def test_commands_that_are_told_can_be_typed_as_they_stand(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wf = str(tmp_path / "my study (1)")
    program = str(fake_snakemake(tmp_path / "bin").program)
    assert main(["workflow", "run", wf, "--profile", "local", "--snakemake", program]) == 1
    (remedy,) = re.findall("`(.+)`", capsys.readouterr().err)
    assert shlex.split(remedy) == ["resist-epi", "workflow", "init", "SHEET", "-o", wf]
    assert main(["workflow", "init", str(cohort.sheet), "-o", wf]) == 0
    (following,) = re.findall("next: (.+)", capsys.readouterr().err)
    assert shlex.split(following)[:4] == ["resist-epi", "workflow", "run", wf]


def test_a_workflow_is_written_over_with_force_only(
    wf: Path, cohort: SmallCohort, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["workflow", "init", str(cohort.sheet), "-o", str(wf)]
    assert main(words) == 1
    assert "--force" in capsys.readouterr().err
    assert read_study(wf / "study.yaml").fdr == 0.2
    assert main([*words, "--force"]) == 0
    assert read_study(wf / "study.yaml").fdr == 0.05


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ([], []),
        (["--dry-run"], ["--dry-run"]),
        (["--unlock"], ["--unlock"]),
        (["--", "--jobs", "3", "-k"], ["--jobs", "3", "-k"]),
    ],
)
@pytest.mark.parametrize("profile", ["local", "slurm", "generic"])
def test_snakemake_is_called_with_the_profile(
    profile: str, words: list[str], passed: list[str], wf: Path, tmp_path: Path
) -> None:
    made = fake_snakemake(tmp_path / "bin")
    called = ["workflow", "run", str(wf), "--profile", profile, "--snakemake", str(made.program)]
    assert main([*called, *words]) == 0
    assert made.call["arguments"] == ["--workflow-profile", f"profiles/{profile}", *passed]
    assert made.call["folder"] == str(wf)


@pytest.mark.parametrize("code", [0, 1, 2, 130])
def test_its_exit_code_is_kept(
    code: int, wf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = fake_snakemake(tmp_path / "bin", code=code)
    called = ["workflow", "run", str(wf), "--profile", "local", "--snakemake", str(made.program)]
    assert main(called) == code
    assert (str(wf / "study" / "logs") in capsys.readouterr().err) == (code != 0)


@pytest.mark.parametrize(("version", "old"), [("7.32.4", True), ("9.15.0", False), ("?", False)])
def test_where_it_fails_and_is_too_old_that_is_said(
    version: str, old: bool, wf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = f"if '--version' in sys.argv: print({version!r}); sys.exit(0)"
    made = fake_snakemake(tmp_path / "bin", code=2, body=body)
    called = ["workflow", "run", str(wf), "--profile", "local", "--snakemake", str(made.program)]
    assert main(called) == 2
    said = f"it is Snakemake {version.rpartition('.')[0]}, and 8 or newer is needed: install it"
    assert (said in capsys.readouterr().err) == old


def test_nothing_is_called_where_there_is_no_workflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = fake_snakemake(tmp_path / "bin")
    called = ["workflow", "run", str(tmp_path), "--snakemake", str(made.program)]
    assert main([*called, "--profile", "local"]) == 1
    assert "workflow init SHEET" in capsys.readouterr().err
    assert main([*called, "--profile", "moon"]) == 2
    assert not made.calls.exists()


def test_without_snakemake_it_is_said_how_to_install_it(
    wf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called = ["workflow", "run", str(wf), "--profile", "local"]
    missing = ["--snakemake", str(tmp_path / "missing")]
    assert main([*called, *missing]) == 1
    assert "pip install 'resist_epi[workflow]'" in capsys.readouterr().err
    called[2] = str(tmp_path)  # what is not there at all is said first
    assert main([*called, *missing]) == 1
    assert "no workflow" in capsys.readouterr().err
