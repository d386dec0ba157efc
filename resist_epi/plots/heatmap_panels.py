"""Panels of a heatmap: mean profiles, sections of regions, their names, and the colour bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.profile_matrix import ProfileMatrix, nan_mean
from resist_epi.plots.frame import (
    BOLD,
    LINE_MM,
    Frame,
    text_width_mm,
    wrapped_all,
)
from resist_epi.plots.profile import position_ticks, show_tested, window_in_words
from resist_epi.plots.region_rows import region_colours
from resist_epi.plots.style import (
    GREY,
    INK,
    LINE,
    PALE,
    SMALL_FONT,
    text_colour,
    thousands,
)

RIGHT, BOTTOM = 13.0, 6.5  # mm: colour bar, ticks and the tested window

PROFILE_MM = 14.0

GAP_MM = 1.6

_SECTION_GAP_MM = 0.7

_LEAST_SHARE = 0.16  # of the height, so that 40 gains among 60,000 regions are seen

_PIXELS_PER_MM = 12.0  # 300 dpi

_BAR_MM = 34.0

Place = tuple[float, float, float, float]


@dataclass(frozen=True)
class Block:
    """One mark: its matrix, and the scales that its panels share."""

    name: str
    matrix: ProfileMatrix
    limits: tuple[float, float]
    y_range: tuple[float, float]
    cmap: str

    def panel(self, sample: str) -> str:
        """What a column is called in the labels of its panels."""
        return f"{self.name} {sample}" if self.name else sample


@dataclass(frozen=True)
class Column:
    """One column of panels: a sample of a block, where it stands (mm), and its heading."""

    block: Block
    sample: str
    place: Place
    lines: tuple[str, ...]
    colour: str
    first: bool
    last: bool


def draw_column(
    frame: Frame,
    column: Column,
    rows: Mapping[str, IntArray],
    title_mm: float,
    left_mm: float,
    label: Sequence[str],
) -> Any:
    """Draw the heading, the mean profiles and the sections of a column; return the last image."""
    matrix, sample = column.block.matrix, column.sample
    _draw_name(frame, column, title_mm)
    _draw_means(
        frame, column, {g: matrix.mean_profile(sample, r) for g, r in rows.items()}, title_mm
    )
    return _draw_sections(frame, column, rows, title_mm, left_mm, label)


def _draw_name(frame: Frame, column: Column, title_mm: float) -> None:
    left, bottom, width, height = column.place
    middle, y = left + width / 2, bottom + height - title_mm + 0.7
    style = {"ha": "center", "va": "bottom", "weight": "bold"}
    for k, line in enumerate(reversed(column.lines)):
        frame.text(middle, y + k * LINE_MM, line, color=text_colour(column.colour), **style)


def _draw_means(
    frame: Frame, column: Column, means: Mapping[str, FloatArray], title_mm: float
) -> None:
    left, bottom, width, height = column.place
    block, matrix = column.block, column.block.matrix
    y = bottom + height - title_mm - PROFILE_MM
    ax = frame.panel(f"profile: {block.panel(column.sample)}", left, y, width, PROFILE_MM)
    colours = region_colours(list(means))
    for group in reversed(list(means)):
        ax.plot(matrix.centres, means[group], color=colours[group], lw=1.0, label=group)
    ax.set(xlim=(matrix.edges[0], matrix.edges[-1]), ylim=block.y_range, xticks=[])
    show_tested(ax, matrix)
    ax.locator_params(axis="y", nbins=3)
    if column.first:
        ax.set_ylabel("mean")
    else:
        ax.set_yticklabels([])


def _draw_sections(
    frame: Frame,
    column: Column,
    rows: Mapping[str, IntArray],
    title_mm: float,
    left_mm: float,
    label: Sequence[str],
) -> Any:
    """Draw a panel a group of regions, one below the other; return the last image."""
    left, bottom, width, height = column.place
    block, matrix = column.block, column.block.matrix
    y = bottom + height - title_mm - PROFILE_MM - GAP_MM
    room = y - bottom - BOTTOM - _SECTION_GAP_MM * (len(rows) - 1)
    colours = region_colours(list(rows))
    shares = _shares(rows)
    names = _group_names(rows, room * shares, left_mm - 2.5) if column.first else []
    image = None
    heights: dict[int, float] = {}
    for k, (group, share) in enumerate(zip(rows, shares, strict=True)):
        size = room * share
        y -= size
        ax = frame.panel(f"{group}: {block.panel(column.sample)}", left, y, width, size)
        image = _draw_section(ax, block, matrix.values[column.sample][rows[group]], size)
        step = size / len(rows[group])
        heights |= {int(r): y + size - (i + 0.5) * step for i, r in enumerate(rows[group])}
        if k == len(rows) - 1:
            ends_named = position_ticks(ax, matrix, width=width)
            if column.first:
                _say_window(frame, matrix, (left - 1.5, y - 2.3), ends_named)
        if column.first:
            at = (left - 1.5, y + size / 2)
            _name_group(frame, names[k], len(rows[group]), colours[group], at, size)
        y -= _SECTION_GAP_MM
    if column.last and label:
        span = (bottom + BOTTOM, bottom + height - title_mm - PROFILE_MM - GAP_MM)
        _name_rows(frame, named_rows(matrix, label), heights, left + width, span)
    return image


def _draw_section(ax: Any, block: Block, values: NDArray[Any], size: float) -> Any:
    import matplotlib as mpl

    matrix = block.matrix
    shown = _averaged(values, int(size * _PIXELS_PER_MM))
    image = ax.imshow(
        np.ma.masked_invalid(shown),
        cmap=mpl.colormaps[block.cmap].with_extremes(bad=PALE),
        vmin=block.limits[0],
        vmax=block.limits[1],
        aspect="auto",
        interpolation="nearest",
        extent=(matrix.edges[0], matrix.edges[-1], len(shown), 0),
    )
    ax.set(xticks=[], yticks=[])
    for edge in matrix.tested or ():
        if matrix.edges[0] < edge < matrix.edges[-1]:
            ax.axvline(edge, color=GREY, lw=0.5, ls=(0, (3, 2)))
    for spine in ax.spines.values():
        spine.set(visible=True, linewidth=0.3, color=INK)
    return image


def _say_window(
    frame: Frame, matrix: ProfileMatrix, place: tuple[float, float], ends_named: bool
) -> None:
    """The window shown, where its ends have no room at the axis, and the one tested below."""
    x, y = place
    if not ends_named:
        frame.text(x, y, window_in_words(-matrix.before, matrix.after), ha="right")
    if matrix.tested is not None:
        # From the left edge of the figure, for it may be longer than the names of the groups.
        words = f"tested (dashed): {window_in_words(*matrix.tested)}"
        frame.text(1.0, y - LINE_MM, words)


def named_rows(matrix: ProfileMatrix, label: Sequence[str]) -> dict[str, int]:
    """Name -> row, of the regions of these names: a `symbol`, a `region_id` or its first part."""
    wanted = {str(name) for name in label}
    found: dict[str, int] = {}
    ids = matrix.regions.get("region_id")
    symbols = matrix.regions.get("symbol")
    for i in range(len(matrix.regions)):
        own = [] if symbols is None else [str(symbols.iloc[i])]
        if ids is not None:
            own += [str(ids.iloc[i]), str(ids.iloc[i]).split(":")[0]]
        name = next((n for n in own if n in wanted), None)
        if name is not None:
            found.setdefault(name, i)
    return found


def _name_rows(
    frame: Frame,
    found: Mapping[str, int],
    heights: Mapping[int, float],
    right: float,
    span: tuple[float, float],
) -> None:
    """Write names beside their rows, apart from one another, with lines to them."""
    chosen = sorted(((heights[r], n) for n, r in found.items() if r in heights), reverse=True)
    places = spread([y for y, _ in chosen], LINE_MM, *span)
    for (y, name), at in zip(chosen, places, strict=True):
        xs = np.array([right + 0.3, right + 1.2, right + 2.6]) / frame.width
        ys = np.array([y, y, at]) / frame.height
        frame.ax.plot(xs, ys, color=INK, lw=0.4, transform=frame.ax.transAxes, clip_on=False)
        frame.text(right + 3.0, at, name, fontstyle="italic")


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places, from the highest down, moved as little as needed to lie a gap apart within a span.

    Examples
    --------
    >>> spread([5.0, 4.9, 1.0], 1.0, 0.0, 6.0)
    [5.0, 4.0, 1.0]
    """
    out: list[float] = []
    for place in places:
        out.append(min(place, high if not out else out[-1] - gap))
    for i in range(len(out) - 1, -1, -1):
        floor = low if i == len(out) - 1 else out[i + 1] + gap
        out[i] = max(out[i], floor)
    return out


def _group_names(
    rows: Mapping[str, IntArray], heights: FloatArray, width: float
) -> list[tuple[str, ...]]:
    """Lines of each group's name that fit beside its panel; one line leaves room for the number."""
    lines = [max(1, int(h / LINE_MM) - 1) for h in heights]
    numbers = [text_width_mm([thousands(len(r))]) + 1.0 for r in rows.values()]
    beside = [number * (h < 2 * LINE_MM) for h, number in zip(heights, numbers, strict=True)]
    return wrapped_all(list(rows), [width - b for b in beside], most=lines, wide=BOLD)


def _name_group(
    frame: Frame,
    lines: tuple[str, ...],
    n: int,
    colour: str,
    place: tuple[float, float],
    room: float,
) -> None:
    """Name a group of regions beside it, its number below or, where there is no room, behind."""
    x, y = place
    style = {
        "ha": "right",
        "color": INK if colour == GREY else text_colour(colour),
        "weight": "bold",
    }
    if room < 2 * LINE_MM:
        frame.text(x, y, thousands(n), ha="right")
        frame.text(x - text_width_mm([thousands(n)]) - 1.0, y, lines[0], **style)
        return
    y += len(lines) * LINE_MM / 2
    for line in lines:
        frame.text(x, y, line, **style)
        y -= LINE_MM
    frame.text(x, y, thousands(n), ha="right", fontsize=SMALL_FONT)


def _shares(rows: Mapping[str, IntArray]) -> FloatArray:
    """Share of the height of each group: its share of the regions, but not below a least one."""
    count = np.array([len(r) for r in rows.values()], dtype=np.float64)
    share = count / count.sum()
    least = min(_LEAST_SHARE, 0.6 / len(share))
    small = share < least
    if small.all():
        return np.full(len(share), 1 / len(share))
    share[small] = least
    share[~small] *= (1 - share[small].sum()) / share[~small].sum()
    return np.asarray(share)


def _averaged(values: NDArray[Any], n_rows: int) -> FloatArray:
    """At most `n_rows` rows, each the mean of neighbours, so that no region is skipped in print."""
    if len(values) <= max(n_rows, 1):
        return np.asarray(values, dtype=np.float64)
    parts = np.array_split(np.arange(len(values)), max(n_rows, 1))
    return np.stack([nan_mean(values[p], axis=0) for p in parts])


def draw_scales(
    frame: Frame, images: Sequence[tuple[Block, Any]], top: float, bottom: float
) -> None:
    """One colour bar a mark, one above the other at the right."""
    room = (top - bottom) / max(len(images), 1)
    x = frame.width - RIGHT + 1.0
    for k, (block, image) in enumerate(images):
        height = min(room - (3.5 if len(images) > 1 else 0.0), _BAR_MM)
        name = f"colourbar: {block.name}" if len(images) > 1 else "colourbar"
        start = bottom + (len(images) - 1 - k) * room
        bar = frame.panel(name, x, start, 2.2, height)
        low, high = block.limits
        values = block.matrix.values.values()
        more = any(bool((v > high).any()) for v in values)
        less = any(bool((v < low).any()) for v in values)
        extend = "both" if more and less else "max" if more else "min" if less else "neither"
        colourbar = frame.ax.figure.colorbar(image, cax=bar, extend=extend)
        colourbar.outline.set_linewidth(LINE * 0.6)
        colourbar.ax.locator_params(nbins=5 if len(images) == 1 else 3)
        text = block.matrix.quantity if not block.name else f"{block.name}"
        colourbar.set_label(text, fontsize=SMALL_FONT)
