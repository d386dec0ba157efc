"""Counts of a sheet's rows, of the assays that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import SampleSheetError
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.regions import AskedRegions
from tests.support.reads_files import write_reads


def write_sheet(folder: Path, paths: list[str]) -> Path:
    for i in (1, 2):
        write_reads(folder, str(i), 5000, list(range(0, 100 * i, 10)))
    lines = [f"s{i},H3K27me3,{'good' if i == 1 else 'poor'},{p}" for i, p in enumerate(paths, 1)]
    sheet = folder / "sheet.csv"
    sheet.write_text("\n".join(["SampleID,Factor,Condition,bamReads", *lines]) + "\n")
    (folder / "r.bed").write_text("chr1\t0\t50\nchr1\t45\t120\nchr1\t4000\t4100\n")
    return sheet


@pytest.mark.parametrize("quantity", ["auto", "reads"])
def test_a_sheet_of_bam_files(tmp_path: Path, quantity: str) -> None:
    sheet = read_sheet(write_sheet(tmp_path, ["1.bam", "2.bam"]))
    matrix = count_sheet(sheet, AskedRegions(str(tmp_path / "r.bed")), quantity=quantity)
    assert matrix.quantity == "reads"
    assert matrix.values.tolist() == [[5, 5], [6, 8], [0, 0]]
    assert matrix.library_sizes.tolist() == [10, 20]


def test_a_row_without_reads_is_named(tmp_path: Path) -> None:
    sheet = read_sheet(write_sheet(tmp_path, ["1.bam", ""]))
    with pytest.raises(SampleSheetError, match="sample s2, column bamReads: empty"):
        count_sheet(sheet, AskedRegions(str(tmp_path / "r.bed")), quantity="reads")
