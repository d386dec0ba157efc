"""The folder that Snakemake runs: what is written or refused, and its configuration."""

from __future__ import annotations

import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from resist_epi.errors import InputFormatError
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.study.job_sizes import JobSizes
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_file import read_study
from resist_epi.study.workflow import check_workflow, job_sizes, write_workflow
from tests.support.texts import TOP

TEMPLATES = TOP / "data" / "workflow"

MARKS = ("H3K27me3", "H3K36me3")


def write_sheet(folder: Path, marks: tuple[str, ...] = MARKS, *, column: str = "Coverage") -> Path:
    """A sheet of two tumours a mark, whose files hold nothing."""
    rows = [f"SampleID,Factor,Condition,{column}"]
    for mark in marks:
        for i, condition in enumerate(("good", "poor")):
            name = f"T{i}{marks.index(mark)}.bw"
            (folder / name).touch()
            rows.append(f'{name[:-3]},"{mark}",{condition},{name}')
    path = folder / "sheet.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def written(folder: Path, sheet: Path, **more: bool) -> tuple[Path, SampleSheet]:
    """A workflow of a sheet, and the sheet."""
    found = read_sheet(sheet)
    write_workflow(
        StudySettings(sheet=sheet, fdr=0.1), found, folder / "wf", job_sizes(found), **more
    )
    return folder / "wf", found


def schema() -> jsonschema.Draft202012Validator:
    loaded = yaml.safe_load((TEMPLATES / "config.schema.yaml").read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def test_every_template_is_written(tmp_path: Path) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    shipped = {p.relative_to(TEMPLATES) for p in TEMPLATES.rglob("*") if p.is_file()}
    found = {p.relative_to(wf) for p in wf.rglob("*") if p.is_file()}
    assert found == shipped | {Path("study.yaml"), Path("inputs.txt")}
    assert {str(p.parent) for p in shipped} == {".", *(f"profiles/{n}" for n in PROFILES)}
    for path in shipped - {Path("config.yaml")}:
        assert (wf / path).read_text() == (TEMPLATES / path).read_text()
    for script in wf.rglob("*.sh"):
        assert os.access(script, os.X_OK)


PROFILES = ("local", "slurm", "generic")


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_are_yaml(profile: str) -> None:
    path = TEMPLATES / "profiles" / profile / "config.yaml"
    loaded = yaml.safe_load(path.read_text())
    assert loaded["rerun-incomplete"] is True
    assert loaded["retries"] == 2
    for name in loaded.get("cluster-generic-submit-cmd", "").split()[:1]:
        assert (TEMPLATES / name).is_file()


def test_the_configuration_is_of_its_schema(tmp_path: Path) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    config = yaml.safe_load((wf / "config.yaml").read_text())
    schema().validate(config)
    assert (config["marks"], config["shards"]) == (list(MARKS), 1)
    sizes = job_sizes(read_sheet(tmp_path / "sheet.csv"))
    assert config["memory_mb"] == sizes.megabytes
    assert (config["minutes"], config["threads"]) == (sizes.minutes, sizes.processes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shards": 0},
        {"shards": "many"},
        {"marks": []},
        {"marks": ["ER", "ER"]},
        {"threads": 4},
        {"threads": dict.fromkeys(("look", "plan", "count", "test", "gather"), 1.5)},
        {"memory_mb": {"look": 100}},
        {"minutes": dict.fromkeys(("look", "plan", "count", "test", "gather"), 0)},
        {"memory": 100},
    ],
)
def test_a_wrong_configuration_is_not(wrong: dict[str, object], tmp_path: Path) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    config = yaml.safe_load((wf / "config.yaml").read_text())
    assert not schema().is_valid(config | wrong)
    for name in schema().schema["required"]:
        assert not schema().is_valid({k: v for k, v in config.items() if k != name})


def test_names_of_marks_are_data(tmp_path: Path) -> None:
    marks = ('a "b": $x', "ER: [1]")
    sheet = tmp_path / "sheet.csv"
    names = ['"a ""b"": $x"', "ER: [1]"]
    for i in range(4):
        (tmp_path / f"{i}.bw").touch()
    rows = [f"S{i},{names[i // 2]},{('good', 'poor')[i % 2]},{i}.bw" for i in range(4)]
    sheet.write_text("\n".join(["SampleID,Factor,Condition,Coverage", *rows]) + "\n")
    wf, found = written(tmp_path, sheet)
    assert sorted(found.marks) == sorted(marks)
    assert yaml.safe_load((wf / "config.yaml").read_text())["marks"] == list(found.marks)
    assert check_workflow(wf) == wf / "study"


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path)
    wf, _ = written(tmp_path, sheet)
    changed = wf / "profiles" / "slurm" / "config.yaml"
    changed.write_text("mine: true\n")
    with pytest.raises(InputFormatError, match=r"is there already.*--force"):
        written(tmp_path, sheet)
    assert changed.read_text() == "mine: true\n"
    written(tmp_path, sheet, force=True)
    assert "executor: slurm" in changed.read_text()


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "wf").mkdir()
    (tmp_path / "wf" / "notes.txt").write_text("mine\n")
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    assert (wf / "notes.txt").read_text() == "mine\n"


def test_paths_are_seen_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    write_sheet(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    sheet = Path("data/sheet.csv")
    write_workflow(StudySettings(sheet=sheet), read_sheet(sheet), "a/wf", JobSizes(4, 2))
    wf = tmp_path / "a" / "wf"
    monkeypatch.chdir(wf)
    inputs = Path("inputs.txt").read_text().splitlines()
    assert len(inputs) == 5
    assert all(not Path(p).is_absolute() and Path(p).is_file() for p in inputs)
    assert read_study("study.yaml").sheet == Path("../../data/sheet.csv")


@pytest.mark.parametrize("what", ["peaks", "chain"])
def test_what_cannot_be_split_is_refused(what: str, tmp_path: Path) -> None:
    column = "Peaks" if what == "peaks" else "Coverage"
    sheet = write_sheet(tmp_path, column=column)
    settings = StudySettings(sheet=sheet, chain=tmp_path / "c" if what == "chain" else None)
    with pytest.raises(InputFormatError, match="resist-epi run"):
        write_workflow(settings, read_sheet(sheet), tmp_path / "wf", JobSizes(4, 2))
    assert not (tmp_path / "wf").exists()


def test_files_elsewhere_have_a_cache_that_all_jobs_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = write_sheet(tmp_path)
    sheet.write_text(sheet.read_text().replace("T00.bw", "https://example.org/T00.bw"))
    wf, found = written(tmp_path, sheet)
    assert yaml.safe_load((wf / "config.yaml").read_text())["cache"] == ".cache"
    assert "example.org" not in (wf / "inputs.txt").read_text()  # Snakemake cannot see it
    (run,) = (x for x in (wf / "Snakefile").read_text().splitlines() if x.startswith("RUN = "))
    assert " --cache {config[cache]:q} " in run
    monkeypatch.chdir(tmp_path)
    asked = (StudySettings(sheet=sheet), found, "wf", JobSizes(4, 2))
    for cache, expected in (
        ("my: copies", "../my: copies"),
        ("/scratch/copies", "/scratch/copies"),
    ):
        write_workflow(*asked, cache=cache, force=True)
        config = yaml.safe_load((wf / "config.yaml").read_text())
        assert config["cache"] == expected
        schema().validate(config)
    del config["cache"]  # as an older workflow has it
    schema().validate(config)


def test_a_sheet_that_has_changed_is_seen(tmp_path: Path) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    listed = (wf / "inputs.txt").read_text()
    when = (wf / "inputs.txt").stat().st_mtime_ns
    assert check_workflow(wf) == wf / "study"
    assert (wf / "inputs.txt").stat().st_mtime_ns == when  # it is not newer for nothing

    (tmp_path / "new.bw").touch()
    with open(tmp_path / "sheet.csv", "a") as sheet:
        sheet.write("N,H3K27me3,good,new.bw\n")
    check_workflow(wf)
    assert (wf / "inputs.txt").read_text() != listed
    assert str(tmp_path / "new.bw") in (wf / "inputs.txt").read_text().splitlines()

    with open(tmp_path / "sheet.csv", "a") as sheet:
        sheet.write("M,ER,good,new.bw\nO,ER,poor,T00.bw\n")
    with pytest.raises(InputFormatError, match=r'expected marks: \["H3K27me3", "H3K36me3", "ER"\]'):
        check_workflow(wf)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Snakefile", None, "Snakefile is missing"),
        ("config.yaml", None, "config.yaml is missing"),
        ("config.yaml", "a: [", "not YAML"),
        ("config.yaml", "study: x\n", "no configuration of a workflow"),
        ("config.yaml", "[]\n", "no configuration of a workflow"),
        ("study.yaml", None, "study.yaml"),
    ],
)
def test_a_damaged_workflow_is_named(
    name: str, text: str | None, said: str, tmp_path: Path
) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path))
    if text is None:
        (wf / name).unlink()
    else:
        (wf / name).write_text(text)
    with pytest.raises(InputFormatError, match=said):
        check_workflow(wf)


@pytest.mark.parametrize("name", ["of {good} tumours.bw", "two\nlines.bw"])
def test_files_that_snakemake_cannot_name_are_refused(name: str, tmp_path: Path) -> None:
    path = write_sheet(tmp_path)
    (tmp_path / name).touch()
    path.write_text(path.read_text().replace("good,T00.bw", f'good,"{name}"'))
    with pytest.raises(InputFormatError, match="braces in a path for a wildcard") as error:
        written(tmp_path, path)
    assert "link it under another name" in str(error.value)
    assert not (tmp_path / "wf").exists()


@pytest.mark.parametrize("marks", [5, "H3K27me3", {"H3K27me3": 1}, [["H3K27me3"]]])
def test_marks_are_a_list_of_names(marks: object, tmp_path: Path) -> None:
    wf, _ = written(tmp_path, write_sheet(tmp_path, ("H3K27mé3",)))
    config = yaml.safe_load((wf / "config.yaml").read_text()) | {"marks": marks}
    (wf / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(InputFormatError, match=r'other marks.*expected marks: \["H3K27mé3"\]'):
        check_workflow(wf)


def test_the_largest_mark_is_seen(tmp_path: Path) -> None:
    sheet = read_sheet(write_sheet(tmp_path, ("ER", "H3K4me3", "H3K27ac")))
    assert job_sizes(sheet, a_shard=2, threads=3) == JobSizes(6, 2, 2, 3)
