"""Panels at exact places: what the composite figures stand on.

A composite figure fills one Axes, the container. Everything, names and colour bar included, stands
inside it at places given in mm, so that it can be one panel of a larger figure and nothing depends
on a layout engine. The panels are the container's `child_axes`, found by label with `panel`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.plots.labels import text_size
from resist_epi.plots.style import (
    BATCH_COLOURS,
    GROUP_COLOURS,
    INK,
    LINE,
    MARK_COLOURS,
    MM,
    SMALL_FONT,
    Samples,
    level_colours,
    lookup,
    shorten,
    shorten_all,
    style_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable


LINE_MM = SMALL_FONT * 1.25 / 72 / MM  # height of a line of small text

TITLE_MM = 4.5

STRIP_MM = 2.2

_SWATCH_MM = 4.2  # what stands before a text in a legend

_COLOURBAR_MM = 24.0

# Which colours an annotation has; other columns are coloured as groups.
_PALETTES = {"factor": MARK_COLOURS, "batch": BATCH_COLOURS, "mark": MARK_COLOURS}


@dataclass(frozen=True)
class Frame:
    """A container Axes and its size in mm."""

    ax: Axes
    width: float
    height: float

    def panel(self, label: str, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add a panel; all lengths in mm from the container's lower left corner."""
        w, h = self.width, self.height
        bounds = (left / w, bottom / h, max(width, 0.1) / w, max(height, 0.1) / h)
        return style_ticks(self.ax.inset_axes(bounds, label=label))

    def text(self, x: float, y: float, text: str, **options: Any) -> None:
        """Write small text at a place in mm."""
        options = {"fontsize": SMALL_FONT, "ha": "left", "va": "center", **options}
        self.ax.text(x / self.width, y / self.height, text, transform=self.ax.transAxes, **options)

    def title(self, title: str | None) -> None:
        """Write the title into the upper left corner."""
        if title:
            self.text(1.0, self.height - 0.5, title, va="top", fontsize=SMALL_FONT + 1)


def new_frame(ax: Axes | None, *, width: float, height: float) -> Frame:
    """Frame on `ax`, or on a new figure of `width` x `height` mm."""
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(width * MM, height * MM))
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    else:
        root = ax.get_figure(root=True)
        if root is not None:
            root.draw_without_rendering()  # settles the layout, and with it the size
            box = ax.get_window_extent()
            width, height = box.width / root.dpi / MM, box.height / root.dpi / MM
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set(xticks=[], yticks=[])
    ax.patch.set_visible(False)
    return Frame(ax, width, height)


def text_width_mm(texts: Sequence[str], font_size: float = SMALL_FONT) -> float:
    """Width of the widest text, in mm."""
    return max((text_size(t, font_size)[0] for t in texts if t), default=0.0) / 72 / MM


BOLD = 1.15  # bold letters are so much wider


def wrapped(
    name: str, width: float, *, wide: float = 1.0, font_size: float = SMALL_FONT
) -> tuple[str, ...]:
    """The name in as many lines as it needs in this width (mm), broken at _ - . or blanks best."""

    def fits(text: str) -> bool:
        return text_width_mm([text.rstrip()], font_size) * wide <= width

    lines = [""]
    for part in re.findall(r"[^_\-. ]*[_\-. ]?", name):
        if lines[-1] and not fits(lines[-1] + part):
            lines.append("")
        lines[-1] += part
        while len(lines[-1].rstrip()) > 1 and not fits(lines[-1]):
            share = width / (text_width_mm([lines[-1]], font_size) * wide)
            size = max(1, int(len(lines[-1]) * share))
            lines[-1:] = [lines[-1][:size], lines[-1][size:]]
    return tuple(line.rstrip() for line in lines if line.strip()) or ("",)


def wrapped_all(
    names: Sequence[str],
    widths: Sequence[float],
    *,
    most: Sequence[int],
    wide: float = 1.0,
    font_size: float = SMALL_FONT,
) -> list[tuple[str, ...]]:
    """Lines of each name, at most so many of its width (mm); all are cut where they do not fit.

    What is left out is the middle, and names stay apart (`style.shorten_all`).
    """
    lines: list[tuple[str, ...]] = []
    for limit in range(max(map(len, names), default=0), 3, -1):
        texts = shorten_all(names, limit)
        lines = [
            wrapped(text, width, wide=wide, font_size=font_size)
            for text, width in zip(texts, widths, strict=True)
        ]
        if all(len(own) <= n for own, n in zip(lines, most, strict=True)):
            break
    return lines or [(str(name),) for name in names]


def fitting(names: Sequence[str], width: float, *, gap: float) -> list[str]:
    """The names, short enough to stand side by side in a width (mm) with gaps; they stay apart."""
    texts = [str(name) for name in names]
    for limit in range(max(map(len, texts), default=0), 3, -1):
        texts = shorten_all(names, limit)
        if sum(text_width_mm([text]) + gap for text in texts) <= width:
            break
    return texts


@dataclass(frozen=True)
class Strip:
    """One thing known of every sample: a strip of colours and its legend."""

    name: str
    values: pd.Series
    colours: Mapping[str, str]

    def take(self, order: Sequence[int] | NDArray[np.int64]) -> Strip:
        """Return it for the samples in this order."""
        return replace(self, values=self.values.iloc[list(order)])


def sheet_annotations(
    samples: Samples, names: Sequence[str], columns: Sequence[str], *, needed: bool = False
) -> list[Strip]:
    """The columns of the sheet that say anything of these samples.

    Parameters
    ----------
    needed
        As of `style.lookup`, of every column.
    """
    found = []
    for column in columns:
        values = lookup(samples, names, column, needed=needed)
        if (values != "").any():
            palette = _PALETTES.get(column.lower(), GROUP_COLOURS)
            found.append(Strip(column, values, level_colours(values, palette)))
    return found


def draw_strip(ax: Axes, annotation: Strip, *, vertical: bool = False) -> None:
    """Fill a panel with one coloured cell a sample, white between them."""
    import matplotlib as mpl

    colours = [mpl.colors.to_rgb(annotation.colours[v]) for v in annotation.values]
    cells = np.array(colours, dtype=np.float64).reshape(1, -1, 3)
    ax.imshow(
        cells.transpose(1, 0, 2) if vertical else cells, aspect="auto", interpolation="nearest"
    )
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set(visible=True, linewidth=0.3, color=INK)


def legends_height(found: Sequence[Strip], width: float) -> float:
    """Height in mm that `draw_legends` takes, the colour bar included."""
    rows = _legend_rows(found, width)
    heights = [max((_n_levels(a) for a, _ in row), default=0) + 1.4 for row in rows]
    return max(sum(heights) * LINE_MM, 8.5)


def _n_levels(annotation: Strip) -> int:
    return int(annotation.values[annotation.values != ""].nunique())


def _legend_rows(found: Sequence[Strip], width: float) -> list[list[tuple[Strip, float]]]:
    """Annotations with their left edge in mm, broken into rows beside the colour bar."""
    rows: list[list[tuple[Strip, float]]] = [[]]
    left = 0.0
    for annotation in found:
        texts = [shorten(annotation.name), *_level_names(annotation).values()]
        need = text_width_mm(texts) + _SWATCH_MM + 3.0
        if rows[-1] and left + need > width - _COLOURBAR_MM - 4.0:
            rows.append([])
            left = 0.0
        rows[-1].append((annotation, left))
        left += need
    return rows


def _level_names(annotation: Strip) -> dict[str, str]:
    """Level -> how it is written."""
    levels = sorted(v for v in annotation.values.unique() if v)
    return dict(zip(levels, shorten_all(levels), strict=True))


def draw_legends(
    frame: Frame, found: Sequence[Strip], *, left: float, top: float, width: float
) -> None:
    """Write a legend for each annotation, side by side, from `top` (mm) downwards."""
    from matplotlib.patches import Patch

    for row in _legend_rows(found, width):
        for annotation, x in row:
            handles = [
                Patch(facecolor=annotation.colours[v], edgecolor=INK, linewidth=0.3, label=text)
                for v, text in _level_names(annotation).items()
            ]
            legend = frame.ax.legend(
                handles=handles,
                title=shorten(annotation.name),
                loc="upper left",
                bbox_to_anchor=((left + x) / frame.width, top / frame.height),
                borderaxespad=0.0,
                borderpad=0.0,
                alignment="left",
                handleheight=0.8,
            )
            frame.ax.add_artist(legend)
        top -= (max((_n_levels(a) for a, _ in row), default=0) + 1.4) * LINE_MM
    frame.ax.legend_ = None  # each stands as an artist of its own


def draw_colourbar(
    frame: Frame,
    mappable: ScalarMappable,
    *,
    right: float,
    top: float,
    text: str,
    extend: str = "neither",
) -> None:
    """Draw a horizontal colour bar with its name above, its upper right corner at (right, top)."""
    left = right - _COLOURBAR_MM
    frame.text(left + _COLOURBAR_MM / 2, top, text, va="top", ha="center")
    bar = frame.panel("colourbar", left, top - LINE_MM - 2.6, _COLOURBAR_MM, 2.0)
    colourbar = frame.ax.figure.colorbar(
        mappable, cax=bar, orientation="horizontal", extend=extend, extendfrac=0.06
    )
    colourbar.outline.set_linewidth(LINE * 0.6)
    colourbar.ax.locator_params(nbins=4 if extend == "both" else 3)
