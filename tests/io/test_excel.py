"""Workbooks are read back by another library, and hold what the tables hold."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError, MissingDependencyError
from resist_epi.io.excel import MOST_COLUMNS, write_excel
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import analyse
from tests.support.builders import planted, sheet

openpyxl = pytest.importorskip("openpyxl", reason="the extra [excel] is not installed")


def test_results_come_back_with_their_sentences_and_columns(tmp_path: Path) -> None:
    analysis = analyse(planted(n=50, per_group=4), sheet(["good"] * 4 + ["poor"] * 4))
    path = tmp_path / "calls.xlsx"
    write_excel(path, {"promoters": analysis, "own": pd.DataFrame({"score": [1.5, np.nan]})})
    book = pd.read_excel(path, sheet_name=None, keep_default_na=False, na_values=[""])
    assert list(book) == ["promoters", "own", "about", "columns"]
    read = book["promoters"]
    assert list(read) == list(analysis.results)
    for name in ("log2FoldChange", "pvalue", "padj"):
        # A workbook has 16 digits of a number, where a double may need 17.
        np.testing.assert_allclose(read[name], analysis.results[name], rtol=1e-15)
    assert read["direction"].tolist() == analysis.results["direction"].tolist()
    about = book["about"].set_index("name")["what was done"]
    assert about["contrast"].startswith("poor minus good")
    columns = book["columns"].set_index(["sheet", "column"])
    assert columns.loc[("promoters", "padj"), "meaning"].startswith("Benjamini-Hochberg")
    assert columns.loc[("promoters", "start"), "unit"] == "bp"
    unknown = [
        c for c in analysis.results if not isinstance(columns.loc[("promoters", c), "meaning"], str)
    ]
    assert unknown == []


def test_text_is_text_and_numbers_are_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "symbol": ["SEPT1", "MARCH1", "=1+1", "tab\x0bbed"],
            "flag": [True, False, True, True],
            "n": pd.array([1, None, 3, 4], dtype="Int64"),
            "x": [0.1, np.inf, np.nan, -np.inf],
        },
    )
    path = tmp_path / "a.xlsx"
    write_excel(path, {"genes": table})
    sheet = openpyxl.load_workbook(path)["genes"]
    rows = list(sheet.iter_rows(min_row=2))
    assert [r[0].value for r in rows] == ["SEPT1", "MARCH1", "=1+1", "tab bed"]
    assert {r[0].data_type for r in rows} == {"s"}
    assert [r[1].value for r in rows] == [True, False, True, True]
    assert [r[2].value for r in rows] == [1, None, 3, 4]
    assert [r[3].value for r in rows] == [0.1, "inf", None, "-inf"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:D5"


def test_a_table_that_was_read_keeps_its_header_and_an_index_its_names(tmp_path: Path) -> None:
    write_table(
        tmp_path / "t.tsv", pd.DataFrame({"a": [1]}), header={"contrast": "poor minus good"}
    )
    correlation = pd.DataFrame([[1.0]], index=pd.Index(["T1"], name="sample"), columns=["T1"])
    write_excel(tmp_path / "t.xlsx", {"t": read_table(tmp_path / "t.tsv"), "r": correlation})
    book = pd.read_excel(tmp_path / "t.xlsx", sheet_name=None)
    assert book["about"].to_numpy().tolist() == [["t", "contrast", "poor minus good"]]
    assert list(book["r"]) == ["sample", "T1"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "no table to write"),
        ({"a/b": pd.DataFrame()}, "cannot be the name of a sheet"),
        ({"x" * 32: pd.DataFrame()}, "1 to 31 characters"),
        ({"A": pd.DataFrame(), "a": pd.DataFrame()}, "'a' is there already"),
        ({"About": pd.DataFrame()}, "'About' is there already"),
        ({"wide": pd.DataFrame(np.zeros((1, MOST_COLUMNS + 1)))}, "16,385 columns"),
    ],
)
def test_what_no_workbook_holds(tables: dict[str, pd.DataFrame], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=said):
        write_excel(tmp_path / "a.xlsx", tables)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_and_a_name_of_another_kind(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", {"none": pd.DataFrame({"padj": []})})
    assert list(pd.read_excel(tmp_path / "a.xlsx")) == ["padj"]
    with pytest.raises(InputFormatError, match=r"expected one in \.xlsx"):
        write_excel(tmp_path / "a.xls", {"none": pd.DataFrame()})


def test_without_openpyxl_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'resist_epi\[excel\]'"):
        write_excel(tmp_path / "a.xlsx", {"t": pd.DataFrame({"a": [1]})})
