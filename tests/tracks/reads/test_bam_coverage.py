"""bamCoverage is asked for what counts here, and what it makes is that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import InputFormatError, ResistEpiError
from resist_epi.tracks.open import open_track
from resist_epi.tracks.reads.bam_coverage import (
    CoverageSettings,
    arguments,
    command_line,
    has_index,
    make_bigwig,
)
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.pileup import ReadsTrack
from resist_epi.tracks.reads.reads import ReadRules
from tests.tracks.reads.test_pileup import write

RAW = CoverageSettings(bin_size=10, normalisation="None")


def test_its_depth_is_ours(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    places = sorted((int(s), 40) for s in rng.integers(0, 1900, 300))
    bam = write(tmp_path / "r.bam", places)
    make_bigwig(bam, tmp_path / "new" / "r.bw", arguments(ReadRules(), RAW))
    track = open_track(tmp_path / "new" / "r.bw")
    edges = np.arange(0, 2001, 10)[None, :]
    ours = ReadsTrack(open_reads(bam), ReadRules()).bin_sums("chr1", edges)[0] / 10
    # It counts a read in every bin that it touches, we its bases.
    theirs = track.bin_sums("chr1", edges)[0] / 10
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9
    assert (theirs >= ours - 1e-6).all()
    assert not has_index(bam), "nothing is written beside the BAM"


def test_arguments_follow_the_rules() -> None:
    rules = ReadRules("fragment", min_quality=10, duplicates=False, fragment_length=180)
    text = " ".join(arguments(rules, CoverageSettings(exclude=Path("b.bed"))))
    assert "--samFlagExclude 3840 --minMappingQuality 10 --extendReads 180" in text
    assert text.endswith("--blackListFileName b.bed")
    pairs = arguments(ReadRules("fragment"), CoverageSettings())
    assert pairs[-1] == "--extendReads", "pairs need no length"
    assert command_line("a b.bam", "o.bw", ["-x"]).startswith("bamCoverage --bam 'a b.bam'")
    with pytest.raises(InputFormatError, match="five_prime"):
        arguments(ReadRules("five_prime"), CoverageSettings())


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputFormatError, match="CPM, RPKM"):
        CoverageSettings(normalisation="TMM")
    with pytest.raises(InputFormatError, match="RPGC"):
        CoverageSettings(normalisation="RPGC")
    with pytest.raises(InputFormatError, match="RPGC"):
        CoverageSettings(genome_size=10)


def test_what_is_no_sorted_bam_leaves_nothing(tmp_path: Path) -> None:
    text = tmp_path / "reads.bed"
    text.write_text("chr1\t5\t15\n")
    with pytest.raises(InputFormatError, match="BAM files alone"):
        make_bigwig(text, tmp_path / "o.bw", [])
    unsorted = write(tmp_path / "u.bam", [(900, 10), (5, 10)])
    with pytest.raises(InputFormatError, match="samtools sort"):
        make_bigwig(unsorted, tmp_path / "o.bw", [])
    bam = write(tmp_path / "r.bam", [(5, 10)])
    with pytest.raises(ResistEpiError, match="bamCoverage failed"):
        make_bigwig(bam, tmp_path / "o.bw", ["--no-such-option"])
    assert {p.name for p in tmp_path.iterdir()} == {"reads.bed", "u.bam", "r.bam"}
