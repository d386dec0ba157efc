"""Which peaks sets of samples or groups share: UpSet and Venn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resist_epi.arrays import IntArray
from resist_epi.errors import InputFormatError
from resist_epi.plots.frame import (
    LINE_MM,
    TITLE_MM,
    draw_legends,
    legends_height,
    new_frame,
    sheet_annotations,
    text_width_mm,
)
from resist_epi.plots.style import (
    COLUMN_MM,
    GREY,
    INK,
    LINE,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    level_colours,
    lookup,
    paper_style,
    require,
    say_empty,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_MM, _COLUMN_MM = 3.4, 4.0  # of the matrix of dots

_BARS_MM, _SIZES_MM = 30.0, 20.0  # above the matrix, and left of it

_VENN_MM = 66.0


def set_columns(overlaps: pd.DataFrame) -> list[str]:
    """Names of the sets: the columns before `n_sets`.

    Raises
    ------
    InputFormatError
        If it is no table of overlaps.
    """
    require(overlaps, ("n_sets", "n_peaks"), what="a figure of overlaps")
    return list(map(str, overlaps.columns[: list(overlaps.columns).index("n_sets")]))


def plot_upset(
    overlaps: pd.DataFrame,
    *,
    ax: Axes | None = None,
    samples: pd.DataFrame | None = None,
    by: str = "Condition",
    most: int = 25,
    title: str | None = None,
) -> Axes:
    """Peaks of exactly these sets, the largest combinations first; left, all peaks of each set.

    Parameters
    ----------
    overlaps
        A column of 0 and 1 a set, then `n_sets` and `n_peaks`, the largest first
        (`occupancy.set_overlaps`).
    samples
        Sample sheet: sets that are samples are ordered and coloured by their group.
    by
        Its column.
    most
        Combinations to show; how many peaks the others hold is said.

    Returns
    -------
    Axes
        The container of the panels `bars`, `matrix` and `sizes`.

    References
    ----------
    Lex et al. (2014) IEEE Transactions on Visualization and Computer Graphics 20:1983.

    Examples
    --------
    >>> import pandas as pd
    >>> from resist_epi.plots.style import panel
    >>> table = pd.DataFrame({"a": [1, 1], "b": [1, 0], "n_sets": [2, 1], "n_peaks": [9, 4]})
    >>> [text.get_text() for text in panel(plot_upset(table), "bars").texts]
    ['9', '4']
    """
    sets = set_columns(overlaps)
    groups = _groups(samples, sets, by)
    order = np.argsort(groups.to_numpy(str), kind="stable") if (groups != "").any() else None
    sets = sets if order is None else [sets[i] for i in order]
    shown = overlaps.head(most)
    held = shown[sets].to_numpy(np.int64)
    sizes = (overlaps[sets].to_numpy(np.int64) * overlaps[["n_peaks"]].to_numpy(np.int64)).sum(0)
    with paper_style():
        found = [] if set(groups) <= set(sets) else sheet_annotations(samples, sets, [by])
        texts = shorten_all(sets, 22)
        names_mm = text_width_mm(texts) + 2.0
        width = names_mm + _SIZES_MM + 6.0 + max(len(shown), 3) * _COLUMN_MM
        width = min(max(width, COLUMN_MM), PAGE_MM)
        legend_mm = legends_height(found, width - 2.0) if found else 0.0
        top_mm = TITLE_MM if title else 1.0
        matrix_mm = max(len(sets), 1) * _ROW_MM
        bottom = legend_mm + 8.5
        frame = new_frame(ax, width=width, height=bottom + matrix_mm + _BARS_MM + 3.0 + top_mm)
        frame.title(title)
        if overlaps.empty:
            say_empty(frame.ax, "no peak in any set")
            return frame.ax
        left = names_mm + _SIZES_MM + 5.0
        right_mm = min(frame.width - left - 1.0, len(shown) * _COLUMN_MM * 1.6)
        colours = {**level_colours(groups), "": INK}
        of_set = [colours[groups[s]] for s in sets]
        matrix = frame.panel("matrix", left, bottom, right_mm, matrix_mm)
        _draw_dots(matrix, held, of_set)
        sizes_ax = frame.panel("sizes", names_mm + 1.0, bottom, _SIZES_MM, matrix_mm)
        _draw_sizes(sizes_ax, sizes, of_set)
        for i, text in enumerate(texts):
            y = bottom + matrix_mm * (1 - (i + 0.5) / len(sets))
            frame.text(names_mm, y, text, ha="right")
        bars = frame.panel("bars", left, bottom + matrix_mm + 1.0, right_mm, _BARS_MM)
        _draw_bars(bars, shown["n_peaks"].to_numpy(np.int64), right_mm / len(shown))
        frame.text(1.0, bottom + matrix_mm + _BARS_MM, _what_is_shown(overlaps, shown), va="top")
        if found:
            draw_legends(frame, found, left=1.0, top=legend_mm, width=frame.width - 2.0)
    return frame.ax


def _groups(samples: pd.DataFrame | None, sets: Sequence[str], by: str) -> pd.Series:
    """Group of each set that is a sample; of sets that are groups, the sets themselves."""
    groups = lookup(samples, sets, by)
    if (groups != "").any() or samples is None:
        return groups
    column = next((c for c in samples if str(c).lower() == by.lower()), None)
    levels = set() if column is None else set(map(str, samples[column]))
    return pd.Series(list(sets), index=list(sets), dtype=object) if set(sets) <= levels else groups


def _what_is_shown(overlaps: pd.DataFrame, shown: pd.DataFrame) -> str:
    total, part = int(overlaps["n_peaks"].sum()), int(shown["n_peaks"].sum())
    text = f"{thousands(total)} peaks\nin {thousands(len(overlaps))} combinations"
    if len(shown) < len(overlaps):
        text += f";\nthe {len(shown)} largest\nhold {part / total:.0%}"
    return text


def _draw_dots(ax: Axes, held: IntArray, colours: Sequence[str]) -> None:
    n_columns, n_sets = held.shape
    for i in range(0, n_sets, 2):
        ax.axhspan(i - 0.5, i + 0.5, color="#F5F5F5", lw=0, zorder=0)
    column, row = np.nonzero(held >= 0)
    ax.scatter(column, row, s=11, color=PALE, lw=0, zorder=1)
    for i in range(n_columns):
        own = np.flatnonzero(held[i])
        ax.plot([i, i], [own.min(), own.max()], color=GREY, lw=0.8, zorder=2)
        ax.scatter(
            [i] * len(own), own, s=13, color=[colours[j] for j in own.tolist()], lw=0, zorder=3
        )
    ax.set(xlim=(-0.7, n_columns - 0.3), ylim=(n_sets - 0.5, -0.5), xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)


def _draw_sizes(ax: Axes, sizes: IntArray, colours: Sequence[str]) -> None:
    ax.barh(np.arange(len(sizes)), sizes, height=0.62, color=list(colours))
    ax.set(ylim=(len(sizes) - 0.5, -0.5), yticks=[], xlim=(max(sizes.max(), 1) * 1.02, 0))
    ax.xaxis.set_major_locator(_few_ticks())
    ax.xaxis.set_major_formatter(_thousands_formatter())
    ax.set_xlabel("peaks of each", fontsize=SMALL_FONT)
    ax.spines["left"].set_visible(False)


def _draw_bars(ax: Axes, counts: IntArray, column_mm: float) -> None:
    x = np.arange(len(counts))
    ax.bar(x, counts, width=0.62, color=INK)
    narrow = text_width_mm([thousands(int(n)) for n in counts]) > column_mm - 0.6
    for i, n in zip(x, counts, strict=True):
        ax.annotate(
            thousands(int(n)),
            (i, n),
            xytext=(0, 1.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=SMALL_FONT,
            rotation=90 if narrow else 0,
        )
    ax.set(xlim=(-0.7, len(counts) - 0.3), xticks=[], ylim=(0, counts.max() * 1.22))
    ax.yaxis.set_major_locator(_few_ticks())
    ax.yaxis.set_major_formatter(_thousands_formatter())
    ax.set_ylabel("peaks of these alone", fontsize=SMALL_FONT)
    ax.spines["bottom"].set(linewidth=LINE)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=3, integer=True)


def _thousands_formatter() -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: thousands(int(value)))


# Centres of the circles, and where what each combination holds is written; radius 1.
_CIRCLES = {
    2: ((-0.6, 0.0), (0.6, 0.0)),
    3: ((-0.58, 0.34), (0.58, 0.34), (0.0, -0.66)),
}

_PLACES: dict[tuple[int, ...], tuple[float, float]] = {
    (1, 0): (-0.98, 0.0),
    (0, 1): (0.98, 0.0),
    (1, 1): (0.0, 0.0),
    (1, 0, 0): (-0.98, 0.62),
    (0, 1, 0): (0.98, 0.62),
    (0, 0, 1): (0.0, -1.18),
    (1, 1, 0): (0.0, 0.72),
    (1, 0, 1): (-0.62, -0.34),
    (0, 1, 1): (0.62, -0.34),
    (1, 1, 1): (0.0, 0.02),
}

_NAMES = {
    2: ((-0.6, 1.1, "center"), (0.6, 1.1, "center")),
    3: ((-0.72, 1.42, "center"), (0.72, 1.42, "center"), (0.0, -1.78, "center")),
}


def plot_venn(overlaps: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """How many peaks two or three sets share; the areas are not to scale.

    Parameters
    ----------
    overlaps
        As of `plot_upset`, of two or three sets.

    Returns
    -------
    Axes
        The container of the panel `circles`.

    Raises
    ------
    InputFormatError
        If there are fewer sets, or more.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [1, 1], "b": [1, 0], "n_sets": [2, 1], "n_peaks": [9, 4]})
    >>> from resist_epi.plots.style import panel
    >>> sorted(text.get_text() for text in panel(plot_venn(table), "circles").texts)[:3]
    ['0', '4', '9']
    """
    sets = set_columns(overlaps)
    if len(sets) not in _CIRCLES:
        raise InputFormatError(
            f"a Venn diagram of {len(sets)} sets",
            expected="two or three sets",
            remedy="draw an UpSet figure (plot upset), which shows any number",
        )
    from matplotlib.patches import Circle

    counts = dict.fromkeys((p for p in _PLACES if len(p) == len(sets)), 0)
    for row, n in zip(overlaps[sets].to_numpy(int).tolist(), overlaps["n_peaks"], strict=True):
        counts[tuple(row)] = int(n)
    colours = level_colours(sets)
    with paper_style():
        names_mm = text_width_mm(sets)
        frame = new_frame(ax, width=max(_VENN_MM, 2 * names_mm), height=_height(len(sets), title))
        frame.title(title)
        bottom = LINE_MM + 2.0
        high = frame.height - bottom - (TITLE_MM if title else 1.0)
        panel = frame.panel("circles", 1.0, bottom, frame.width - 2.0, high)
        for name, centre, label in zip(sets, _CIRCLES[len(sets)], _NAMES[len(sets)], strict=True):
            fill = {"facecolor": colours[name], "alpha": 0.32, "linewidth": 0}
            panel.add_patch(Circle(centre, 1.0, **fill))
            panel.add_patch(Circle(centre, 1.0, fill=False, edgecolor=INK, linewidth=LINE))
            x, y, side = label
            total = sum(n for pattern, n in counts.items() if pattern[sets.index(name)])
            text = f"{name}\n{thousands(total)} peaks"
            panel.text(x, y, text, ha=side, va="center" if y < 0 else "bottom", fontsize=SMALL_FONT)
        for pattern, n in counts.items():
            x, y = _PLACES[pattern]
            panel.text(x, y, thousands(n), ha="center", va="center", fontsize=SMALL_FONT + 1)
        low, up = (-1.1, 1.6) if len(sets) == 2 else (-2.1, 1.95)
        panel.set(xlim=(-2.0, 2.0), ylim=(low, up), xticks=[], yticks=[], aspect="equal")
        for edge in panel.spines.values():
            edge.set_visible(False)
        frame.text(1.0, 1.8, "areas are not to scale", color=INK)
    return frame.ax


def _height(n_sets: int, title: str | None) -> float:
    return (48.0 if n_sets == 2 else 70.0) + (TITLE_MM if title else 1.0)
