"""Chromosome order, recognition of assemblies, and the rule on chromosomes that tracks lack."""

from __future__ import annotations

import logging
import pickle

import numpy as np
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.chromosomes import (
    Genome,
    chrom_rank,
    describe_mismatch,
    natural_chrom_key,
    recognise_assembly,
    reconcile_chromosomes,
)

ONE = Genome("one", {"chr1": 1000, "chr2": 800, "chrX": 500, "chrM": 16})
TWO = Genome("two", {"chr1": 1010, "chr2": 790, "chrX": 500, "chrM": 16})


def test_chromosomes_sort_as_the_genome_has_them() -> None:
    order = ["chr1", "chr2", "chr2A", "chr2B", "chr10", "chr22", "chrX", "chrY", "chrM"]
    scaffolds = ["chr1_KI270706v1_random", "chr9_KI270706v1_random", "chr10_random", "chrUn_GL1"]
    shuffled = [*scaffolds[::-1], *order[::-1]]
    assert sorted(shuffled, key=natural_chrom_key) == order + scaffolds


def test_names_without_prefix_sort_likewise() -> None:
    assert sorted(["MT", "Y", "10", "X", "2"], key=natural_chrom_key) == ["2", "10", "X", "Y", "MT"]


def test_rank_is_equal_for_equal_names_and_sorts() -> None:
    chroms = np.array(["chr10", "chr2", "chrX", "chr2"])
    ranks = chrom_rank(chroms)
    assert ranks.tolist() == [1, 0, 2, 0]
    assert ranks.dtype == np.int64
    assert chrom_rank([]).tolist() == []


def test_rank_follows_the_genome_first() -> None:
    genome = Genome("odd", {"chrZ": 5, "chr1": 9})
    assert chrom_rank(["chr1", "chr9", "chrZ"], genome=genome).tolist() == [1, 2, 0]


def test_a_genome_survives_pickling_and_copies_its_lengths() -> None:
    lengths = {"chr1": 5}
    genome = Genome("g", lengths)
    lengths["chr1"] = 6
    assert pickle.loads(pickle.dumps(genome)) == genome
    assert genome.lengths["chr1"] == 5


@pytest.mark.parametrize("length", [0, -3, 1.5])
def test_impossible_length(length: float) -> None:
    with pytest.raises(InputFormatError, match="chr1 of g has length"):
        Genome("g", {"chr1": length})  # type: ignore[dict-item]


def test_assembly_is_told_by_exact_lengths() -> None:
    known = [ONE, TWO]
    assert recognise_assembly({"chr2": 800}, known) == "one"
    assert recognise_assembly({"2": 790, "GL000": 3}, known) == "two"
    assert recognise_assembly({"chr1": 1000, "chr2": 790}, known) is None
    assert recognise_assembly({"chrX": 500}, known) is None, "both have this length"
    assert recognise_assembly({"chrM": 16}, known) is None, "the mitochondrion tells nothing"
    assert recognise_assembly({"chr1": None, "chr2": 800}, known) == "one"
    assert recognise_assembly({}, known) is None


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
