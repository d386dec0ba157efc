"""What genes are matched on."""

from __future__ import annotations

from resist_epi.genes.covariates import gene_covariates
from resist_epi.genome.reference import load_reference


def test_what_the_built_in_genes_are_matched_on() -> None:
    table = gene_covariates(load_reference("hg38", None))
    assert (table["length"] > 0).all()
    assert table["cpg_island"].dropna().mean() > 0.3
    assert table.index.is_unique
