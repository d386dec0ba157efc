"""The depth of reads, base by base, and against bamCoverage's own words for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
import pytest

from resist_epi.counting.profiles import profile_regions
from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks.opened import open_file
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.pileup import ReadsTrack
from resist_epi.tracks.reads.reads import ReadRules

LENGTH = 2000


def write(path: Path, places: list[tuple[int, int]], *, flag: int = 0) -> Path:
    """A BAM of two chromosomes with reads of these starts and lengths on the first."""
    header = pysam.AlignmentHeader.from_references(["chr1", "chr2"], [LENGTH, 500])
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i, (start, size) in enumerate(places):
            read = pysam.AlignedSegment(header)
            read.query_name, read.cigarstring, read.flag = f"r{i}", f"{size}M", flag
            read.reference_id, read.reference_start, read.mapping_quality = 0, start, 40
            out.write(read)
    return path


@pytest.fixture(scope="module")
def places() -> list[tuple[int, int]]:
    rng = np.random.default_rng(5)
    return [(int(rng.integers(0, 1990)), int(rng.integers(1, 90))) for _ in range(400)]


def test_depth_base_by_base(places: list[tuple[int, int]], tmp_path: Path) -> None:
    track = ReadsTrack(open_reads(write(tmp_path / "r.bam", places)), ReadRules())
    depth = np.zeros(LENGTH)
    for start, size in places:
        depth[start : start + size] += 1
    found = track.bin_sums("chr1", np.arange(LENGTH + 1)[None, :])[0]
    np.testing.assert_array_equal(found, depth)
    assert track.total() == track.mass == depth.sum()
    assert track.bin_sums("chr2", [[0, 500]]).tolist() == [[0.0]]
    with pytest.raises(GenomeMismatchError, match="chr3"):
        track.bin_sums("chr3", [[0, 5]])


def test_fragments_and_what_does_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "r.bam", [(100, 10), (300, 10)], flag=0x10)
    fragments = ReadsTrack(open_reads(path), ReadRules("fragment", fragment_length=50))
    assert fragments.bin_sums("chr1", [[0, 59, 60, 110, 111]]).tolist() == [[0, 0, 50, 0]]
    strict = ReadsTrack(open_reads(path), ReadRules(min_quality=50))
    assert strict.mass == 0


def test_reads_as_bed_have_a_depth_too(tmp_path: Path) -> None:
    path = tmp_path / "reads.bed"
    path.write_text("1\t5\t15\n1\t10\t20\n")
    track = ReadsTrack(open_reads(path), ReadRules())
    assert track.bin_sums("1", [[0, 5, 10, 15, 20, 30]]).tolist() == [[0, 5, 10, 5, 0]]


def test_an_opened_file_of_reads_is_a_track(places: list[tuple[int, int]], tmp_path: Path) -> None:
    file = open_file(str(write(tmp_path / "r.bam", places)), "reads")
    regions = bed_regions([("chr1", 500, 700), ("chr1", 1500, 1600)])
    tracks = {"r": file.track()}
    found = profile_regions(tracks, regions, before=100, after=100, bin_size=50).values["r"]
    own = file.track().bin_sums("chr1", [[500, 550, 600, 650, 700]])[0] / 50
    np.testing.assert_allclose(found[0], own)
    empty = open_file(str(write(tmp_path / "e.bam", [])), "reads").track()
    assert empty.total() == 0
