"""From libraries to biological units: what is merged before a test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix, read_only
from resist_epi.errors import DesignError
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import COUNTS


def merge_units(
    matrix: CountMatrix, sheet: SampleSheet, *, design_columns: Sequence[str] = ()
) -> tuple[CountMatrix, SampleSheet, str]:
    """Merge the libraries of each biological unit: reads summed, signal averaged by depth.

    Rows of one `Patient`, `Factor`, `Condition`, `Treatment`, `Timepoint` and every column of the
    design are one unit. Signal and library sizes are averaged alike, so that a unit's signal over
    its library size is what the pooled libraries would give: deeper ones weigh more, as far as the
    tracks show their depth.

    Parameters
    ----------
    matrix
        Libraries in any order; all must stand in the sheet.
    design_columns
        Columns of the sheet that the design uses.

    Returns
    -------
    tuple
        Matrix with a column a unit, named after its first library; the sheet's first row of each
        unit; and a sentence on what was merged or assumed.

    Raises
    ------
    DesignError
        If `Patient` is given for some of the rows only.
    SampleSheetError
        If the sheet lacks a sample of the matrix.
    """
    sheet = sheet.for_samples(matrix.samples)
    if not sheet.has_patients:
        return matrix, sheet, "no Patient column: each library is taken as a biological unit"
    keys = sheet.unit_columns(design_columns)
    members = unit_members(sheet, design_columns)
    n_units, n = len(members), len(matrix.samples)
    if n_units == n:
        return matrix, sheet, f"each of the {n_units} libraries is a unit of its own (Patient)"
    merged = _merge(matrix, members)
    units = sheet.take([int(m[0]) for m in members])
    how = "reads summed" if matrix.quantity in COUNTS else "signal averaged by depth"
    note = f"{n} libraries merged into {n_units} units by {', '.join(keys)} ({how}): "
    note += "; ".join("+".join(matrix.samples[i] for i in m) for m in members if len(m) > 1)
    return merged, units, note


def unit_members(sheet: SampleSheet, design_columns: Sequence[str] = ()) -> list[np.ndarray]:
    """Rows of the sheet that make up each unit, units in the order of their first row.

    Raises
    ------
    DesignError
        If `Patient` is given for some of the rows only.
    """
    if not sheet.has_patients:
        return [np.array([i]) for i in range(len(sheet.samples))]
    empty = sheet.table.loc[sheet.table["Patient"] == "", "SampleID"]
    if len(empty):
        raise DesignError(
            f"column Patient is empty for {', '.join(empty)} but filled in for others;"
            " say of every library which patient, animal or line it comes from"
        )
    keys = sheet.unit_columns(design_columns)
    unit_of = sheet.table.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    return [np.flatnonzero(unit_of == u) for u in range(int(unit_of.max()) + 1)]


def merge_flags(
    flags: NDArray[np.bool_], sheet: SampleSheet, *, design_columns: Sequence[str] = ()
) -> NDArray[np.bool_]:
    """(n_regions, n_units) whether at least half of a unit's libraries have a flag.

    Parameters
    ----------
    flags
        (n_regions, n_libraries), in the order of the sheet.
    """
    members = unit_members(sheet, design_columns)
    return np.column_stack([flags[:, m].mean(axis=1) >= 0.5 for m in members])


def _merge(matrix: CountMatrix, members: Sequence[np.ndarray]) -> CountMatrix:
    sizes = matrix.library_sizes
    values = np.empty((len(matrix.regions), len(members)), dtype=matrix.values.dtype)
    library_sizes = np.empty(len(members))
    expected = None if matrix.expected is None else np.empty_like(values)
    for u, m in enumerate(members):
        if expected is not None and matrix.expected is not None:
            # Pooled libraries have the mean of what is expected of each, weighted by depth.
            share = sizes[m] / sizes[m].sum()
            expected[:, u] = np.log(np.exp(matrix.expected[:, m]) @ share)
        if matrix.quantity in COUNTS:
            values[:, u] = matrix.values[:, m].sum(axis=1, dtype=np.float64)
            library_sizes[u] = sizes[m].sum()
        else:
            values[:, u] = matrix.values[:, m].mean(axis=1, dtype=np.float64)
            library_sizes[u] = sizes[m].mean()
    return CountMatrix(
        values=read_only(values),
        regions=matrix.regions,
        samples=tuple(matrix.samples[m[0]] for m in members),
        quantity=matrix.quantity,
        library_sizes=library_sizes,
        expected=expected,
        metadata=dict(matrix.metadata),
    )
