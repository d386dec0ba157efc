"""Sheets as the world writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError, SampleSheetError
from resist_epi.samples.sheet import read_sheet

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


def test_a_quote_that_does_not_close_names_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, 'SampleID,Factor,Condition\na,ER,"x\nb,ER,y\n')
    with pytest.raises(InputFormatError, match="line 2: the cells of this line cannot be told"):
        read_sheet(path)


def test_what_spreadsheets_add_is_no_harm(tmp_path: Path) -> None:
    text = '\ufeff"SampleID","Factor","Condition",,\n"a","ER","x",,\n,,,,\n'
    sheet = read_sheet(write(tmp_path, text))
    assert sheet.samples == ("a",)
    assert list(sheet.table.columns) == ["SampleID", "Factor", "Condition"]


def test_all_problems_stand_on_one_line(tmp_path: Path) -> None:
    rows = "".join(f"s{i},,x \n" for i in range(30))
    with pytest.raises(
        SampleSheetError, match=r"60 problems: \(1\) line 2.*; and 40 more"
    ) as caught:
        read_sheet(write(tmp_path, "SampleID,Factor,Condition\n" + rows))
    assert len(str(caught.value).splitlines()) == 1
    assert len(caught.value.problems) == 60


def test_a_close_name_of_a_column_is_offered(tmp_path: Path) -> None:
    with pytest.raises(SampleSheetError, match="rename 'Sample_Id' to SampleID"):
        read_sheet(write(tmp_path, "Sample_Id,Factor,Condition\na,ER,x\n"))


@pytest.mark.parametrize("path", [r"C:\data\a.bw", r"\\server\a.bw", r"data\a.bw"])
def test_a_path_of_windows_is_recognised(tmp_path: Path, path: str) -> None:
    text = f"SampleID,Factor,Condition,Coverage\na,ER,x,{path}\n"
    with pytest.raises(SampleSheetError, match=r"line 2, column Coverage: .* a path of Windows"):
        read_sheet(write(tmp_path, text))
