"""Genes and assembly against the tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.reference import load_reference
from tests.support.cohort import gene_table


@dataclass
class Lengths:
    """A track of which nothing but the chromosomes is asked."""

    chrom_lengths: Mapping[str, int]
    lengths_known: bool = True


HG19, HG38 = (dict(load_genome(name).lengths) for name in ("hg19", "hg38"))


@pytest.fixture
def genes(tmp_path: Path) -> Path:
    gene_table().to_csv(tmp_path / "genes.tsv", sep="\t", index=False)
    return tmp_path / "genes.tsv"


def reference(*tracks: Lengths, genome: str | None = None, genes: Path | None = None):  # type: ignore[no-untyped-def]
    named = {f"T{i}": track for i, track in enumerate(tracks)}
    return load_reference(genome, genes, tracks=named)  # type: ignore[arg-type]


def test_the_assembly_is_told_by_the_tracks() -> None:
    found = reference(Lengths(HG38), Lengths(HG38))
    assert found.name == "hg38"
    assert found.lengths is not None
    assert found.lengths["chr1"] == HG38["chr1"]


def test_another_assembly_than_asked_for_names_both() -> None:
    with pytest.raises(GenomeMismatchError, match=r"of assembly hg38.*but hg19 was asked for"):
        reference(Lengths(HG38), genome="hg19")
    with pytest.raises(GenomeMismatchError, match=r"different assemblies \(hg19: T1; hg38: T0\)"):
        reference(Lengths(HG38), Lengths(HG19))


def test_one_recognised_track_does_not_speak_for_the_others(genes: Path) -> None:
    found = reference(Lengths({"chr1": 600_000}), Lengths(HG19), genes=genes)
    assert found.genome is None


def test_a_bedgraph_has_no_say() -> None:
    assert reference(Lengths(HG38), Lengths({"chr1": 5000}, lengths_known=False)).name == "hg38"


def test_lengths_come_from_the_tracks_where_the_assembly_is_unknown(genes: Path) -> None:
    found = reference(Lengths({"chr1": 600_000, "chr2": 300_000}), genes=genes)
    assert found.genome is None
    assert found.lengths == {"chr1": 600_000, "chr2": 300_000}


def test_no_genes_at_all() -> None:
    with pytest.raises(GenomeMismatchError, match="no genes were given"):
        reference(Lengths({"chr1": 5}))
    with pytest.raises(GenomeMismatchError, match="no built-in genes of rn4"):
        reference(Lengths(dict(load_genome("rn4").lengths)))
