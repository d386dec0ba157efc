"""Two runs compared: what became of the calls of each mark and kind, and where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.plots.edges import Edges, beyond_in_words, scatter_within
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, new_frame, text_width_mm
from resist_epi.plots.style import (
    BLACK,
    CALL_CHANGE_COLOURS,
    INK,
    LINE,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    paper_style,
    require,
    say_empty,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROW_MM, _AXIS_MM, _LEGEND_MM = 5.6, 9.0, LINE_MM + 1.0

_SCATTER_MM = 58.0

_PARTS = ("kept", "gained", "lost", "turned")


def plot_compare(
    kinds: pd.DataFrame,
    *,
    changed: pd.DataFrame | None = None,
    ax: Axes | None = None,
    names: tuple[str, str] = ("a", "b"),
    title: str | None = None,
) -> Axes:
    """Calls kept, gained, lost and turned of every mark and kind, and how far those lie apart.

    Parameters
    ----------
    kinds
        Columns of `schema.COMPARED_KINDS`; tables that one run alone has are left out.
    changed
        Columns of `schema.CHANGED_CALLS`, for the panel of fold changes: one run against the
        other. Regions that one run lacks are not in it, and the panel says how many.
    ax
        A container to fill; by default a new figure as wide as a page.
    names
        How the runs are called.

    Returns
    -------
    Axes
        The container of the panels `calls` and, with `changed`, `change`.

    Examples
    --------
    >>> import pandas as pd
    >>> kinds = pd.DataFrame({
    ...     "contrast": ["poor-good"], "mark": ["H3K27me3"], "kind": ["promoters"],
    ...     "in_runs": ["both"], "kept": [40], "gained": [3], "lost": [5], "turned": [0],
    ... })
    >>> [panel.get_label() for panel in plot_compare(kinds).child_axes]
    ['calls']
    """
    require(kinds, ("mark", "kind", "in_runs", *_PARTS), what="two runs compared")
    shown = kinds[kinds["in_runs"] == "both"].reset_index(drop=True)
    with paper_style():
        rows = max(len(shown), 1)
        scatter = changed is not None and len(shown) > 0
        body = max(rows * _ROW_MM, 46.0 if scatter else 0.0)
        head = TITLE_MM * bool(title) + _LEGEND_MM + 1.0
        frame = new_frame(ax, width=PAGE_MM, height=head + body + _AXIS_MM)
        frame.title(title)
        if not len(shown):
            say_empty(frame.ax, "the runs share no table of results")
            return frame.ax
        texts = shorten_all(_row_names(shown), 40)
        left = text_width_mm(texts) + 4.0
        beside = _SCATTER_MM + 14.0 if scatter else 3.0
        bar_mm = rows * _ROW_MM
        top = frame.height - head
        place = (left, top - bar_mm, frame.width - left - beside, bar_mm)
        _draw_bars(frame, shown, texts, place)
        if changed is not None:
            at = (frame.width - _SCATTER_MM - 2.0, _AXIS_MM, _SCATTER_MM, top - _AXIS_MM)
            _draw_change(frame, changed, names, at)
        _say_parts(frame, shown, names, top + 1.0)
    return frame.ax


def _row_names(shown: pd.DataFrame) -> list[str]:
    several = "contrast" in shown and shown["contrast"].nunique() > 1
    parts = ["contrast", "mark", "kind"] if several else ["mark", "kind"]
    return [" · ".join(map(str, row)) for row in shown[parts].to_numpy()]


def _draw_bars(
    frame: Frame,
    shown: pd.DataFrame,
    texts: Sequence[str],
    place: tuple[float, float, float, float],
) -> None:
    """A bar a table, its parts side by side, their numbers on or behind it."""
    ax = frame.panel("calls", *place)
    numbers = shown[list(_PARTS)].to_numpy(np.float64)
    total = float(max(numbers.sum(axis=1).max(), 1.0))
    per_mm = 1.25 * total / place[2]
    for row, counts in enumerate(numbers):
        left = 0.0
        for part, count in zip(_PARTS, counts, strict=True):
            ax.barh(row, count, left=left, height=0.62, color=CALL_CHANGE_COLOURS[part],
                    edgecolor=INK, linewidth=0.3 if count else 0.0)  # fmt: skip
            left += count
        there = zip(counts, _PARTS, strict=True)
        text = ", ".join(f"{thousands(int(c))} {part}" for c, part in there if c) or "no calls"
        ax.text(left + 1.2 * per_mm, row, text, va="center", fontsize=SMALL_FONT, color=INK)
    longest = text_width_mm([t.get_text() for t in ax.texts]) + 2.5
    ax.set(ylim=(len(shown) - 0.5, -0.5), xlim=(0, total / max(1 - longest / place[2], 0.25)))
    ax.set_yticks(range(len(shown)), texts)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=5, integer=True)
    ax.set_xlabel("regions called in either run")


def _say_parts(frame: Frame, shown: pd.DataFrame, names: tuple[str, str], y: float) -> None:
    """The key, above the bars: kept + gained + lost + turned, as the numbers stand."""
    words = {
        "kept": "kept",
        "gained": f"gained: in {names[1]} alone",
        "lost": f"lost: in {names[0]} alone",
        "turned": "turned: opposite direction",
    }
    x = 1.0
    for part in _PARTS:
        frame.text(x, y, "■", color=CALL_CHANGE_COLOURS[part], va="bottom")
        frame.text(x + 2.4, y, words[part], va="bottom")
        x += text_width_mm([words[part]]) + 6.5


def _draw_change(
    frame: Frame,
    changed: pd.DataFrame,
    names: tuple[str, str],
    place: tuple[float, float, float, float],
) -> None:
    """Fold change in one run against that in the other, of the calls that differ."""
    columns = ("log2FoldChange_a", "log2FoldChange_b", "change")
    require(changed, columns, what="two runs compared")
    ax = frame.panel("change", *place)
    ax.set(xlabel=f"log₂ fold change in {names[0]}", ylabel=f"log₂ fold change in {names[1]}")
    xy = changed[list(columns[:2])].to_numpy(np.float64)
    known = np.isfinite(xy).all(axis=1)
    if not known.any():
        ax.set(xticks=[], yticks=[])
        say_empty(ax, "no call differs" if not len(changed) else "no region is in both runs")
        return
    size = np.abs(xy[known])
    limit = float(max(min(size.max(), 1.3 * np.quantile(size, 0.99)), 0.5))
    edges = Edges((-limit, limit), (-limit, limit))
    ax.plot([-limit, limit], [-limit, limit], color=PALE, lw=LINE, zorder=0)
    ax.axhline(0, color=PALE, lw=LINE, zorder=0)
    ax.axvline(0, color=PALE, lw=LINE, zorder=0)
    marker = {"gained": "o", "lost": "s", "turned": "D"}
    for part in _PARTS[1:]:
        chosen = known & (changed["change"] == part).to_numpy()
        scatter_within(
            ax, xy[chosen, 0], xy[chosen, 1], edges, s=9.0, marker=marker[part],
            color=CALL_CHANGE_COLOURS[part], edgecolors=BLACK, linewidths=0.25, zorder=2,
            label=part,
        )  # fmt: skip
    ax.set(xlim=(-1.05 * limit, 1.05 * limit), ylim=(-1.05 * limit, 1.05 * limit))
    beyond = beyond_in_words(int(edges.beyond(xy[known, 0], xy[known, 1]).sum()))
    lacking = f"{thousands(int((~known).sum()))} in one run alone" if (~known).any() else None
    if said := "; ".join(filter(None, (beyond, lacking))):
        frame.text(place[0] + place[2], place[1] + place[3] + 1.0, said,
                   ha="right", va="bottom")  # fmt: skip
