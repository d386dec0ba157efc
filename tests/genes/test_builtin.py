"""The tables that ship with the package load; `benchmarks/bench_loading.py` says how fast."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.builtin import GENE_TABLES, known_genomes, load_genes, load_genome


@pytest.mark.parametrize("assembly", GENE_TABLES)
def test_genes_load_once(assembly: str) -> None:
    annotation = load_genes(assembly)
    assert annotation.assembly == assembly
    assert len(annotation) > 20_000
    assert load_genes(assembly) is annotation


def test_unknown_gene_table_names_those_there_are() -> None:
    with pytest.raises(InputFormatError, match=r"'hg18'; expected hg38 or hg19.*--genes"):
        load_genes("hg18")


def test_unknown_assembly_names_those_there_are() -> None:
    with pytest.raises(InputFormatError, match=r"'hg40'; expected one of hg38, hg19, .*rn4"):
        load_genome("hg40")


def test_genomes_are_in_genome_order() -> None:
    assert {"hg38", "hg19", "mm10", "rn4"} <= set(known_genomes())
    genome = load_genome("hg38")
    assert genome.chroms == tuple(f"chr{c}" for c in [*range(1, 23), "X", "Y", "M"])
    assert load_genome("mm10").chroms[-4:] == ("chr19", "chrX", "chrY", "chrM")
