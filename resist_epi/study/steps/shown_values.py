"""Values of every unit in the regions that the report can show one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resist_epi.model.analysis import Analysis
from resist_epi.model.unit_values import VALUE, unit_values
from resist_epi.stats.best_supported import order_of_support
from resist_epi.study.steps.outputs import Outputs

MOST_NUMBERS = 40_000  # of one kind of regions: what a page can hold of several


def write_shown_values(analysis: Analysis, kind: str, outputs: Outputs) -> None:
    """Write the values behind the results of one kind of regions.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    table = shown_values(analysis)
    n, of = len(table), len(analysis.results)
    header: dict[str, Any] = {
        "contrast": analysis.header["contrast"],
        "values": "normalised, on the natural scale, in the unit of baseMean, which is their mean",
        "rows": f"all {of:,} regions"
        if n == of
        else f"{n:,} of {of:,} regions, the called ones first and then the best supported, so that"
        f" there are at most {MOST_NUMBERS:,} numbers; --values writes those of all",
        "groups": unit_groups(analysis),
    }
    outputs.table(outputs.path("unit_values", kind), table, header)


def shown_values(analysis: Analysis, most: int = MOST_NUMBERS) -> pd.DataFrame:
    """The called regions, then the best supported, with the value of every unit.

    Parameters
    ----------
    most
        Numbers, that is rows times units; a run of many units has fewer rows.

    Returns
    -------
    DataFrame
        `region_id symbol`, then `value_UNIT`, rounded to 4 digits; in the order of the results.
    """
    results = analysis.results
    order = order_of_support(results)
    called = (results["direction"] != "none").to_numpy()[order]
    order = np.concatenate([order[called], order[~called]])
    rows = np.sort(order[: most // max(len(analysis.matrix.samples), 1)])
    values = unit_values(analysis).iloc[rows]
    own = values[[c for c in values if str(c).startswith(VALUE)]]
    numbers = own.map(lambda v: float(f"{v:.4g}"))
    return pd.concat([results.iloc[rows][["region_id", "symbol"]], numbers], axis=1)


def unit_groups(analysis: Analysis) -> dict[str, Any]:
    """What tells the units apart in the contrast, as plain values.

    Returns
    -------
    dict
        `column`, and `of`: unit -> its level, or its number where the column holds numbers; empty
        where no column of the sheet is compared.
    """
    units, contrast = analysis.design.units, analysis.contrast
    columns = [c for c in contrast.columns or (contrast.column,) if c in units]
    words = [c for c in columns if not pd.api.types.is_numeric_dtype(units[c])]
    names = list(analysis.matrix.samples)
    if words:
        levels = units[words].astype(str).agg(", ".join, axis=1)
        return {"column": ", ".join(words), "of": dict(zip(names, levels, strict=True))}
    if columns:
        numbers = units[columns[0]].astype(float)
        return {"column": columns[0], "of": dict(zip(names, numbers, strict=True))}
    return {"column": "", "of": {}}
