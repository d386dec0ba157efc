"""The schemas that ship are those of the settings and of the sheet, and judge as reading does."""

from __future__ import annotations

from pathlib import Path

import build_json_schemas
import jsonschema
import pandas as pd
import pytest
import yaml

from resist_epi.errors import InputFormatError, SampleSheetError
from resist_epi.samples.sheet import make_sheet
from resist_epi.schema.sheet import NUMBERS
from resist_epi.study.json_schemas import sheet_schema, study_schema
from resist_epi.study.settings import StudySettings, make_settings
from resist_epi.study.study_file import write_study


@pytest.mark.parametrize("name", build_json_schemas.FILES)
def test_what_ships_is_made_from_the_one_source(name: str) -> None:
    made = build_json_schemas.as_text(build_json_schemas.FILES[name]())
    said = "python data_sources/build_json_schemas.py"
    assert (build_json_schemas.DATA / name).read_text("utf-8") == made, said


def test_a_study_that_was_written_is_of_the_schema(tmp_path: Path) -> None:
    settings = StudySettings(sheet=tmp_path / "s.csv", contrast=("a-b", "a-c"), hidden=2)
    write_study(tmp_path / "study.yaml", settings)
    values = yaml.safe_load((tmp_path / "study.yaml").read_text())
    jsonschema.Draft202012Validator(study_schema()).validate(values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fdr": 2},
        {"fdr": True},
        {"quantity": "counts"},
        {"min_overlap": 0},
        {"contrasts": "a-b"},
        {"joint": 3},
        {"survival_adjust": 3},
        {"sites": ["a"]},
    ],
    ids=str,
)
def test_what_reading_refuses_the_schema_refuses(wrong: dict[str, object]) -> None:
    values = {"sheet": "s.csv", **wrong}
    with pytest.raises(InputFormatError):
        make_settings(values)
    assert list(jsonschema.Draft202012Validator(study_schema()).iter_errors(values))


GOOD = {"SampleID": "A", "Factor": "H3K27me3", "Condition": "poor"}
NUMBERS_TRIED = (-1, 0, 0.5, 1, 2, "", "many")


@pytest.mark.parametrize("column", NUMBERS)
@pytest.mark.parametrize("value", NUMBERS_TRIED)
def test_numbers_of_a_sheet_are_judged_alike(column: str, value: object) -> None:
    row = GOOD | {column: value}
    try:
        make_sheet(pd.DataFrame([row]).astype(object))
        refused = False
    except SampleSheetError:
        refused = True
    errors = list(jsonschema.Draft202012Validator(sheet_schema()).iter_errors([row]))
    assert bool(errors) == refused


@pytest.mark.parametrize("lacking", GOOD)
def test_rows_without_a_required_cell_are_refused(lacking: str) -> None:
    judge = jsonschema.Draft202012Validator(sheet_schema())
    judge.validate([GOOD])
    for row in ({k: v for k, v in GOOD.items() if k != lacking}, GOOD | {lacking: ""}):
        assert list(judge.iter_errors([row]))
