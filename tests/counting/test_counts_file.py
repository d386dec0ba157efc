"""A Parquet file of counts: read and written a few columns or rows at a time, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.counts_file import CountsFile
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import open_counts, read_counts, write_counts
from resist_epi.errors import InputFormatError
from resist_epi.genome.bins import genome_bins

N, SAMPLES = 70_000, 19


def windows(n: int = N, kind: type = np.float32) -> CountMatrix:
    rng = np.random.default_rng(n)
    regions = pd.DataFrame(
        {
            "chrom": pd.Categorical(["chr2"] * n, categories=["chr2"]),
            "start": np.arange(n) * 500,
            "end": np.arange(n) * 500 + 500,
            "bases": 500,
            "window_2000": rng.uniform(size=n) < 0.5,
        }
    )
    values = rng.gamma(2, 1, size=(n, SAMPLES)).astype(kind)
    # A name may begin like another, with a point behind it.
    samples = ("T", *(f"T.{i}" for i in range(SAMPLES - 1)))
    return CountMatrix(values, regions, samples, "coverage_sum", np.ones(SAMPLES))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 3, N])
def test_a_matrix_comes_back_in_its_own_type(tmp_path: Path, n: int, kind: type) -> None:
    matrix, path = windows(n, kind), tmp_path / "c.parquet"
    write_counts(path, matrix)
    found = read_counts(path)
    assert found.values.dtype == kind
    assert (found.values == matrix.values).all()
    pd.testing.assert_frame_equal(found.regions, matrix.regions, check_categorical=False,
                                  check_dtype=n > 0)  # fmt: skip


def test_the_file_is_what_pandas_would_write(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    regions = genome_bins({"chr1": 3_000_000}, 10_000)
    samples = tuple(f"s{i}" for i in range(20))
    matrix = CountMatrix(rng.gamma(2, 1, (300, 20)), regions, samples, "mean_signal", np.ones(20))
    write_counts(tmp_path / "ours.parquet", matrix)
    written = pq.read_table(tmp_path / "ours.parquet")
    table = pa.Table.from_pandas(matrix.to_frame(), preserve_index=False)
    assert written.schema.metadata[b"pandas"] == table.schema.metadata[b"pandas"]
    assert written.equals(table)
    pq.write_table(
        table.replace_schema_metadata(written.schema.metadata),
        tmp_path / "theirs.parquet",
        compression="zstd",
    )
    ours, theirs = ((tmp_path / f"{n}.parquet").read_bytes() for n in ("ours", "theirs"))
    assert ours == theirs


def test_rows_are_read_part_by_part(tmp_path: Path) -> None:
    matrix, path = windows(), tmp_path / "c.parquet"
    write_counts(path, matrix)
    opened = open_counts(path, least=1)
    assert opened is not None
    file, regions, described = opened
    assert described["samples"] == list(matrix.samples)
    assert len(regions) == N
    for first, last in ((0, 10), (65_530, 65_540), (69_999, N), (5, 5), (100, 69_000)):
        found = file.rows(matrix.samples, first, last)
        assert found.dtype == np.float32
        assert (found == matrix.values[first:last]).all()
    file.close()
    assert open_counts(path, least=4 * N * SAMPLES + 1) is None
    write_counts(path, windows(3, np.float64))
    assert open_counts(path, least=1) is None


def test_what_was_not_written_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "c.parquet"
    write_counts(path, windows(50))
    table = pq.read_table(path)
    at = table.column_names.index("T.3")
    other = pa.array(np.full(50, 7, np.float32))
    pq.write_table(table.set_column(at, "T.3", other), path)
    with pytest.raises(InputFormatError, match="its content is not what was written"):
        read_counts(path)
    with pytest.raises(InputFormatError, match="its content is not what was written"):
        open_counts(path, least=1)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputFormatError, match="damaged Parquet file"):
        CountsFile(path)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputFormatError, match="not one of counts"):
        CountsFile(path)


def test_rows_of_no_place_come_back_and_gaps_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "c.parquet"
    rng = np.random.default_rng(2)
    values = rng.gamma(2, 1, (5, 3))
    values[2] = np.nan
    regions = genome_bins({"chr1": 50_000}, 10_000)
    write_counts(path, CountMatrix(values, regions, ("a", "b", "c"), "reads", np.ones(3)))
    assert np.isnan(read_counts(path).values[2]).all()
    table = pq.read_table(path)
    column = pa.array([1.0, None, None, 1.0, 1.0])
    at = table.column_names.index("b")
    table = table.set_column(at, "b", column)
    said = {k: v for k, v in table.schema.metadata.items() if k != b"resist_epi"}
    import json

    described = json.loads(table.schema.metadata[b"resist_epi"])
    del described["digest"]
    said[b"resist_epi"] = json.dumps(described).encode()
    pq.write_table(table.replace_schema_metadata(said), path)
    with pytest.raises(InputFormatError, match="column b"):
        read_counts(path)
