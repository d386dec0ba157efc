"""Where peaks lie, as one bar a set: promoters by CpG class, gene bodies, distal, intergenic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, new_frame, text_width_mm
from resist_epi.plots.style import (
    COLUMN_MM,
    INK,
    LINE,
    PAGE_MM,
    SMALL_FONT,
    paper_style,
    require,
    say_empty,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Class, CpG class (any, where empty), words and colour; told apart in grey, too.
_PARTS = (
    ("promoter", "CpG island", "promoter, CpG island", "#12344D"),
    ("promoter", "no CpG island", "promoter, no CpG island", "#3E7CB1"),
    ("promoter", "not known", "promoter, CpG class not known", "#8FB8DE"),
    ("gene_body", "", "gene body", "#B08D57"),
    ("distal", "", "distal", "#E1CFA7"),
    ("intergenic", "", "intergenic", "#F1F1F1"),
)

_LEVELS = {"consensus": "", "group": "groups", "sample": "samples, own peaks"}

_ROW_MM, _GAP_MM = 3.6, 4.6

_DIM = "#666666"


def plot_annotation(
    classes: pd.DataFrame,
    *,
    ax: Axes | None = None,
    bases: bool = False,
    title: str | None = None,
) -> Axes:
    """Share of each set's peaks in promoters (by CpG class), gene bodies, distal and intergenic.

    Parameters
    ----------
    classes
        Columns of `schema.PEAK_CLASSES` (`peak_classes.class_shares`).
    bases
        Shares of the bases rather than of the peaks.

    Returns
    -------
    Axes
        The container of the panels `bars`; at their right the number of peaks (or of bp).

    Examples
    --------
    >>> from resist_epi.plots.style import panel
    >>> row = {"level": "sample", "set": "T1", "class": "distal", "cpg": "not known"}
    >>> table = pd.DataFrame([row | {"n_peaks": 5, "fraction": 1.0, "bases": 900}])
    >>> [text.get_text() for text in panel(plot_annotation(table), "bars").get_yticklabels()]
    ['T1']
    """
    require(classes, ("level", "set", "class", "cpg", "n_peaks", "bases"), what="annotation bars")
    value, unit = ("bases", "bp") if bases else ("n_peaks", "peaks")
    sets = list(classes[["level", "set"]].drop_duplicates().itertuples(index=False, name=None))
    parts = [p for p in _PARTS if p[1] != "not known" or _of_part(classes, p)["n_peaks"].sum()]
    texts = shorten_all([name for _, name in sets], 26)
    rows, height = _row_places([level for level, _ in sets])
    with paper_style():
        names_mm = text_width_mm([*texts, *_LEVELS.values()]) + 3.0
        width = min(PAGE_MM, max(COLUMN_MM + 55.0, names_mm + 100.0))
        columns = max(1, int((width - 2.0) // (text_width_mm([p[2] for p in parts]) + 6.0)))
        legend_mm = -(-len(parts) // columns) * LINE_MM + 2.0
        top_mm = TITLE_MM if title else 1.0
        frame = new_frame(ax, width=width, height=height + legend_mm + 10.0 + top_mm)
        frame.title(title)
        if not sets:
            say_empty(frame.ax, "no peaks")
            return frame.ax
        counts = np.array([[_total(_of_part(classes, p), s, value) for s in sets] for p in parts])
        totals = counts.sum(axis=0)
        said = [thousands(int(n)) for n in totals]
        bottom, right_mm = legend_mm + 8.0, text_width_mm([*said, unit]) + 2.5
        bars = frame.panel("bars", names_mm, bottom, frame.width - names_mm - right_mm, height)
        _draw_bars(bars, rows, counts / np.maximum(totals, 1), [p[3] for p in parts])
        bars.set(ylim=(height, 0))
        bars.set_yticks(rows, texts)
        bars.set_xlabel(f"share of the {'bases' if bases else 'peaks'}", fontsize=SMALL_FONT)
        for y, text in zip(rows, said, strict=True):
            frame.text(frame.width - 1.0, bottom + height - y, text, ha="right")
        frame.text(frame.width - 1.0, bottom + height + 0.6, unit, ha="right")
        seen: set[str] = set()
        for y, (level, _) in zip(rows, sets, strict=True):
            if level not in seen:
                frame.text(1.0, bottom + height - y + _ROW_MM, _LEVELS.get(level, ""), color=_DIM)
            seen.add(level)
        _draw_legend(frame, parts, columns, legend_mm)
    return frame.ax


def _of_part(classes: pd.DataFrame, part: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of a class, and of its CpG class where that is told apart."""
    own = classes["class"] == part[0]
    return classes[own & (classes["cpg"] == part[1])] if part[1] else classes[own]


def _total(rows: pd.DataFrame, own: tuple[str, str], value: str) -> int:
    return int(rows.loc[(rows["level"] == own[0]) & (rows["set"] == own[1]), value].sum())


def _row_places(levels: Sequence[str]) -> tuple[list[float], float]:
    """Middle of each bar, in mm from the top, and the height of all; a heading above each level."""
    places: list[float] = []
    y, last = 0.0, levels[0] if levels and not _LEVELS.get(levels[0]) else None
    for level in levels:
        y += _GAP_MM if level != last else 0.0
        places.append(y + _ROW_MM / 2)
        y, last = y + _ROW_MM, level
    return places, max(y, _ROW_MM)


def _draw_bars(ax: Axes, rows: Sequence[float], shares: FloatArray, colours: Sequence[str]) -> None:
    left = np.zeros(len(rows))
    for share, colour in zip(shares, colours, strict=True):
        ax.barh(rows, share, left=left, height=_ROW_MM * 0.76, color=colour, edgecolor=INK, lw=0.25)
        left += share
    ax.set(xlim=(0, 1), xticks=[0, 0.25, 0.5, 0.75, 1])
    ax.set_xticklabels(["0", "25%", "50%", "75%", "100%"])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set(linewidth=LINE)


def _draw_legend(
    frame: Frame, parts: Sequence[tuple[str, str, str, str]], columns: int, top: float
) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=p[3], edgecolor=INK, linewidth=0.25, label=p[2]) for p in parts]
    legend = frame.ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0 / frame.width, top / frame.height),
        ncols=columns,
        borderaxespad=0.0,
        borderpad=0.0,
        handleheight=0.8,
    )
    frame.ax.add_artist(legend)
