"""Settings of a study give one question, and name files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.samples.question import Confounders, Question
from resist_epi.study.settings import StudySettings


def test_a_study_without_wishes_asks_the_default_question() -> None:
    assert StudySettings(sheet=Path("sheet.csv")).question == Question()


def test_what_a_study_asks_is_one_record() -> None:
    settings = StudySettings(
        sheet=Path("sheet.csv"),
        design="~ Batch + Condition",
        lfc_threshold=0.7,
        block="Site",
        segments=Path("cn.seg"),
    )
    assert settings.question == Question(
        "~ Batch + Condition",
        lfc_threshold=0.7,
        block="Site",
        confounders=Confounders(segments=Path("cn.seg")),
    )
    with pytest.raises(DesignError, match="unknown use of inputs"):
        _ = settings.model_copy(update={"control": "subtract"}).question


def test_a_file_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    sheet.write_text("")
    StudySettings(sheet=sheet, gene_sets="go").check_files()
    with pytest.raises(InputFormatError, match=r"gone\.bed: no such file, which exclude names"):
        StudySettings(sheet=sheet, exclude=tmp_path / "gone.bed").check_files()
