"""Settings of a study give one question, with the question's own defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import DesignError
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
