"""A gene set along the genes in order of their evidence: running score, members, values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, new_frame, text_width_mm
from resist_epi.plots.style import (
    COLUMN_MM,
    DIRECTION_COLOURS,
    GREY,
    INK,
    LINE,
    paper_style,
    require,
    say_empty,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SCORE_MM, _MEMBERS_MM, _VALUES_MM, _GAP_MM, _AXIS_MM = 34.0, 6.0, 14.0, 1.5, 9.0


def plot_running_score(
    genes: pd.DataFrame,
    members: Sequence[str],
    *,
    ax: Axes | None = None,
    value: str = "stat",
    name: str = "set",
    title: str | None = None,
) -> Axes:
    """Running score of a set over the genes, from the strongest gain to the strongest loss.

    Up at each member by its share of the members' absolute values, down at each other gene by an
    equal share (Subramanian et al. 2005, PNAS 102:15545). A picture of where the members lie, not a
    test: genes of one locus move together, and the set's P stands in the table of `enrich`.

    Parameters
    ----------
    genes
        A row a gene: `symbol` and the value; genes without a finite value are left out.
    members
        Symbols of the set.
    value
        Column by which genes are ordered, positive for gain.
    name
        Of the set.

    Returns
    -------
    Axes
        The container of the panels `score`, `members` and `values`.

    Raises
    ------
    InputFormatError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> genes = pd.DataFrame({"symbol": ["A", "B", "C", "D"], "stat": [3.0, 2.0, -1.0, -2.0]})
    >>> ax = plot_running_score(genes, ["A", "B"])
    >>> [panel.get_label() for panel in ax.child_axes]
    ['score', 'members', 'values']
    """
    require(genes, ("symbol", value), what="a running score")
    shown = genes[np.isfinite(genes[value].to_numpy(np.float64))]
    shown = shown.sort_values(value, ascending=False, kind="stable")
    values = shown[value].to_numpy(np.float64)
    inside = np.asarray(shown["symbol"].astype(str).isin({str(m) for m in members}))
    with paper_style():
        height = _SCORE_MM + _MEMBERS_MM + _VALUES_MM + 2 * _GAP_MM + _AXIS_MM + LINE_MM + 1.5
        frame = new_frame(ax, width=COLUMN_MM, height=height + TITLE_MM * bool(title))
        frame.title(title)
        if not inside.any() or inside.all():
            why = "no gene of the set has a value" if not inside.any() else "no gene is outside"
            say_empty(frame.ax, why)
            return frame.ax
        left, width = 13.0, frame.width - 16.0
        y = _AXIS_MM
        bottom = frame.panel("values", left, y, width, _VALUES_MM)
        y += _VALUES_MM + _GAP_MM
        marks = frame.panel("members", left, y, width, _MEMBERS_MM)
        y += _MEMBERS_MM + _GAP_MM
        top = frame.height - LINE_MM - 1.5 - TITLE_MM * bool(title)
        score = frame.panel("score", left, y, width, top - y)
        # Panels in the order in which they are read.
        frame.ax.child_axes.sort(key=lambda child: ["score", "members", "values"].index(
            str(child.get_label())))  # fmt: skip
        _draw_score(score, running_score(values, inside))
        _draw_members(marks, inside, values)
        _draw_values(bottom, values, value)
        _say(frame, name, inside, top + 0.6)
    return frame.ax


def running_score(values: FloatArray, inside: BoolArray) -> FloatArray:
    """(n + 1,) the score before the first gene and after each; it begins and ends at 0.

    Parameters
    ----------
    values
        (n,) in falling order.
    inside
        (n,) whether a gene is of the set; some are and some are not.
    """
    weight = np.where(inside, np.abs(values), 0.0)
    total = weight.sum()
    up = weight / total if total > 0 else inside / inside.sum()
    steps = np.where(inside, up, -1.0 / (~inside).sum())
    return np.concatenate([[0.0], np.cumsum(steps)])


def _draw_score(ax: Axes, score: FloatArray) -> None:
    x = np.arange(len(score))
    peak = int(np.argmax(np.abs(score)))
    colour = DIRECTION_COLOURS["gain" if score[peak] > 0 else "loss"]
    ax.plot(x, score, color=colour, lw=1.2)
    ax.plot([peak, peak], [0, score[peak]], color=INK, lw=LINE, ls=":")
    ax.axhline(0, color=INK, lw=LINE)
    ax.set(xlim=(0, len(score) - 1), xticks=[], ylabel="running score")
    ax.margins(y=0.08)
    ax.spines["bottom"].set_visible(False)


def _draw_members(ax: Axes, inside: BoolArray, values: FloatArray) -> None:
    """A line a member, coloured by its own sign."""
    at = np.flatnonzero(inside)
    colours = [DIRECTION_COLOURS["gain" if values[i] > 0 else "loss"] for i in at]
    ax.vlines(at + 0.5, 0, 1, colors=colours, linewidth=0.7)
    ax.set(xlim=(0, len(inside)), ylim=(0, 1), xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set(visible=True, linewidth=0.3, color=INK)


def _draw_values(ax: Axes, values: FloatArray, name: str) -> None:
    edges = np.arange(len(values) + 1)
    ax.stairs(values, edges, fill=True, color=GREY, lw=0)
    ax.axhline(0, color=INK, lw=LINE)
    ax.set(xlim=(0, len(values)), ylabel=name, xlabel="genes, from gain to loss")
    ax.locator_params(axis="x", nbins=5, integer=True)
    ax.locator_params(axis="y", nbins=3)


def _say(frame: Frame, name: str, inside: BoolArray, y: float) -> None:
    n = thousands(int(inside.sum()))
    room = frame.width - 16.0
    text = f"{name}: {n} of {thousands(len(inside))} genes"
    while text_width_mm([text]) > room and len(name) > 8:
        name = f"{name[:-2].rstrip('…')}…"
        text = f"{name}: {n} of {thousands(len(inside))} genes"
    frame.text(13.0, y, text, va="bottom")
