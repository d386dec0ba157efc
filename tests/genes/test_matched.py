"""Random sets that are like a set in length and islands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genes.matched import _order, draw_sets, match_traits, nearest_pools


def test_random_sets_are_like_the_set_and_hold_no_gene_twice() -> None:
    rng = np.random.default_rng(1)
    genes = pd.DataFrame(
        {"baseMean": rng.lognormal(size=400), "gene_id": [f"g{i}" for i in range(400)]}
    )
    covariates = pd.DataFrame(
        {"length": rng.lognormal(size=400), "cpg_island": rng.random(400) < 0.5},
        index=genes["gene_id"],
    )
    traits = match_traits(genes, covariates)
    members = np.flatnonzero(covariates["cpg_island"].to_numpy())[:30]
    eligible = np.ones(400, dtype=bool)
    pools = nearest_pools(traits, members, eligible, size=60)
    distances = ((traits.to_numpy()[:, None] - traits.to_numpy()[members]) ** 2).sum(axis=2)
    distances[members] = np.inf
    for k, pool in enumerate(pools):
        expected = set(np.argsort(distances[:, k], kind="stable")[:60].tolist())
        assert set(pool.tolist()) == expected
    drawn = draw_sets(pools, 500, rng)
    assert not np.isin(drawn, members).any()
    assert all(len(set(s)) == 30 for s in drawn.tolist())
    assert covariates["cpg_island"].to_numpy()[drawn].mean() > 0.95


def test_genes_that_are_equally_alike_are_in_their_own_order() -> None:
    rng = np.random.default_rng(4)
    for values in (
        rng.random(500),
        rng.integers(0, 9, 500) / 8,
        1 + rng.integers(0, 3, 500) * 2e-16,
    ):
        assert (_order(values) == np.argsort(values, kind="stable")).all()
