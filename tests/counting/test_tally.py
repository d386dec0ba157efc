"""Reads of BAM files through a sheet, and through fakes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.counting.dead import count_reads
from resist_epi.errors import GenomeMismatchError, SampleSheetError
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.count_sheet import count_sheet


@dataclass
class Found:
    counts: np.ndarray
    kept: int
    seen: int
    inside: dict[str, int]


@dataclass
class FakeReads:
    factor: int
    lengths: dict[str, int]
    path: Path = Path("fake.bam")
    lengths_known: bool = True

    @property
    def chrom_lengths(self) -> dict[str, int]:
        return self.lengths

    def count(self, regions: pd.DataFrame, *, rules=None, exclude=None, within=None) -> Found:
        return Found(regions["start"].to_numpy() * self.factor, 100 * self.factor, 900, {})


REGIONS = pd.DataFrame(
    {"chrom": ["chr1", "chr1", "chr9"], "start": [10, 40, 5], "end": [20, 70, 9]}
)


def test_reads_make_a_matrix_of_reads() -> None:
    files = {"a": FakeReads(1, {"chr1": 500}), "b": FakeReads(2, {"chr1": 500})}
    seen: list[str] = []
    matrix = count_reads(
        files, REGIONS, library_sizes=np.array([np.nan, 77.0]), progress=seen.append
    )
    assert matrix.quantity == "reads"
    assert matrix.values.tolist() == [[10, 20], [40, 80]]
    assert matrix.library_sizes.tolist() == [100, 77]
    assert matrix.metadata["library_size_from"] == ["kept_reads", "sheet"]
    assert matrix.metadata["regions_dropped"] == 1
    assert seen == ["a", "b"]


def test_files_of_different_assemblies_are_refused() -> None:
    files = {"a": FakeReads(1, {"chr1": 500}), "b": FakeReads(2, {"chr1": 501})}
    with pytest.raises(GenomeMismatchError, match="chr1"):
        count_reads(files, REGIONS)


def write_sheet(folder: Path, paths: list[str]) -> Path:
    header = pysam.AlignmentHeader.from_references(["chr1"], [5000])
    for i in (1, 2):
        with pysam.AlignmentFile(str(folder / f"{i}.bam"), "wb", header=header) as out:
            for start in range(0, 100 * i, 10):
                read = pysam.AlignedSegment(header)
                read.query_name, read.cigarstring = f"r{start}", "8M"
                read.reference_id, read.reference_start, read.flag = 0, start, 0
                out.write(read)
    lines = [f"s{i},H3K27me3,{'good' if i == 1 else 'poor'},{p}" for i, p in enumerate(paths, 1)]
    sheet = folder / "sheet.csv"
    sheet.write_text("\n".join(["SampleID,Factor,Condition,bamReads", *lines]) + "\n")
    (folder / "r.bed").write_text("chr1\t0\t50\nchr1\t45\t120\nchr1\t4000\t4100\n")
    return sheet


@pytest.mark.parametrize("quantity", ["auto", "reads"])
def test_a_sheet_of_bam_files(tmp_path: Path, quantity: str) -> None:
    sheet = read_sheet(write_sheet(tmp_path, ["1.bam", "2.bam"]))
    matrix = count_sheet(sheet, str(tmp_path / "r.bed"), quantity=quantity)
    assert matrix.quantity == "reads"
    assert matrix.values.tolist() == [[5, 5], [6, 8], [0, 0]]
    assert matrix.library_sizes.tolist() == [10, 20]


def test_a_row_without_reads_is_named(tmp_path: Path) -> None:
    sheet = read_sheet(write_sheet(tmp_path, ["1.bam", ""]))
    with pytest.raises(SampleSheetError, match="sample s2, column bamReads: empty"):
        count_sheet(sheet, str(tmp_path / "r.bed"), quantity="reads")
