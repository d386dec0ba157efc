"""The rule on chromosomes that tracks lack, and what is said where genomes differ."""

from __future__ import annotations

import logging

import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.reconcile import describe_mismatch, reconcile_chromosomes

ONE = Genome("one", {"chr1": 1000, "chr2": 800, "chrX": 500, "chrM": 16})
TWO = Genome("two", {"chr1": 1010, "chr2": 790, "chrX": 500, "chrM": 16})


def test_chromosomes_that_no_track_has_are_dropped_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tracks = {"a": {"chr2": 800, "chr1": 1000}, "b": {"chr1": 1000, "chr2": 800}}
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        kept = reconcile_chromosomes(["chrX", "chr2", "chr1", "chr2", "chr10"], tracks)
    assert kept == ["chr1", "chr2"]
    assert "2 of 4 chromosomes" in caplog.text
    assert "chr10, chrX" in caplog.text


def test_y_absent_from_some_tracks_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    for prefix in ("", "chr"):
        tracks = {"m": {f"{prefix}1": 1000, f"{prefix}Y": 50}, "f": {f"{prefix}1": 1000}}
        assert reconcile_chromosomes([f"{prefix}1", f"{prefix}Y"], tracks) == [f"{prefix}1"]
        assert f"{prefix}Y is absent from 1 of 2 tracks (f) and is dropped" in caplog.text


def test_a_chromosome_absent_from_some_tracks_is_an_error() -> None:
    tracks = {"a": {"chr1": 1000, "chr2": 800}, "b": {"chr1": 1000}}
    with pytest.raises(GenomeMismatchError, match=r"chr2 .* absent from 1 of 2 tracks \(b\)"):
        reconcile_chromosomes(["chr1", "chr2"], tracks)
    assert reconcile_chromosomes(["chr1"], tracks) == ["chr1"], "only what is asked for counts"


def test_another_length_is_an_error_naming_both_assemblies() -> None:
    with pytest.raises(GenomeMismatchError, match=r"1000 bp .*\(one\).* 1010 bp .*'a' \(two\)"):
        reconcile_chromosomes(["chr1"], {"a": {"chr1": 1010}}, genome=ONE, known=[ONE, TWO])
    tracks = {"a": {"chr1": 7}, "b": {"chr1": 8}}
    with pytest.raises(GenomeMismatchError, match=r"7 bp in track 'a'.* 8 bp in track 'b'"):
        reconcile_chromosomes(["chr1"], tracks)


def test_tracks_of_two_assemblies_are_named() -> None:
    tracks = {"a": {"chr1": 1000}, "b": {"chr1": 1010}, "c": {"chr2": 800}}
    with pytest.raises(GenomeMismatchError, match="one: a, c; two: b"):
        reconcile_chromosomes(["chr1"], tracks, known=[ONE, TWO])


def test_no_shared_chromosome_hints_at_the_prefix() -> None:
    with pytest.raises(GenomeMismatchError, match=r"one: chr1.*track 'a'.* lacks the prefix 'chr'"):
        reconcile_chromosomes(["chr1"], {"a": {"1": 1000}}, genome=ONE, known=[ONE])


def test_unknown_lengths_are_not_compared() -> None:
    tracks = {"a": {"chr1": None}, "b": {"chr1": 1000}}
    assert reconcile_chromosomes(["chr1"], tracks, genome=ONE) == ["chr1"]


def test_no_tracks_keep_everything_in_order() -> None:
    assert reconcile_chromosomes(["chr10", "chr2"], {}) == ["chr2", "chr10"]


def test_mismatch_of_assemblies_names_the_remedy() -> None:
    text = describe_mismatch(
        "the genes", ["chr1"], "the peaks", ["chr1"], first_assembly="hg19", second_assembly="hg38"
    )
    assert "the genes (hg19: chr1)" in text
    assert "the peaks (hg38: chr1)" in text
    assert "liftOver" in text
