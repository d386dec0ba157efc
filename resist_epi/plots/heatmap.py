"""Signal heatmap over regions, with the mean profile above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.profile_matrix import ProfileMatrix, nan_mean
from resist_epi.plots.frame import (
    BOLD,
    LINE_MM,
    TITLE_MM,
    Frame,
    fitting,
    new_frame,
    text_width_mm,
    wrapped,
    wrapped_all,
)
from resist_epi.plots.profile import (
    Groups,
    position_ticks,
    profile_range,
    region_colours,
    region_groups,
)
from resist_epi.plots.style import (
    COLUMN_MM,
    GREY,
    INK,
    LINE,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    Samples,
    level_colours,
    lookup,
    paper_style,
    say_empty,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_LEFT, _RIGHT, _BOTTOM = 15.0, 13.0, 4.5  # mm: group names and profile ticks, colour bar, ticks

_WIDEST_LEFT = 27.0  # mm, where names of groups are long

_PROFILE_MM = 14.0

_GAP_MM = 1.6

_SECTION_GAP_MM = 0.7

_LEAST_SHARE = 0.16  # of the height, so that 40 gains among 60,000 regions are seen

_PAGE_HEIGHT_MM = 240.0

_PIXELS_PER_MM = 12.0  # 300 dpi


@dataclass(frozen=True)
class _Layout:
    """Samples in rows of panels, and the sizes of a panel in mm."""

    left: float
    per_row: int
    n_rows: int
    names: tuple[tuple[str, ...], ...]
    title_mm: float
    heat_mm: float


def plot_heatmap(
    matrix: ProfileMatrix,
    *,
    ax: Axes | None = None,
    groups: Groups = "direction",
    samples: Samples = None,
    by: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
) -> Axes:
    """Signal along regions as colour, a column of panels a sample, the mean profiles above.

    Regions stand in the order of their mean signal over all samples, the same in every panel. All
    samples share one colour scale and one profile axis, so a sample that looks stronger is. Groups
    of few regions are drawn taller than their share (their number stands beside them). Where there
    are more regions than dots of print, neighbours are averaged.

    Parameters
    ----------
    groups
        A column of its regions, or a label a region.
    samples
        Sample sheet: names are then coloured by `Condition`.
    by
        Column of the sheet: one panel a level of it, the mean of its samples.
    limits
        Ends of the colour scale; by default 0 (or minus the upper end, where signal is negative)
        and the 98th percentile over all samples.

    Returns
    -------
    Axes
        The container of the panels `profile: SAMPLE`, `GROUP: SAMPLE` and `colourbar`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from resist_epi.counting.profile_matrix import ProfileMatrix
    >>> regions = pd.DataFrame({"direction": ["gain", "none", "none"]})
    >>> signal = {"good1": np.ones((3, 40)), "poor1": np.full((3, 40), 2.0)}
    >>> matrix = ProfileMatrix(signal, regions, bin_size=100, before=2000, after=2000)
    >>> [panel.get_label() for panel in plot_heatmap(matrix).child_axes][:3]
    ['profile: good1', 'gain: good1', 'none: good1']
    """
    conditions = lookup(samples, matrix.samples, "Condition")
    if by is not None:
        levels = lookup(samples, matrix.samples, by, needed=True)
        matrix = matrix.average({str(s): v for s, v in levels.sort_values().items() if v})
        conditions = pd.Series(list(matrix.samples), index=list(matrix.samples))
    rows = {g: r for g, r in region_groups(matrix, groups).items() if len(r)}
    with paper_style():
        layout = _lay_out(matrix.samples, list(rows))
        width = COLUMN_MM if len(matrix.samples) <= 4 else PAGE_MM
        block = layout.title_mm + _PROFILE_MM + layout.heat_mm + _GAP_MM + _BOTTOM
        head = TITLE_MM * (bool(title) or (by is None and bool((conditions != "").any())))
        frame = new_frame(ax, width=width, height=layout.n_rows * block + head + 1)
        frame.title(title)
        _name_conditions(frame, conditions if by is None else None)
        if not rows or not matrix.samples:
            say_empty(frame.ax, "no region to show")
            return frame.ax
        low, high = limits if limits is not None else _limits(matrix)
        signal = np.nan_to_num(matrix.mean_signal(), nan=-np.inf)
        rows = {g: r[np.argsort(-signal[r], kind="stable")] for g, r in rows.items()}
        top = frame.height - head - 0.5
        block = (top - 0.5) / layout.n_rows
        colours = {s: c for s, c in level_colours(conditions).items() if s}
        means = {s: {g: matrix.mean_profile(s, r) for g, r in rows.items()} for s in matrix.samples}
        y_range = profile_range(means)
        image = None
        for k, sample in enumerate(matrix.samples):
            row, column = divmod(k, layout.per_row)
            left = layout.left + column * _panel_width(frame, layout)
            place = (left, top - (row + 1) * block, _panel_width(frame, layout) - _GAP_MM, block)
            name_colour = colours.get(str(conditions[sample]), "black")
            _draw_name(frame, layout.names[k], place, layout, name_colour)
            _draw_means(frame, matrix, sample, means[sample], place, layout, y_range, column == 0)
            image = _draw_sections(
                frame, matrix, sample, rows, place, layout, (low, high), column == 0
            )
        _draw_scale(frame, image, matrix, top, block, layout, (low, high))
    return frame.ax


def _name_conditions(frame: Frame, conditions: pd.Series | None) -> None:
    """Say in the upper right corner which colour of a sample's name is which condition."""
    if conditions is None:
        return
    right = frame.width - _RIGHT - _GAP_MM
    colours = {level: c for level, c in level_colours(conditions).items() if level}
    texts = [f"■ {name}" for name in fitting(list(colours), 0.96 * right, gap=4.8)]
    for text, colour in reversed([*zip(texts, colours.values(), strict=True)]):
        frame.text(right, frame.height - 0.5, text, color=colour, ha="right", va="top")
        right -= text_width_mm([text]) * 1.04 + 2.5  # letters are hinted wider at few dots


def _lay_out(samples: tuple[str, ...], groups: list[str]) -> _Layout:
    """At most four panels in one column of a page, twelve across two."""
    left = float(np.clip(text_width_mm(groups) * BOLD + 2.5, _LEFT, _WIDEST_LEFT))
    n = max(len(samples), 1)
    page = COLUMN_MM if n <= 4 else PAGE_MM
    n_rows = -(-n // 12)
    per_row = -(-n // n_rows)
    width = (page - left - _RIGHT) / per_row - _GAP_MM
    names = tuple(
        wrapped(name, width, wide=BOLD) for name in shorten_all(samples, 27, tidy_above=9)
    )
    title_mm = max((len(lines) for lines in names), default=1) * LINE_MM + 1.0
    heat_mm = 52.0 if n_rows == 1 else max(20.0, min(34.0, _PAGE_HEIGHT_MM / n_rows - 25.0))
    return _Layout(left, per_row, n_rows, names, title_mm, heat_mm)


def _panel_width(frame: Frame, layout: _Layout) -> float:
    return (frame.width - layout.left - _RIGHT) / layout.per_row


def _limits(matrix: ProfileMatrix) -> tuple[float, float]:
    """Ends of the one colour scale, from every sample's values together."""
    per_sample = []
    for values in matrix.values.values():
        # A regular subset is enough for a percentile, and keeps 60 tracks out of one sort.
        step = max(1, values.size // 200_000)
        part = np.asarray(values.ravel()[::step], dtype=np.float64)
        per_sample.append(part[np.isfinite(part)])
    known = np.concatenate(per_sample)
    if not len(known):
        return 0.0, 1.0
    high = float(np.quantile(np.abs(known), 0.98)) or float(np.abs(known).max()) or 1.0
    return (0.0 if known.min() >= 0 else -high), high


def _draw_name(
    frame: Frame,
    lines: tuple[str, ...],
    place: tuple[float, float, float, float],
    layout: _Layout,
    colour: str,
) -> None:
    left, bottom, width, height = place
    middle, y = left + width / 2, bottom + height - layout.title_mm + 0.7
    for k, line in enumerate(reversed(lines)):
        frame.text(
            middle, y + k * LINE_MM, line, ha="center", va="bottom", color=colour, weight="bold"
        )


def _draw_means(
    frame: Frame,
    matrix: ProfileMatrix,
    sample: str,
    means: dict[str, FloatArray],
    place: tuple[float, float, float, float],
    layout: _Layout,
    y_range: tuple[float, float],
    first: bool,
) -> None:
    left, bottom, width, height = place
    y = bottom + height - layout.title_mm - _PROFILE_MM
    ax = frame.panel(f"profile: {sample}", left, y, width, _PROFILE_MM)
    colours = region_colours(list(means))
    for group in reversed(list(means)):
        ax.plot(matrix.centres, means[group], color=colours[group], lw=1.0, label=group)
    ax.set(xlim=(matrix.edges[0], matrix.edges[-1]), ylim=y_range, xticks=[])
    ax.locator_params(axis="y", nbins=3)
    if first:
        ax.set_ylabel("mean")
    else:
        ax.set_yticklabels([])


def _draw_sections(
    frame: Frame,
    matrix: ProfileMatrix,
    sample: str,
    rows: dict[str, IntArray],
    place: tuple[float, float, float, float],
    layout: _Layout,
    limits: tuple[float, float],
    first: bool,
) -> Any:
    """Draw a panel a group of regions, one below the other; return the last image."""
    import matplotlib as mpl

    left, bottom, width, height = place
    y = bottom + height - layout.title_mm - _PROFILE_MM - _GAP_MM
    room = y - bottom - _BOTTOM - _SECTION_GAP_MM * (len(rows) - 1)
    cmap = "RdBu_r" if limits[0] < 0 else "magma_r"
    colours = region_colours(list(rows))
    shares = _shares(rows)
    names = _group_names(rows, room * shares, layout.left - 2.5) if first else []
    image = None
    for k, (group, share) in enumerate(zip(rows, shares, strict=True)):
        size = room * share
        y -= size
        ax = frame.panel(f"{group}: {sample}", left, y, width, size)
        shown = _averaged(matrix.values[sample][rows[group]], int(size * _PIXELS_PER_MM))
        image = ax.imshow(
            np.ma.masked_invalid(shown),
            cmap=mpl.colormaps[cmap].with_extremes(bad=PALE),
            vmin=limits[0],
            vmax=limits[1],
            aspect="auto",
            interpolation="nearest",
            extent=(matrix.edges[0], matrix.edges[-1], len(shown), 0),
        )
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():
            spine.set(visible=True, linewidth=0.3, color=INK)
        if k == len(rows) - 1:
            ends_named = position_ticks(ax, matrix, width=width)
            if first and not ends_named:
                window = f"{-matrix.before / 1000:g} to +{matrix.after / 1000:g} kb"
                frame.text(left - 1.5, y - 2.3, window.replace("-", "−"), ha="right")
        if first:
            at = (left - 1.5, y + size / 2)
            _name_group(frame, names[k], len(rows[group]), colours[group], at, size)
        y -= _SECTION_GAP_MM
    return image


def _group_names(
    rows: dict[str, IntArray], heights: FloatArray, width: float
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
    style = {"ha": "right", "color": INK if colour == GREY else colour, "weight": "bold"}
    if room < 2 * LINE_MM:
        frame.text(x, y, thousands(n), ha="right")
        frame.text(x - text_width_mm([thousands(n)]) - 1.0, y, lines[0], **style)
        return
    y += len(lines) * LINE_MM / 2
    for line in lines:
        frame.text(x, y, line, **style)
        y -= LINE_MM
    frame.text(x, y, thousands(n), ha="right", fontsize=SMALL_FONT)


def _shares(rows: dict[str, IntArray]) -> FloatArray:
    """Share of the height of each group: its share of the regions, but not below a least one."""
    count = np.array([len(r) for r in rows.values()], dtype=np.float64)
    share = count / count.sum()
    small = share < _LEAST_SHARE
    if small.all():
        return np.full(len(share), 1 / len(share))
    share[small] = _LEAST_SHARE
    share[~small] *= (1 - share[small].sum()) / share[~small].sum()
    return np.asarray(share)


def _averaged(values: NDArray[Any], n_rows: int) -> FloatArray:
    """At most `n_rows` rows, each the mean of neighbours, so that no region is skipped in print."""
    if len(values) <= max(n_rows, 1):
        return np.asarray(values, dtype=np.float64)
    parts = np.array_split(np.arange(len(values)), max(n_rows, 1))
    return np.stack([nan_mean(values[p], axis=0) for p in parts])


def _draw_scale(
    frame: Frame,
    image: Any,
    matrix: ProfileMatrix,
    top: float,
    block: float,
    layout: _Layout,
    limits: tuple[float, float],
) -> None:
    """One colour bar beside the first row of panels."""
    if image is None:
        return
    heat = block - layout.title_mm - _PROFILE_MM - _GAP_MM - _BOTTOM
    bottom = top - block + _BOTTOM
    x = frame.width - _RIGHT + 1.0
    bar = frame.panel("colourbar", x, bottom, 2.2, min(heat, 34.0))
    low, high = limits
    more = any(bool((v > high).any()) for v in matrix.values.values())
    less = any(bool((v < low).any()) for v in matrix.values.values())
    extend = "both" if more and less else "max" if more else "min" if less else "neither"
    colourbar = frame.ax.figure.colorbar(image, cax=bar, extend=extend)
    colourbar.outline.set_linewidth(LINE * 0.6)
    colourbar.ax.locator_params(nbins=5)
    colourbar.set_label(matrix.quantity, fontsize=SMALL_FONT)
