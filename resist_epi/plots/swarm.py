"""One gene across the tumours: a point a sample, groups side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError, unknown_name
from resist_epi.plots.labels import add_labels
from resist_epi.plots.style import (
    COLUMN_MM,
    INK,
    LINE,
    MARKERS,
    Samples,
    level_colours,
    lookup,
    new_axes,
    paper_style,
    say_empty,
    set_title,
    shorten_all,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_POINT_PT = 4.5  # diameter

_MAX_NAMED = 16

_GROUP_MM = 22.0


def plot_swarm(
    values: pd.DataFrame,
    gene: str,
    *,
    ax: Axes | None = None,
    samples: Samples = None,
    by: str = "Condition",
    quantity: str = "log₂ signal, normalised",
    names: bool | None = None,
    title: str | None = None,
) -> Axes:
    """Values of one gene, a point a sample, beside one another where they would touch.

    Parameters
    ----------
    values
        (genes, samples), index the symbols (or a column `symbol`), as `gene_signal` gives them.
    gene
        The symbol to show.
    samples
        Sample sheet.
    by
        Its column whose levels stand side by side.
    quantity
        What the values are.
    names
        Write the samples' names; by default up to 16 of them.

    Returns
    -------
    Axes
        A line stands at the median of each group of two or more.

    Raises
    ------
    InputFormatError
        If the table has no such gene.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"g1": [1.0, 2.0], "p1": [2.0, 1.5]}, index=["HK2", "G6PD"])
    >>> plot_swarm(values, "HK2").get_title(loc="left")
    'HK2'
    """
    table = values.set_index("symbol") if "symbol" in values else values
    if gene not in table.index:
        raise InputFormatError(unknown_name("gene", gene, table.index))
    found = table.loc[[gene]].iloc[0]
    ids = [str(i) for i in found.index]
    levels = lookup(samples, ids, by)
    numbers = found.to_numpy(np.float64)
    groups = sorted(set(levels), key=lambda level: (level == "", level))
    with paper_style():
        width = float(np.clip(18.0 + _GROUP_MM * len(groups), 50.0, 2 * COLUMN_MM))
        ax = new_axes(ax, width=width, height=62)
        set_title(ax, gene if title is None else title)
        if not np.isfinite(numbers).any():
            say_empty(ax, "no sample has a value")
            return ax
        known = numbers[np.isfinite(numbers)]
        air = 0.08 * float(np.ptp(known)) or 0.5
        ax.set_ylim(float(known.min()) - air, float(known.max()) + air)
        ax.set_xlim(-0.6, len(groups) - 0.4)
        texts = [f"{level or 'all' if groups == [''] else level or 'unknown'}" for level in groups]
        sizes = [int((np.isfinite(numbers) & (levels == g).to_numpy()).sum()) for g in groups]
        ticks = [f"{t}\nn = {n}" for t, n in zip(shorten_all(texts, 18), sizes, strict=True)]
        ax.set_xticks(range(len(groups)), ticks)
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel(quantity)
        xy = _draw_groups(ax, numbers, levels, groups)
        if names if names is not None else len(ids) <= _MAX_NAMED:
            shown = np.asarray(np.isfinite(xy).all(axis=1))
            named = [t for t, s in zip(shorten_all(ids, 18, tidy_above=8), shown, strict=True) if s]
            covered = np.concatenate([xy[shown], _middle_lines(ax)])
            add_labels(ax, named, xy[shown], points=covered, italic=False)
    return ax


def _draw_groups(
    ax: Axes, numbers: FloatArray, levels: pd.Series, groups: Sequence[str]
) -> FloatArray:
    """Draw the points; (n, 2) where each is."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.draw_without_rendering()  # settles the layout: points keep apart in print
    box = ax.get_window_extent()
    dpi = figure.dpi if figure is not None else 72.0
    low, high = ax.get_ylim()
    per_y = box.height * 72.0 / dpi / (high - low)
    per_x = box.width * 72.0 / dpi / len(groups)
    colours = {**level_colours(levels), "": INK}
    xy = np.stack([np.full(len(numbers), np.nan), numbers], axis=1)
    for k, level in enumerate(groups):
        rows = np.flatnonzero((levels == level).to_numpy() & np.isfinite(numbers))
        aside = beside(numbers[rows] * per_y, _POINT_PT + 0.6) / per_x
        xy[rows, 0] = k + np.clip(aside, -0.45, 0.45)
        ax.scatter(
            xy[rows, 0], xy[rows, 1], s=_POINT_PT**2, color=colours[level], edgecolor=INK,
            linewidth=0.3, marker=MARKERS[k % len(MARKERS)], zorder=3, label=level,
        )  # fmt: skip
        if len(rows) > 1:
            middle = float(np.median(numbers[rows]))
            ax.plot([k - 0.28, k + 0.28], [middle] * 2, color=INK, lw=2 * LINE, zorder=2)
    return xy


def _middle_lines(ax: Axes) -> FloatArray:
    """Points along the lines at the medians, which labels had better not cover."""
    ends = [np.asarray(line.get_xydata(), dtype=np.float64) for line in ax.lines]
    along = [np.linspace(xy[0], xy[-1], 30) for xy in ends]
    return np.concatenate(along) if along else np.empty((0, 2))


def beside(heights: FloatArray, gap: float) -> FloatArray:
    """How far aside each point stands so that none touches another; the middle where it can.

    Parameters
    ----------
    heights
        (n,) in the unit of `gap`.
    gap
        Least distance of two points.

    Examples
    --------
    >>> beside(np.array([0.0, 10.0]), 4.0).tolist()
    [0.0, 0.0]
    >>> abs(np.diff(beside(np.array([0.0, 0.0]), 4.0))).tolist()
    [4.0]
    """
    aside = np.zeros(len(heights))
    placed: list[int] = []
    for i in np.argsort(heights, kind="stable").tolist():
        near = [j for j in placed if abs(heights[i] - heights[j]) < gap]
        reach = [np.sqrt(gap**2 - (heights[i] - heights[j]) ** 2) for j in near]
        places = [0.0] + [aside[j] + s * r for j, r in zip(near, reach, strict=True)
                          for s in (1, -1)]  # fmt: skip
        free = [
            p for p in places
            if all(abs(p - aside[j]) >= r - 1e-9 for j, r in zip(near, reach, strict=True))
        ]  # fmt: skip
        aside[i] = min(free, key=lambda p: (abs(p), -p))
        placed.append(i)
    middle = (float(aside.max(initial=0.0)) + float(aside.min(initial=0.0))) / 2
    return np.asarray(aside - middle, dtype=np.float64)
