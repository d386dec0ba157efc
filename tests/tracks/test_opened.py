"""The record of an opened file: what it is, where it ends, and how it is counted."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pysam
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks import opened
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.looks import LookCache, TrackFile, look_at_tracks
from resist_epi.tracks.opened import OpenedFile, chromosome_ends, open_file, stated_lengths
from resist_epi.tracks.reads.reads import ReadRules
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.tracks.recovery.recovery import Recovery


@pytest.fixture
def bigwig(tmp_path: Path) -> str:
    write_bigwig(tmp_path / "t.bw", {"chr1": 900}, lambda _: ([0], [400], [2.0]))
    return str(tmp_path / "t.bw")


@pytest.fixture
def text(tmp_path: Path) -> str:
    (tmp_path / "t.bedGraph").write_text("chr1 0 400 2\nchr2 0 70 1\n")
    return str(tmp_path / "t.bedGraph")


def test_a_bigwig_states_its_chromosomes_and_a_text_is_not_read_for_them(
    bigwig: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "r.bed").write_text("chr2\t5\t90\n")
    files = {
        "bw": open_file(bigwig),
        "bg": open_file(text),
        "bed": open_file(str(tmp_path / "r.bed"), "reads", rules=ReadRules()),
    }
    assert [f.kind for f in files.values()] == ["bigWig", "bedGraph", "BED reads"]
    assert stated_lengths(files) == {"bw": {"chr1": 900}}
    assert chromosome_ends(files.values()) == {"chr1": 900, "chr2": 90}
    assert pickle.loads(pickle.dumps(files)) == files


def test_a_looked_at_text_says_where_its_data_end_without_being_read_again(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (look,) = look_at_tracks({"a": TrackFile(text)}).values()
    assert isinstance(look, OpenedFile)

    def never(path: str) -> None:
        raise AssertionError(path)

    monkeypatch.setattr(opened, "open_track", never)
    assert chromosome_ends([look]) == {"chr1": 400, "chr2": 70}
    assert stated_lengths({"a": look}) == {"a": {"chr1": None, "chr2": None}}


def test_it_opens_as_what_is_counted_of_it(bigwig: str) -> None:
    found = Recovery(None, 0.5, 100, 101.0, 16.0, "scaled")
    file = replace(open_file(bigwig), recovery=found)
    counted = file.counted_as("recovered_reads")
    assert isinstance(counted.track(), RecoveredTrack)
    assert counted.track().total() == 4 * 400
    assert file.counted_as("mean_signal").track().total() == 2 * 400
    # What a look found has no say in how signal is counted.
    assert file.counted_as("mean_signal").described() == open_file(bigwig).described()
    assert file.counted_as("mean_signal").key("x") != counted.key("x")


def test_a_header_is_asked_once_a_study(bigwig: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, asked = LookCache(), []
    plain = opened.open_track
    monkeypatch.setattr(opened, "open_track", lambda path: asked.append(path) or plain(path))
    for quantity in ("mean_signal", "coverage_sum"):
        assert looks.opened(bigwig, quantity).quantity == quantity
    assert asked == [bigwig]
    write_bigwig(Path(bigwig), {"chr7": 50}, lambda _: ([0], [4], [2.0]))
    assert dict(looks.opened(bigwig, "mean_signal").chrom_lengths) == {"chr7": 50}


def test_a_damaged_header_is_an_error_and_unseen_files_are_not_described(
    bigwig: str, tmp_path: Path
) -> None:
    (tmp_path / "cut.bw").write_bytes(Path(bigwig).read_bytes()[:80])
    with pytest.raises(InputFormatError, match=r"cut\.bw"):
        open_file(str(tmp_path / "cut.bw"))
    with pytest.raises(InputFormatError, match=r"gone\.bw"):
        LookCache().opened(str(tmp_path / "gone.bw"), "mean_signal")
    assert "coverage unknown (value x bp); no counts can be recovered: it was not looked at" in (
        open_file(bigwig).describe()
    )


def test_chromosomes_of_another_genome_are_apart(tmp_path: Path) -> None:
    hg38 = load_genome("hg38")
    human = {c.removeprefix("chr"): n for c, n in hg38.lengths.items()}
    yeast = {"chrX": 745_751, "chrIV": 1_531_933, "chrM": 85_779}
    path = tmp_path / "both.bam"
    header = pysam.AlignmentHeader.from_dict(
        {"SQ": [{"SN": c, "LN": n} for c, n in (human | yeast).items()]}
    )
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i, chrom in enumerate(["X", "X", "chrX", "chrIV"]):
            read = pysam.AlignedSegment(header)
            read.query_name, read.cigarstring, read.flag = f"r{i}", "8M", 0
            read.reference_id, read.reference_start = header.get_tid(chrom), 100 * i
            out.write(read)
    file = open_file(str(path), "reads")
    assert file.assembly == "hg38"
    assert dict(file.chrom_lengths) == dict(hg38.lengths)
    assert file.exogenous == {"yeast": yeast}
    assert "yeast (3 sequences: chrX, chrIV, chrM)" in file.exogenous_in_words()
    reads = file.reads()
    foreign = file.exogenous_in(reads)
    assert set(foreign) == {"yeast chrX", "chrIV", "yeast chrM"}
    everywhere = bed_regions([("chrX", 0, 1000), ("yeast chrX", 0, 1000)])
    assert reads.count(everywhere).counts.tolist() == [2, 1]
    assert set(chromosome_ends([file])) == set(hg38.lengths)


def test_a_text_with_another_genome_has_no_end_there(tmp_path: Path) -> None:
    bed = tmp_path / "both.bed"
    bed.write_text("chr1\t5\t50\nU00096.3\t10\t60\n")
    assert chromosome_ends([open_file(str(bed), "reads")]) == {"chr1": 50}
    stated = open_file(str(bed), "reads").named_as(load_genome("hg38"))
    assert chromosome_ends([stated]) == {"chr1": 50}
