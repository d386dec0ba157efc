"""Tracks are told apart by content, not by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import InputFormatError
from resist_epi.tracks.bedgraph import BedGraphTrack
from resist_epi.tracks.bigwig.track import BigWigTrack
from resist_epi.tracks.open import open_track

BIGWIG = RawBigWig({"c": 500}, [Block(0, 5, 9, 1, [(5, 9, 2.0)])])


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_bigwig_by_any_name(tmp_path: Path, order: str) -> None:
    path = tmp_path / "coverage.txt"
    path.write_bytes(RawBigWig(BIGWIG.chroms, BIGWIG.blocks, order=order).encode())
    assert isinstance(open_track(path), BigWigTrack)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_bedgraph_by_any_name(tmp_path: Path, pack) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(pack(b"c\t5\t9\t2\n"))
    track = open_track(path, chrom_lengths={"c": 500})
    assert isinstance(track, BedGraphTrack)
    assert track.total() == 8.0
    assert track.chrom_lengths["c"] == 500


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (b"\xeb\xf2\x89\x87" + bytes(90), "bigBed"),
        (gzip.compress(b"BAM\x01" + bytes(50), mtime=0), "this is a BAM file"),
        (b"<!DOCTYPE html>\n<html>", "this is a web page"),
        (b"PK\x03\x04xxxx", "zip archive"),
        (b"\x1f\x8b\x08\x00abc", "damaged gzip"),
        (b"\x26\xfc\x8f", "not a bigWig file"),
        (b"\x00\x01\x02\xff" * 40, "not a bigWig file"),
        (b"chrom,start,end,value\n", "not a bedGraph line"),
    ],
)
def test_other_content_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(content)
    with pytest.raises(InputFormatError, match=message) as error:
        open_track(path)
    assert str(path) in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="cannot be read"):
        open_track(tmp_path / "t.bw")


def test_a_bgzipped_bedgraph_needs_no_index(tmp_path: Path) -> None:
    import pysam

    plain = tmp_path / "t.bedGraph"
    plain.write_text("chr1\t0\t100\t2\nchr1\t100\t300\t5\nchr2\t0\t10\t1\n")
    packed = tmp_path / "t.bedGraph.gz"
    pysam.tabix_compress(str(plain), str(packed))
    assert open_track(packed).total() == open_track(plain).total() == 1210
