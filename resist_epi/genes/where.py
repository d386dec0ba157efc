"""Where the calls lie: by CpG class and by any partition, against regions that are like them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import IntArray
from resist_epi.genes.matched import POOL, nearest_pools
from resist_epi.genome.chromosomes import chrom_rank
from resist_epi.schema import WHERE, names
from resist_epi.stats.multiple import benjamini_hochberg

# Calls of one direction that lie so near to one another count once, bp.
NEIGHBOURS = 50_000

N_RANDOM = 2000

FEWEST_ALIKE = 20  # regions from which a counterpart is drawn, of few tested ones

CPG = "CpG"  # name of the partition by CpG class

ISLAND, NO_ISLAND, UNKNOWN = "CpG island", "no CpG island", "not known"


def cpg_classes(results: pd.DataFrame, covariates: pd.DataFrame) -> NDArray[np.object_]:
    """(n_regions,) whether the promoter of each region's gene is a CpG island, in words.

    Parameters
    ----------
    covariates
        By `gene_id`, with `cpg_island` where known (`covariates.gene_covariates`).
    """
    if "cpg_island" not in covariates:
        return np.full(len(results), UNKNOWN, dtype=object)
    flags = covariates["cpg_island"].reindex(results["gene_id"]).astype("boolean")
    named = flags.map({True: ISLAND, False: NO_ISLAND}).astype(object)
    return np.asarray(named.where(flags.notna(), UNKNOWN), dtype=object)


def where_called(
    results: pd.DataFrame,
    partitions: Mapping[str, NDArray[np.object_]],
    *,
    n_random: int = N_RANDOM,
    seed: int = 1,
) -> pd.DataFrame:
    """Count the calls in each class, and hold them against tested regions like those called.

    Called regions of one direction within 50 kb of one another count once (the first of them by
    P). For each, one of the 100 tested regions (of fewer than 5,000, a fiftieth) most like it in
    signal and length is drawn, many times over: what lies in each class by chance, given which
    regions can be called at all. P is two-sided by rank; BH over all rows.

    Parameters
    ----------
    results
        The contract's result columns.
    partitions
        Name -> (n_regions,) class of each region.
    n_random, seed
        Of the draws.

    Returns
    -------
    DataFrame
        Columns of `schema.WHERE`, a row a partition, class and direction.
    """
    tested = np.flatnonzero(results["pvalue"].notna())
    own = results.iloc[tested].reset_index(drop=True)
    traits = pd.DataFrame(
        {
            "signal": own["baseMean"].rank(pct=True),
            "length": (own["end"] - own["start"]).rank(pct=True),
        }
    )
    rows = []
    for direction in ("gain", "loss"):
        called = _spaced(own, direction)
        drawn = _draw(traits, called, n_random, seed)
        for name, classes in partitions.items():
            kinds = classes[tested]
            for kind in sorted(set(kinds)):
                there = kinds == kind
                row = _row(there, called, drawn)
                rows.append({"partition": name, "class": kind, "direction": direction, **row})
    table = pd.DataFrame(rows, columns=names(WHERE))
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy(np.float64))
    return table


def _spaced(own: pd.DataFrame, direction: str) -> IntArray:
    """Rows called in a direction, of neighbours the one of smallest P."""
    rows = np.flatnonzero(own["direction"] == direction)
    part = own.iloc[rows]
    order = np.lexsort((part["start"], chrom_rank(part["chrom"])))
    rows, part = rows[order], part.iloc[order]
    ends = part.groupby("chrom", sort=False)["end"].cummax().shift(fill_value=0)
    apart = part["chrom"].ne(part["chrom"].shift()) | (part["start"] - ends).gt(NEIGHBOURS)
    best = part["pvalue"].reset_index(drop=True).groupby(apart.cumsum().to_numpy()).idxmin()
    return np.asarray(rows[best.to_numpy(np.int64)], dtype=np.int64)


def _draw(traits: pd.DataFrame, called: IntArray, n: int, seed: int) -> IntArray:
    """(n, n_called) regions like each that is called; none where there are too few others."""
    everything = np.ones(len(traits), dtype=bool)
    if not len(called) or len(traits) <= 2 * len(called):
        return np.zeros((0, len(called)), dtype=np.int64)
    rng = np.random.default_rng(seed)
    size = int(np.clip(len(traits) // 50, FEWEST_ALIKE, POOL))
    # One at a time, so that other called regions may be drawn: they are alike, too.
    pools = [
        nearest_pools(traits, called[[i]], everything, size=size)[0] for i in range(len(called))
    ]
    return np.stack([rng.choice(pool, size=n) for pool in pools], axis=1)


def _row(there: NDArray[np.bool_], called: IntArray, drawn: IntArray) -> dict[str, float]:
    observed = int(there[called].sum())
    found: dict[str, float] = {
        "n_tested": int(there.sum()),
        "n_called": float(observed),
        "n_called_all": len(called),
        "n_expected": np.nan,
        "fold": np.nan,
        "pvalue": np.nan,
        "padj": np.nan,
    }
    if not len(drawn):
        return found
    counts = there[drawn].sum(axis=1)
    tails = ((counts >= observed).sum() + 1, (counts <= observed).sum() + 1)
    expected = float(counts.mean())
    return found | {
        "n_expected": expected,
        "fold": observed / expected if expected > 0 else np.nan,
        "pvalue": float(min(1.0, 2 * min(tails) / (len(drawn) + 1))),
    }
