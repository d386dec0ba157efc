"""What the interactive volcano and MA plots show: the points are those of the packed tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from resist_epi.report.gather import Sheet
from resist_epi.report.words import QUANTITY_WORDS, change_in_words


def plot_settings(sheet: Sheet) -> dict[str, Any]:
    """What the page needs to draw the two plots of a table.

    Returns
    -------
    dict
        Plain JSON values: `tested`, `fdr`, `gain` and titles of the axes.
    """
    change, gain = change_in_words(sheet.facts)
    quantity = sheet.facts["quantity"]["name"]
    return {
        "tested": bool(np.isfinite(sheet.table["pvalue"].to_numpy(np.float64)).any()),
        "fdr": sheet.question.fdr,
        "change": f"log2 {change}",
        "level": f"log2 {QUANTITY_WORDS.get(quantity, 'signal')}, mean of units",
        "significance": "−log10 P",
        "gain": gain,
    }
