"""Reads of BAM files as such and through a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.counting.files import count_tables
from resist_epi.counting.passes import Pass
from resist_epi.errors import GenomeMismatchError, SampleSheetError
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.regions import AskedRegions
from resist_epi.tracks.opened import OpenedFile, open_file

REGIONS = pd.DataFrame(
    {"chrom": ["chr1", "chr1", "chr9"], "start": [10, 40, 5], "end": [20, 70, 9]}
)


def write_reads(folder: Path, name: str, length: int, starts: list[int]) -> OpenedFile:
    """A BAM of one chromosome, with reads of 8 bp."""
    header = pysam.AlignmentHeader.from_references(["chr1"], [length])
    path = folder / f"{name}.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for start in starts:
            read = pysam.AlignedSegment(header)
            read.query_name, read.cigarstring = f"r{start}", "8M"
            read.reference_id, read.reference_start, read.flag = 0, start, 0
            out.write(read)
    return open_file(str(path), "reads")


def test_reads_make_a_matrix_of_reads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {
        "a": write_reads(tmp_path, "a", 500, [0, 12, 13, 65, 90]),
        "b": write_reads(tmp_path, "b", 500, [15, 15, 40, 41, 300, 400]),
    }
    said: list[str] = []
    sizes, how = np.array([np.nan, 77.0]), Pass(progress=said.append)
    with caplog.at_level("INFO", logger="resist_epi"):
        found = count_tables(files, {"r": REGIONS}, library_sizes=sizes, how=how)
    matrix = found.matrices["r"]
    assert matrix.quantity == "reads"
    assert matrix.values.tolist() == [[2, 2], [1, 2]]
    assert matrix.library_sizes.tolist() == [5, 77]
    assert matrix.metadata["library_size_from"] == ["kept_reads", "sheet"]
    assert matrix.metadata["regions_dropped"] == 1
    assert said == ["a: counted", "b: counted"]
    assert "a: 5 of 5 alignments count" in caplog.text


def test_files_of_different_assemblies_are_refused(tmp_path: Path) -> None:
    files = {name: write_reads(tmp_path, name, n, [7]) for name, n in (("a", 500), ("b", 501))}
    with pytest.raises(GenomeMismatchError, match="chr1"):
        count_tables(files, {"r": REGIONS})


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
