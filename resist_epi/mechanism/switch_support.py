"""How well both changes of a switch are supported: as well as the one that is less so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.schema import SHRUNKEN, names


def switch_support(
    results: Mapping[str, pd.DataFrame],
    rows: Mapping[str, NDArray[np.int64]],
    opposite: NDArray[np.bool_],
) -> Mapping[str, FloatArray]:
    """The columns of `schema.SHRUNKEN` for genes of two marks, each (n_genes,).

    `svalue` is the larger of both marks' and `shrunkenLog2FoldChange` the one of smaller size; NaN
    where the marks do not move in opposite directions, or one of them has none.

    Parameters
    ----------
    results, rows
        Of the two marks by name, and the row of each gene in them (-1: none).
    opposite
        (n_genes,) whether the marks move in opposite directions.
    """
    shrunken, svalue = (
        np.stack([_of(table, rows[mark], name) for mark, table in results.items()])
        for name in names(SHRUNKEN)
    )
    known = opposite & np.isfinite(shrunken).all(axis=0) & np.isfinite(svalue).all(axis=0)
    smaller = np.where(np.abs(shrunken[0]) <= np.abs(shrunken[1]), *shrunken)
    columns = (np.where(known, smaller, np.nan), np.where(known, svalue.max(axis=0), np.nan))
    return dict(zip(names(SHRUNKEN), columns, strict=True))


def _of(results: pd.DataFrame, rows: NDArray[np.int64], name: str) -> FloatArray:
    if name not in results:
        return np.full(len(rows), np.nan)
    return np.append(results[name].to_numpy(np.float64), np.nan)[rows]
