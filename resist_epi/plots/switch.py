"""Two marks against each other, gene by gene, the switches coloured and named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError
from resist_epi.plots.edges import Edges, beyond_in_words, scatter_within
from resist_epi.plots.labels import label_genes
from resist_epi.plots.style import (
    GREEN,
    GREY,
    INK,
    LINE,
    PURPLE,
    SKY,
    new_axes,
    paper_style,
    require,
    say_empty,
    set_title,
    thousands,
)
from resist_epi.stats.best_supported import order_of_support

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# What is drawn later lies on top.
_CLASSES = {
    "none": GREY,
    "one mark": SKY,
    "repressive switch": PURPLE,
    "activating switch": GREEN,
}


def plot_switches(
    switches: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: int | Sequence[str] = 12,
    title: str | None = None,
) -> Axes:
    """Fold change of the active mark against that of the repressive one.

    Parameters
    ----------
    switches
        As `switches.mark_switches` gives them; its first two marks are the axes.
    label
        Name so many switches, the best supported (`order_of_support`), or the genes given.

    Returns
    -------
    Axes
        Repressive switches lie in the lower right, activating ones in the upper left quadrant;
        "one mark" are genes of any other class than none. Genes beyond the frame stand on its edge
        as triangles.

    Raises
    ------
    InputFormatError
        If a column is missing, or there are not two marks.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "symbol": ["GREB1", "HK2"], "H3K27me3_log2FoldChange": [1.5, -1.0],
    ...     "H3K36me3_log2FoldChange": [-1.0, 0.9],
    ...     "class": ["repressive switch", "activating switch"], "padj": [0.01, 0.02],
    ... })
    >>> plot_switches(table).get_xlabel()
    'H3K27me3, log₂ fold change'
    """
    require(switches, ("symbol", "class", "padj"), what="a figure of switches")
    end = "_log2FoldChange"
    marks = [str(c).removesuffix(end) for c in switches if str(c).endswith(end)][:2]
    if len(marks) < 2:
        raise InputFormatError(
            "a figure of switches needs the fold changes of two marks",
            remedy="give the table that `resist-epi marks` writes",
        )
    xy = switches[[f"{m}{end}" for m in marks]].to_numpy(np.float64)
    known = np.isfinite(xy).all(axis=1)
    shown, xy = switches[known].reset_index(drop=True), xy[known]
    with paper_style():
        ax = new_axes(ax, height=78)
        limits = [_limit(xy[:, k]) for k in (0, 1)]
        edges = Edges((-limits[0], limits[0]), (-limits[1], limits[1]))
        rows = _draw_classes(ax, shown, xy, edges)
        for line in (ax.axhline, ax.axvline):
            line(0, color=INK, lw=LINE, zorder=1)
        ax.set(
            xlim=(-1.05 * limits[0], 1.05 * limits[0]),
            ylim=(-1.05 * limits[1], 1.05 * limits[1]),
            xlabel=f"{marks[0]}, log₂ fold change",
            ylabel=f"{marks[1]}, log₂ fold change",
        )
        set_title(ax, title, pad=4.0 + 10.0 * rows)
        switch = shown["class"].astype(str).str.endswith("switch").to_numpy()
        label_genes(
            ax,
            shown["symbol"],
            order_of_support(shown),
            switch,
            np.stack(edges.clipped(*xy.T), axis=1),
            label,
        )
    return ax


def _limit(values: FloatArray) -> float:
    """Half-width of an axis; what lies beyond stands on the edge."""
    size = np.abs(values)
    if not len(size) or size.max() == 0:
        return 1.0
    usual = 1.6 * float(np.quantile(size, 0.99))
    return float(min(size.max(), usual) if usual > 0 else size.max())


def _groups(shown: pd.DataFrame) -> NDArray[np.object_]:
    classes = shown["class"].astype(str)
    known = classes.isin(list(_CLASSES))
    return np.asarray(classes.where(known, "one mark").to_numpy(dtype=object))


def _draw_classes(ax: Axes, shown: pd.DataFrame, xy: FloatArray, edges: Edges) -> int:
    """Draw the genes by class; return the rows of the legend above."""
    group = _groups(shown)
    for rank, (name, colour) in enumerate(_CLASSES.items()):
        chosen = group == name
        switch = name.endswith("switch")
        scatter_within(
            ax,
            xy[chosen, 0],
            xy[chosen, 1],
            edges,
            s=10.0 if switch else 4.0 if name != "none" else 2.5,
            color=colour,
            alpha=0.9 if switch else 0.8 if name != "none" else 0.35,
            linewidths=0,
            zorder=2 + rank,
            label=f"{name} ({thousands(int(chosen.sum()))})",
        )
    beyond = beyond_in_words(int(edges.beyond(xy[:, 0], xy[:, 1]).sum()))
    if not len(shown):
        say_empty(ax, "no gene has both marks")
    legend = ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2,
        handletextpad=0.1,
        markerscale=1.0,
        title=beyond,
        alignment="left",
    )
    for handle in filter(None, legend.legend_handles):
        handle.set(alpha=1.0, sizes=[12.0])
    return 3 if beyond else 2
