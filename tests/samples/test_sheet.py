"""Sample sheets: what is accepted, what is refused, and that all problems are told at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, InputFormatError, SampleSheetError
from resist_epi.samples.sheet import make_sheet, read_sheet, sheet_from_columns


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


TEXT = "SampleID,Factor,Condition\na,ER,x\nb,ER,y\n"


def write(tmp_path: Path, data: bytes | str) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.rstrip("\n"),
        TEXT.replace(",", "\t"),
        "# made by hand\n" + TEXT,
        TEXT + "\n,,\n",
        TEXT.replace("b,ER,y", "b,ER,y,,"),
        b"\xef\xbb\xbf" + TEXT.encode(),
    ],
    ids=["lf", "crlf", "cr", "no end", "tabs", "comment", "blank rows", "padded", "bom"],
)
def test_line_ends_delimiters_and_marks(tmp_path: Path, data: bytes | str) -> None:
    assert read_sheet(write(tmp_path, data)).samples == ("a", "b")


def test_missing_values_and_quotes(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path, 'SampleID,Factor,Condition,Note,Batch\na,ER,x,"1, 2",NA\n'))
    assert list(sheet.table["Note"]) == ["1, 2"]
    assert list(sheet.table["Batch"]) == [""]


def test_another_number_of_cells_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "# note\nSampleID,Factor,Condition\n\na,ER,x\nb,ER\n")
    with pytest.raises(InputFormatError, match=r"sheet\.csv, line 5: 2 cells in a row; expected 3"):
        read_sheet(path)


def test_a_problem_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "# note\nSampleID,Factor,Condition\n\na,ER,x\nb,ER,y \n")
    with pytest.raises(SampleSheetError, match="line 5, column Condition"):
        read_sheet(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TEXT.replace("x", "é").encode("latin-1"), r"line 2, byte 31: not UTF-8 text \(byte 0xe9"),
        (TEXT.encode("utf-16"), "not UTF-8 text|NUL bytes"),
        (b"PK\x03\x04rest", "zip archive or a spreadsheet"),
        (b"", "the sample sheet is empty"),
        (TEXT.replace(",", ";"), "semicolons between the columns"),
        (b"\x1f\x8bnot gzip", "damaged gzip"),
    ],
    ids=["latin-1", "utf-16", "xlsx", "empty", "semicolons", "gzip"],
)
def test_what_is_no_sheet(tmp_path: Path, data: bytes | str, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_sheet(write(tmp_path, data))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="cannot be read: No such file"):
        read_sheet(tmp_path / "none.csv")


@pytest.mark.real
def test_the_diffbind_sheet_with_cr_line_ends(real_data: Path) -> None:
    sheet = read_sheet(real_data / "tamoxifen_er_chip_diffbind" / "tamoxifen.csv")
    assert len(sheet.samples) == 11
    assert sheet.marks == ("ER",)
    assert set(sheet.table["Condition"]) == {"Resistant", "Responsive"}


def test_none_is_a_level_like_any_other(tmp_path: Path) -> None:
    text = "SampleID,Factor,Condition,Treatment\na,ER,x,none\nb,ER,y,tam\n"
    assert list(read_sheet(write(tmp_path, text)).table["Treatment"]) == ["none", "tam"]
