"""Heatmap of the genes of a set in every tumour, annotated by outcome, mark and batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.plots.frame import (
    STRIP_MM,
    TITLE_MM,
    Frame,
    Strip,
    draw_colourbar,
    draw_legends,
    draw_strip,
    legends_height,
    new_frame,
    sheet_annotations,
    text_width_mm,
)
from resist_epi.plots.style import (
    COLUMN_MM,
    DIRECTION_COLOURS,
    INK,
    PAGE_MM,
    Samples,
    gain_loss_map,
    lookup,
    panel,
    paper_style,
    say_empty,
    shorten_all,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROW_MM, _LEAST_ROW_MM = 2.7, 2.2

_COLUMN_MM, _LEAST_COLUMN_MM = 4.0, 2.25

_HIGHEST_MM = 190.0  # of the cells, so that a figure fits a page

_CALL_MM = 1.8


def plot_gene_set(
    values: pd.DataFrame,
    *,
    ax: Axes | None = None,
    samples: Samples = None,
    annotate: Sequence[str] = ("Condition", "Factor", "Batch"),
    genes: Sequence[str] | None = None,
    directions: pd.Series | None = None,
    limit: float = 2.0,
    title: str | None = None,
) -> Axes:
    """Genes down, tumours across: how far each tumour is from the gene's mean, in its own sd.

    Rows are standardised within each mark (`Factor`), for marks have scales of their own; rows are
    clustered (average linkage), columns stand by mark and condition and are clustered within.

    Parameters
    ----------
    values
        (genes, samples) log2 signal, normalised; index the symbols (or a column `symbol`).
    annotate
        Its columns to show as strips.
    genes
        Show these alone; those that the table lacks are left out.
    directions
        Symbol -> gain, loss or none, as a strip beside the genes if any is called.
    limit
        End of the colour scale, in standard deviations.

    Returns
    -------
    Axes
        The container of `heatmap`, `colourbar`, `call` (with directions) and one an annotation.

    Examples
    --------
    >>> import pandas as pd
    >>> from resist_epi.plots.style import panel
    >>> values = pd.DataFrame({"g1": [1.0, 2.0], "p1": [2.0, 1.5]}, index=["HK2", "G6PD"])
    >>> ax = plot_gene_set(values, title="Glycolysis and pentose phosphate")
    >>> [gene.get_text() for gene in panel(ax, "heatmap").get_yticklabels()]
    ['HK2', 'G6PD']
    """
    table = values.set_index("symbol") if "symbol" in values else values
    if genes is not None:
        table = table[table.index.isin(list(genes))]
    ids, names = [str(c) for c in table.columns], [str(i) for i in table.index]
    found = sheet_annotations(samples, ids, annotate)
    calls = [] if directions is None else [_calls(directions, names)]
    calls = [call for call in calls if (call.values != "").any()]
    scores = _standardised(table.to_numpy(np.float64), lookup(samples, ids, "Factor"))
    columns, breaks = _column_order(scores, samples, ids)
    rows = _clustered(scores)
    with paper_style():
        layout = _lay_out(names, ids, found, calls)
        legend_mm = legends_height([*found, *calls], layout.width - 2)
        head_mm = len(found) * (STRIP_MM + 0.4) + (TITLE_MM if title else 1.0)
        below_mm = layout.foot_mm + legend_mm + 3.0
        height = head_mm + layout.cells_mm + below_mm + 0.5
        frame = new_frame(ax, width=layout.width, height=height)
        frame.title(title)
        if not scores.size:
            say_empty(frame.ax, "no gene of the set has a value")
            return frame.ax
        left = 1.5 + layout.call_mm
        cells_w = frame.width - layout.side_mm - layout.call_mm - 3.0
        cells_h = frame.height - head_mm - below_mm
        place = (left, below_mm, cells_w, cells_h)
        image = _draw_cells(frame, scores[np.ix_(rows, columns)], place, limit)
        _name_cells(frame, layout, rows, columns, place)
        y = below_mm + cells_h + 0.4
        for annotation in found:
            strip = frame.panel(annotation.name, left, y, cells_w, STRIP_MM)
            draw_strip(strip, annotation.take(columns))
            _separate(strip, breaks)
            frame.text(left + cells_w + 1.0, y + STRIP_MM / 2, annotation.name)
            y += STRIP_MM + 0.4
        _separate(panel(frame.ax, "heatmap"), breaks)
        for call in calls:
            strip = frame.panel("call", 1.0, below_mm, _CALL_MM, cells_h)
            draw_strip(strip, call.take(rows), vertical=True)
        top = legend_mm + 0.5
        draw_legends(frame, [*found, *calls], left=1.5, top=top, width=frame.width - 2)
        text = "signal (sd from mean)"
        draw_colourbar(frame, image, right=frame.width - 3.0, top=top, text=text, extend="both")
    return frame.ax


@dataclass(frozen=True)
class _Layout:
    """Names as they are written, and sizes in mm."""

    gene_names: list[str]
    sample_names: list[str]  # empty where columns are too narrow for names
    width: float
    side_mm: float
    call_mm: float
    foot_mm: float
    cells_mm: float


def _lay_out(
    names: Sequence[str],
    ids: Sequence[str],
    found: Sequence[Strip],
    calls: Sequence[Strip],
) -> _Layout:
    gene_names = shorten_all(names, 16)
    side_mm = text_width_mm([*gene_names, *(a.name for a in found)]) + 2.0
    call_mm = _CALL_MM + 0.6 if calls else 0.0
    beside = side_mm + call_mm + 3.0
    width = float(np.clip(len(ids) * _COLUMN_MM + beside, COLUMN_MM, PAGE_MM))
    wide_enough = len(ids) > 0 and (width - beside) / len(ids) >= _LEAST_COLUMN_MM
    sample_names = shorten_all(ids, 22) if wide_enough else []
    foot_mm = text_width_mm(sample_names) + 2.0 if sample_names else 1.0
    cells_mm = max(min(len(names) * _ROW_MM, _HIGHEST_MM), 2 * _ROW_MM)
    return _Layout(gene_names, sample_names, width, side_mm, call_mm, foot_mm, cells_mm)


def _name_cells(
    frame: Frame,
    layout: _Layout,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    place: tuple[float, float, float, float],
) -> None:
    """Write the genes beside and the samples below, where a name of 6 points has room."""
    cells = panel(frame.ax, "heatmap")
    if place[3] / len(rows) >= _LEAST_ROW_MM:
        genes = [layout.gene_names[i] for i in rows]
        cells.set_yticks(range(len(rows)), genes, fontstyle="italic")
    if layout.sample_names:
        samples = [layout.sample_names[i] for i in columns]
        cells.set_xticks(range(len(columns)), samples, rotation=90)


def _standardised(values: FloatArray, marks: pd.Series) -> FloatArray:
    """Each row less its mean, over its sd, within each mark; 0 where nothing varies."""
    scores = np.full(values.shape, np.nan)
    for mark in dict.fromkeys(marks):
        of = (marks == mark).to_numpy()
        part = np.where(np.isfinite(values[:, of]), values[:, of], np.nan)
        known = np.isfinite(part)
        n = np.maximum(known.sum(axis=1, keepdims=True), 1)
        centred = part - np.where(known, part, 0).sum(axis=1, keepdims=True) / n
        spread = np.where(known, centred, 0.0)
        sd = np.sqrt((spread**2).sum(axis=1, keepdims=True) / np.maximum(n - 1, 1))
        # Rounding must not be blown up into differences.
        level = 1e-9 * np.maximum(1.0, np.abs(np.where(known, part, 0)).max(axis=1, initial=0.0))
        flat = sd <= level[:, None]
        scores[:, of] = np.where(
            flat, np.where(known, 0.0, np.nan), centred / np.where(flat, 1, sd)
        )
    return scores


def _clustered(scores: FloatArray) -> NDArray[np.int64]:
    """Order of rows by average linkage of their Euclidean distances, leaves in optimal order."""
    if len(scores) < 3:
        return np.arange(len(scores))
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    known = np.nan_to_num(scores)
    tree = linkage(known, "average")
    if len(scores) <= 500:  # optimal order costs the square of the rows and more
        tree = optimal_leaf_ordering(tree, known)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def _column_order(
    scores: FloatArray, samples: Samples, ids: Sequence[str]
) -> tuple[NDArray[np.int64], list[int]]:
    """Samples by mark and condition, clustered within; and where one group ends."""
    marks, conditions = lookup(samples, ids, "Factor"), lookup(samples, ids, "Condition")
    groups = sorted(set(zip(marks, conditions, strict=True)))
    order: list[int] = []
    breaks = []
    for mark, condition in groups:
        members = np.flatnonzero(((marks == mark) & (conditions == condition)).to_numpy())
        order += [int(members[i]) for i in _clustered(scores[:, members].T)]
        breaks.append(len(order))
    return np.array(order, dtype=np.int64), breaks[:-1]


def _separate(ax: Axes, breaks: Sequence[int]) -> None:
    for place in breaks:
        ax.axvline(place - 0.5, color="white", lw=1.6)


def _draw_cells(
    frame: Frame, scores: FloatArray, place: tuple[float, float, float, float], limit: float
) -> Any:
    ax = frame.panel("heatmap", *place)
    image = ax.imshow(
        np.ma.masked_invalid(scores),
        cmap=gain_loss_map(),
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )
    ax.set(xticks=[], yticks=[])
    ax.yaxis.tick_right()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set(visible=True, linewidth=0.3, color=INK)
    return image


def _calls(directions: pd.Series, names: Sequence[str]) -> Strip:
    """The call of each gene, gain and loss coloured."""
    known = directions[~directions.index.duplicated()].reindex(list(names)).fillna("").astype(str)
    colours = {"gain": DIRECTION_COLOURS["gain"], "loss": DIRECTION_COLOURS["loss"], "": "white"}
    return Strip("Call", known.where(known.isin(["gain", "loss"]), ""), colours)
