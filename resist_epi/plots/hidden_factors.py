"""Hidden factors: the value of every unit on each, beside its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.plots.frame import (
    LINE_MM,
    TITLE_MM,
    Frame,
    Strip,
    draw_legends,
    legends_height,
    new_frame,
    sheet_annotations,
    text_width_mm,
    wrapped,
)
from resist_epi.plots.style import (
    INK,
    LINE,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    Samples,
    panel,
    paper_style,
    require,
    say_empty,
    shorten_all,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROW_MM, _MOST_MM = 3.4, 160.0  # a unit's height, and that of all of them

_AXIS_MM, _GAP_MM, _WIDEST_MM = 9.0, 6.0, 62.0


def plot_hidden_factors(
    factors: pd.DataFrame,
    *,
    samples: Samples = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Values of the units on each hidden factor; units of a group together, ordered by the first.

    Parameters
    ----------
    factors
        Columns `factor sample value about`: values with a standard deviation of 1 over the units;
        `about` says what the factor goes with.
    samples
        Sheet; its `Condition` orders and colours the units.
    ax
        A container to fill; by default a new figure as wide as a page.

    Returns
    -------
    Axes
        The container; a panel a factor, named after it, found by `style.panel`.

    Examples
    --------
    >>> import pandas as pd
    >>> values = {"factor": "hidden1", "sample": ["a", "b"], "value": [-0.7, 0.7], "about": ""}
    >>> [p.get_label() for p in plot_hidden_factors(pd.DataFrame(values)).child_axes]
    ['hidden1']
    """
    require(factors, ("factor", "sample", "value", "about"), what="hidden factors")
    with paper_style():
        if factors.empty:
            frame = new_frame(ax, width=PAGE_MM, height=_AXIS_MM + 2 * TITLE_MM)
            frame.title(title)
            say_empty(frame.ax, "no hidden factor")
            return frame.ax
        wide = factors.pivot(index="sample", columns="factor", values="value")
        wide = wide[list(dict.fromkeys(factors["factor"]))]
        groups = sheet_annotations(samples, list(map(str, wide.index)), ["Condition"])
        level = groups[0].values.to_numpy(str) if groups else np.repeat("", len(wide))
        order = np.lexsort((-wide.iloc[:, 0].to_numpy(np.float64), level))
        wide, groups = wide.iloc[order], [g.take(order.tolist()) for g in groups]
        about = factors.drop_duplicates("factor").set_index("factor")["about"]
        return _draw(wide, groups, about, ax, title)


def _draw(
    wide: pd.DataFrame,
    groups: Sequence[Strip],
    about: pd.Series,
    ax: Axes | None,
    title: str | None,
) -> Axes:
    names = shorten_all(list(map(str, wide.index)))
    row = min(_ROW_MM, _MOST_MM / len(wide))
    named = row >= LINE_MM * 0.8
    left = (text_width_mm(names) if named else 0.0) + 4.0
    n = wide.shape[1]
    width = min(_WIDEST_MM, (PAGE_MM - left - n * _GAP_MM) / n)
    words = {str(f): wrapped(str(said), width) for f, said in about.items()}
    above = LINE_MM * (1 + max(len(lines) for lines in words.values())) + 1.5
    keys = legends_height(groups, PAGE_MM) if groups else 0.0
    body = row * len(wide)
    height = keys + _AXIS_MM + body + above + 2 * TITLE_MM
    frame = new_frame(ax, width=PAGE_MM, height=height)
    frame.title(title)
    colours = [groups[0].colours[v] for v in groups[0].values] if groups else [INK] * len(wide)
    for i, factor in enumerate(wide):
        x = left + i * (width + _GAP_MM)
        _draw_factor(frame, wide[factor], colours, (x, keys + _AXIS_MM, width, body))
        frame.text(x, keys + _AXIS_MM + body + above - LINE_MM / 2, str(factor), weight="bold")
        for j, line in enumerate(words[str(factor)]):
            frame.text(x, keys + _AXIS_MM + body + above - (j + 1.5) * LINE_MM, line)
    if named:
        first = panel(frame.ax, str(wide.columns[0]))
        first.set_yticks(range(len(wide)), labels=names, fontsize=SMALL_FONT)
    if groups:
        draw_legends(frame, groups, left=left, top=keys, width=PAGE_MM - left)
    return frame.ax


def _draw_factor(
    frame: Frame,
    values: pd.Series,
    colours: Sequence[str],
    bounds: tuple[float, float, float, float],
) -> None:
    ax = frame.panel(str(values.name), *bounds)
    rows = np.arange(len(values))
    x = values.to_numpy(np.float64)
    ax.hlines(rows, 0, x, color=PALE, linewidth=LINE, zorder=1)
    ax.scatter(x, rows, s=14, c=list(colours), edgecolors=INK, linewidths=0.3, zorder=3)
    ax.axvline(0, color=INK, linewidth=LINE, zorder=2)
    reach = max(1.0, 1.08 * float(np.abs(x).max()))
    ax.set(xlim=(-reach, reach), ylim=(len(values) - 0.5, -0.5), yticks=[])
    ax.set_xlabel("value of the unit, in standard deviations", fontsize=SMALL_FONT)
