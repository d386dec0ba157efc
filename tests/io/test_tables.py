"""Results go to disk and come back."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi import schema
from resist_epi.errors import InputFormatError
from resist_epi.io import tables
from resist_epi.io.tables import read_results, read_table, read_top, write_table
from resist_epi.io.whole_table import size_line


def foreign(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "counts.tsv"
    path.write_text(text)
    return path


def test_header_lines_and_missing_values(tmp_path: Path) -> None:
    table = pd.DataFrame({"symbol": ["NA", ""], "x": [1.5, np.nan]})
    write_table(tmp_path / "t.tsv", table, header={"contrast": "a minus b\nin words"})
    text = (tmp_path / "t.tsv").read_text()
    size = "# this table has 2 rows and 2 columns\n"
    assert text == f"# contrast: a minus b in words\n{size}symbol\tx\nNA\t1.5\n\tNA\n"
    again = read_table(tmp_path / "t.tsv")
    assert again.attrs["header"] == {"contrast": "a minus b in words"}
    assert np.isnan(again["x"][1])


def test_values_above_a_table_come_back_as_they_were(tmp_path: Path) -> None:
    header = {
        "contrast": "[sic] a minus b",
        "a note without a value": "",
        "facts": {"units": [6, 5], "levels": {"first": "two  blanks"}, "none": None},
        "warnings": ["one: two", "three"],
    }
    for name in ("t.tsv", "t.tsv.gz"):
        write_table(tmp_path / name, pd.DataFrame({"x": [1]}), header=header)
        again = read_table(tmp_path / name)
        assert again.attrs["header"] == header
        assert again.attrs["first_row"] == 7
    assert "# a note without a value\n" in (tmp_path / "t.tsv").read_text()


def test_results_must_have_the_contracts_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.tsv", pd.DataFrame({"chrom": ["chr1"]}))
    with pytest.raises(InputFormatError, match=r"no column start, end, .* expected columns chrom"):
        read_results(tmp_path / "t.tsv")
    (tmp_path / "e.tsv").write_text("# nothing\n")
    with pytest.raises(InputFormatError, match="the table is empty"):
        read_results(tmp_path / "e.tsv")


def test_the_f_test_of_several_contrasts_is_named_and_not_taken_for_results(
    tmp_path: Path,
) -> None:
    joint = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [9], "F": [1.0], "df1": [2]})
    write_table(tmp_path / "joint.tsv", joint, header={"joint": "F test that any of 2 contrasts"})
    with pytest.raises(InputFormatError) as raised:
        read_results(tmp_path / "joint.tsv")
    assert "F test of several contrasts" in str(raised.value)
    assert "the table of one contrast" in str(raised.value)
    assert "Did you mean" not in str(raised.value)


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [0.1, np.nan, -0.0, np.inf, 1e-300], "b": list("abcde"), "c": range(5)},
        {"a": ["x", None, "", "NA", "nan"], "b": [1e15, 12345678901.5, 2 / 3, 1e-5, 100.0]},
        {"a": ["tab\there", 'quote"', "line\nend", "plain", "%s"], "b": [True, False] * 2 + [True]},
        {"100%": ["%", "%d", "", "é", " "], 'quo"ted': [1.0] * 5},
        {"a": pd.array([1, None, 3, 4, 5], dtype="Int64"), "b": [1.5] * 5},
        {"a": pd.array([1, None, 3.5, 4, 5], dtype="Float64"), "b": [1.5] * 5},
        {"a": pd.Categorical(["x", "y", "x", None, "y"]), "b": np.float32([0.1, 1, 2, 3, 4])},
        {"a": [1, 2.5, "x", None, True], "b": pd.date_range("2020-01-01", periods=5)},
        {"a": pd.array([True, None, False, True, True], dtype="boolean"), "b": [np.nan] * 5},
        {"a": [True, np.nan, False, np.nan, True], "b": [None, "x", "y", 'quo"te', "z"]},
        {"a": ["", "x", "", "", "y"]},
        {"a": [], "b": []},
        {},
    ],
)
def test_a_table_is_written_as_pandas_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, list[object]]
) -> None:
    table = pd.DataFrame(columns)
    expected = table.to_csv(sep="\t", index=False, na_rep="NA", float_format="%.10g")
    size = f"# {size_line(*table.shape)}\n"
    for rows in (2, 100):
        monkeypatch.setattr(tables, "_ROWS", rows)
        write_table(tmp_path / "t.tsv.gz", table)
        assert gzip.decompress((tmp_path / "t.tsv.gz").read_bytes()).decode() == size + expected


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = {"symbol": [f"G{i}" for i in range(20)], "x": np.arange(20) / 7, "y": [1] * 20}
    write_table(tmp_path / "t.tsv", pd.DataFrame(rows), header={"a": "b"})
    return tmp_path / "t.tsv"


def test_a_table_cut_anywhere_is_refused(table: Path) -> None:
    text = table.read_text()
    assert len(read_table(table)) == 20
    body = text.index("symbol")
    for end in range(body, len(text)):
        table.write_text(text[:end])
        with pytest.raises(InputFormatError):
            read_table(table)


def test_a_table_filtered_by_hand_says_which_line_to_remove(table: Path) -> None:
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:10]))
    size = "# this table has 20 rows and 3 columns"
    with pytest.raises(
        InputFormatError, match=f"20 rows and 3 columns, .* 7 rows .* remove the line '{size}'"
    ):
        read_table(table)
    table.write_text("".join(line for line in lines[:10] if line.strip() != size))
    assert len(read_table(table)) == 7
    table.write_text(
        "".join(line.rpartition("\t")[0] + "\n" if i > 1 else line for i, line in enumerate(lines))
    )
    with pytest.raises(InputFormatError, match="found 20 rows and 2 columns"):
        read_table(table)
    table.write_text("".join(lines).replace("has 20 rows", "has 2_0 rows"))
    with pytest.raises(InputFormatError, match="found 20 rows and 3 columns"):
        read_table(table)


@pytest.mark.parametrize("row", ["b\t2\n", "b\t2\t3\t4\n", '"b\t2\n'])
def test_a_row_of_other_cells_names_its_line(tmp_path: Path, row: str) -> None:
    path = foreign(tmp_path, "# own\nsymbol\tx\ty\na\t1\t2\n" + row)
    with pytest.raises(
        InputFormatError, match=r"line [45]: .*(cells in this row|cells of this line)"
    ):
        read_table(path)


def test_a_table_without_a_last_line_end_is_read_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", logger="resist_epi"):
        assert len(read_table(foreign(tmp_path, "a\tb\n1\t2"))) == 1
    assert "counts.tsv: the last line has no line end" in caplog.text


def test_cells_with_tabs_quotes_and_line_ends_come_back(tmp_path: Path) -> None:
    rows = pd.DataFrame({"symbol": ["a\tb", 'c"d', "e\nf", '"'], "x": [1, 2, 3, 4]})
    write_table(tmp_path / "t.tsv", rows)
    assert list(read_table(tmp_path / "t.tsv")["symbol"]) == list(rows["symbol"])


TABLE = "# made\nchrom\tstart\tend\tpvalue\tnote\nchr1\t5\t9\t0.5\ta\nchr1\t7\t9\tNA\tb\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace("\tb\n", "\n"), "line 4: 4 cells in this row; expected 5"),
        (TABLE.replace("\tb\n", "\tb\tc\n"), "line 4: 6 cells in this row"),
        (TABLE.replace("\ta\n", '\t"a\n'), "line 3: the cells of this line cannot be told"),
        (TABLE.replace("\t5\t", "\t1_000\t"), "line 3: column start; expected a position"),
        (TABLE.replace("\t5\t", "\t5.5\t"), "line 3: column start; expected a position"),
        (TABLE.replace("\t5\t", f"\t{'9' * 25}\t"), "line 3: column start"),
        (TABLE.replace("0.5", "small"), "line 3: column pvalue; expected a number or NA"),
        (TABLE.replace("note", "pvalue"), "line 2: two columns are called 'pvalue'"),
        (TABLE.replace("chr1\t7", "\nchr1\t7"), "line 4: 1 cell in this row"),
        ("# made\n\n", "the table is empty"),
    ],
)
def test_what_a_table_must_be(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=message):
        read_table(path)


def test_columns_have_the_dtype_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("chrom\tstart\tsymbol\tpvalue\tshifted\tX_pvalue\n1\t5.0\t7\tNA\tTrue\tNA\n")
    table = read_table(path)
    assert table["chrom"].tolist() == ["1"]
    assert table["symbol"].tolist() == ["7"]
    assert [table[c].dtype for c in ("start", "pvalue", "shifted", "X_pvalue")] == [
        *(np.int64, np.float64, bool, np.float64)
    ]


def test_a_missing_column_that_is_nearly_there_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(TABLE.replace("pvalue", "p_value"))
    with pytest.raises(InputFormatError, match="Did you mean 'p_value' for 'pvalue'"):
        read_table(path, required=["pvalue"])


def test_a_parquet_file_is_called_so(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(InputFormatError, match="this is a Parquet file"):
        read_results(tmp_path / "c.parquet")


def test_a_name_over_two_lines_comes_back(tmp_path: Path) -> None:
    rows = pd.DataFrame({"start": [5, 7], "n_two\nlines": [1, 2], "pvalue": [0.5, 1]})
    write_table(tmp_path / "t.tsv", rows, header={"a": "b"})
    again = read_table(tmp_path / "t.tsv")
    assert list(again) == list(rows)
    assert again["start"].tolist() == [5, 7]
    assert again.attrs["first_row"] == 5


def test_a_level_called_na_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"sample": ["NA", "b"], "condition": ["NA", "null"], "n_peaks": [np.nan, 2.0]}
    )
    write_table(tmp_path / "qc.tsv", table)
    again = read_table(tmp_path / "qc.tsv")
    assert again["sample"].tolist() == ["NA", "b"]
    assert again["condition"].tolist() == ["NA", "null"]
    assert again["n_peaks"].isna().tolist() == [True, False]


def test_a_name_has_one_dtype_in_every_table() -> None:
    """Tables are read back by the names of their columns, whichever table it is."""
    tables = [t for t in vars(schema).values() if isinstance(t, tuple) and t]
    columns = [c for table in tables for c in table if isinstance(c, schema.Column)]
    dtypes = {(c.name, c.dtype) for c in columns}
    assert len(dtypes) == len({name for name, _ in dtypes})


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
def test_the_top_of_a_table_alone_is_that_of_the_table(name: str, tmp_path: Path) -> None:
    header = {"contrast": "poor minus good", "facts": {"calls": {"gain": 1}}, "empty": ""}
    write_table(tmp_path / name, pd.DataFrame({"a": [1, 2], "b": ["x", "#y"]}), header=header)
    assert dict(read_top(tmp_path / name)) == dict(read_table(tmp_path / name).attrs["header"])


def test_the_top_of_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="cannot be read"):
        read_top(tmp_path / "absent.tsv")
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress(b"# a: b\n" * 10_000)[:40])
    with pytest.raises(InputFormatError, match="cannot be read"):
        read_top(tmp_path / "cut.tsv.gz")
