"""Warnings name what else may lie behind a mechanism."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.gene_level import GeneLevel
from resist_epi.mechanism.caveats import _clusters, set_warnings


def test_warnings_name_what_else_may_lie_behind() -> None:
    genes = pd.DataFrame(
        {
            "chrom": ["chrX", "chr1", "chr1", "chr1"],
            "gene_id": ["g0", "g1", "g2", "g3"],
            "symbol": ["G6PD", "PGD", "A", "B"],
            "baseMean": [1.0, 2.0, 30.0, 40.0],
            "direction": ["gain", "gain", "none", "none"],
            "follows_copy_number": [False, True, False, False],
        }
    )
    covariates = pd.DataFrame({"cpg_island": [True, True, False, False]}, index=genes["gene_id"])
    sets = pd.DataFrame(
        {
            "set": ["FATTY_ACID_OXIDATION", "ADIPOSE_MARKERS"],
            "pvalue": [0.5, 0.01],
            "n_tested": [2, 2],
            "n_loci": [2, 2],
        }
    )
    members = {"FATTY_ACID_OXIDATION": np.array([0, 1]), "ADIPOSE_MARKERS": np.array([2, 3])}
    level = GeneLevel(genes, covariates=covariates)
    first, second = set_warnings("H3K27me3", level, members, sets)
    for part in ("CpG-island promoter", "G6PD on a sex chromosome", "PGD may follow copy number"):
        assert part in first
    assert "adipose tissue move too" in first
    assert second == ""
    assert "CpG" not in set_warnings("H3K36me3", level, members, sets)[0]


@pytest.mark.parametrize(("loci", "said"), [(1, "5 genes at 1 locus:"), (2, "5 genes at 2 loci:")])
def test_neighbours_are_said_to_count_once(loci: int, said: str) -> None:
    assert _clusters({"n_tested": 5, "n_loci": loci}).startswith(said)
