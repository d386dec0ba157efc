"""Chromosomes of another genome in a file, told apart from the study's own."""

from __future__ import annotations

import pytest

from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.exogenous import exogenous_chromosomes, in_words

HUMAN = load_genome("hg38")
FLY = {
    "2L": 23513712,
    "2R": 25286936,
    "3L": 28110227,
    "3R": 32079331,
    "4": 1348131,
    "X": 23542271,
    "Y": 3667352,
    "mitochondrion_genome": 19524,
}
YEAST = {"I": 230218, "II": 813184, "V": 576874, "X": 745751, "XVI": 948066, "Mito": 85779}


def without_chr(lengths: dict[str, int]) -> dict[str, int]:
    return {c.removeprefix("chr"): n for c, n in lengths.items()}


@pytest.mark.parametrize("host", [HUMAN, None])
@pytest.mark.parametrize(
    ("name", "length"),
    [
        *(("U00096.3", 4641652), ("NC_000913.3", 4641652), ("gi|545778205|gb|U00096.3|", 4641652)),
        *(("ecoli", 4639675), ("E.coli_K12", 4686137), ("chr_EColi", 4558953)),
        ("contig1", 4641652),
    ],
)
def test_e_coli_by_accession_name_or_length(name: str, length: int, host: object) -> None:
    lengths = {**HUMAN.lengths, name: length}
    found = exogenous_chromosomes(lengths, host)  # type: ignore[arg-type]
    assert found == {name: "E. coli"}


@pytest.mark.parametrize("prefix", ["", "chr", "dm6_chr", "dm6_", "Dmel_"])
def test_fly_beside_human_of_the_other_style(prefix: str) -> None:
    theirs = {prefix + name: length for name, length in FLY.items()}
    human = without_chr(HUMAN.lengths) if prefix == "chr" else HUMAN.lengths
    assert exogenous_chromosomes({**human, **theirs}, HUMAN) == dict.fromkeys(theirs, "fly")


def test_x_of_yeast_is_not_the_human_one() -> None:
    human = without_chr(HUMAN.lengths)
    theirs = {f"chr{name}": length for name, length in YEAST.items()}
    assert exogenous_chromosomes({**human, **theirs}, HUMAN) == dict.fromkeys(theirs, "yeast")
    mouse = load_genome("mm10")
    lengths = {**mouse.lengths, "hg38_chr1": 248956422, "mm10_chr1_random": 9000}
    assert exogenous_chromosomes(lengths, mouse) == {"hg38_chr1": "human"}


@pytest.mark.parametrize("name", known_genomes())
def test_a_genome_alone_has_nothing_exogenous(name: str) -> None:
    genome = load_genome(name)
    for lengths in (genome.lengths, dict.fromkeys(genome.lengths)):
        assert exogenous_chromosomes(lengths, genome) == {}
        assert exogenous_chromosomes(lengths) == {}
    odd = ["chrEBV", "chrUn_KI270442v1", "chr6_GL000250v2_alt", "HLA-A*01:01:01:01", "chrV"]
    assert exogenous_chromosomes(genome.lengths | dict.fromkeys(odd, 3503), genome) == {}


def test_the_largest_genome_is_the_host_where_none_is_known() -> None:
    fly = {f"chr{name}": length for name, length in FLY.items()}
    assert exogenous_chromosomes(fly) == {}
    assert exogenous_chromosomes({**fly, "U00096.3": 4641652}) == {"U00096.3": "E. coli"}
    # Two yeasts of one size: nobody can say which is the spike-in.
    both = {"sacCer3_chrIV": 1531933, "chrI": 1400000}
    assert exogenous_chromosomes(both) == {}


def test_of_text_names_alone_tell() -> None:
    names = dict.fromkeys([*HUMAN.lengths, *FLY, "NC_000913.3"])
    found = exogenous_chromosomes(names, HUMAN)
    assert {c for c, s in found.items() if s == "fly"} == set(FLY)
    assert found["NC_000913.3"] == "E. coli"
    assert exogenous_chromosomes({"chr1": None, "U00096": None}) == {"U00096": "E. coli"}
    assert exogenous_chromosomes({"U00096.3": None}) == {}


def test_words() -> None:
    assert in_words({}) == ""
    assert in_words({"E. coli": ["U00096.3"]}) == "E. coli (1 sequence: U00096.3)"
    assert in_words({"fly": list(FLY)}).startswith("fly (8 sequences: 2L, 2R, 3L, 3R, 4 and 3 more")
