"""Occupancy of a sheet of peaks: consensus, units and groups, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resist_epi.errors import DesignError, GenomeMismatchError, SampleSheetError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.consensus import consensus_peaks
from resist_epi.genome.naming import Naming
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.occupancy import AskedOccupancy, sheet_occupancy
from tests.support.peak_sheets import write_peak_sheet


def test_groups_and_what_each_has(tmp_path: Path) -> None:
    found = sheet_occupancy(read_sheet(write_peak_sheet(tmp_path)))
    assert found.units.sum().tolist() == [3, 2, 3, 2, 3, 2, 3, 2]
    assert found.compared.contrast == ("poor", "good")
    assert found.units.to_numpy().tolist()[0] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert "no P of Fisher's exact test is below 0.029" in found.words["contrast"]
    assert "good (4 units), poor (4 units)" in found.words["groups"]
    assert "no Patient column" in found.words["units"]


def test_the_consensus_is_that_of_functions_and_runs(tmp_path: Path) -> None:
    sheet = read_sheet(write_peak_sheet(tmp_path))
    own = sheet_occupancy(sheet).consensus
    peaks = sheet_peaks(sheet)
    of_run = sheet_consensus(sheet, peaks, min_overlap=2)
    assert of_run is not None
    assert own.regions["region_id"].tolist() == of_run.regions["region_id"].tolist()
    by_default = consensus_peaks(peaks).regions
    assert by_default["region_id"].tolist() == own.regions["region_id"].tolist()


def test_libraries_of_a_patient_are_one_unit(tmp_path: Path) -> None:
    patients = ["A", "A", "B", "B", "C", "C", "D", "D"]
    found = sheet_occupancy(read_sheet(write_peak_sheet(tmp_path, Patient=patients)))
    assert list(found.units) == [f"H3K27me3_T{i}" for i in (0, 2, 4, 6)]
    assert found.units.to_numpy()[-1].tolist() == [1, 1, 1, 1], "half of its libraries"
    assert "8 samples of 4 units (Patient" in found.words["units"]
    assert "2 poor + 2 good" in found.words["contrast"]


def test_a_sample_without_peaks_counts(tmp_path: Path) -> None:
    found = sheet_occupancy(read_sheet(write_peak_sheet(tmp_path, empty=[4])))
    assert found.units["H3K27me3_T4"].sum() == 0
    assert "H3K27me3_T4: counted as without any peak" in found.words["without peaks"]
    assert "4 poor + 4 good" in found.words["contrast"]


def test_too_few_samples_with_peaks_are_said(tmp_path: Path) -> None:
    sheet = read_sheet(write_peak_sheet(tmp_path, empty=range(1, 8)))
    with pytest.raises(DesignError, match=r"1 of 8 samples have any peak.*--min-overlap 1"):
        sheet_occupancy(sheet)
    union = sheet_occupancy(sheet, AskedOccupancy(min_overlap=1))
    assert len(union.consensus.regions) == 3


def test_one_group_and_several(tmp_path: Path) -> None:
    one = sheet_occupancy(read_sheet(write_peak_sheet(tmp_path / "1", groups=["tumour"] * 8)))
    assert one.compared.contrast is None
    assert "two are needed to compare" in one.words["contrast"]
    groups = ["a", "a", "b", "b", "b", "c", "c", "c"]
    sheet = read_sheet(write_peak_sheet(tmp_path / "3", groups=groups))
    three = sheet_occupancy(sheet)
    assert "--contrast A-B names the two" in three.words["contrast"]
    chosen = sheet_occupancy(sheet, AskedOccupancy(contrast="c-b"))
    assert chosen.compared.contrast == ("c", "b")
    assert "3 c + 3 b units" in chosen.words["contrast"]


def test_excluded_places_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "black.bed").write_text("chr1\t19000\t22000\n")
    asked = AskedOccupancy(exclude=tmp_path / "black.bed")
    found = sheet_occupancy(read_sheet(write_peak_sheet(tmp_path)), asked)
    assert found.consensus.regions["start"].tolist() == [8980, 88995, 149980]
    assert len(found.units) == 3
    assert "1 consensus peaks" in found.words["excluded"]


def test_peaks_of_another_assembly_are_refused(tmp_path: Path) -> None:
    sheet = read_sheet(write_peak_sheet(tmp_path))
    small = Naming(Genome("small", {"chr1": 150_990}))
    with pytest.raises(GenomeMismatchError, match=r"T\d.*past the end of chr1 in small"):
        sheet_occupancy(sheet, naming=small)
    found = sheet_occupancy(sheet, naming=Naming(load_genome("hg38")))
    assert "lie on chromosomes of hg38" in found.words["places"]


def test_rows_without_peaks_are_named(tmp_path: Path) -> None:
    sheet = read_sheet(write_peak_sheet(tmp_path))
    table = sheet.table.copy()
    table.loc[[1, 3], "Peaks"] = ""
    with pytest.raises(SampleSheetError, match=r"(?s)T1.*T3"):
        sheet_occupancy(replace(sheet, table=table))
    with pytest.raises(SampleSheetError, match="no column Peaks"):
        sheet_occupancy(replace(sheet, table=table.drop(columns="Peaks")))
