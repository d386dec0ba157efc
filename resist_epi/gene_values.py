"""One row a gene: which of its regions speaks for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError


def gene_rows(results: pd.DataFrame) -> NDArray[np.int64]:
    """Positions of the rows that speak for the genes, one a gene, chosen without their P.

    Promoters: the primary one, where the table says which that is. Otherwise the region of a gene
    with the highest `baseMean`, which is blind to the groups.

    Parameters
    ----------
    results
        The contract's result columns, with `primary` where regions are promoters.

    Returns
    -------
    NDArray
        (n_genes,) int64, increasing; regions without a gene have no say.

    Raises
    ------
    InputFormatError
        If no region has a gene.
    """
    named = (results["gene_id"] != "") | (results["symbol"] != "")
    if not named.any():
        raise InputFormatError(
            "none of the regions has a gene, so no gene set can be looked up",
            remedy="test promoters or genes, or annotate the regions first",
        )
    table = pd.DataFrame(
        {
            "row": np.arange(len(results)),
            "gene": results["gene_id"].where(results["gene_id"] != "", results["symbol"]),
            "signal": results["baseMean"],
        }
    )[named.to_numpy()]
    if "primary" in results:
        speaks = results["primary"].astype(bool).to_numpy()[table["row"]]
        table = table[speaks]
    best = table.sort_values(["signal", "row"], ascending=[False, True], kind="stable")
    return np.sort(best.drop_duplicates("gene")["row"].to_numpy(np.int64))


def gene_table(results: pd.DataFrame) -> pd.DataFrame:
    """The rows that speak for the genes, one a gene; see `gene_rows`.

    Examples
    --------
    >>> results = pd.DataFrame({
    ...     "gene_id": ["g1", "g1", "g2"], "symbol": ["A", "A", "B"], "baseMean": [1.0, 5.0, 2.0],
    ...     "primary": [True, False, True],
    ... })
    >>> gene_table(results)["baseMean"].tolist()
    [1.0, 2.0]
    """
    return results.iloc[gene_rows(results)].reset_index(drop=True)
