"""Columns that agree in every region are one library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_columns import repeated_columns, repeated_tracks
from resist_epi.errors import SampleSheetError
from resist_epi.genome.regions import bed_regions
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import SampleSheet, make_sheet
from resist_epi.study.check import check_study
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.looks import TrackFile, look_at_track

SAMPLES = tuple("abcdef")


def counts(n: int = 100, *, mean: float = 60.0) -> FloatArray:
    return np.random.default_rng(3).poisson(mean, size=(n, 6)).astype(float)


def matrix_of(values: FloatArray, quantity: str = "reads") -> CountMatrix:
    regions = bed_regions([("chr1", i * 100, i * 100 + 100) for i in range(len(values))])
    return CountMatrix(values, regions, SAMPLES, quantity, np.full(6, 1e6))


def pairs(values: FloatArray, quantity: str = "reads") -> list[tuple[str, str]]:
    return [(p.first, p.second) for p in repeated_columns(matrix_of(values, quantity))]


def sheet(**columns: object) -> SampleSheet:
    conditions = ["good"] * 3 + ["poor"] * 3
    table = pd.DataFrame({"SampleID": list(SAMPLES), "Factor": "ER", "Condition": conditions})
    return make_sheet(table.assign(**columns))


def test_equal_columns_are_found() -> None:
    values = counts()
    assert pairs(values) == []
    values[:, 4] = values[:, 1]
    assert pairs(values) == [("b", "e")]
    values[:, 5] = values[:, 1]
    assert pairs(values) == [("b", "e"), ("b", "f")]


@pytest.mark.parametrize("factor", [2.0, 1.0270811, 0.013])
def test_so_are_scaled_copies(factor: float) -> None:
    values = counts()
    values[:, 3] = (values[:, 0].astype(np.float32) * np.float32(factor)).astype(float)
    assert pairs(values, "mean_signal") == [("a", "d")]


def test_reads_that_are_another_librarys_times_ten_are_no_copy() -> None:
    values = counts()
    values[:, 3] = 10 * values[:, 0]
    assert pairs(values) == []


def test_few_regions_or_values_say_nothing() -> None:
    few = counts(99)
    few[:, 1] = few[:, 0]
    assert pairs(few) == []
    sparse = counts(500, mean=1.0)
    sparse[:, 1] = sparse[:, 0]
    assert pairs(sparse) == []
    zero = np.zeros((200, 6))
    assert pairs(zero) == []


def test_one_region_of_difference_is_another_library() -> None:
    values = counts(5000)
    values[:, 1] = values[:, 0]
    values[17, 1] += 1
    assert pairs(values) == []


def test_analyse_names_both_samples_and_units() -> None:
    values = counts()
    values[:, 4] = values[:, 1]
    said = r"'b' \(patient P2\) and 'e' \(patient P5\) are two units of ER but have equal values"
    with pytest.raises(SampleSheetError, match=said):
        analyse(matrix_of(values), sheet(Patient=[f"P{i}" for i in range(1, 7)]))


def test_two_rows_of_one_patient_would_count_twice() -> None:
    values = counts()
    values[:, 1] = values[:, 0]
    patients = ["P1", "P1", "P3", "P4", "P5", "P6"]
    with pytest.raises(SampleSheetError, match=r"of one unit \(patient P1\).*would count twice"):
        analyse(matrix_of(values), sheet(Patient=patients))
    values[:, 1] = counts()[:, 1]
    assert len(analyse(matrix_of(values), sheet(Patient=patients)).units.samples) == 5


def test_a_track_written_anew_is_one_library(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    starts = np.arange(0, 90_000, 90)
    for name in "abc":
        # c is another library of as much coverage.
        values = rng.permutation(np.arange(1.0, 1001.0)) if name != "b" else values  # noqa: F821
        lines = [f"chr1\t{s}\t{s + 90}\t{v:g}\n" for s, v in zip(starts, values, strict=True)]
        if name == "b":
            runs = (starts, starts + 90, values)
            write_bigwig(tmp_path / name, {"chr1": 90_000}, lambda _, runs=runs: runs)
        else:
            (tmp_path / name).write_text("".join(lines))
    looks = {name: look_at_track(TrackFile(str(tmp_path / name))) for name in "abc"}
    (pair,) = repeated_tracks(looks)
    assert (pair.first, pair.second) == ("a", "b")
    rows = [f"{n},ER,{g},{n}" for n, g in zip("abc", ("good", "poor", "poor"), strict=True)]
    (tmp_path / "s.csv").write_text("\n".join(["SampleID,Factor,Condition,Coverage", *rows]) + "\n")
    table = check_study(tmp_path / "s.csv")
    (error,) = table[table["level"] == "error"]["message"]
    assert "'a' (group good) and 'b' (group poor) are two units of ER but have tracks" in error
