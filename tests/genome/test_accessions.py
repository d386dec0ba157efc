"""Accessions of chromosomes: a version belongs to one assembly."""

from __future__ import annotations

import pytest

from resist_epi.genome.accessions import accessions
from resist_epi.genome.builtin import load_genome

# As NCBI's assembly reports have them.
KNOWN = {
    "hg38": {
        "NC_000001.11": "chr1",
        "NC_000007.14": "chr7",
        "NC_000014.9": "chr14",
        "NC_000024.10": "chrY",
        "CM000685.2": "chrX",
        "NC_012920.1": "chrM",
    },
    "hg19": {"NC_000005.9": "chr5", "NC_000022.10": "chr22", "CM000686.1": "chrY"},
    "hg18": {"NC_000007.12": "chr7", "NC_000023.9": "chrX"},
    "mm10": {"NC_000067.6": "chr1", "NC_000068.7": "chr2", "CM001013.2": "chrX"},
    "mm9": {"NC_000067.5": "chr1", "NC_000087.6": "chrY", "NC_005089.1": "chrM"},
}


@pytest.mark.parametrize("assembly", KNOWN)
def test_every_chromosome_has_its_accession(assembly: str) -> None:
    found = accessions(assembly)
    assert {name: found[name] for name in KNOWN[assembly]} == KNOWN[assembly]
    placed = {c for c in load_genome(assembly).lengths if c != "chrM"}
    assert placed <= set(found.values()) <= set(load_genome(assembly).lengths)


def test_no_accession_is_of_two_assemblies() -> None:
    both = set(accessions("hg19")) & set(accessions("hg38"))
    assert both == set(), "the mitochondrion of hg19 is another sequence than that of RefSeq"
    assert accessions("rn4") == {}
