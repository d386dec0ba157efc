"""deepTools' matrix files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.profile_files import read_profile_matrix, write_profile_matrix
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError
from tests.support import simulated

SETTINGS = {
    "upstream": [20],
    "downstream": [10],
    "body": [0],
    "bin size": [10],
    "ref point": ["TSS"],
    "group_labels": ["gain", "none"],
    "group_boundaries": [0, 1, 3],
    "sample_labels": ["a", "b"],
    "sample_boundaries": [0, 3, 6],
}
ROWS = (
    "chr1\t5\t9\tr1\t.\t+\t1\t2\t3\t4\t5\t6\n"
    "chr1\t10,30\t20,45\tr2\t.\t-\tnan\t0\t0\t0\t0\t0\n"
    "chr2\t7\t9\tr3\t.\t.\t0\t0\t0\t0\t0\t7.5\n"
)


def written(path: Path, *, rows: str = ROWS, **changes: object) -> Path:
    path.write_bytes(gzip.compress(f"@{json.dumps(SETTINGS | changes)}\n{rows}".encode()))
    return path


def test_reading(tmp_path: Path) -> None:
    matrix = read_profile_matrix(written(tmp_path / "m.gz"))
    assert matrix.samples == ("a", "b")
    assert (matrix.before, matrix.after, matrix.body, matrix.bin_size) == (20, 10, 0, 10)
    assert matrix.reference == "TSS"
    assert list(matrix.values["b"][0]) == [4, 5, 6]
    assert np.isnan(matrix.values["a"][1, 0])
    assert list(matrix.regions["group"]) == ["gain", "none", "none"]
    assert list(matrix.regions["end"]) == [9, 45, 9]


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    matrix = simulated.profile(simulated.sheet(3), 40, body=1000)
    write_profile_matrix(tmp_path / "m.gz", matrix, group="direction")
    again = read_profile_matrix(tmp_path / "m.gz")
    assert again.samples == matrix.samples
    assert again.reference == "TSS,TES"
    assert set(again.regions["group"]) == set(matrix.regions["direction"])
    place = {r: i for i, r in enumerate(matrix.regions["region_id"])}
    order = again.regions["region_id"].map(place)
    for sample in matrix.samples:
        assert np.allclose(again.values[sample], matrix.values[sample][order])
    assert list(again.regions["group"]) == list(matrix.regions["direction"].iloc[order])


def test_equal_matrices_are_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_profile_matrix(tmp_path / name, simulated.profile(simulated.sheet(2), 9))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": ROWS[:40]}, "cut short"),
        ({"rows": ROWS.replace("7.5", "x")}, "line 4: a value of the matrix"),
        ({"rows": ""}, "expected 3 rows.*found 0"),
        ({"upstream": [20, 30]}, "differ in 'upstream'.*found 20, 30"),
        ({"group_labels": None}, "settings of the matrix are damaged"),
        ({"sample_boundaries": [0, 2, 6]}, "another shape"),
        ({"sample_labels": ["a"]}, "settings of the matrix are damaged"),
        ({"group_labels": ["gain"]}, "settings of the matrix are damaged"),
    ],
)
def test_damage_is_said(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_profile_matrix(written(tmp_path / "m.gz", **changes))  # type: ignore[arg-type]


def test_another_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "m.gz"
    path.write_text("chrom\tstart\n")
    with pytest.raises(InputFormatError, match="not a matrix of signal along regions"):
        read_profile_matrix(path)
    path.write_text("@{damaged\n")
    with pytest.raises(InputFormatError, match="settings of the matrix are damaged"):
        read_profile_matrix(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group_boundaries": [0, 1, 4_000_000_000]}, "expected 4000000000 rows"),
        ({"sample_boundaries": [0, 3, 4_000_000_000]}, "expected 4000000006, as the first line"),
        ({"group_boundaries": [0, 3, -1]}, "do not rise"),
        ({"group_boundaries": [5, 6, 7]}, "do not rise"),
        ({"sample_boundaries": [0, 3, 1e400]}, "damaged"),
        ({"sample_boundaries": {"a": 1}}, "damaged"),
    ],
)
def test_what_the_first_line_claims_costs_nothing(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_profile_matrix(written(tmp_path / "m.gz", **changes))


def test_settings_nested_too_deep(tmp_path: Path) -> None:
    (tmp_path / "m").write_text('@{"a":' + "[" * 100_000 + "\n" + ROWS)
    with pytest.raises(InputFormatError, match="nested too deep"):
        read_profile_matrix(tmp_path / "m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_boundaries": [0, 3, 2]}, "line 1: the settings of the matrix are damaged"),
        ({"sample_boundaries": [0, 3, None]}, "line 1: the settings"),
        ({"sample_labels": ["a", "a"]}, "line 1: .*a sample is named twice"),
        ({"group_labels": None}, "line 1: the settings"),
        ({"bin size": [0]}, "m.gz: a profile of 30 bp cannot be cut"),
        ({"rows": ROWS.replace("7.5", "7_5")}, "line 4: a value of the matrix"),
        ({"rows": ROWS.replace("chr1\t5", "chr1\tx")}, "line 2: the start of a region"),
        ({"rows": ROWS.replace("\t7.5", "")}, "line 4: 11 columns in this row; expected 12"),
        ({"rows": ROWS.replace("r2", '"r2')}, None),
    ],
)
def test_damage_is_named(tmp_path: Path, changes: dict[str, object], message: str | None) -> None:
    path = written(tmp_path / "m.gz", **changes)  # type: ignore[arg-type]
    if message is None:
        assert read_profile_matrix(path).regions["region_id"].iloc[1] == '"r2'
        return
    with pytest.raises(InputFormatError, match=message):
        read_profile_matrix(path)


def test_the_tested_window_comes_back(tmp_path: Path) -> None:
    regions = pd.DataFrame({"chrom": ["chr1"], "start": [5], "end": [6], "strand": ["+"]})
    matrix = ProfileMatrix({"a": np.ones((1, 4))}, regions, 10, 20, 20, tested=(-20, 10))
    write_profile_matrix(tmp_path / "m.gz", matrix)
    assert read_profile_matrix(tmp_path / "m.gz").tested == (-20, 10)
