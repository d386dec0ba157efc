"""Fits without one unit: which units go together, and what of a design is left without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import check_design

_ALONE = 1 - 1e-9  # leverage of a unit that has a coefficient to itself

_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Reduced:
    """A design without some units.

    Attributes
    ----------
    columns
        (q,) positions of the columns that the others can still tell apart.
    design
        (n_kept, q) of full rank.
    vector
        (q,) the contrast in these columns; None where the units left cannot estimate it.
    """

    columns: npt.NDArray[np.intp]
    design: FloatArray
    vector: FloatArray | None


def units_to_leave_out(
    design: npt.ArrayLike, labels: Sequence[npt.ArrayLike] = ()
) -> list[BoolArray]:
    """Which units to leave out together, each (n_units,) bool, in the order of their first.

    Units with a label in common go together (the samples of a patient, a block), and so does
    whatever then has a coefficient to itself and says nothing any more: the other half of a pair.
    Units that say nothing to begin with are not left out.

    Parameters
    ----------
    design
        (n_units, p) of full rank.
    labels
        (n_units,) each; empty ones are no label.
    """
    X = check_design(design, len(np.asarray(design)))
    silent = _leverage(X) >= _ALONE
    found: list[BoolArray] = []
    for unit in np.flatnonzero(~silent):
        if any(own[unit] for own in found):
            continue
        own = np.zeros(len(X), dtype=bool)
        own[unit] = True
        while True:
            before = int(own.sum())
            for given in labels:
                label = np.asarray(given, dtype=object)
                named = np.array([str(v) != "" for v in label])
                own |= named & np.isin(label.astype(str), label[own & named].astype(str))
            if not own.all():
                reduced = without_units(X, ~own)
                alone = np.zeros(len(X), dtype=bool)
                alone[~own] = _leverage(reduced.design) >= _ALONE
                own |= alone & ~silent
            if int(own.sum()) == before:
                break
        found.append(own)
    return found


def without_units(
    design: npt.ArrayLike, kept: BoolArray, vector: npt.ArrayLike | None = None
) -> Reduced:
    """What is left of a design, and of a contrast in it, without some units.

    Parameters
    ----------
    design
        (n_units, p) of full rank.
    kept
        (n_units,) bool.
    vector
        (p,) a contrast of the coefficients.

    Raises
    ------
    DesignError
        If no unit is left.
    """
    X = np.asarray(design, dtype=np.float64)[kept]
    if not len(X):
        raise DesignError("no unit is left")
    columns = _independent(X)
    rest = X[:, columns]
    if vector is None:
        return Reduced(columns, rest, None)
    c = np.asarray(vector, dtype=np.float64)
    if len(columns) == X.shape[1]:
        return Reduced(columns, rest, c)
    # c'b is estimable where it is g'Mb for some g, the rest being X = rest M.
    mix = np.linalg.lstsq(rest, X, rcond=None)[0]
    g = np.linalg.lstsq(mix.T, c, rcond=None)[0]
    told = np.allclose(mix.T @ g, c, atol=_TOLERANCE * max(float(np.abs(c).max(initial=0)), 1.0))
    return Reduced(columns, rest, np.where(np.abs(g) < _TOLERANCE, 0.0, g) if told else None)


def _independent(X: FloatArray) -> npt.NDArray[np.intp]:
    """Columns that are no combination of earlier ones."""
    kept: list[int] = []
    basis = np.empty((len(X), 0))
    for j in range(X.shape[1]):
        column = X[:, j]
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > _TOLERANCE * max(float(np.linalg.norm(column)), _TOLERANCE):
            kept.append(j)
            basis = np.column_stack([basis, rest / size])
    return np.array(kept, dtype=np.intp)


def _leverage(X: FloatArray) -> FloatArray:
    q = np.linalg.qr(X)[0]
    return np.asarray(np.einsum("ij,ij->i", q, q))
