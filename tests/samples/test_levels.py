"""Levels in one spelling, numbers without text among them, and `NA` where it is a level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.model.analysis import analyse
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.levels import (
    column_cautions,
    column_facts,
    column_in_words,
    near_spellings,
    separator_cautions,
)
from resist_epi.samples.sheet import make_sheet, read_sheet, sheet_from_columns
from tests.support.builders import matrix, sheet

GROUPS = ["good"] * 3 + ["poor"] * 3


@pytest.mark.parametrize(
    "levels",
    [
        ("Good", "good"),
        ("stable disease", "stable  disease"),
        ("stable disease", "stable\u00a0disease"),
        ("stable disease", "stabledisease"),
        ("poor", "poor\u200b"),
        ("STRASSE", "straße"),
        ("café", "cafe\u0301"),
    ],
)
def test_levels_that_look_alike_are_refused_with_their_lines(
    tmp_path: Path, levels: tuple[str, str]
) -> None:
    rows = [f"s{i},ER,{level}" for i, level in enumerate([levels[0], *[levels[1]] * 2, "other"])]
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(["# note", "SampleID,Factor,Condition", *rows]) + "\n")
    with pytest.raises(SampleSheetError) as error:
        read_sheet(path)
    message = str(error.value)
    assert "(line 3)" in message
    assert "(lines 4, 5)" in message
    assert "column Condition" in message
    assert len(set(message.split(" (line 3)", maxsplit=1)[0].split()[-1:])) == 1


@pytest.mark.parametrize("name", ["Condition", "Patient", "Batch", "Tissue", "Treatment"])
def test_columns_that_decide_what_is_compared_or_merged_are_looked_at(name: str) -> None:
    columns = {"Condition": ["a", "a", "b", "b"], name: ["x1", "X1", "y", "y"]}
    with pytest.raises(SampleSheetError, match=f"column {name}: 'x1' .line 2. and 'X1' .line 3."):
        sheet(columns.pop("Condition"), **columns)


@pytest.mark.parametrize("other", ["h3k27me3", "H3K27-me3", "H3K27 me3", "H3_K27me3"])
def test_a_mark_is_spelled_in_one_way(other: str) -> None:
    rows = pd.DataFrame({"SampleID": ["a", "b"], "Factor": ["H3K27me3", other], "Condition": "x"})
    with pytest.raises(SampleSheetError, match="2 different marks"):
        make_sheet(rows)
    rows["Factor"] = ["H3K27me3", "H3K27ac"]
    assert make_sheet(rows).marks == ("H3K27me3", "H3K27ac")


def test_other_columns_are_free_until_a_design_uses_them() -> None:
    rows = sheet(GROUPS, Note=["Ok", "ok", "x", "x", "y", "y"], Arm=["A", "a", "B", "A", "b", "B"])
    make_design(rows)
    with pytest.raises(DesignError, match=r"column Arm: 'A' \(s0, s3\) and 'a' \(s1\) differ"):
        make_design(rows, "~ Arm + Condition")
    values = np.random.default_rng(1).lognormal(3, 0.2, size=(40, 6))
    with pytest.raises(DesignError, match="column Arm"):
        analyse(matrix(values), rows, block="Arm")


def test_signs_and_numbers_are_no_ways_of_writing() -> None:
    assert near_spellings(["ER+", "ER-", "1-1", "11", "Batch 1", "Batch 2"]) == []
    assert separator_cautions(["pre-treated", "pre_treated", "ER+", "ER-"], "Arm") == [
        "column Arm: 'pre-treated' and 'pre_treated' differ by hyphens, underscores or points alone"
        " and are taken as different levels; write them alike if they are one"
    ]


@pytest.mark.parametrize("text", ["unknown", ">80", "61y", "61,5", "1_000"])
def test_text_among_numbers_is_refused_with_its_cell(tmp_path: Path, text: str) -> None:
    cells = ["50", "61", text, "70", "45", "66"]
    rows = [f's{i}\tER\t{g}\t"{a}"' for i, (g, a) in enumerate(zip(GROUPS, cells, strict=True))]
    path = tmp_path / "sheet.tsv"
    path.write_text("SampleID\tFactor\tCondition\tAge\n" + "\n".join(rows) + "\n")
    with pytest.raises(DesignError) as error:
        make_design(read_sheet(path), "~ Age + Condition")
    for part in ("column Age", f"'{text}' of s2 (line 4)", "C(Age)"):
        assert part in str(error.value)


def test_c_takes_what_stands_there_as_groups() -> None:
    rows = sheet(GROUPS, Age=["50", "61", "unknown", "50", "61", "unknown"])
    design = make_design(rows, "~ C(Age) + Condition")
    assert "C(Age)[T.unknown]" in design.matrix.columns


def test_mostly_text_is_groups() -> None:
    rows = sheet(GROUPS, Stage=["1", "2a", "2b", "1", "2a", "2b"])
    assert "Stage[T.2a]" in make_design(rows, "~ Stage + Condition").matrix.columns


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "None", "null", None, np.nan, pd.NA])
def test_a_number_that_is_not_known_is_missing(cell: object) -> None:
    rows = sheet(GROUPS, Age=["50", "61", cell, "70", "45", "66"])
    with pytest.raises(DesignError, match="column Age, which the design uses, is empty for s2"):
        make_design(rows, "~ Age + Condition")


@pytest.mark.parametrize("level", ["NA", "None", "null", "NaN", "n/a"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_na_is_a_level_in_a_column_of_text(tmp_path: Path, level: str, delimiter: str) -> None:
    rows = [
        ["SampleID", "Factor", "Condition"],
        *([f"s{i}", "ER", g] for i, g in enumerate(GROUPS)),
    ]
    text = "\n".join(delimiter.join(row) for row in rows).replace("good", level)
    path = tmp_path / "sheet.txt"
    path.write_text(text + "\n")
    read = read_sheet(path)
    assert list(read.table["Condition"]) == [level] * 3 + ["poor"] * 3
    again = sheet_from_columns(read.to_columns())
    assert list(again.table["Condition"]) == list(read.table["Condition"])
    contrast = make_contrast(make_design(again), f"poor-{level}")
    assert contrast.group_sizes == (3, 3)


def test_in_a_notebook_nan_is_missing_and_the_word_is_a_level() -> None:
    rows = sheet(GROUPS, Arm=["NA", "b", np.nan, "NA", "b", None])
    assert list(rows.table["Arm"]) == ["NA", "b", "", "NA", "b", ""]
    with pytest.raises(DesignError, match="column Arm, which the design uses, is empty for s2, s5"):
        make_design(rows, "~ Arm + Condition")


def test_na_is_no_level_of_numbers_names_and_files() -> None:
    rows = sheet(GROUPS, Batch=["1", "2", "NA"] * 2, Peaks=["NA", "a", "b"] * 2, Note=["NA"] * 6)
    assert [rows.table[c].iloc[0] for c in ("Peaks", "Note")] == ["", ""]
    assert list(rows.table["Batch"])[2] == ""


def test_the_same_rows_keep_their_levels_when_others_are_left_out() -> None:
    rows = sheet(["1", "2", "NA", "x", "y", "z"])
    part = rows.for_samples(["s0", "s1", "s2"])
    assert list(sheet_from_columns(part.to_columns()).table["Condition"]) == ["1", "2", "NA"]


def test_whole_numbers_of_a_data_frame_are_written_as_a_sheet_has_them() -> None:
    rows = sheet(GROUPS, Batch=[1.0, 2.0, 3.0] * 2, Age=[50.5, 61.0, 70.0] * 2)
    assert list(rows.table["Batch"])[:3] == ["1", "2", "3"]
    assert make_design(rows, "~ Batch + Condition").matrix.shape == (6, 4)


def test_the_header_says_how_each_column_is_taken() -> None:
    values = np.random.default_rng(1).lognormal(3, 0.2, size=(40, 8))
    rows = sheet(["good", "poor"] * 4, Age=["50", "61", "58", "44", "70", "49", "55", "63"],
                 Batch=list("11223344"), Plate=list("11222333"))  # fmt: skip
    analysis = analyse(matrix(values), rows, formula="~ Age + Batch + Condition")
    assert analysis.header["design"] == (
        "~ Age + Batch + Condition; Age: continuous (44 to 70); Batch: groups (1, 2, 3, 4);"
        " Condition: groups (good, poor)"
    )
    assert analysis.facts["design"]["columns"]["Age"]["kind"] == "continuous"
    plate = analyse(matrix(values), rows, formula="~ Plate + Condition", contrast="poor-good")
    assert "Plate: continuous (values 1, 2, 3; C(Plate) makes groups)" in plate.header["design"]
    assert any("C(Plate)" in text for text in plate.header["design warnings"])


def test_a_level_called_na_is_said() -> None:
    (caution,) = column_cautions({"Arm": column_facts(pd.Series(["NA", "b"]))})
    assert "Arm has a level called NA" in caution
    assert column_in_words("Arm", column_facts(pd.Series(["NA", "b"]))) == "Arm: groups (NA, b)"
