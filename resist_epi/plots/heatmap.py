"""Signal heatmap over regions, with the mean profile above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError, unknown_name
from resist_epi.plots.frame import (
    BOLD,
    LINE_MM,
    TITLE_MM,
    Frame,
    fitting,
    new_frame,
    text_width_mm,
    wrapped,
)
from resist_epi.plots.heatmap_panels import (
    BOTTOM,
    GAP_MM,
    PROFILE_MM,
    RIGHT,
    Block,
    Column,
    draw_column,
    draw_scales,
    named_rows,
)
from resist_epi.plots.profile import profile_range
from resist_epi.plots.region_rows import Groups, Rows, ordered_rows
from resist_epi.plots.style import (
    COLUMN_MM,
    PAGE_MM,
    Samples,
    level_colours,
    lookup,
    paper_style,
    say_empty,
    shorten_all,
    text_colour,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_LEFT, _WIDEST_LEFT = 15.0, 27.0  # mm, for the names of groups

_NUMBER_MM, _MANY = 6.0, 4

_PAGE_HEIGHT_MM = 240.0

Limits = tuple[float, float]


class HeatmapOptions(Rows, total=False):
    """How regions are grouped and ordered (`Rows`), and what else may be asked of a heatmap.

    Attributes
    ----------
    cmap
        One of matplotlib's colour maps.
    label
        Regions to name at the right: symbols or region ids.
    """

    cmap: str
    label: Sequence[str]


@dataclass(frozen=True)
class _Layout:
    """Samples in rows of panels, and the sizes of a panel in mm."""

    left: float
    right: float
    per_row: int
    n_rows: int
    names: tuple[tuple[str, ...], ...]
    title_mm: float
    heat_mm: float

    @property
    def block_mm(self) -> float:
        """Height of one row of panels."""
        return self.title_mm + PROFILE_MM + self.heat_mm + GAP_MM + BOTTOM


def plot_heatmap(
    matrix: ProfileMatrix | Mapping[str, ProfileMatrix],
    *,
    ax: Axes | None = None,
    groups: Groups = "direction",
    samples: Samples = None,
    by: str | None = None,
    limits: Limits | Mapping[str, Limits] | None = None,
    title: str | None = None,
    **options: Unpack[HeatmapOptions],
) -> Axes:
    """Signal along regions as colour, a column of panels a sample, the mean profiles above.

    Regions stand in one order in every panel, by default that of their mean signal over all
    samples. All samples of a mark share one colour scale and one profile axis, so a sample that
    looks stronger is. Groups of few regions are drawn taller than their share (their number stands
    beside them). Where there are more regions than dots of print, neighbours are averaged. Dashed
    lines mark the window that was tested, where the matrix knows it.

    Parameters
    ----------
    matrix
        A matrix; or several of the same regions by the name of their mark, side by side.
    groups
        A column of its regions, or a label a region.
    samples
        Sample sheet: names are then coloured by `Condition`.
    by
        Column of the sheet: one panel a level of it, the mean of its samples.
    limits
        Ends of the colour scale, or mark -> these; by default 0 (or minus the upper end, where
        signal is negative) and the 98th percentile over all samples of a mark.
    **options
        `HeatmapOptions`: clusters, order, colour map, names of regions.

    Returns
    -------
    Axes
        The container of the panels `profile: SAMPLE`, `GROUP: SAMPLE` and `colourbar`; of several
        marks `profile: MARK SAMPLE`, `GROUP: MARK SAMPLE` and `colourbar: MARK`.

    Raises
    ------
    InputFormatError
        If several matrices are not of the same regions, or an option cannot be meant.

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
    label = options.pop("label", ())
    cmap = options.pop("cmap", None)
    _check_map(cmap)
    given = {"": matrix} if isinstance(matrix, ProfileMatrix) else dict(matrix)
    _check_same_regions(given)
    levels = _levels(given, samples, "Condition")
    rows = ordered_rows(list(given.values()), groups, levels, **_row_options(options))
    if by is not None:
        given = {mark: _averaged_by(own, samples, by) for mark, own in given.items()}
        names = [s for own in given.values() for s in own.samples]
        levels = pd.Series({s: s for s in names}, dtype=object)
    blocks = [_block(mark, own, rows, limits, cmap) for mark, own in given.items()]
    columns = [(block, s) for block in blocks for s in block.matrix.samples]
    with paper_style():
        right = RIGHT + (text_width_mm(list(named_rows(blocks[0].matrix, label))) + 4.0
                         if label else 0.0)  # fmt: skip
        layout = _lay_out([(b.name, s) for b, s in columns], list(rows), right)
        coloured = levels if by is None and (levels != "").any() else None
        head = TITLE_MM * (bool(title) + (coloured is not None))
        width = COLUMN_MM if len(columns) <= 4 and not label else PAGE_MM
        frame = new_frame(ax, width=width, height=layout.n_rows * layout.block_mm + head + 1)
        frame.title(title)
        _name_conditions(frame, coloured, TITLE_MM * bool(title))
        if not rows or not columns:
            say_empty(frame.ax, "no region to show")
            return frame.ax
        _draw(frame, layout, columns, rows, levels, head, label)
    return frame.ax


def _draw(
    frame: Frame,
    layout: _Layout,
    columns: Sequence[tuple[Block, str]],
    rows: Mapping[str, np.ndarray],
    levels: pd.Series,
    head: float,
    label: Sequence[str],
) -> None:
    """Draw all columns and the colour bars."""
    top = frame.height - head - 0.5
    block_mm = (top - 0.5) / layout.n_rows
    panel_mm = (frame.width - layout.left - layout.right) / layout.per_row
    colours = {s: c for s, c in level_colours(levels).items() if s}
    images = {}
    for k, (block, sample) in enumerate(columns):
        row, at = divmod(k, layout.per_row)
        place = (
            layout.left + at * panel_mm, top - (row + 1) * block_mm, panel_mm - GAP_MM, block_mm,
        )  # fmt: skip
        first = at == 0 or columns[k - 1][0] is not block
        last = at == layout.per_row - 1 or k == len(columns) - 1
        colour = colours.get(str(levels.get(sample, "")), "black")
        column = Column(block, sample, place, layout.names[k], colour, at == 0, last)
        images[block.name] = (
            block, draw_column(frame, column, rows, layout.title_mm, layout.left, label),
        )  # fmt: skip
        if first and at:
            _mark_axis(frame, block, sample)
    low = top - block_mm + BOTTOM
    draw_scales(frame, list(images.values()), low + block_mm - layout.title_mm - PROFILE_MM
                - GAP_MM - BOTTOM, low)  # fmt: skip


def _mark_axis(frame: Frame, block: Block, sample: str) -> None:
    """Another mark has another profile axis: its numbers stand inside the frame of its first."""
    from resist_epi.plots.style import panel

    ax = panel(frame.ax, f"profile: {block.panel(sample)}")
    ticks = [t for t in ax.get_yticks() if block.y_range[0] < t <= block.y_range[1]]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.tick_params(axis="y", direction="in", pad=-3.0)
    for text in ax.get_yticklabels():
        text.set_horizontalalignment("left")


def _row_options(options: HeatmapOptions) -> Rows:
    """Those of the options that are of rows."""
    own: Rows = {}
    for name in ("kmeans", "hierarchical", "sort"):
        if name in options:
            own[name] = options[name]
    return own


def _check_map(cmap: str | None) -> None:
    if cmap is None:
        return
    import matplotlib as mpl

    if cmap not in mpl.colormaps:
        raise InputFormatError(unknown_name("colour map", cmap, list(mpl.colormaps)))


def _check_same_regions(given: Mapping[str, ProfileMatrix]) -> None:
    """Refuse matrices whose rows are not the same regions."""
    places = ["chrom", "start", "end"]
    (first, *others) = given
    for name in others:
        a, b = given[first].regions, given[name].regions
        shared = [c for c in places if c in a and c in b]
        same = len(a) == len(b) and all(a[c].tolist() == b[c].tolist() for c in shared)
        if not same:
            raise InputFormatError(
                f"the matrices of {first} and {name} are not of the same regions in one order",
                expected=f"{len(a):,} regions",
                found=f"{len(b):,} regions",
                remedy="make both with `profile` over one file of regions",
            )


def _levels(given: Mapping[str, ProfileMatrix], samples: Samples, column: str) -> pd.Series:
    return lookup(samples, [s for own in given.values() for s in own.samples], column)


def _averaged_by(matrix: ProfileMatrix, samples: Samples, by: str) -> ProfileMatrix:
    levels = lookup(samples, matrix.samples, by, needed=True)
    return matrix.average({str(s): v for s, v in levels.sort_values().items() if v})


def _block(
    mark: str,
    matrix: ProfileMatrix,
    rows: Mapping[str, np.ndarray],
    limits: Limits | Mapping[str, Limits] | None,
    cmap: str | None,
) -> Block:
    own = limits.get(mark) if isinstance(limits, Mapping) else limits
    low, high = _limits(matrix) if own is None else own
    if not low < high:
        raise InputFormatError(
            "the ends of a colour scale", expected="the lower one first", found=f"{low:g},{high:g}"
        )
    means = {s: {g: matrix.mean_profile(s, r) for g, r in rows.items()} for s in matrix.samples}
    y_range = profile_range(means) if means and rows else (0.0, 1.0)
    return Block(mark, matrix, (low, high), y_range, cmap or ("RdBu_r" if low < 0 else "magma_r"))


def _name_conditions(frame: Frame, conditions: pd.Series | None, down: float) -> None:
    """Say in the upper right corner which colour of a sample's name is which condition."""
    if conditions is None:
        return
    right = frame.width - RIGHT - GAP_MM
    colours = {level: c for level, c in level_colours(conditions).items() if level}
    texts = [f"■ {name}" for name in fitting(list(colours), 0.96 * right, gap=4.8)]
    for text, colour in reversed([*zip(texts, colours.values(), strict=True)]):
        style = {"color": text_colour(colour), "ha": "right", "va": "top"}
        frame.text(right, frame.height - 0.5 - down, text, **style)
        right -= text_width_mm([text]) * 1.04 + 2.5  # letters are hinted wider at few dots


def _lay_out(columns: Sequence[tuple[str, str]], groups: list[str], right: float) -> _Layout:
    """At most four panels in one column of a page, twelve across two."""
    # Of many groups some are low, and have their number beside their name.
    beside = _NUMBER_MM if len(groups) > _MANY else 0.0
    left = float(np.clip(text_width_mm(groups) * BOLD + 2.5 + beside, _LEFT, _WIDEST_LEFT))
    n = max(len(columns), 1)
    page = COLUMN_MM if n <= 4 and right == RIGHT else PAGE_MM
    n_rows = -(-n // 12)
    per_row = -(-n // n_rows)
    width = (page - left - right) / per_row - GAP_MM
    short = shorten_all([s for _, s in columns], 27, tidy_above=9)
    if len({mark for mark, _ in columns}) > 1:
        short = [str(s) for _, s in columns]  # a group stands once in every mark
    names = tuple(
        (*(wrapped(mark, width, wide=BOLD) if mark else ()), *wrapped(name, width, wide=BOLD))
        for (mark, _), name in zip(columns, short, strict=True)
    )
    title_mm = max((len(lines) for lines in names), default=1) * LINE_MM + 1.0
    heat_mm = 52.0 if n_rows == 1 else max(20.0, min(34.0, _PAGE_HEIGHT_MM / n_rows - 25.0))
    return _Layout(left, right, per_row, n_rows, names, title_mm, heat_mm)


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
