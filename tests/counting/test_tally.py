"""Reads of BAM files as such and through a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.counting.files import count_tables
from resist_epi.counting.passes import Pass
from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.opened import open_file
from tests.support.reads_files import write_reads

REGIONS = pd.DataFrame(
    {"chrom": ["chr1", "chr1", "chr9"], "start": [10, 40, 5], "end": [20, 70, 9]}
)


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


def test_reads_of_another_genome_are_counted_apart(tmp_path: Path) -> None:
    header = pysam.AlignmentHeader.from_references(
        ["chr21", "U00096.3", "dm6_chr4"], [46_709_983, 4_641_652, 1_348_131]
    )
    path = tmp_path / "both.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i, chrom in enumerate([0] * 7 + [1] * 4 + [2] * 2):
            read = pysam.AlignedSegment(header)
            read.query_name, read.cigarstring = f"r{i}", "8M"
            read.reference_id, read.reference_start, read.flag = chrom, 100 * i, 0
            out.write(read)
    table = bed_regions([("chr21", 0, 1_000_000), ("U00096.3", 0, 4_641_652)])
    bed = tmp_path / "both.bed"
    bed.write_text(
        "".join(
            f"{chrom}\t{100 * i}\t{100 * i + 8}\n"
            for i, chrom in enumerate(["chr21"] * 7 + ["U00096.3"] * 4 + ["dm6_chr4"] * 2)
        )
    )
    for file in (open_file(str(path), "reads"), open_file(str(bed), "reads")):
        # With an assembly that is stated, as a sheet's `Assembly` or --genome does it.
        counted = count_tables(
            {"s": file.named_as(load_genome("hg38"))},
            {"regions": table},
            how=Pass(genome=load_genome("hg38")),
        ).matrices["regions"]
        assert counted.regions["chrom"].tolist() == ["chr21"]
        assert counted.values.tolist() == [[7.0]]
        assert counted.library_sizes.tolist() == [7.0]
        assert counted.metadata["exogenous"] == {"E. coli": {"s": 4.0}, "fly": {"s": 2.0}}
    opened = open_file(str(path), "reads")
    assert opened.assembly == "hg38"
    assert list(opened.chrom_lengths) == ["chr21"]
    assert opened.exogenous == {"E. coli": {"U00096.3": 4_641_652}, "fly": {"dm6_chr4": 1_348_131}}


def test_coverage_of_another_genome_is_no_part_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "both.bw"
    lengths = {"chr21": 46_709_983, "U00096.3": 4_641_652}
    one = np.array([0], dtype=np.uint32), np.array([1000], dtype=np.uint32)

    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return *one, np.array([2.0 if chrom == "chr21" else 50.0], dtype=np.float32)

    write_bigwig(path, lengths, runs)
    table = bed_regions([("chr21", 0, 2000)])
    counted = count_tables({"s": open_file(str(path))}, {"r": table}).matrices["r"]
    assert counted.library_sizes.tolist() == [2000.0]
    assert counted.metadata["exogenous"] == {"E. coli": {"s": 50_000.0}}
