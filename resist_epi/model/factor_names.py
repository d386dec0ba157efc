"""What a hidden factor may be: the columns of the sheet that it goes with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.samples.sheet import PATH_COLUMNS

NAMED_BY = 0.01  # P, times the columns of the sheet, at which one names a factor

# Columns that say nothing of the unit.
UNTOLD = (*PATH_COLUMNS, "SampleID", "Factor", "ControlID", "PeakCaller", "PeakFormat")

DEPTH = "library size"

MIN_KNOWN = 6  # units whose value of a column is known

Relations = dict[str, dict[str, dict[str, float]]]


def chance_of(share: float, a: float, b: float) -> float:
    """P that noise has so large a squared correlation, on a and b degrees of freedom."""
    return float(special.betainc(max(b, 1) / 2, a / 2, np.clip(1 - share, 0.0, 1.0)))


def named_by(factors: pd.DataFrame, units: pd.DataFrame, matrix: CountMatrix) -> Relations:
    """How each factor goes with each column of the sheet, and with the library size.

    Columns of numbers by correlation, others by their levels; columns with one value, or another
    text in nearly every unit, are left out.

    Returns
    -------
    dict
        Factor -> column -> `R2` and `pvalue`, the closest first.
    """
    columns = {name: units[name] for name in units.columns if name not in UNTOLD}
    columns[DEPTH] = pd.Series(np.log(matrix.effective_library_sizes), index=units.index)
    found: Relations = {}
    for name in factors:
        z = factors[name].to_numpy(np.float64)
        related = {c: _relation(z, values) for c, values in columns.items()}
        own = {c: r for c, r in related.items() if r is not None}
        found[name] = dict(sorted(own.items(), key=lambda item: -item[1]["R2"]))
    return found


def _relation(z: FloatArray, column: pd.Series) -> dict[str, float] | None:
    known = (column.notna() & (column.astype(str) != "")).to_numpy()
    z, column = z[known], column[known]
    parts = _parts(column)
    if len(z) < MIN_KNOWN or parts is None:
        return None
    X = np.column_stack([np.ones(len(z)), parts])
    left = z - X @ np.linalg.lstsq(X, z, rcond=None)[0]
    around = z - z.mean()
    r2 = 1 - float(left @ left) / max(float(around @ around), 1e-300)
    return {"R2": round(r2, 3), "pvalue": chance_of(r2, parts.shape[1], len(z) - X.shape[1])}


def _parts(column: pd.Series) -> FloatArray | None:
    """(n_units, p) columns that stand for a column of the sheet; None where it tells nothing."""
    n, levels = len(column), column.nunique()
    if levels < 2:
        return None
    text = not pd.api.types.is_numeric_dtype(column)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    # Codes of batches are text that looks like numbers; ages have many values.
    if np.isfinite(numbers).all() and not (text and levels <= n // 3):
        return numbers[:, None]
    if levels > n // 2:
        return None
    return np.eye(levels)[pd.factorize(column)[0]][:, 1:]


def relations_in_words(relations: Relations) -> str:
    """The columns that name each factor, beyond chance over all columns."""
    said = []
    for factor, columns in relations.items():
        near = [
            f"{c} (R2 {r['R2']:.2f})"
            for c, r in columns.items()
            if r["pvalue"] * len(columns) < NAMED_BY
        ]
        said.append(f"{factor} goes with {', '.join(near[:3])}" if near else "")
    named = [s for s in said if s]
    return "; ".join(named) if named else "no column of the sheet names it"
