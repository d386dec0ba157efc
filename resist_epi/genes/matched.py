"""Random sets of genes that are like a given set in what has nothing to do with the groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray

POOL = 100  # genes most like a member, from which its counterpart in a random set is drawn


def match_traits(genes: pd.DataFrame, covariates: pd.DataFrame | None) -> pd.DataFrame:
    """What random sets are matched on: ranks from 0 to 1, and classes as numbers.

    A row is a gene: `baseline`, then `length`, `CpG island` and the other covariates.

    Parameters
    ----------
    genes
        A row a gene, with `baseMean` and `gene_id`.
    covariates
        By `gene_id`: `length` (bp), `cpg_island` (bool or missing), and any other number, as far
        as known.
    """
    traits = pd.DataFrame({"baseline": genes["baseMean"].rank(pct=True).fillna(0.5).to_numpy()})
    if covariates is None:
        return traits
    own = covariates.reindex(genes["gene_id"])
    for name in own:
        if name == "cpg_island":
            island = own[name].astype("Float64").fillna(0.5)
            traits["CpG island"] = island.to_numpy(np.float64)
        else:
            traits[str(name)] = own[name].rank(pct=True).fillna(0.5).to_numpy()
    return traits


def nearest_pools(
    traits: pd.DataFrame, members: IntArray, eligible: NDArray[np.bool_], *, size: int = POOL
) -> list[IntArray]:
    """For each member at most `size` eligible genes outside of the set, those most like it.

    Parameters
    ----------
    traits
        (n_genes, n_traits).
    members
        Positions of the genes of the set.
    eligible
        (n_genes,) which genes may be drawn.
    """
    values = traits.to_numpy(np.float64)
    outside = eligible.copy()
    outside[members] = False
    candidates = np.flatnonzero(outside)
    columns = np.ascontiguousarray(values[candidates].T)
    pools = []
    for member in members:
        # Islands differ by 1, ranks by less: other classes come last.
        distance = sum((own - here) ** 2 for own, here in zip(columns, values[member], strict=True))
        if len(candidates) > size:
            near = np.sort(np.argpartition(distance, size - 1)[:size])
            nearest = near[_order(distance[near])]
        else:
            nearest = _order(distance)
        pools.append(candidates[nearest])
    return pools


def _order(values: FloatArray) -> NDArray[np.int64]:
    """As a stable `argsort` of values of 0 or more, in a third of its time.

    Such numbers are in the order of their bits. With the place in the lowest of these they are
    sorted as whole numbers, for which processors have instructions; that a value which differs in
    no other bit came out of order is seen, and then all are sorted again.
    """
    width = max(len(values) - 1, 1).bit_length()
    keys = values.view(np.int64) >> width << width
    keys |= np.arange(len(values))
    keys.sort()
    order = np.asarray(keys & ((1 << width) - 1))
    ordered = values[order]
    if (ordered[1:] < ordered[:-1]).any():
        return np.argsort(values, kind="stable")
    return order


def draw_sets(pools: list[IntArray], n: int, rng: np.random.Generator) -> IntArray:
    """(n, n_pools) positions: random sets, one gene from each pool and none twice.

    Parameters
    ----------
    pools
        As `nearest_pools` gives them; each must hold at least as many genes as there are pools.
    """
    drawn = np.stack([rng.choice(pool, size=n) for pool in pools], axis=1)
    open_rows = np.arange(n)
    while len(open_rows):
        again = _repeats(drawn[open_rows])
        for column in np.flatnonzero(again.any(axis=0)):
            rows = open_rows[again[:, column]]
            drawn[rows, column] = rng.choice(pools[column], size=len(rows))
        open_rows = open_rows[again.any(axis=1)]
    return drawn


def _repeats(drawn: IntArray) -> NDArray[np.bool_]:
    """Cells whose gene stands in an earlier column of their row already."""
    bits = max(drawn.shape[1] - 1, 1).bit_length()
    # Gene and column as one number: sorted faster than the places of genes are.
    ordered = np.sort((drawn << bits) | np.arange(drawn.shape[1]), axis=1)
    gene, column = ordered >> bits, ordered & ((1 << bits) - 1)
    row, later = np.nonzero(gene[:, 1:] == gene[:, :-1])
    repeats = np.zeros(drawn.shape, dtype=bool)
    repeats[row, column[row, later + 1]] = True
    return repeats
