"""Small sets named in advance: a claim needs both questions answered, with and without chrX."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.pre_specified import pre_specified
from resist_epi.model.differential import contrast_results, fit
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.schema import PRE_SPECIFIED, names
from tests.support.builders import matrix, sheet

N = 600
CORE = GeneSet("CORE", "test", ("S3", "S200", "S350", "S500"))
MEMBERS = [3, 200, 350, 500]


def analysed(
    changes: dict[int, float] | None = None, *, shift: float = 0.0, seed: int = 1, on_x: int = -1
) -> GeneLevel:
    rng = np.random.default_rng(seed)
    level = rng.normal(5, 1, size=(N, 1)) + rng.normal(0, 0.3, size=(N, 12))
    level[:, 6:] += shift
    for gene, change in (changes or {}).items():
        level[gene, 6:] += change
    counts = matrix(2.0**level, library_sizes=np.full(12, 1e6))
    chrom = np.where(np.arange(N) == on_x, "chrX", "chr1")
    counts = replace(counts, regions=counts.regions.assign(chrom=chrom))
    design = make_design(sheet(["good"] * 6 + ["poor"] * 6))
    contrast = make_contrast(design)
    fitted = fit(normalize(counts, "library_size"), design, method="trend")
    return GeneLevel(contrast_results(fitted, contrast), fitted, contrast)


def test_a_planted_core_is_claimed_and_a_second_run_says_the_same() -> None:
    analysis = analysed(dict.fromkeys(MEMBERS, 0.8))
    table = pre_specified(analysis, CORE)
    assert list(table.columns) == names(PRE_SPECIFIED)
    assert table.loc[0, ["n_tested", "direction", "claim"]].tolist() == [4, "gain", "yes"]
    assert table.loc[0, "effect"] == pytest.approx(0.8, abs=0.3)
    again = pre_specified(analysis, CORE)
    pd.testing.assert_frame_equal(table, again)
    lost = analysed(dict.fromkeys(MEMBERS, -0.8))
    table = pre_specified(lost, CORE)
    assert table.loc[0, ["direction", "claim"]].tolist() == ["loss", "yes"]


def test_a_common_shift_is_no_claim() -> None:
    """Every gene is up: fry says that the core changes, the random sets that nothing is special."""
    tables = [pre_specified(analysed(shift=0.8, seed=seed), CORE) for seed in range(6)]
    both = pd.concat(tables)
    assert (both["fry_pvalue"] < 0.05).all()
    assert (both["random_pvalue"] > 0.05).sum() >= 5
    assert (both["claim"] == "no").sum() >= 5


def test_nothing_is_claimed_where_nothing_changes() -> None:
    sets = [GeneSet("R", "test", tuple(f"S{i}" for i in range(k, k + 4))) for k in range(0, N, 40)]
    claims = [
        pre_specified(analysis, s, n_random=200)["claim"].iloc[0]
        for analysis in (analysed(seed=s) for s in range(4))
        for s in sets
    ]
    # 60 tests: two standard errors above .05.
    assert np.mean(np.array(claims) == "yes") <= 0.05 + 0.056


def test_one_gene_of_the_x_chromosome_cannot_carry_a_claim() -> None:
    carried = {3: 6.0, 200: 0.05}
    table = pre_specified(analysed(carried, on_x=3), CORE)
    assert list(table["variant"]) == ["all genes", "without chrX"]
    assert list(table["n_tested"]) == [4, 3]
    assert set(table["claim"]) == {"no"}
    spread = pre_specified(analysed(dict.fromkeys(MEMBERS, 0.9), on_x=3), CORE)
    assert set(spread["claim"]) == {"yes"}


def test_random_sets_are_like_the_set() -> None:
    """All CpG-island genes gain: a set of them gains no more than its like."""
    island = np.arange(N) % 2 == 0
    core = GeneSet("ISLANDS", "test", ("S4", "S200", "S350", "S500"))
    analysis = analysed({int(i): 0.8 for i in np.flatnonzero(island)})
    covariates = pd.DataFrame(
        {"length": np.full(N, 1000.0), "cpg_island": pd.array(island, dtype="boolean")},
        index=[f"g{i}" for i in range(N)],
    )
    blind = pre_specified(analysis, core)
    matched = pre_specified(replace(analysis, covariates=covariates), core)
    assert matched.loc[0, "random_pvalue"] > 2 * blind.loc[0, "random_pvalue"]
    assert matched.loc[0, "random_pvalue"] > 0.05
    assert "CpG island" in matched.attrs["header"]["asked"]


def test_edges() -> None:
    analysis = analysed()
    foreign = pre_specified(analysis, GeneSet("F", "test", ("HK2",)))
    assert foreign.loc[0, "n_tested"] == 0
    assert foreign.loc[0, ["effect", "fry_pvalue", "random_pvalue"]].isna().all()
    assert foreign.loc[0, "claim"] == "no"
    one = pre_specified(analysis, GeneSet("O", "test", ("S9",)))
    assert 0 < one.loc[0, "random_pvalue"] <= 1
    with pytest.raises(DesignError, match="0 random sets"):
        pre_specified(analysis, CORE, n_random=0)
