"""Figures along the genome: fold changes with the mean of every arm, and copy number by sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.genome.chromosomes import natural_chrom_key
from resist_epi.plots.edges import Edges, beyond_in_words, scatter_within
from resist_epi.plots.style import (
    DIRECTION_COLOURS,
    INK,
    LINE,
    NOT_TESTED,
    PAGE_MM,
    PALE,
    PURPLE,
    SMALL_FONT,
    calls_shown,
    new_axes,
    paper_style,
    require,
    say_empty,
    set_title,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_BAND = "#F2F2F2"

_GREYS = {NOT_TESTED: PALE, "none": "#ABABAB"}

# Size of each call's points, pt²; what is drawn later lies on top.
_DRAWN = ((NOT_TESTED, 1.0), ("none", 1.0), ("gain", 3.0), ("loss", 3.0))

_GAP = 0.004  # of the genome, between chromosomes

_RATIO_LIMIT = 1.5  # log2 at which the colours of copy number end


def plot_genome(
    results: pd.DataFrame,
    *,
    arms: pd.DataFrame | None = None,
    borders: Mapping[str, int] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Fold changes along the genome, called regions coloured, a line at the mean of each arm.

    Parameters
    ----------
    results
        The contract's result columns.
    arms
        Columns of `schema.ARMS`: lines of arms that shift, or along which units vary, are
        purple and named. Without it there are no lines.
    borders
        Chromosome -> bp at which its arms meet; without, a line spans its chromosome.

    Returns
    -------
    Axes
        Fold changes beyond the frame stand on its edge as triangles.
    """
    require(results, ("chrom", "start", "end", "log2FoldChange", "direction"), what="this figure")
    shown = results[np.isfinite(results["log2FoldChange"])]
    with paper_style():
        ax = new_axes(ax, width=PAGE_MM, height=58)
        set_title(ax, title)
        if shown.empty:
            say_empty(ax, "no fold changes")
            return ax
        places = _places(shown)
        x = _x(shown, places)
        change = shown["log2FoldChange"].to_numpy(np.float64)
        limit = max(float(np.quantile(np.abs(change), 0.999)), 0.5)
        edges, calls = Edges(y=(-limit, limit)), calls_shown(shown)
        for name, size in _DRAWN:
            here = calls == name
            if name == NOT_TESTED and not here.any():
                continue
            colour = _GREYS.get(name, DIRECTION_COLOURS[name])
            label = f"{name} ({thousands(int(here.sum()))})"
            style = {"s": size, "color": colour, "linewidths": 0, "zorder": 2, "label": label}
            scatter_within(ax, x[here], change[here], edges, **style)
        beyond = beyond_in_words(int(edges.beyond(x, change).sum()))
        _chromosomes(ax, places)
        ax.axhline(0, color=INK, lw=LINE * 0.6, zorder=3)
        if arms is not None:
            _arm_lines(ax, arms, places, borders or {}, limit)
        ax.set(ylabel="log₂ fold change", ylim=(-1.08 * limit, 1.08 * limit))
        legend = ax.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(_DRAWN),
            borderaxespad=0.1,
            title=beyond,
            alignment="right",
        )
        for handle in filter(None, legend.legend_handles):
            handle.set(sizes=[12.0])
    return ax


def plot_copy_number(
    segments: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Copy number of every sample along the genome: gains orange, losses purple.

    Parameters
    ----------
    segments
        Columns of `schema.SEGMENTS`; a row of the figure a sample, in the order of the table.
    title
        What stands above.
    """
    require(segments, ("sample", "chrom", "start", "end", "log2_ratio"), what="this figure")
    with paper_style():
        import matplotlib as mpl

        samples = list(dict.fromkeys(segments["sample"]))
        ax = new_axes(ax, width=PAGE_MM, height=24 + 3.6 * len(samples))
        set_title(ax, title)
        if segments.empty:
            say_empty(ax, "no segments")
            return ax
        places = _places(segments)
        scale = mpl.colors.Normalize(-_RATIO_LIMIT, _RATIO_LIMIT)
        colours = mpl.colormaps["PuOr_r"]
        for row, sample in enumerate(samples):
            own = segments[segments["sample"] == sample]
            left = own["chrom"].map(places["left"]).to_numpy(np.float64)
            starts = left + own["start"].to_numpy()
            widths = (own["end"] - own["start"]).to_numpy(np.float64)
            ax.broken_barh(
                list(zip(starts, widths, strict=True)),
                (row - 0.4, 0.8),
                facecolors=colours(scale(own["log2_ratio"].to_numpy(np.float64))),
                linewidth=0,
            )
        _chromosomes(ax, places, bands=False)
        ax.set_yticks(range(len(samples)), shorten_all(samples), fontsize=SMALL_FONT)
        ax.set_ylim(len(samples) - 0.5, -0.5)
        ax.tick_params(length=0)
        bar = ax.figure.colorbar(
            mpl.cm.ScalarMappable(scale, colours), ax=ax, pad=0.01, fraction=0.02, extend="both"
        )
        bar.set_label("log₂ of DNA", fontsize=SMALL_FONT)
        bar.outline.set_linewidth(LINE * 0.6)
    return ax


def _places(table: pd.DataFrame) -> pd.DataFrame:
    """Left edge and length of each chromosome that the table reaches, by name, in genome order."""
    ends = table.groupby("chrom", sort=False)["end"].max()
    names = sorted(map(str, ends.index), key=natural_chrom_key)
    length = ends.loc[names].to_numpy(np.float64)
    left = np.concatenate([[0.0], np.cumsum(length + _GAP * length.sum())])[:-1]
    return pd.DataFrame({"left": left, "length": length}, index=pd.Index(names, name="chrom"))


def _x(table: pd.DataFrame, places: pd.DataFrame) -> FloatArray:
    middle = (table["start"] + table["end"]).to_numpy(np.float64) / 2
    return np.asarray(middle + table["chrom"].map(places["left"]).to_numpy(np.float64))


def _chromosomes(ax: Axes, places: pd.DataFrame, *, bands: bool = True) -> None:
    """Name the chromosomes, on bands or between lines; names that would overlap are left out."""
    total = float(places["left"].iloc[-1] + places["length"].iloc[-1])
    ticks, texts, last = [], [], -np.inf
    for i, (name, left, length) in enumerate(
        zip(places.index, places["left"], places["length"], strict=True)
    ):
        if bands and i % 2 == 0:
            ax.axvspan(left, left + length, color=_BAND, lw=0, zorder=0)
        elif not bands and i:
            ax.axvline(left - _GAP * total / 2, color=INK, lw=LINE * 0.4)
        middle = left + length / 2
        if middle - last > 0.018 * total:
            ticks.append(middle)
            texts.append(str(name).removeprefix("chr"))
            last = middle
    ax.set_xticks(ticks, texts, fontsize=SMALL_FONT)
    ax.set_xlim(-0.002 * total, 1.002 * total)
    ax.set_xlabel("chromosome")
    ax.tick_params(axis="x", length=0)


def _arm_lines(
    ax: Axes,
    arms: pd.DataFrame,
    places: pd.DataFrame,
    borders: Mapping[str, int],
    limit: float,
) -> None:
    from matplotlib.patheffects import withStroke

    columns = ("arm", "chrom", "log2FoldChange", "shifted", "varies")
    require(arms, columns, what="the lines of arms")
    for arm, chrom, change, shifted, varies in zip(*(arms[c] for c in columns), strict=True):
        if chrom not in places.index or not np.isfinite(change):
            continue
        left, length = places.loc[chrom, ["left", "length"]].to_numpy(np.float64)
        border = float(min(borders.get(str(chrom), 0), length))
        first, last = (0.0, border) if str(arm).endswith("p") and border else (border, length)
        seen = bool(shifted) or bool(varies)
        ax.plot(
            [left + first, left + last],
            [np.clip(change, -limit, limit)] * 2,
            color=PURPLE if seen else INK,
            lw=LINE * (2.4 if seen else 1.6),
            solid_capstyle="butt",
            zorder=4,
            gid=f"arm {arm}",
        )
        if seen:
            above = change >= 0
            text = ax.annotate(
                str(arm),
                (left + (first + last) / 2, np.clip(change, -limit, limit)),
                xytext=(0, 3 if above else -3),
                textcoords="offset points",
                ha="center",
                va="bottom" if above else "top",
                fontsize=SMALL_FONT,
                color=PURPLE,
                zorder=5,
            )
            text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])
