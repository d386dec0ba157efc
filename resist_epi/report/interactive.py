"""The interactive volcano and MA plots: plotly once, and what each plot shows.

The points are those of the packed tables, so no number travels twice. The page itself chooses which
points to draw: of those that would lie on one another it draws one, and again after each zoom, so
that 60,000 regions stay quick without WebGL, of which a page may hold few contexts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.plots.style import DIRECTION_COLOURS, DIRECTIONS
from resist_epi.report.gather import Sheet
from resist_epi.report.payload import pack
from resist_epi.report.words import QUANTITY_WORDS, change_in_words

COLOURS = {name: DIRECTION_COLOURS[name] for name in DIRECTIONS}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@cache
def packed_plotly() -> str:
    """plotly.js, packed.

    Raises
    ------
    OSError
        If the installed plotly lacks it.
    """
    import plotly

    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return pack(source.read_text(encoding="utf-8"))


def plot_settings(sheet: Sheet) -> dict[str, Any]:
    """What the page needs to draw the two plots of a table.

    Returns
    -------
    dict
        Plain JSON values: `tested`, `fdr`, `colours`, titles of the axes and `layout` that both
        plots share.
    """
    change, gain = change_in_words(sheet.facts)
    quantity = sheet.facts["quantity"]["name"]
    return {
        "tested": bool(np.isfinite(sheet.table["pvalue"].to_numpy(np.float64)).any()),
        "fdr": sheet.question.fdr,
        "colours": COLOURS,
        "change": f"log<sub>2</sub> {_plain(change)}",
        "level": f"log<sub>2</sub> {QUANTITY_WORDS.get(quantity, 'signal')}, mean of units",
        "significance": "−log<sub>10</sub> P",
        "gain": gain,
        "layout": {
            "font": {"family": FONT, "size": 12, "color": "#1d2733"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 56, "r": 12, "t": 28, "b": 46},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#8a94a0", "activecolor": "#00695c"},
            "hovermode": "closest",
            "dragmode": "zoom",
            "showlegend": False,
            "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": "#5b6775"},
        },
    }


def _plain(text: str) -> str:
    """Text in which plotly finds no tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
