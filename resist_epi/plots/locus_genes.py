"""The genes of a locus: bodies with their direction, bent arrows at their starts, names apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.plots.frame import BOLD, Frame, text_width_mm
from resist_epi.plots.locus_place import Place
from resist_epi.plots.style import LINE, SMALL_FONT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


LANE_MM = 5.0


def gene_lanes(genes: pd.DataFrame, place: Place) -> list[int]:
    """Lane of each gene, so that neither bodies nor names meet."""
    per_mm = (place[2] - place[1]) / 65.0  # about the width of the panel
    taken: list[float] = []
    lanes = []
    for start, end, symbol in zip(genes["start"], genes["end"], genes["symbol"], strict=True):
        low, high = float(max(int(start), place[1])), float(min(int(end), place[2]))
        half = (text_width_mm([str(symbol)]) / 2 + 0.8) * per_mm
        middle = _name_place(low, high, half, place)
        low, high = min(low, middle - half), max(high, middle + half)
        lane = next((k for k, right in enumerate(taken) if right < low), len(taken))
        taken[lane : lane + 1] = [high + per_mm]
        lanes.append(lane)
    return lanes


def _name_place(low: float, high: float, half: float, place: Place) -> float:
    """Middle of a gene's name: that of the body shown, but never beyond the frame."""
    return float(np.clip((low + high) / 2, place[1] + half, max(place[2] - half, place[1] + half)))


def draw_genes(
    frame: Frame,
    genes: pd.DataFrame,
    lanes: Sequence[int],
    place: Place,
    box: tuple[float, float, float, float],
    chosen: str | None,
) -> None:
    """Bodies with their direction, bent arrows at the starts, the axis below in Mb."""
    ax = frame.panel("genes", *box)
    n_lanes = max(lanes, default=-1) + 1
    ax.set(xlim=(place[1], place[2]), ylim=(max(n_lanes, 1) * LANE_MM + 0.5, -0.5), yticks=[])
    ax.spines["left"].set_visible(False)
    per_mm = (place[2] - place[1]) / box[2]
    for row, lane in zip(genes.itertuples(), lanes, strict=True):
        _draw_gene(ax, row, lane * LANE_MM, place, per_mm, str(row.symbol) == chosen)
    ax.locator_params(axis="x", nbins=4)
    digits = int(np.clip(np.ceil(-np.log10((place[2] - place[1]) / 4e6)), 0, 6))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v / 1e6:.{digits}f}")
    ax.set_xlabel(f"{place[0]} (Mb)")


def _draw_gene(
    ax: Axes, row: object, top: float, place: Place, per_mm: float, chosen: bool
) -> None:
    start, end = int(row.start), int(row.end)  # type: ignore[attr-defined]
    symbol, strand = str(row.symbol), str(row.strand)  # type: ignore[attr-defined]
    colour = "black" if chosen else "#595959"
    low, high = max(start, place[1]), min(end, place[2])
    y = top + 1.7
    ax.plot([low, high], [y, y], color=colour, lw=2.4 if chosen else 1.8, solid_capstyle="butt")
    sign = 1 if strand == "+" else -1
    if strand in {"+", "-"}:
        heads = np.arange(low + 3 * per_mm, high - 2 * per_mm, 5 * per_mm)
        marker = ">" if sign > 0 else "<"
        ax.plot(heads, np.full(len(heads), y), ls="", marker=marker, ms=1.6, color="white", mew=0)
        tss = start if sign > 0 else end
        if place[1] <= tss <= place[2]:
            reach = tss + sign * 2.2 * per_mm
            ax.plot([tss, tss, reach], [y, top, top], color=colour, lw=LINE, clip_on=False)
            head = ">" if sign > 0 else "<"
            ax.plot(reach, top, ls="", marker=head, ms=2.2, color=colour, mew=0, clip_on=False)
    half = text_width_mm([symbol]) * (BOLD if chosen else 1.0) / 2 * per_mm
    ax.text(
        _name_place(low, high, half, place),
        top + 2.4,
        symbol,
        ha="center",
        va="top",
        fontstyle="italic",
        fontsize=SMALL_FONT,
        color=colour,
        weight="bold" if chosen else "normal",
    )
