"""Recovery from tracks that other tools make of real reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.tracks.open import open_track
from resist_epi.tracks.recovery.recovery import recover_counts
from tests.support.recovered import fragments_in

pytestmark = pytest.mark.real
REGION = "chr21:40000000:43000000"


@pytest.fixture(scope="module")
def bam(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, since the data have no index and no room for one."""
    copy = tmp_path_factory.mktemp("bam") / "reads.bam"
    shutil.copyfile(real_data / "bam_broad_marks_small" / "epicseg_H3K4me3.bam", copy)
    pysam.index(str(copy))
    return copy


def covered(bam: Path, *options: str) -> Path:
    track = bam.parent / f"{abs(hash(options))}.bw"
    tool = Path(sys.executable).parent / "bamCoverage"
    given = ["-b", bam, "-o", track, "--region", REGION, "--binSize", "50", *options]
    subprocess.run([tool, *given], check=True, capture_output=True)
    return track


@pytest.mark.parametrize(
    ("options", "kind", "error"),
    [
        (("--normalizeUsing", "CPM", "--extendReads", "200"), "scaled", 0.005),
        (("--scaleFactor", "0.37", "--extendReads", "200"), "scaled", 0.005),
        (("--normalizeUsing", "CPM", "--scaleFactor", "0.37"), "scaled", 0.02),
        (("--minMappingQuality", "10", "--ignoreDuplicates"), "none", 0.02),
    ],
)
def test_bamcoverage(bam: Path, options: tuple[str, ...], kind: str, error: float) -> None:
    track = covered(bam, *options)
    found = recover_counts(open_track(track))
    assert (found.refused, found.normalisation) == (None, kind)
    with pysam.AlignmentFile(str(bam)) as file:
        middles, seen = [], set()
        for read in file.fetch("chr21", 40_000_000, 43_000_000):
            place = (read.reference_start, read.is_reverse)
            if "--ignoreDuplicates" in options and (place in seen or read.mapping_quality < 10):
                continue
            seen.add(place)
            length = 200 if "--extendReads" in options else read.reference_length
            left = read.reference_end - length if read.is_reverse else read.reference_start
            middles.append(left + length // 2)
    # A region of the genome holds fewer reads than the library that was normalised by.
    assert found.library_size == pytest.approx(len(middles), rel=error)
    edges = np.arange(40_000_000, 43_000_001, 5_000)
    regions = pd.DataFrame({"chrom": "chr21", "start": edges[:-1], "end": edges[1:]})
    direct = np.histogram(middles, edges)[0]
    reads = fragments_in(open_track(track), found, regions)
    assert np.corrcoef(reads, direct)[0, 1] > 0.999
    many = direct >= 20
    assert np.median(np.abs(reads[many] / direct[many] - 1)) < 0.025


def test_bamcoverage_smoothed(bam: Path) -> None:
    track = covered(bam, "--smoothLength", "250", "--extendReads", "200")
    for length in (None, 200.0):
        assert recover_counts(open_track(track), fragment_length=length).refused is not None


@pytest.mark.parametrize("scale", ["1", "0.0137"])
def test_bedtools_genomecov(bam: Path, scale: str) -> None:
    done = subprocess.run(
        ["bedtools", "genomecov", "-bg", "-fs", "150", "-scale", scale, "-ibam", bam],
        check=True,
        capture_output=True,
    )
    track = bam.parent / f"genomecov{scale}.bedGraph"
    track.write_bytes(done.stdout)
    found = recover_counts(open_track(track))
    assert (found.refused, found.bin_size) == (None, 1)
    assert found.fragment_length == pytest.approx(150, abs=0.5)
    assert found.library_size == pytest.approx(74_534, rel=0.002)
