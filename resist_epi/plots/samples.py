"""Figures of the samples: principal components, and correlation with clustering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError
from resist_epi.plots.frame import (
    STRIP_MM,
    TITLE_MM,
    Frame,
    draw_colourbar,
    draw_legends,
    draw_strip,
    legends_height,
    new_frame,
    sheet_annotations,
    text_width_mm,
)
from resist_epi.plots.labels import add_labels
from resist_epi.plots.style import (
    COLUMN_MM,
    GREY,
    INK,
    LINE,
    MARKERS,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    Samples,
    level_colours,
    lookup,
    new_axes,
    paper_style,
    require,
    say_empty,
    set_title,
    shorten_all,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MAX_NAMED = 24  # more names than these would cover the points

_TREE_MM = 9.0

_ANNOTATED = ("Condition", "Factor", "Batch")  # as far as the sheet has them


_LITTLE = 0.1  # below zero: chance, not a reason for a scale from -1

_ROW_MM = 2.25  # the least height at which a name of 6 points fits a row


def plot_pca(
    components: pd.DataFrame,
    *,
    ax: Axes | None = None,
    samples: Samples = None,
    colour: str = "Condition",
    marker: str = "Batch",
    axes: tuple[int, int] = (1, 2),
    names: bool | None = None,
    title: str | None = None,
) -> Axes:
    """Samples in the plane of two principal components.

    Parameters
    ----------
    components
        Columns `sample PC1 PC2 …`; `attrs["explained"]`, where there, holds each component's share
        of the variance, 0 to 1.
    samples
        Sample sheet, for colours and markers.
    colour, marker
        Columns of the sheet; more than 8 levels of `marker` are not told apart.
    axes
        Which components, from 1.
    names
        Write the samples' names; by default up to 24 of them.

    Returns
    -------
    Axes
        One unit is as long on both axes, so that distances can be read.

    Examples
    --------
    >>> import pandas as pd
    >>> components = pd.DataFrame({"sample": ["g1", "p1"], "PC1": [-2.0, 2.0], "PC2": [0.1, -0.1]})
    >>> components.attrs["explained"] = [0.9, 0.1]
    >>> plot_pca(components).get_xlabel()
    'PC1 (90% of variance)'
    """
    require(components, ("sample",), what="a PCA plot")
    wanted = [f"PC{k}" for k in axes]
    ids = [str(s) for s in components["sample"]]
    looked = [
        lookup(samples, ids, column, needed=column != usual)
        for column, usual in ((colour, "Condition"), (marker, "Batch"))
    ]
    with paper_style():
        ax = new_axes(ax, height=74)
        if not len(components) or wanted[0] not in components:
            set_title(ax, title)
            ax.set(xticks=[], yticks=[])
            say_empty(ax, "no component: too few samples, or no variation")
            return ax
        x = components[wanted[0]].to_numpy(np.float64)
        # Two samples differ along one line only.
        y = (
            components[wanted[1]].to_numpy(np.float64)
            if wanted[1] in components
            else np.zeros_like(x)
        )
        rows = _draw_groups(ax, x, y, *looked)
        set_title(ax, title, pad=4.0 + 9.0 * rows)
        ax.axhline(0, color=PALE, lw=LINE, zorder=0)
        ax.axvline(0, color=PALE, lw=LINE, zorder=0)
        ax.margins(0.12)
        ax.set_aspect("equal", adjustable="datalim")
        explained = components.attrs.get("explained", [])
        ax.set_xlabel(_component_label(axes[0], explained))
        ax.set_ylabel(_component_label(axes[1], explained))
        if names if names is not None else len(ids) <= _MAX_NAMED:
            xy = np.stack([x, y], axis=1)
            add_labels(ax, shorten_all(ids, 18, tidy_above=8), xy, points=xy, italic=False)
    return ax


def _component_label(k: int, explained: Sequence[float]) -> str:
    share = f" ({explained[k - 1]:.0%} of variance)" if k <= len(explained) else ""
    return f"PC{k}{share}"


def _shapes(colour: pd.Series, marker: pd.Series) -> tuple[pd.Series, dict[str, str]]:
    """What tells a sample's marker, and level -> marker.

    Without batches, or with more of them than there are markers, the groups differ in shape as
    well as in colour.
    """
    of = marker if 2 <= len({m for m in marker if m}) <= len(MARKERS) else colour
    levels = sorted({level for level in of if level})
    return of, {level: MARKERS[i % len(MARKERS)] for i, level in enumerate(levels)} | {"": "o"}


def _draw_groups(
    ax: Axes, x: FloatArray, y: FloatArray, colour: pd.Series, marker: pd.Series
) -> int:
    """Draw each sample, and the legend above the frame; return the legend's rows."""
    from matplotlib.lines import Line2D

    colours = {**level_colours(colour), "": GREY}
    of, shape = _shapes(colour, marker)
    style: dict[str, Any] = {"s": 20, "edgecolor": "black", "linewidth": 0.4, "zorder": 3}
    for i in range(len(x)):
        ax.scatter(x[i], y[i], marker=shape[of.iloc[i]], color=colours[colour.iloc[i]], **style)
    entries = [(g, shape[g] if of is colour else "o", colours[g]) for g in sorted(set(colour)) if g]
    if of is not colour:
        entries += [(b, shape[b], "white") for b in sorted(set(marker)) if b]
    if not entries:
        return 0
    texts = shorten_all([text for text, _, _ in entries], 24)
    handles = [
        Line2D([], [], ls="", marker=m, mfc=fill, mec="black", mew=0.4, ms=4.5, label=text)
        for text, (_, m, fill) in zip(texts, entries, strict=True)
    ]
    columns = max(1, min(len(handles), int((COLUMN_MM - 8.0) // (text_width_mm(texts) + 6.0))))
    ax.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        handletextpad=0.0,
    )
    return -(-len(handles) // columns)


def plot_correlation(
    correlation: pd.DataFrame,
    *,
    ax: Axes | None = None,
    samples: Samples = None,
    annotate: Sequence[str] = _ANNOTATED,
    title: str | None = None,
) -> Axes:
    """Correlation of the samples, clustered (average linkage of 1 - r, optimal leaf order).

    The scale is from 0 to 1 (from -1 where samples go against one another), and the diagonal, which
    is 1 whatever the samples, stays apart from it.

    Parameters
    ----------
    correlation
        (n, n) with the samples as index and columns, or with a column `sample` instead of the
        index; NaN where a sample has no variation.
    samples
        Sample sheet, for the annotation.
    annotate
        Its columns to show; those with one value only are left out.

    Returns
    -------
    Axes
        The container of the panels `tree`, `heatmap`, `colourbar` and one an annotation.

    Raises
    ------
    InputFormatError
        If the table is not square.

    Examples
    --------
    >>> import pandas as pd
    >>> from resist_epi.plots.style import panel
    >>> names = pd.Index(["g1", "p1"], name="sample")
    >>> ax = plot_correlation(pd.DataFrame([[1.0, 0.8], [0.8, 1.0]], index=names, columns=names))
    >>> [name.get_text() for name in panel(ax, "heatmap").get_yticklabels()]
    ['g1', 'p1']
    """
    table = _square(correlation)
    ids = [str(s) for s in table.index]
    values = table.to_numpy(np.float64)
    order, tree = _cluster(values)
    found = [
        a
        for a in sheet_annotations(samples, ids, annotate, needed=annotate is not _ANNOTATED)
        if a.values.nunique() > 1
    ]
    texts = shorten_all(ids, 26)
    with paper_style():
        side_texts = texts + [a.name for a in found]
        names_mm = text_width_mm(side_texts) + 2.5
        width = min(PAGE_MM, max(COLUMN_MM, len(ids) * _ROW_MM + names_mm + 2))
        legend_mm = legends_height(found, width - 2)
        top_mm = _TREE_MM + len(found) * (STRIP_MM + 0.4) + (TITLE_MM if title else 1.0)
        height = width - names_mm - 1.0 + top_mm + legend_mm + 4.0
        frame = new_frame(ax, width=width, height=height)
        frame.title(title)
        if not ids:
            say_empty(frame.ax, "no sample to show")
            return frame.ax
        side = min(frame.width - names_mm - 1.0, frame.height - top_mm - legend_mm - 4.0)
        bottom = frame.height - top_mm - side
        y = bottom + side + 0.4
        for annotation in found:
            draw_strip(frame.panel(annotation.name, 1.0, y, side, STRIP_MM), annotation.take(order))
            frame.text(1.0 + side + 1.0, y + STRIP_MM / 2, annotation.name)
            y += STRIP_MM + 0.4
        _draw_tree(frame.panel("tree", 1.0, y, side, _TREE_MM - 0.8), tree)
        _draw_matrix(frame, values[np.ix_(order, order)], [texts[i] for i in order], bottom, side)
        draw_legends(frame, found, left=1.0, top=bottom - 2.5, width=frame.width - 2)
    return frame.ax


def _square(correlation: pd.DataFrame) -> pd.DataFrame:
    table = correlation.set_index("sample") if "sample" in correlation else correlation
    if [str(i) for i in table.index] != [str(c) for c in table.columns]:
        raise InputFormatError(
            "a correlation plot needs a square table with the same samples down and across",
            found=f"{len(table)} rows and {len(table.columns)} columns of samples",
            remedy="give the table of correlations that `run` writes",
        )
    return table


def _cluster(values: FloatArray) -> tuple[NDArray[np.int64], FloatArray | None]:
    """Order of the leaves, and the linkage (None for fewer than two samples)."""
    n = len(values)
    if n < 2:
        return np.arange(n), None
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    distance = 1.0 - values
    # A sample without variation is as far from the others as can be.
    distance = np.where(np.isnan(distance), 2.0, distance)
    distance = np.maximum((distance + distance.T) / 2, 0.0)
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(distance, checks=False)
    tree = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    return leaves_list(tree).astype(np.int64), tree


def _draw_tree(ax: Axes, tree: FloatArray | None) -> None:
    ax.axis("off")
    if tree is None:
        return
    from scipy.cluster.hierarchy import dendrogram

    drawn = dendrogram(tree, no_plot=True)
    for x, y in zip(drawn["icoord"], drawn["dcoord"], strict=True):
        ax.plot(x, y, color=INK, lw=LINE, solid_joinstyle="miter")
    first, last = float(tree[:, 2].min()), float(tree[:, 2].max())
    # From just below the first merge: from 0, a tree of unlike samples would be all stems.
    low = max(0.0, first - 0.5 * (last - first)) if last > first else 0.0
    high = last + 0.03 * (last - low) if last > 0 else 1.0
    ax.set(xlim=(0, 10 * (len(tree) + 1)), ylim=(low, high))


def _draw_matrix(
    frame: Frame, values: FloatArray, texts: Sequence[str], bottom: float, side: float
) -> None:
    import matplotlib as mpl

    n = len(values)
    apart = np.where(np.eye(n, dtype=bool), np.nan, values)
    known = apart[np.isfinite(apart)]
    # From 0 to 1 whatever the samples, so that .49 and .55 look as alike as they are.
    low = -1.0 if len(known) and known.min() < -_LITTLE else 0.0
    colour_map = mpl.colormaps["YlGnBu"].with_extremes(bad=PALE)
    ax = frame.panel("heatmap", 1.0, bottom, side, side)
    image = ax.imshow(
        np.ma.masked_invalid(apart),
        cmap=colour_map,
        vmin=low,
        vmax=1.0,
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_xticks([])
    ax.yaxis.tick_right()
    cell = side / n
    if cell >= 2.1:
        ax.set_yticks(range(n), texts)
    else:
        ax.set_yticks([])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set(visible=True, linewidth=0.3, color=INK)
    if cell >= 4.2:
        _write_values(ax, apart, image)
    draw_colourbar(
        frame,
        image,
        right=frame.width - 3.0,
        top=bottom - 2.5,
        text="correlation of samples",
    )


def _write_values(ax: Axes, values: FloatArray, image: object) -> None:
    """The number in each cell, white on dark."""
    for i, j in np.argwhere(np.isfinite(values)):
        red, green, blue, _ = image.cmap(image.norm(values[i, j]))  # type: ignore[attr-defined]
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        text = f"{values[i, j]:.2f}".replace("0.", ".", 1).replace("-", "−")
        ax.text(
            j,
            i,
            text,
            ha="center",
            va="center",
            fontsize=SMALL_FONT,
            color="white" if dark else INK,
        )
