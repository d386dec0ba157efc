"""Chromosome order and recognition of assemblies."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.chromosomes import (
    Genome,
    chrom_rank,
    natural_chrom_key,
    recognise_assembly,
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
