"""Counts and results go to disk and come back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.errors import InputFormatError, QuantityError
from resist_epi.io.tables import read_results, read_table, write_table
from tests.support.builders import matrix, planted, sheet


@pytest.mark.parametrize("name", ["c.parquet", "c.tsv", "c.tsv.gz"])
def test_counts_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    counts = replace(
        planted(n=20, per_group=2),
        size_factors=np.array([1.0, 0.5, 2.0, 1.0]),
        metadata={"library_size_from": ["sheet"] * 4},
    )
    write_counts(tmp_path / name, counts)
    again = read_counts(tmp_path / name)
    np.testing.assert_allclose(again.values, counts.values, rtol=1e-9)
    np.testing.assert_array_equal(again.library_sizes, counts.library_sizes)
    assert again.size_factors is not None
    np.testing.assert_array_equal(again.size_factors, counts.size_factors)
    assert again.quantity == "mean_signal"
    assert again.metadata == counts.metadata
    pd.testing.assert_frame_equal(again.regions, counts.regions, check_dtype=False)


@pytest.mark.parametrize("name", ["c.parquet", "c.tsv"])
def test_counts_of_places_without_names_come_back(tmp_path: Path, name: str) -> None:
    counts = matrix([[1, 2]])
    places = counts.regions[["chrom", "start", "end"]].assign(window=7)
    write_counts(tmp_path / name, replace(counts, regions=places))
    assert list(read_counts(tmp_path / name).regions) == ["chrom", "start", "end", "window"]


def test_any_parquet_reader_sees_regions_and_samples(tmp_path: Path) -> None:
    write_counts(tmp_path / "c.parquet", matrix([[1, 2]]))
    frame = pq.read_table(tmp_path / "c.parquet").to_pandas()
    assert list(frame.columns[-2:]) == ["s0", "s1"]
    assert list(frame["symbol"]) == ["S0"]


def foreign(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "counts.tsv"
    path.write_text(text)
    return path


TSV = "chrom\tstart\tend\ts0\ts1\ts0.input\nchr10\t5\t9\t1\t2\t7\nchr2\t0\t4\t3\t4\t9\n"


def test_a_foreign_table_needs_its_sheet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = foreign(tmp_path, TSV)
    with pytest.raises(InputFormatError, match="needs its sample sheet"):
        read_counts(path)
    with caplog.at_level("INFO", logger="resist_epi"):
        counts = read_counts(path, sheet=sheet(["a", "b"]))
    assert counts.quantity == "reads"
    assert list(counts.regions["chrom"]) == ["chr2", "chr10"]
    np.testing.assert_array_equal(counts.values, [[3, 4], [1, 2]])
    np.testing.assert_array_equal(counts.library_sizes, [4, 6])
    assert "columns not in the sheet are ignored: s0.input" in caplog.text


def test_library_sizes_of_the_sheet_win(tmp_path: Path) -> None:
    rows = sheet(["a", "b"], LibrarySize=["1000", ""])
    counts = read_counts(foreign(tmp_path, TSV), sheet=rows)
    np.testing.assert_array_equal(counts.library_sizes, [1000, 6])
    assert counts.metadata["library_size_from"] == ["sheet", "column_sum"]


def test_fractions_are_no_reads(tmp_path: Path) -> None:
    path = foreign(tmp_path, TSV.replace("\t3\t", "\t3.5\t"))
    with pytest.raises(QuantityError, match=r"not whole numbers.*--quantity"):
        read_counts(path, sheet=sheet(["a", "b"]))
    counts = read_counts(path, sheet=sheet(["a", "b"]), quantity="mean_signal")
    assert counts.quantity == "mean_signal"


def test_text_where_a_number_belongs_names_line_and_column(tmp_path: Path) -> None:
    path = foreign(tmp_path, "# note\n" + TSV.replace("\t3\t", "\tmany\t"))
    with pytest.raises(
        InputFormatError, match="line 4: column s0; expected a number in every row; found 'many'"
    ):
        read_counts(path, sheet=sheet(["a", "b"]))


def test_a_sample_without_a_column(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="no column for sample s2"):
        read_counts(foreign(tmp_path, TSV), sheet=sheet(["a", "b", "b"]))


def test_damaged_and_foreign_parquet(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputFormatError, match="damaged Parquet file"):
        read_counts(tmp_path / "bad.parquet")
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputFormatError, match="not one of counts"):
        read_counts(tmp_path / "other.parquet")


def test_header_lines_and_missing_values(tmp_path: Path) -> None:
    table = pd.DataFrame({"symbol": ["NA", ""], "x": [1.5, np.nan]})
    write_table(tmp_path / "t.tsv", table, header={"contrast": "a minus b\nin words"})
    text = (tmp_path / "t.tsv").read_text()
    assert text == "# contrast: a minus b in words\nsymbol\tx\nNA\t1.5\n\tNA\n"
    again = read_table(tmp_path / "t.tsv")
    assert again.attrs["header"] == ["contrast: a minus b in words"]
    assert np.isnan(again["x"][1])


def test_results_must_have_the_contracts_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.tsv", pd.DataFrame({"chrom": ["chr1"]}))
    with pytest.raises(InputFormatError, match=r"no column start, end, .* expected columns chrom"):
        read_results(tmp_path / "t.tsv")
    (tmp_path / "e.tsv").write_text("# nothing\n")
    with pytest.raises(InputFormatError, match="the table is empty"):
        read_results(tmp_path / "e.tsv")


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


def test_cells_with_tabs_quotes_and_line_ends_are_read(tmp_path: Path) -> None:
    words = ["a\tb", 'say "x"', "two\nlines", '"', "plain"]
    write_table(tmp_path / "t.tsv", pd.DataFrame({"note": words, "x": range(5)}))
    assert read_table(tmp_path / "t.tsv")["note"].tolist() == words


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
    write_counts(tmp_path / "c.parquet", matrix([[1, 2]]))
    with pytest.raises(InputFormatError, match="this is a Parquet file"):
        read_results(tmp_path / "c.parquet")


def test_raw_counts_of_deeptools_are_read(tmp_path: Path) -> None:
    text = "#'chr'\t'start'\t'end'\t's0'\t's1'\nchr1\t0.0\t100.0\t1.5\t2\nchr1\t1e+02\t200\t3\t4\n"
    path = foreign(tmp_path, text)
    counts = read_counts(path, sheet=sheet(["x", "y"]), quantity="mean_signal")
    assert counts.regions[["start", "end"]].to_numpy().tolist() == [[0, 100], [100, 200]]
    assert counts.values.tolist() == [[1.5, 2], [3, 4]]


def test_row_names_of_r_have_no_header(tmp_path: Path) -> None:
    path = foreign(tmp_path, "seqnames\tstart\tend\ts0\ts1\n1\tchr1\t0\t9\t5\t7\n")
    assert read_counts(path, sheet=sheet(["a", "b"])).values.tolist() == [[5, 7]]


def test_a_missing_value_is_said_in_words(tmp_path: Path) -> None:
    path = foreign(tmp_path, TSV.replace("\t3\t", "\tNaN\t"))
    with pytest.raises(
        InputFormatError, match=r"line 3: column s0; .*found a missing value \(NA\)"
    ):
        read_counts(path, sheet=sheet(["a", "b"]))


@pytest.mark.parametrize(
    "change",
    [
        ('"samples": ["s0", "s1"]', '"samples": ["s0", "s9"]'),
        ('"samples": ["s0", "s1"]', '"samples": null'),
        ('"quantity": "', '"quantity": 7, "x": "'),
        ('"library_sizes": [', '"library_sizes": [1, '),
        ('"library_sizes": [', '"library_sizes": ["x", '),
        ("counts {", "counts {{"),
    ],
)
def test_damaged_words_on_counts_are_one_line(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "c.tsv"
    write_counts(path, matrix([[1, 2]]))
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(InputFormatError, match=r"c\.tsv") as caught:
        read_counts(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("at", range(4, 1600, 97))
def test_a_damaged_parquet_file_raises_no_foreign_error(tmp_path: Path, at: int) -> None:
    path = tmp_path / "c.parquet"
    write_counts(path, matrix([[1, 2]]))
    data = bytearray(path.read_bytes())
    data[at : at + 40] = b"\xff" * 40
    path.write_bytes(bytes(data))
    with suppress(InputFormatError):  # it may be whole still; other errors are none of ours
        read_counts(path)
