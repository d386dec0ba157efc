"""Settings of a study give one question, and name files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.samples.question import Confounders, Question
from resist_epi.study.settings import StudySettings, make_settings


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


def test_an_outside_cohort_is_two_files_or_none() -> None:
    given: dict[str, object] = {"sheet": "s.csv", "survival_expression": "e.tsv"}
    for more in ({}, {"survival_adjust": "age"}):
        with pytest.raises(InputFormatError, match="takes survival_expression and survival_clin"):
            make_settings(given | more)
    with pytest.raises(InputFormatError, match="the other survival settings take both"):
        make_settings({"sheet": "s.csv", "survival_worse": "poor"})
    made = make_settings(given | {"survival_clinical": "c.csv", "survival_adjust": "age"})
    assert made.survival_adjust == ("age",)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("contrast", 5, "contrast: input should be a valid string (found '5'); contrast: input"),
        ("sites", "a.bed", "sites: input should be a valid table of names and values"),
        ("sites", {"a b": "x.bed"}, "alone (NAME=BED) (found"),
        ("chain", 3.5, "chain: input should be a valid path (found '3.5')"),
        ("survival_adjust", {"age": 1}, "survival_adjust: input should be a valid list"),
    ],
)
def test_wrong_types_are_told_in_the_words_of_a_study_file(
    setting: str, value: object, said: str
) -> None:
    with pytest.raises(InputFormatError) as caught:
        make_settings({"sheet": "s.csv", setting: value})
    assert said in str(caught.value)
    for word in ("tuple", "dict", "pathlib", "class"):
        assert word not in str(caught.value).split("; expected settings")[0]
