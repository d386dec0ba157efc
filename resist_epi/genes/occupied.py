"""Genes by the peaks that are theirs: which units have any."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def gene_occupancy(named: pd.DataFrame, occupancy: pd.DataFrame) -> pd.DataFrame:
    """Which samples have any peak of each gene.

    Parameters
    ----------
    named
        n peaks with `region_id`, and the `gene_id` of the gene that is theirs (empty where none).
    occupancy
        (n regions, m samples) 0 and 1, indexed by `region_id`.

    Returns
    -------
    DataFrame
        (n genes, m samples) int8, indexed by `gene_id`, genes in the order of their first peak.
    """
    own = named[named["gene_id"] != ""]
    held = occupancy.loc[own["region_id"]].groupby(own["gene_id"].to_numpy(), sort=False).max()
    held.index.name = "gene_id"
    return held.astype(np.int8)


def occupied_genes(named: pd.DataFrame, sets_of: Mapping[str, str]) -> pd.DataFrame:
    """The genes that have peaks of their own.

    Parameters
    ----------
    named
        As of `gene_occupancy`, with `symbol`.
    sets_of
        Symbol -> the mechanisms that it belongs to, in words.

    Returns
    -------
    DataFrame
        `gene_id symbol`, `n_peaks` (int64 consensus peaks that are the gene's), `mechanisms`; in
        the order of `gene_occupancy`.
    """
    own = named[named["gene_id"] != ""]
    by_gene = own.groupby("gene_id", sort=False)
    symbol, n_peaks = by_gene["symbol"].first(), by_gene.size()
    return pd.DataFrame(
        {
            "gene_id": symbol.index.to_numpy(object),
            "symbol": symbol.to_numpy(object),
            "n_peaks": n_peaks.to_numpy(np.int64),
            "mechanisms": [sets_of.get(str(s), "") for s in symbol],
        }
    )
