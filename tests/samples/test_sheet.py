"""Sample sheets: what is accepted, what is refused, and that all problems are told at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.samples.sheet import column_files, make_sheet, sheet_from_columns


def frame(**columns: list[object]) -> pd.DataFrame:
    base: dict[str, list[object]] = {
        "SampleID": ["a", "b"],
        "Factor": ["H3K27me3", "H3K27me3"],
        "Condition": ["good", "poor"],
    }
    return pd.DataFrame({**base, **columns}, dtype=object)


def problems(table: pd.DataFrame) -> str:
    with pytest.raises(SampleSheetError) as caught:
        make_sheet(table)
    return str(caught.value)


def test_names_of_columns_are_matched_without_case() -> None:
    table = frame().rename(columns={"SampleID": "SAMPLEID", "Condition": "condition"})
    sheet = make_sheet(table)
    assert list(sheet.table.columns) == ["SampleID", "Factor", "Condition"]
    assert sheet.column("CONDITION") == "Condition"


def test_further_columns_are_kept_as_they_are() -> None:
    sheet = make_sheet(frame(Grade=["1", "2"]))
    assert list(sheet.table["Grade"]) == ["1", "2"]


def test_all_problems_are_told_at_once_with_line_and_column() -> None:
    text = problems(
        frame(
            SampleID=["a", "a"],
            Condition=["good", "poor "],
            LibrarySize=["12", "many"],
            Purity=["1.2", ""],
        )
    )
    assert "4 problems" in text
    assert "lines 2, 3, column SampleID: 'a' stands 2 times" in text
    assert "line 3, column Condition: 'poor ' begins or ends with a blank" in text
    assert "line 3, column LibrarySize: 'many'; expected a number above 0" in text
    assert "line 2, column Purity: '1.2'; expected a share between 0 and 1" in text


@pytest.mark.parametrize("missing", ["SampleID", "Factor", "Condition"])
def test_required_columns(missing: str) -> None:
    assert f"no column {missing}" in problems(frame().drop(columns=missing))


def test_an_empty_required_cell() -> None:
    assert "line 3, column Condition: empty" in problems(frame(Condition=["good", ""]))


def test_a_column_that_stands_twice() -> None:
    table = frame()
    table["condition"] = ["good", "poor"]
    assert "'condition' stands 2 times" in problems(table)


def test_no_rows() -> None:
    assert "no rows" in problems(frame().iloc[:0])


def test_numbers_become_floats_with_nan() -> None:
    sheet = make_sheet(frame(LibrarySize=["100", ""]))
    sizes = sheet.numbers("LibrarySize")
    assert sizes is not None
    np.testing.assert_array_equal(sizes, [100.0, np.nan])
    assert make_sheet(frame(LibrarySize=["", ""])).numbers("LibrarySize") is None


def test_paths_are_relative_to_the_sheet(tmp_path: Path) -> None:
    sheet = make_sheet(frame(Coverage=["x.bw", str(tmp_path / "y.bw")]), path=tmp_path / "s.csv")
    assert list(sheet.table["Coverage"]) == [str(tmp_path / "x.bw"), str(tmp_path / "y.bw")]


def test_marks_and_rows_of_a_mark() -> None:
    sheet = make_sheet(frame(Factor=["H3K27me3", "H3K36me3"]))
    assert sheet.marks == ("H3K27me3", "H3K36me3")
    assert sheet.for_mark("H3K36me3").samples == ("b",)


def test_unit_columns_need_a_patient() -> None:
    assert make_sheet(frame()).unit_columns(["Condition"]) == ["SampleID"]
    with_patient = make_sheet(frame(Patient=["p1", "p2"], Batch=["1", "2"]))
    assert with_patient.unit_columns(["Batch"]) == ["Patient", "Factor", "Condition", "Batch"]


def test_asking_for_unknown_samples_and_columns() -> None:
    sheet = make_sheet(frame())
    with pytest.raises(SampleSheetError, match="no row with SampleID 'c'"):
        sheet.for_samples(["a", "c"])
    with pytest.raises(DesignError, match="no column 'Outcome'; it has SampleID"):
        sheet.column("Outcome")


def test_a_sheet_survives_being_written_into_counts() -> None:
    sheet = make_sheet(frame(LibrarySize=["100", ""], Patient=["p", "q"]))
    again = sheet_from_columns(sheet.to_columns())
    pd.testing.assert_frame_equal(again.table, sheet.table)


def test_a_sample_must_not_bear_the_name_of_a_region_column() -> None:
    text = problems(frame(SampleID=["start", "b"]))
    assert "line 2, column SampleID: 'start' is the name of a column of region tables" in text


def test_a_row_with_files_of_another_kind_is_told_what_to_do() -> None:
    made = make_sheet(frame(Coverage=["a.bw", ""], bamReads=["", "b.bam"]))
    with pytest.raises(SampleSheetError) as caught:
        column_files(made, "Coverage", "a bigWig or bedGraph")
    (told,) = caught.value.problems
    assert told.startswith("sample b, column Coverage: empty; expected a bigWig or bedGraph, as it")
    assert "has bamReads: make a track of its reads (resist-epi tracks)" in told
    with pytest.raises(SampleSheetError, match="as it has Coverage: give its reads"):
        column_files(made, "bamReads", "a BAM file")
    bare = make_sheet(frame(Coverage=["a.bw", ""]))
    with pytest.raises(SampleSheetError, match=r"column Coverage: empty; expected a track$"):
        column_files(bare, "Coverage", "a track")
