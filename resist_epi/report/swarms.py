"""Values of every unit in one region at a time, as they travel inside the page."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.model.unit_values import VALUE
from resist_epi.plots.style import level_colours
from resist_epi.report.gather import Sheet
from resist_epi.report.payload import pack
from resist_epi.report.words import QUANTITY_WORDS

PRIOR = 0.05  # of the median level: added before the logarithm, as in the figures of samples


def pack_swarms(values: Sheet | None, results: Sheet) -> str:
    """Pack the values of a kind of regions; empty where the run has not kept them.

    Values are log2, in hundredths, less the mean of their row, whose numbers are the shorter for
    it. `group` is the number of each unit's level, or `x` its number, as the contrast has it.

    Parameters
    ----------
    values
        `region_id symbol value_UNIT`, in the header `groups` (`study.steps.shown_values`).
    results
        Of the same regions; rows are told by their place in it.
    """
    if values is None:
        return ""
    columns = [str(c) for c in values.table if str(c).startswith(VALUE)]
    place = pd.Index(results.table["region_id"]).get_indexer(values.table["region_id"])
    known = place >= 0
    level = results.table["baseMean"].to_numpy(np.float64)
    positive = level[level > 0]
    added = PRIOR * float(np.median(positive)) if len(positive) else 1.0
    with np.errstate(invalid="ignore"):
        numbers = np.log2(values.table[columns].to_numpy(np.float64)[known] + added)
    drawn = np.isfinite(numbers).all(axis=1)
    numbers = np.rint(100 * numbers[drawn]).astype(np.int64)
    middle = np.rint(numbers.mean(axis=1)).astype(np.int64) if len(numbers) else numbers[:, :0]
    packed: dict[str, Any] = {
        "units": [c.removeprefix(VALUE) for c in columns],
        "rows": np.diff(place[known][drawn], prepend=0).tolist(),
        "middle": middle.tolist(),
        "values": (numbers - middle[:, None]).ravel().tolist() if len(numbers) else [],
        "title": f"log2 {QUANTITY_WORDS.get(results.facts['quantity']['name'], 'signal')}",
        **_groups(values, [c.removeprefix(VALUE) for c in columns]),
    }
    return pack(json.dumps(packed, separators=(",", ":"), allow_nan=False))


def _groups(values: Sheet, units: list[str]) -> dict[str, Any]:
    """Level of each unit with its colour in all figures, or its number."""
    said = values.header.get("groups")
    about = said if isinstance(said, dict) else {}
    given = about.get("of")
    of: dict[str, Any] = given if isinstance(given, dict) else {}
    column = str(about.get("column", ""))
    own = [of.get(unit) for unit in units]
    if own and all(isinstance(v, (int, float)) and np.isfinite(v) for v in own):
        return {"column": column, "x": own}
    texts = ["" if v is None else str(v) for v in own]
    levels = sorted(set(texts))
    colours = level_colours(levels)
    return {
        "column": column,
        "levels": levels,
        "colours": [colours[level] for level in levels],
        "group": [levels.index(text) for text in texts],
    }


def swarms_in_words(values: Sheet | None, n_regions: int) -> str:
    """Of how many regions a page shows the values of every unit."""
    if values is None:
        return ""
    n = len(values.table)
    if n >= n_regions:
        return "Values of every unit are those of all regions."
    return (
        f"Values of every unit are here for {n:,} of the {n_regions:,} regions, the called ones"
        " first and then the best supported; --values writes those of all."
    )
