"""A sheet that is edited while a run reads it: an error, or the old state, never a mixture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from resist_epi import pipeline
from resist_epi.errors import InputFormatError
from resist_epi.pipeline import look_at_sheet, run_study
from resist_epi.samples.sheet import read_sheet
from resist_epi.study import first_look, loaded
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps import run_marks
from tests.support.cohort import make_cohort


@pytest.fixture
def settings(tmp_path: Path) -> StudySettings:
    (tmp_path / "cohort").mkdir()
    cohort = make_cohort(tmp_path / "cohort", per_group=2, marks=["H3K27me3"])
    return StudySettings.model_validate({"sheet": cohort.sheet, "genes": cohort.genes})


def swap_groups(path: Path) -> None:
    text = path.read_text()
    text = text.replace("good", "?").replace("poor", "good").replace("?", "poor")
    path.write_text(text)


def then_swap(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, settings: StudySettings
) -> None:
    """Let the groups of the sheet be swapped when a step of the pipeline has ended."""
    plain: Callable[..., Any] = getattr(module, name)

    def edited(*arguments: Any, **options: Any) -> Any:
        found = plain(*arguments, **options)
        swap_groups(settings.sheet)
        monkeypatch.setattr(module, name, plain)
        return found

    monkeypatch.setattr(module, name, edited)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*.gz") if p.is_file()}


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (first_look, "read_sheet"),
        (loaded, "check_study"),
        (loaded, "file_checksums"),
        (run_marks, "run_tests"),
    ],
)
def test_groups_swapped_during_a_run_end_it(
    settings: StudySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    step: str,
) -> None:
    then_swap(monkeypatch, module, step, settings)
    with pytest.raises(InputFormatError, match="was changed or replaced while the run read it"):
        run_study(settings, tmp_path / "out", report=False)
    assert not (tmp_path / "out" / "provenance.json").exists()


def test_a_finished_run_keeps_its_record(
    settings: StudySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = run_study(settings, tmp_path / "out", report=False)
    record, tables = (out / "provenance.json").read_bytes(), contents(out)
    then_swap(monkeypatch, pipeline, "look_at_sheet", settings)
    with pytest.raises(InputFormatError, match="was changed"):
        run_study(settings, out, report=False)
    assert (out / "provenance.json").read_bytes() == record
    assert contents(out) == tables


def test_a_sheet_that_was_read_before_is_not_read_again(
    settings: StudySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = look_at_sheet(settings)
    times: list[Path] = []
    monkeypatch.setattr(first_look, "read_sheet", lambda p: times.append(p) or read_sheet(p))
    run_study(settings, tmp_path / "out", first=first, report=False)
    assert times == []
