"""Peaks and consensus peaks of a sheet: of the rows that name a file, by condition."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.sheet import SampleSheet, make_sheet

PEAKS = {
    "a": "chr1\t100\t200\n",
    "b": "chr1\t150\t250\nchr2\t5\t50\n",
    "c": "chr1\t160\t190\n",
    "empty": "",
}


def sheet_of(folder: Path, *samples: str) -> SampleSheet:
    """Rows of both conditions in turn; a sample without peaks above names no file."""
    paths = []
    for sample in samples:
        path = folder / f"{sample}.bed"
        if sample in PEAKS:
            path.write_text(PEAKS[sample])
        paths.append(str(path) if sample in PEAKS else "")
    conditions = [("good", "poor")[i % 2] for i in range(len(samples))]
    columns = {"SampleID": samples, "Factor": "K", "Condition": conditions, "Peaks": paths}
    return make_sheet(pd.DataFrame(columns, dtype=object))


def test_only_rows_that_name_peaks_have_some(tmp_path: Path) -> None:
    found = sheet_peaks(sheet_of(tmp_path, "a", "none", "b"))
    assert {s: len(p) for s, p in found.items()} == {"a": 1, "b": 2}
    table = {"SampleID": ["a"], "Factor": ["K"], "Condition": ["good"]}
    assert sheet_peaks(make_sheet(pd.DataFrame(table, dtype=object))) == {}


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "a", "b")
    (tmp_path / "b.bed").unlink()
    with pytest.raises(InputFormatError, match=r"b\.bed"):
        sheet_peaks(sheet)


def test_consensus_counts_samples_by_condition(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "a", "b", "c")
    found = sheet_consensus(sheet, sheet_peaks(sheet), min_overlap=2)
    assert found is not None
    row = found.regions.iloc[0]
    assert len(found.regions) == 1
    assert (row["start"], row["end"]) == (100, 250)
    assert (row["n_samples"], row["n_good"], row["n_poor"]) == (3, 2, 1)


def test_too_few_samples_with_peaks_have_no_consensus(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "a", "empty", "none")
    peaks = sheet_peaks(sheet)
    assert sheet_consensus(sheet, peaks, min_overlap=2) is None
    assert sheet_consensus(sheet, {}, min_overlap=0) is None
    assert sheet_consensus(sheet, {"other": peaks["a"]}, min_overlap=1) is None


def test_places_alone_are_those_of_the_peaks(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "a", "none", "b")
    whole, places = sheet_peaks(sheet), sheet_peaks(sheet, places=True)
    assert list(places) == list(whole)
    for sample, table in places.items():
        columns = ["chrom", "start", "end"]
        pd.testing.assert_frame_equal(table, whole[sample][columns])
