"""Sets in which nothing particular happens are not called too often by tests that count loci."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import hypergeom

from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet

N, CLUSTER, CLUSTERED = 3000, 6, 900
N_SETS, SIZE, COHORTS = 80, 30, 6


def cohort(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Long genes and CpG islands are called more often; clusters of neighbours as one."""
    gene = np.arange(N)
    length = np.exp(rng.normal(10, 1, N))
    cpg = rng.uniform(size=N) < 0.6
    chance = expit(-2.5 + (np.log(length) - 10) + cpg)
    called = rng.uniform(size=N) < chance
    in_cluster = gene < CLUSTERED
    called[in_cluster] = np.repeat(called[:CLUSTERED:CLUSTER], CLUSTER)
    place = np.where(in_cluster, gene * 10_000 + gene // CLUSTER * 1_000_000, gene * 500_000)
    results = pd.DataFrame(
        {
            "chrom": np.where(in_cluster, "chr1", "chr2"),
            "start": place,
            "end": place + 2000,
            "strand": "+",
            "gene_id": [f"g{i}" for i in gene],
            "symbol": [f"HOX{i}" if i < CLUSTERED else f"S{i}" for i in gene],
            "baseMean": 1.0,
            "log2FoldChange": called * 1.0,
            "stat": np.where(called, 4.0, 0.0) + rng.normal(size=N),
            "df": 10.0,
            "padj": np.where(called, 0.01, 0.5),
            "direction": "none",
        }
    )
    covariates = pd.DataFrame({"length": length, "cpg_island": cpg}, index=results["gene_id"])
    return results, covariates


def draw(kind: str, covariates: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Genes of one set, drawn without a look at what is called."""
    if kind == "clusters":
        first = rng.choice(CLUSTERED // CLUSTER, SIZE // CLUSTER, replace=False) * CLUSTER
        ordinary = rng.choice(np.arange(CLUSTERED, N), SIZE // 2, replace=False)
        return np.r_[(first[:, None] + np.arange(CLUSTER)).ravel(), ordinary]
    weight = np.where(np.arange(N) < CLUSTERED, 0.0, 1.0)
    if kind == "long genes with CpG islands":
        weight *= covariates["length"].to_numpy() * np.where(covariates["cpg_island"], 3, 1)
    return rng.choice(N, SIZE, replace=False, p=weight / weight.sum())


def shares(kind: str, seed: int) -> dict[str, float]:
    """Share of sets with P < .05 by each test, and by counting genes without more ado."""
    rng = np.random.default_rng(seed)
    found: list[pd.DataFrame] = []
    for _ in range(COHORTS):
        results, covariates = cohort(rng)
        drawn = [draw(kind, covariates, rng) for _ in range(N_SETS)]
        sets = {
            f"SET{i}": GeneSet(f"SET{i}", "made", tuple(results["symbol"].iloc[own]))
            for i, own in enumerate(drawn)
        }
        table = enrich(results, sets, test="logistic", beside=["ora"], covariates=covariates)
        hit = results["padj"].to_numpy() < 0.05
        inside = np.array([hit[own].sum() for own in drawn])
        size = np.array([len(own) for own in drawn])
        naive = hypergeom.sf(inside - 1, N, hit.sum(), size)
        found.append(table[["pvalue", "ora_pvalue"]].assign(naive=naive))
    share = (pd.concat(found) < 0.05).mean()
    return {"logistic": share["pvalue"], "ora": share["ora_pvalue"], "naive": share["naive"]}


# Two standard errors of .05 over all sets.
MOST = 0.05 + 2 * float(np.sqrt(0.05 * 0.95 / (N_SETS * COHORTS)))


def test_length_and_islands_call_no_set_beside_them() -> None:
    found = shares("long genes with CpG islands", 1)
    assert found["logistic"] <= MOST
    assert found["ora"] > 0.3, "what the covariates are for"


@pytest.mark.parametrize("kind", ["random", "clusters"])
def test_sets_like_the_others_are_quiet_by_locus(kind: str) -> None:
    found = shares(kind, 2)
    assert found["ora"] <= MOST
    assert found["logistic"] <= MOST
    if kind == "clusters":
        assert found["naive"] > 0.1, "counted by gene, clusters are called too often"
