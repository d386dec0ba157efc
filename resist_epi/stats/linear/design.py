"""What a design matrix can and cannot tell apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resist_epi.arrays import FloatArray

_TOLERANCE = 1e-9


def aliased_columns(design: FloatArray, names: Sequence[str]) -> dict[str, list[str]]:
    """Column that is a combination of earlier ones -> these; empty where the design has full rank.

    Parameters
    ----------
    design
        (n_units, p) float64.
    names
        p names.
    """
    kept: list[int] = []
    aliased: dict[str, list[str]] = {}
    for j in range(design.shape[1]):
        column = design[:, j]
        scale = max(float(np.linalg.norm(column)), _TOLERANCE)
        if kept:
            solution = np.linalg.lstsq(design[:, kept], column, rcond=None)[0]
            rest = column - design[:, kept] @ solution
        else:
            solution, rest = np.zeros(0), column
        if np.linalg.norm(rest) <= _TOLERANCE * scale:
            aliased[names[j]] = [
                names[k] for k, s in zip(kept, solution, strict=True) if abs(s) > _TOLERANCE
            ]
        else:
            kept.append(j)
    return aliased


def contrast_leverage(design: FloatArray, vector: FloatArray) -> FloatArray:
    """How much each unit's value enters the least-squares estimate of a contrast.

    The estimate is the sum of h × y, h of shape (n_units,): a unit with h = 0 says nothing.

    Parameters
    ----------
    design
        (n_units, p) float64 of full rank.
    vector
        (p,) float64.
    """
    return np.asarray(vector @ np.linalg.pinv(design), dtype=np.float64)


def independent_columns(columns: FloatArray) -> FloatArray:
    """The columns of a matrix that follow from no earlier ones, in their order.

    Parameters
    ----------
    columns
        (p, k) float64.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])).shape
    (2, 2)
    """
    aliased = aliased_columns(columns, [str(j) for j in range(columns.shape[1])])
    kept = [j for j in range(columns.shape[1]) if str(j) not in aliased]
    return np.asarray(columns[:, kept], dtype=np.float64)
