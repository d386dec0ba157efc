"""Mean signal along regions: a panel a group of regions, a line a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.profile_matrix import ProfileMatrix, nan_mean
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, new_frame, text_width_mm, wrapped_all
from resist_epi.plots.region_rows import Groups, Rows, ordered_rows, region_colours
from resist_epi.plots.style import (
    COLUMN_MM,
    GREY,
    INK,
    PAGE_MM,
    SMALL_FONT,
    Samples,
    level_colours,
    lookup,
    paper_style,
    say_empty,
    shorten_all,
    text_colour,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_PANEL_MM = 34.0

_MAX_COLOURED = 12  # more lines than these cannot be told apart by colour

_TITLE_FONT = SMALL_FONT + 1

_ALL = "mean of the samples"

_TESTED = "#EFEFEF"


def plot_profile(
    matrix: ProfileMatrix,
    *,
    ax: Axes | None = None,
    groups: Groups = "direction",
    samples: Samples = None,
    colour: str = "Condition",
    title: str | None = None,
    **options: Unpack[Rows],
) -> Axes:
    """Mean signal along regions: a panel a group of regions, all on one scale.

    A pale band marks the window that was tested, where the matrix knows it.

    Parameters
    ----------
    groups
        A column of its regions, or a label a region.
    samples
        Sample sheet. With it, thin lines are samples and thick ones the means of `colour`'s
        levels; without, each of up to 12 samples has a colour.
    colour
        Column of the sheet.
    **options
        `Rows`: clusters of regions in place of the groups.

    Returns
    -------
    Axes
        The container of a panel a group of regions, labelled by the group's name.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from resist_epi.counting.profile_matrix import ProfileMatrix
    >>> regions = pd.DataFrame({"direction": ["gain", "none", "none"]})
    >>> signal = {"good1": np.ones((3, 40)), "poor1": np.full((3, 40), 2.0)}
    >>> matrix = ProfileMatrix(signal, regions, bin_size=100, before=2000, after=2000)
    >>> [panel.get_title() for panel in plot_profile(matrix).child_axes]
    ['gain (n = 1)', 'none (n = 2)']
    """
    rows = ordered_rows([matrix], groups, **options)
    levels = lookup(samples, matrix.samples, colour, needed=colour != "Condition")
    with paper_style():
        legend = _line_colours(matrix, levels)
        legend_mm = _legend_height(list(legend))
        n = max(len(rows), 1)
        width = min(PAGE_MM, max(COLUMN_MM, n * _PANEL_MM))
        left, gap = 11.0, 3.0
        lines = _titles(rows, (width - left - 3.0 - gap * (n - 1)) / n)
        head_mm = LINE_MM * max(map(len, lines.values()), default=1)
        height = 44.0 - LINE_MM + head_mm + legend_mm + TITLE_MM * bool(title)
        frame = new_frame(ax, width=width, height=height)
        frame.title(title)
        if not rows or not matrix.samples:
            say_empty(frame.ax, "no region to show")
            return frame.ax
        means = {g: {s: matrix.mean_profile(s, r) for s in matrix.samples} for g, r in rows.items()}
        y_range = profile_range(means)
        bottom = legend_mm + 7.0
        panel_w = (frame.width - left - 3.0 - gap * (n - 1)) / n
        panel_h = frame.height - bottom - head_mm - 2.0 - TITLE_MM * bool(title)
        colours = region_colours(list(rows))
        for k, group in enumerate(rows):
            panel = frame.panel(group, left + k * (panel_w + gap), bottom, panel_w, panel_h)
            _draw_lines(panel, matrix, means[group], levels, legend)
            panel.set_ylim(*y_range)
            show_tested(panel, matrix)
            dark = INK if colours[group] == GREY else text_colour(colours[group])
            panel.set_title("\n".join(lines[group]), color=dark, linespacing=1.1)
            position_ticks(panel, matrix, width=panel_w)
            if k:
                panel.set_yticklabels([])
            else:
                panel.set_ylabel(matrix.quantity)
        _draw_legend(frame, legend)
    return frame.ax


def _titles(rows: Mapping[str, IntArray], width: float) -> dict[str, tuple[str, ...]]:
    """Group -> lines of its name with the number of its regions, within a panel's width (mm)."""
    n = len(rows)
    names = wrapped_all(list(rows), [width] * n, most=[3] * n, font_size=_TITLE_FONT)
    titles = {}
    for (group, chosen), lines in zip(rows.items(), names, strict=True):
        number = f"(n = {thousands(len(chosen))})"
        with_number = f"{lines[-1]} {number}"
        one_line = text_width_mm([with_number], _TITLE_FONT) <= width
        titles[group] = (*lines[:-1], with_number) if one_line else (*lines, number)
    return titles


def profile_range(means: Mapping[str, Mapping[str, FloatArray]]) -> tuple[float, float]:
    """Range of the one y axis: from 0 where nothing is below, with a little air above."""
    known = np.concatenate([m for by_group in means.values() for m in by_group.values()])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if high <= low:
        high = low + 1.0
    air = 0.06 * (high - min(low, 0.0))
    return (0.0 if low >= 0 else low - air), high + air


def position_ticks(ax: Axes, matrix: ProfileMatrix, *, width: float) -> bool:
    """Mark the point, or both ends of the body, and both ends of the axis where there is room.

    Tells whether there was room for both ends.

    Parameters
    ----------
    width
        Of the panel, in mm.
    """
    edges = matrix.edges
    ax.set_xlim(edges[0], edges[-1])
    names = matrix.reference.split(",")
    points = [(0.0, names[0])]
    if matrix.body:
        points.append((float(matrix.body), names[-1]))
    ends = [(edges[0], _distance(-matrix.before))] if matrix.before else []
    ends += [(edges[-1], _distance(matrix.after))] if matrix.after else []
    scale = width / (edges[-1] - edges[0])
    room = min([abs(p - e) * scale for p, _ in points for e, _ in ends], default=0.0)
    need = text_width_mm([t for _, t in ends]) + 0.5 * text_width_mm([t for _, t in points]) + 0.8
    # Where names have no room the ends still have their ticks.
    ticks = sorted([*points, *(ends if room >= need else [(e, "") for e, _ in ends])])
    ax.set_xticks([t for t, _ in ticks], [text for _, text in ticks])
    labels = dict(zip([t for t, _ in ticks], ax.get_xticklabels(), strict=True))
    for place, label in labels.items():
        at_end = {edges[0]: "left", edges[-1]: "right"}
        label.set_ha(at_end.get(place, "center"))
    if len(points) == 2 and matrix.body * scale < text_width_mm(names) + 1.0:
        labels[0.0].set_ha("right")
        labels[float(matrix.body)].set_ha("left")
    return room >= need


def show_tested(ax: Axes, matrix: ProfileMatrix) -> None:
    """Shade the window that was tested, where the matrix knows it."""
    if matrix.tested is not None:
        ax.axvspan(*matrix.tested, color=_TESTED, lw=0, zorder=0)


def window_in_words(low: int, high: int) -> str:
    """Two distances from the point, as `−2.5 to +0.5 kb`."""
    return f"{low / 1000:g} to {high / 1000:+g} kb".replace("-", "−")


def _distance(bp: int) -> str:
    size = f"{abs(bp) / 1000:g} kb" if abs(bp) >= 1000 else f"{abs(bp)} bp"
    return f"{'−' if bp < 0 else '+'}{size}"


def _line_colours(matrix: ProfileMatrix, levels: pd.Series) -> dict[str, str]:
    """What the lines are called -> their colours: levels of a column, or the samples themselves."""
    if (levels != "").any():
        colours = level_colours(levels)
        return {name: colours[name] for name in sorted(set(levels)) if name}
    if len(matrix.samples) == 1:
        return {matrix.samples[0]: INK}
    if len(matrix.samples) > _MAX_COLOURED:
        return {_ALL: INK}
    return {s: c for s, c in level_colours(matrix.samples).items() if s}


def _draw_lines(
    ax: Axes,
    matrix: ProfileMatrix,
    means: Mapping[str, FloatArray],
    levels: pd.Series,
    colours: Mapping[str, str],
) -> None:
    """Draw a line a sample; thin where thick means of several go on top."""
    if set(colours) == {_ALL}:
        name_of = dict.fromkeys(matrix.samples, _ALL)
    elif (levels != "").any():
        name_of = {s: str(levels[s]) for s in matrix.samples}
    else:
        name_of = {s: s for s in matrix.samples}
    thin = len(colours) < len(matrix.samples)
    for sample in matrix.samples:
        ax.plot(
            matrix.centres,
            means[sample],
            color=colours.get(name_of[sample], GREY),
            lw=0.5 if thin else 0.9,
            alpha=0.45 if thin else 1.0,
            zorder=2,
            label=sample,
        )
    if not thin:
        return
    for name, colour in colours.items():
        mean = nan_mean(np.stack([means[s] for s in matrix.samples if name_of[s] == name]), axis=0)
        ax.plot(matrix.centres, mean, color="white", lw=2.6, zorder=3)
        ax.plot(matrix.centres, mean, color=colour, lw=1.5, zorder=4, label=name)


def _legend_columns(names: Sequence[str]) -> int:
    widest = text_width_mm(shorten_all(names, 22)) + 8.0
    return max(1, min(len(names), int((COLUMN_MM - 6) // widest)))


def _legend_height(names: Sequence[str]) -> float:
    if not names:
        return 0.0
    return -(-len(names) // _legend_columns(names)) * LINE_MM + 1.5


def _draw_legend(frame: Frame, colours: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    texts = shorten_all(list(colours), 22)
    handles = [
        Line2D([], [], color=c, lw=1.5, label=t)
        for c, t in zip(colours.values(), texts, strict=True)
    ]
    frame.ax.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.5 / frame.height),
        ncols=_legend_columns(list(colours)),
        borderaxespad=0.0,
        borderpad=0.1,
    )
