"""Power against the units a group of planned studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.plots.style import (
    GREY,
    GROUP_COLOURS,
    INK,
    LINE,
    MARKERS,
    new_axes,
    paper_style,
    require,
    say_empty,
    set_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENOUGH = 0.8

_STYLES = ("-", "--", ":", "-.")

_COLUMNS = ("units", "effect", "depth", "carrier_share", "power", "power_low", "power_high")

_PER_ROW = 3  # entries of the legend

_MOST_LINES = 12  # that eyes can tell apart


def plot_power(table: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Power of planned studies: a line an effect, with where nine in ten studies lie.

    Parameters
    ----------
    table
        The columns of `schema.POWER`, as `power_table` gives them. Effects have colours; depths and
        shares of carriers, where there are several, have styles of the line. Rows without a power,
        where nothing changes, are not drawn.

    Returns
    -------
    Axes
        A thin line stands at a power of .8.

    Raises
    ------
    InputFormatError
        If a column is missing, or more than 12 lines would be drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"units": [6, 12], "effect": 1.0, "depth": 1.0, "carrier_share": 1.0,
    ...                       "power": [0.4, 0.9], "power_low": [0.3, 0.8],
    ...                       "power_high": [0.5, 1.0]})
    >>> [line.get_label() for line in plot_power(table).get_lines()]
    ['1 log₂', 'power of 0.8']
    """
    require(table, _COLUMNS, what="a figure of power")
    shown = table[np.isfinite(table["power"])]
    several = [c for c in ("depth", "carrier_share") if shown[c].nunique() > 1]
    by_units = shown.sort_values("units")
    lines = list(by_units.groupby(["effect", "depth", "carrier_share"], sort=True))
    if len(lines) > _MOST_LINES:
        raise InputFormatError(
            f"{len(lines)} lines of power cannot be told apart",
            expected=f"at most {_MOST_LINES} combinations of effect, depth and carrier_share",
            remedy="draw a part of the table",
        )
    colours = {e: GROUP_COLOURS[i % 6] for i, e in enumerate(sorted(shown["effect"].unique()))}
    others = list(dict.fromkeys((depth, share) for (_, depth, share), _ in lines))
    with paper_style():
        ax = new_axes(ax, height=62)
        for (effect, depth, share), own in lines:
            place = others.index((depth, share))
            ax.fill_between(
                own["units"], own["power_low"], own["power_high"],
                color=colours[effect], alpha=0.15, lw=0,
            )  # fmt: skip
            ax.plot(
                own["units"],
                own["power"],
                color=colours[effect],
                ls=_STYLES[place % len(_STYLES)],
                marker=MARKERS[place % len(MARKERS)],
                ms=3,
                label=_label(effect, depth, share, several),
            )
        rows = _frame(ax, shown)
        set_title(ax, title, pad=4.0 + 10.0 * rows)
    return ax


def _label(effect: float, depth: float, share: float, several: list[str]) -> str:
    text = f"{effect:g} log₂"
    if "depth" in several:
        text += f", depth × {depth:g}"
    if "carrier_share" in several:
        text += f", {share:.0%} carry it"
    return text


def _frame(ax: Axes, shown: pd.DataFrame) -> int:
    """Axes, the line of a power of .8 and the legend above; how many rows that has."""
    ax.set(xlabel="units a group", ylabel="power", ylim=(0, 1.02))
    if not len(shown):
        say_empty(ax, "nothing changes, so there is no power")
        return 0
    ax.axhline(ENOUGH, color=GREY, lw=LINE, zorder=0, label=f"power of {ENOUGH:g}")
    sizes = sorted(shown["units"].unique())
    if len(sizes) > 1:
        ax.set_xscale("log")
    ax.set_xticks(sizes, [f"{n:g}" for n in sizes])
    ax.minorticks_off()
    legend = ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=_PER_ROW)
    for text in legend.get_texts():
        text.set_color(INK)
    return -(-len(legend.get_texts()) // _PER_ROW)
