"""One rule says which promoter speaks for a gene, wherever it is asked."""

from __future__ import annotations

import pytest

from resist_epi.genome.builtin import load_genes
from resist_epi.genome.regions import promoters


@pytest.mark.parametrize("assembly", ["hg38", "hg19"])
def test_annotation_and_regions_agree_for_every_gene(assembly: str) -> None:
    annotation = load_genes(assembly)
    windows = promoters(annotation)
    own = windows[windows["primary"]].set_index("gene_id")["tss"]
    expected = annotation.primary_tss()
    assert (own.reindex(expected.index) == expected).all()
