"""Reads as BED and tagAlign: the same counts as of a BAM, and every bad line named."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pybedtools
import pysam
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.tracks.reads.bam import BamReads, open_bam
from resist_epi.tracks.reads.bed_reads import BedReads, open_bed_reads
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.point_bins import PointBins
from resist_epi.tracks.reads.reads import ReadRules

READS = """track name=x
chr1\t10\t46\tr1\t37\t+
chr2\t5\t41\tr2\t0\t-
# a comment
chr1\t30\t66\tr3\t1000\t-
chr1\t90\t126\tr4\t.\t.
"""
REGIONS = pd.DataFrame(
    {"chrom": ["chr1", "chr1", "chr1", "chr2", "chr7"], "start": [0, 40, 126, 40, 0]}
).assign(end=[31, 100, 200, 50, 9])


def write(folder: Path, text: str, name: str = "r.bed") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["r.bed", "r.tagAlign.gz"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_reads_over_regions(tmp_path: Path, name: str, ends: str) -> None:
    file = open_reads(write(tmp_path, READS.replace("\n", ends), name))
    assert isinstance(file, BedReads)
    found = file.count(REGIONS)
    assert found.counts.tolist() == [2, 3, 0, 1, 0]
    assert (found.kept, found.seen) == (4, 4)
    assert file.chrom_lengths == {"chr1": 126, "chr2": 41}
    assert not file.lengths_known


def test_bins_in_the_same_pass(tmp_path: Path) -> None:
    points = PointBins(50, {"chr2": 50, "chr1": 130, "chr9": 60})
    found = open_reads(write(tmp_path, READS)).count(REGIONS, points=points)
    assert found.counts.tolist() == [2, 3, 0, 1, 0]
    bins = {chrom: counts.tolist() for chrom, counts in points.counts().items()}
    assert bins == {"chr2": [1], "chr1": [1, 2, 0], "chr9": [0, 0]}


@pytest.mark.parametrize(
    ("rules", "expected", "kept"),
    [
        (ReadRules(min_quality=10), [2, 3, 0, 0, 0], 3),
        (ReadRules(count_as="five_prime"), [1, 2, 0, 1, 0], 4),
        (ReadRules(count_as="five_prime", shift=40), [1, 1, 1, 0, 0], 4),
        (ReadRules(count_as="fragment", fragment_length=100), [2, 3, 1, 1, 0], 4),
        (ReadRules(count_as="midpoint", fragment_length=100), [1, 1, 1, 0, 0], 4),
    ],
)
def test_rules(tmp_path: Path, rules: ReadRules, expected: list[int], kept: int) -> None:
    found = open_bed_reads(write(tmp_path, READS)).count(REGIONS, rules=rules)
    assert (found.counts.tolist(), found.kept) == (expected, kept)


def test_excluded_and_within(tmp_path: Path) -> None:
    file = open_bed_reads(write(tmp_path, READS))
    exclude = {"chr2": (np.array([0]), np.array([6])), "chr9": (np.array([0]), np.array([6]))}
    within = {"peaks": {"chr1": (np.array([0, 60]), np.array([12, 95]))}, "none": {}}
    found = file.count(REGIONS, exclude=exclude, within=within)
    assert found.counts.tolist() == [2, 3, 0, 0, 0]
    assert found.kept == 3
    assert found.inside == {"peaks": 3, "none": 0}


def test_three_columns_have_no_strand(tmp_path: Path) -> None:
    file = open_bed_reads(write(tmp_path, "chr1 5 9\nchr1 7 11\n"))
    assert file.count(REGIONS).counts.tolist() == [2, 0, 0, 0, 0]
    for rules, what in (
        (ReadRules(count_as="five_prime"), "their strand"),
        (ReadRules(min_quality=1), "their mapping quality"),
        (ReadRules(duplicates=False), "which are duplicates"),
    ):
        with pytest.raises(InputFormatError, match=f"BED of 3 columns do not say {what}"):
            file.count(REGIONS, rules=rules)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t10\t46", "line 3: 3 columns; expected 6"),
        ("chr1\t10\t46\tr\t1\t+\tx", "line 3: 7 columns; expected 6"),
        ("chr1\t10\t46\tr\t1\t+\t\t", "line 3: 8 columns; expected 6"),
        ("chr1\t10\t46\tr\t1\t+\tx\ty", "line 3: 8 columns; expected 6"),
        ("chr1\t10\t46\tr\t1\t+\t\t\tz", "line 3: 9 columns; expected 6"),
        ("chr1\tten\t46\tr\t1\t+", "line 3: text where a position belongs"),
        ("chr1\t46\t10\tr\t1\t+", "line 3: impossible coordinates; .*found '46-10'"),
        ("chr1\t-4\t10\tr\t1\t+", "line 3: impossible coordinates"),
        ("chr1\t4\t10\tr\t1\tplus", "line 3: no strand in column 6"),
        ("chr1\t4\t10\tr\thigh\t+", "line 3: no number in column 5"),
        ("chr1\t4\t99999999999999999999\tr\t1\t+", "line 3: impossible coordinates"),
    ],
)
@pytest.mark.parametrize("chunk", [40, 1 << 20])
def test_a_bad_line_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str, chunk: int
) -> None:
    monkeypatch.setattr("resist_epi.io.lines._CHUNK_BYTES", chunk)
    text = f"chr1\t1\t9\tr\t1\t+\nchr1\t2\t9\tr\t1\t+\n{line}\nchr1\t2\t9\tr\t1\t+\n"
    with pytest.raises(InputFormatError, match=message):
        open_bed_reads(write(tmp_path, text)).count(REGIONS)


def test_no_reads_at_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = open_reads(write(tmp_path, "# nothing\n")).count(REGIONS)
    assert found.counts.tolist() == [0] * 5
    assert "no alignment in the file" in caplog.text
    file = pickle.loads(pickle.dumps(open_reads(write(tmp_path, READS))))
    assert file.count(REGIONS).kept == 4


def write_pair(folder: Path, n: int = 3000) -> tuple[BamReads, BedReads, pd.DataFrame]:
    """The same single reads as BAM and as the BED that bamToBed makes of it, and regions."""
    rng = np.random.default_rng(11)
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.0"}, "SQ": [{"SN": c, "LN": 20_000} for c in ("chr1", "chr2")]}
    )
    bam = folder / "r.bam"
    with pysam.AlignmentFile(str(bam), "wb", header=header) as out:
        for i in range(n):
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag = f"r{i}", int(rng.choice([0, 16]))
            read.reference_id = int(rng.integers(2))
            read.reference_start = int(rng.integers(0, 19_900))
            read.mapping_quality = int(rng.integers(0, 61))
            read.cigarstring = str(rng.choice(["36M", "10M4D20M", "5S30M", "12M100N12M"]))
            out.write(read)
    bed = folder / "r.bed"
    pybedtools.BedTool(str(bam)).bam_to_bed().saveas(str(bed))
    starts = rng.integers(0, 19_000, size=300)
    regions = pd.DataFrame({"chrom": rng.choice(["chr1", "chr2"], 300), "start": starts})
    return open_bam(bam), open_bed_reads(bed), regions.assign(end=starts + rng.integers(1, 900))


@pytest.mark.parametrize(
    "rules",
    [
        ReadRules(),
        ReadRules(min_quality=30),
        ReadRules(count_as="five_prime", shift=75),
        ReadRules(count_as="fragment", fragment_length=200),
        ReadRules(count_as="midpoint", fragment_length=147, min_quality=5),
    ],
)
def test_the_same_counts_as_of_the_bam(tmp_path: Path, rules: ReadRules) -> None:
    bam, bed, regions = write_pair(tmp_path)
    exclude = {"chr1": (np.array([500, 9_000]), np.array([900, 9_050]))}
    expected = bam.count(regions, rules=rules, exclude=exclude)
    found = bed.count(regions, rules=rules, exclude=exclude)
    assert found.counts.tolist() == expected.counts.tolist()
    assert found.kept == expected.kept > 0


def test_as_bedtools_counts(tmp_path: Path) -> None:
    _, bed, regions = write_pair(tmp_path, 500)
    tool = pybedtools.BedTool.from_dataframe(regions)
    counted = tool.intersect(str(bed.path), c=True).to_dataframe(names=["c", "s", "e", "n"])
    assert bed.count(regions).counts.tolist() == counted["n"].tolist()


@pytest.mark.real
def test_real_files_as_bedtools_counts_them(real_data: Path) -> None:
    for path in sorted((real_data / "reads_bed_small").glob("*.bed.gz")):
        file = open_reads(path)
        ends = file.chrom_lengths
        regions = pd.DataFrame(
            [(c, s, s + 40_000) for c, e in ends.items() for s in range(0, e, e // 20 + 1)],
            columns=["chrom", "start", "end"],
        )
        tool = pybedtools.BedTool.from_dataframe(regions)
        counted = tool.intersect(str(path), c=True).to_dataframe(names=["c", "s", "e", "n"])
        found = file.count(regions)
        assert found.counts.tolist() == counted["n"].tolist(), path.name
        with gzip.open(path, "rt") as lines:
            assert found.kept == sum(1 for _ in lines)
