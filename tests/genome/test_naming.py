"""One chromosome by several names, and several chromosomes of one name."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.accessions import accessions
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.chromosomes import recognise_assembly
from resist_epi.genome.naming import Naming, own_names

HG38 = load_genome("hg38")
LENGTHS = dict(HG38.lengths)
BARE = {(c[3:] if c != "chrM" else "MT"): n for c, n in LENGTHS.items()}
FLY = {"2L": 23513712, "3R": 32079331, "4": 1348131, "X": 23542271, "Y": 3667352}
TRACKS = frozenset(LENGTHS)


def by_accession(kind: str) -> dict[str, int]:
    return {a: LENGTHS[c] for a, c in accessions("hg38").items() if a.startswith(kind)}


def known() -> list:  # type: ignore[type-arg]
    return [load_genome(name) for name in known_genomes()]


@pytest.mark.parametrize("lengths", [BARE, by_accession("NC"), by_accession("CM")])
def test_every_style_is_recognised_and_named(lengths: dict[str, int]) -> None:
    assert recognise_assembly(lengths, known()) == "hg38"
    names = own_names(lengths, HG38)
    assert set(names) == set(lengths)
    assert all(LENGTHS[own] == lengths[name] for name, own in names.items())


def test_the_assembly_is_told_beside_a_spike_in() -> None:
    assert recognise_assembly(LENGTHS | FLY, known()) == "hg38"
    women = {c: n for c, n in LENGTHS.items() if c != "chrY"}
    assert recognise_assembly(women | FLY, known()) == "hg38"
    assert own_names(women | FLY, HG38) == {}, "fly's Y is no human chrY"


def test_names_side_by_side_stay_apart() -> None:
    assert own_names({"chr1": None, "X": None, "chrX": None, "Y": None}, HG38) == {}
    twice = own_names({"1": LENGTHS["chr1"], "NC_000001.11": LENGTHS["chr1"]}, HG38)
    assert twice == {}, "either could be it"
    foreign = {"1": LENGTHS["chr1"], "X": FLY["X"]}
    assert own_names(foreign, HG38) == {"1": "chr1"}, "its length says that X is something else"


def test_the_mitochondrion_goes_by_its_sequence() -> None:
    assert own_names({"chr1": None, "MT": None}, HG38) == {"MT": "chrM"}
    assert own_names({"1": None, "MT": None}, load_genome("hg19")) == {"1": "chr1"}
    assert own_names({"M": None}, load_genome("hg19")) == {"M": "chrM"}


def test_lengths_of_another_assembly_are_left_to_who_compares_them() -> None:
    assert own_names({"1": 1000, "2": 900}, HG38) == {"1": "chr1", "2": "chr2"}


def table(*chroms: str) -> pd.DataFrame:
    return pd.DataFrame({"chrom": list(chroms), "start": 0, "end": 10})


@pytest.mark.parametrize(
    ("given", "placed"),
    [
        (["1", "X", "MT"], ["chr1", "chrX", "chrM"]),
        (["NC_000001.11", "CM000685.2"], ["chr1", "chrX"]),
        (["chr1", "X"], ["chr1", "X"]),
        (["chr1", "MT"], ["chr1", "chrM"]),
        (["NC_000001.10", "chr2"], ["NC_000001.10", "chr2"]),
    ],
)
def test_a_table_is_brought_to_the_names_of_the_tracks(given: list[str], placed: list[str]) -> None:
    assert Naming(HG38, TRACKS).place(table(*given), "f")["chrom"].tolist() == placed


def test_what_tracks_have_by_name_is_left() -> None:
    both = Naming(HG38, TRACKS | FLY.keys())
    assert both.place(table("X", "2L"), "f")["chrom"].tolist() == ["X", "2L"]
    assert both.place(table("1", "X"), "f")["chrom"].tolist() == ["chr1", "chrX"]


def test_counts_of_any_naming_are_met() -> None:
    bare = Naming(HG38, frozenset(BARE), "the counts")
    assert bare.place(table("chr1", "chrM"), "f")["chrom"].tolist() == ["1", "MT"]


def test_how_much_takes_part_is_said(caplog: pytest.LogCaptureFixture) -> None:
    naming = Naming(HG38, TRACKS - {"chrY"})
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        naming.place(table("1", "1", "Y", "KI270706.1"), "bl.bed")
    said = "bl.bed: 2 of 4 intervals lie on chromosomes of the tracks, named as in hg38: 1 is chr1"
    assert said in caplog.text
    assert "1 of 4 intervals lie on KI270706.1, which the tracks do not have" in caplog.text
    assert [r.levelname for r in caplog.records] == ["INFO", "WARNING"]
    assert naming.facts()["places"][0] == said


def test_nothing_shared_is_an_error() -> None:
    with pytest.raises(GenomeMismatchError, match=r"bl: 0 of 2 intervals .*state the assembly"):
        Naming(None, frozenset({"chr1"})).place(table("1", "2"), "bl")
    with pytest.raises(GenomeMismatchError, match="use a file of hg38"):
        Naming(HG38, TRACKS).place(table("NC_000001.10"), "bl")
    only_y = Naming(HG38, TRACKS - {"chrY"}).place(table("chrY"), "bl")
    assert len(only_y) == 1, "a blacklist of nothing but chrY is of this genome"
    assert Naming().place(table("1"), "bl")["chrom"].tolist() == ["1"], "nothing is known"


def test_peaks_of_many_samples_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    naming = Naming(HG38, TRACKS)
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        naming.place_all({"a": table("1"), "b": table("chr1", "chr2")}, "peaks", rows="peaks")
    assert len(caplog.records) == 1
    assert "peaks: 3 of 3 peaks" in caplog.text
    with pytest.raises(GenomeMismatchError, match="b: 0 of 1"):
        naming.place_all({"a": table("1"), "b": table("2L")}, "peaks", rows="peaks")


def test_genes_are_renamed() -> None:
    genes = table("1").assign(strand="+", gene_id="G", symbol="g", entrez_id="", biotype="")
    transcripts = pd.DataFrame({"gene_id": ["G"], "tss": [0], "tes": [9], "n": [1]})
    found = Naming(HG38, TRACKS).annotation(Annotation(genes, transcripts, None, "g.gtf"))
    assert found.genes["chrom"].tolist() == ["chr1"]


def test_segments_are_told_without_an_assembly() -> None:
    naming = Naming(None, frozenset({"chr1", "chrX", "chrY"}))
    found = naming.place(table("1", "23", "chrY"), "cn.seg", rows="segments", loose=True)
    assert found["chrom"].tolist() == ["chr1", "chrX", "chrY"]
    assert "named as in the tracks: 1 is chr1" in naming.notes[0]
    both = Naming(None, frozenset({"chr1", "chrX", "X"}))
    assert both.translation(["1", "23", "X"], loose=True) == {"1": "chr1"}
