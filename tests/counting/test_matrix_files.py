"""Counts come back as they were written; foreign and damaged tables are told."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.errors import InputFormatError, QuantityError
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


def test_counts_of_the_first_version_are_read(tmp_path: Path) -> None:
    write_counts(tmp_path / "c.tsv", matrix([[1, 2]]))
    text = (tmp_path / "c.tsv").read_text()
    assert text.startswith("# counts: {")
    (tmp_path / "old.tsv").write_text(text.replace("# counts: {", "# counts {", 1))
    assert read_counts(tmp_path / "old.tsv").samples == ("s0", "s1")


def test_a_flipped_bit_in_counts_is_noticed_or_harmless(tmp_path: Path) -> None:
    counts = replace(planted(n=40, per_group=2), metadata={"library_size_from": ["sheet"] * 4})
    path = tmp_path / "c.parquet"
    write_counts(path, counts)
    whole, noticed = path.read_bytes(), 0
    rng = np.random.default_rng(8)
    for place in rng.integers(0, 8 * len(whole), size=400):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        try:
            again = read_counts(path)
        except InputFormatError as error:
            noticed += 1
            assert "\n" not in str(error)  # noqa: PT017
            continue
        np.testing.assert_array_equal(again.values, counts.values)
        np.testing.assert_array_equal(again.library_sizes, counts.library_sizes)
        pd.testing.assert_frame_equal(again.regions, counts.regions, check_dtype=False)
        assert (again.quantity, again.samples) == (counts.quantity, counts.samples)
        assert again.metadata == counts.metadata
    assert noticed > 150


def test_counts_without_a_digest_are_read_and_with_a_wrong_one_not(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    write_counts(path, planted(n=5, per_group=2))
    stored = pq.read_table(path)
    about = json.loads(stored.schema.metadata[b"resist_epi"])
    frame = stored.to_pandas()
    for digest, others in ((None, False), (about["digest"], True)):
        changed = frame.assign(s0=frame["s0"] + 1)
        about = {**about, "digest": digest}
        metadata = {b"resist_epi": json.dumps(about).encode()}
        pq.write_table(pa.Table.from_pandas(changed).replace_schema_metadata(metadata), path)
        if others:
            with pytest.raises(InputFormatError, match="its content is not what was written"):
                read_counts(path)
        else:
            assert read_counts(path).values[0, 0] == changed["s0"][0]


@pytest.mark.parametrize("name", ["c.parquet", "c.tsv"])
def test_counts_of_places_without_names_come_back(tmp_path: Path, name: str) -> None:
    counts = matrix([[1, 2]])
    places = counts.regions[["chrom", "start", "end"]].assign(window=7)
    write_counts(tmp_path / name, replace(counts, regions=places))
    assert list(read_counts(tmp_path / name).regions) == ["chrom", "start", "end", "window"]


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
        ("counts: {", "counts: {{"),
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


@pytest.mark.parametrize(
    ("header", "length", "start"),
    [
        ("Geneid\tChr\tStart\tEnd\tStrand\tLength", 800, 1000),  # featureCounts
        ("name\tseqnames\tstart\tend\tstrand\twidth", 800, 1000),  # a data frame of R
        ("name\tchrom\tstart\tend\tstrand\tlength", 799, 1001),  # BED with lengths
        ("name\tchrom\tstart\tend\tstrand\tlength", 500, 1001),  # some other length
    ],
)
def test_lengths_say_where_positions_count_from(
    tmp_path: Path, header: str, length: int, start: int
) -> None:
    path = tmp_path / "c.tsv"
    rows = [f"p{i}\tchr1\t{i}001\t{i}800\t+\t{length}\t{i}\t7\n" for i in (1, 2)]
    path.write_text(f"{header}\ts0\ts1\n" + "".join(rows))
    read = read_counts(path, sheet=sheet(["x", "y"]))
    assert read.regions["start"].tolist() == [start, start + 1000]
    assert read.regions["end"].tolist() == [1800, 2800]
