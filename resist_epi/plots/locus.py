"""One locus: the coverage of every tumour above the genes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, fitting, new_frame, text_width_mm
from resist_epi.plots.style import (
    COLUMN_MM,
    DIRECTION_COLOURS,
    GREY,
    LINE,
    SMALL_FONT,
    Samples,
    level_colours,
    lookup,
    paper_style,
    rasterize,
    require,
    shorten_all,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


Place = tuple[str, int, int]


class Locus(TypedDict, total=False):
    """What a locus plot shows: a gene with its flanks, or a region."""

    gene: str | None
    region: str | Place | None
    flank: float


_REGION_COLUMNS = {
    "chrom", "start", "end", "strand", "region_id", "gene_id", "symbol", "kind", "name", "score",
}  # fmt: skip

_SHADE = "#F0E442"

_SHADE_OF = {name: DIRECTION_COLOURS[name] for name in ("gain", "loss")}

_SHADE_ALPHA = 0.18

_LANE_MM = 5.0

_AXIS_MM = 8.0

_MAX_STEPS = 1000  # more are drawn as a bitmap inside SVG and PDF, which stay small

_BOLD = 1.15  # how much wider bold letters are

_ROOM_MM = 180.0  # for all tracks together; each has between 2.2 and 6.5 mm


def plot_locus(
    coverage: pd.DataFrame,
    *,
    ax: Axes | None = None,
    genes: pd.DataFrame | None = None,
    samples: Samples = None,
    highlight: pd.DataFrame | None = None,
    quantity: str = "signal",
    title: str | None = None,
    **locus: Unpack[Locus],
) -> Axes:
    """Tracks of all tumours over one gene, on one scale, with the genes below.

    Tracks stand by condition and are coloured by it. A gene is a body with arrow heads in the
    direction of transcription and a bent arrow at its start; exons are not known here.

    Parameters
    ----------
    coverage
        `chrom start end` and a column a sample: bins, as `count --regions bins` gives them.
        Stretches without a row are empty. Values are drawn as they are: normalise before.
    genes
        `chrom start end strand symbol` (0-based half-open), and `gene_id` where known.
    samples
        Sample sheet: order and colours by `Condition`.
    highlight
        Regions `chrom start end` to shade, as called ones: by `direction` where they have it; with
        `best_start` and `best_end` the window of the lowest P is shaded darker.
    quantity
        What the values are.
    locus
        `gene`, a symbol or id to show, which needs `genes`, with `flank` on either side, a share
        of its length (half of it by default, at least 2 kb); or `region`, as
        `chr4:1,870,000-1,985,000` or (chrom, start, end). By default all of the table, if it is of
        one chromosome.

    Returns
    -------
    Axes
        The container of a panel a sample, labelled by its name, and of `genes`.

    Raises
    ------
    InputFormatError
        If the gene is unknown, or no bin lies in the region.

    Examples
    --------
    >>> import pandas as pd
    >>> starts = range(0, 10_000, 500)
    >>> coverage = pd.DataFrame({"chrom": "chr4", "start": starts, "good1": 1.0, "poor1": 4.0})
    >>> coverage["end"] = coverage["start"] + 500
    >>> ax = plot_locus(coverage, region="chr4:2,000-8,000")
    >>> [panel.get_label() for panel in ax.child_axes]
    ['good1', 'poor1', 'genes']
    """
    require(coverage, ("chrom", "start", "end"), what="a locus plot")
    names = _sample_columns(coverage, samples)
    place = _place(coverage, genes, **locus)
    bins = _inside(coverage, place)
    if bins.empty or not names:
        raise InputFormatError(
            f"no bin of any sample lies in {place[0]}:{thousands(place[1])}-{thousands(place[2])}",
            expected="rows chrom start end and a column a sample",
            remedy="count bins over this locus, or choose another",
        )
    conditions = lookup(samples, names, "Condition")
    names = [names[i] for i in np.argsort(conditions.to_numpy(dtype=object), kind="stable")]
    shown = _genes_inside(genes, place)
    lanes = _lanes(shown, place)
    with paper_style():
        texts = shorten_all(names, 20)
        left = max(text_width_mm(texts) + 3.0, 12.0)
        genes_mm = (max(lanes, default=-1) + 1) * _LANE_MM + 1.0
        head_mm = TITLE_MM * bool(title) + 1.5 + LINE_MM * (2 if _is_wide(conditions) else 1)
        beside_mm = head_mm + genes_mm + _AXIS_MM
        track_mm = float(np.clip(_ROOM_MM / len(names), 2.2, 6.5))
        width = COLUMN_MM if len(names) <= 24 else 1.3 * COLUMN_MM
        frame = new_frame(ax, width=width, height=len(names) * track_mm + beside_mm)
        frame.title(title)
        track_mm = (frame.height - beside_mm) / len(names)
        width = frame.width - left - 3.0
        top = _top(bins[names].to_numpy(np.float64))
        colours = {**level_colours(conditions), "": GREY}
        y = frame.height - head_mm
        for name, text in zip(names, texts, strict=True):
            y -= track_mm
            panel = frame.panel(name, left, y, width, track_mm * 0.92)
            steps = _draw_track(panel, bins, name, top, colours[str(conditions[name])])
            if len(bins) * len(names) > _MAX_STEPS:
                rasterize(steps)
            panel.set_xlim(place[1], place[2])
            _shade(panel, highlight, place)
            frame.text(left - 1.5, y + track_mm * 0.46, text, ha="right")
        cut = bool((bins[names] > top).any(axis=None))
        scale = f"all tracks: 0 to {top:.3g} {quantity}{', cut above' if cut else ''}"
        _say_scale(frame, scale, conditions, frame.height - head_mm)
        _draw_genes(
            frame, shown, lanes, place, (left, _AXIS_MM, width, genes_mm), locus.get("gene")
        )
    return frame.ax


def _sample_columns(coverage: pd.DataFrame, samples: Samples) -> list[str]:
    """Columns of samples: those in the sheet, or all that do not describe regions."""
    names = [str(c) for c in coverage.columns if str(c) not in _REGION_COLUMNS]
    if samples is None:
        return names
    known = lookup(samples, names, "SampleID")
    return [n for n in names if known[n]]


def _place(
    coverage: pd.DataFrame,
    genes: pd.DataFrame | None,
    *,
    gene: str | None = None,
    region: str | Place | None = None,
    flank: float = 0.5,
) -> Place:
    if region is not None:
        return _parsed(region) if isinstance(region, str) else region
    if gene is not None:
        row = _gene_row(genes, gene)
        side = max(2000, int(flank * (row["end"] - row["start"])))
        return str(row["chrom"]), max(0, int(row["start"]) - side), int(row["end"]) + side
    if coverage["chrom"].nunique() != 1:
        raise InputFormatError(
            "which locus to show is not said",
            found=f"{coverage['chrom'].nunique()} chromosomes",
            remedy="name a gene or a region such as chr4:1870000-1985000",
        )
    return str(coverage["chrom"].iloc[0]), int(coverage["start"].min()), int(coverage["end"].max())


def _parsed(region: str) -> Place:
    match = re.fullmatch(r"(\S+):([\d,_]+)(?:-|\.\.)([\d,_]+)", region.strip())
    ends = [int(re.sub(r"[,_]", "", e)) for e in match.groups()[1:]] if match else [0, 0]
    if match is None or ends[0] >= ends[1]:
        raise InputFormatError(
            "not a region", expected="chrom:start-end, start below end", found=repr(region)
        )
    return match.group(1), ends[0], ends[1]


def _gene_row(genes: pd.DataFrame | None, gene: str) -> pd.Series:
    if genes is None:
        raise InputFormatError(
            f"where gene {gene!r} lies is not known", remedy="give a table of genes, or a region"
        )
    require(genes, ("chrom", "start", "end", "strand", "symbol"), what="a table of genes")
    found = genes[genes["symbol"] == gene]
    if found.empty and "gene_id" in genes:
        found = genes[genes["gene_id"] == gene]
    if found.empty:
        raise InputFormatError(
            f"no gene {gene!r}",
            found="genes such as " + ", ".join(map(str, genes["symbol"].head(3))),
            remedy=did_you_mean([gene], genes["symbol"])
            or "use the current symbol; upper and lower case count",
        )
    return found.iloc[0]


def _inside(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    chrom, start, end = place
    inside = (table["chrom"] == chrom) & (table["start"] < end) & (table["end"] > start)
    return table[inside].sort_values("start", kind="stable")


def _genes_inside(genes: pd.DataFrame | None, place: Place) -> pd.DataFrame:
    if genes is None:
        return pd.DataFrame({"chrom": [], "start": [], "end": [], "strand": [], "symbol": []})
    return _inside(genes, place).reset_index(drop=True)


def _lanes(genes: pd.DataFrame, place: Place) -> list[int]:
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


def _top(values: FloatArray) -> float:
    """Upper end of all tracks: the highest value, unless one sample alone reaches so far."""
    peaks = np.nan_to_num(values, nan=0.0, posinf=0.0).max(axis=0)
    top = min(float(peaks.max()), 1.6 * float(np.median(peaks)))
    return top or float(peaks.max()) or 1.0


def _draw_track(ax: Axes, bins: pd.DataFrame, name: str, top: float, colour: str) -> Artist:
    """Fill the steps of a track; return them."""
    start, end = bins["start"].to_numpy(np.float64), bins["end"].to_numpy(np.float64)
    value = np.nan_to_num(bins[name].to_numpy(np.float64), nan=0.0)
    # Steps: up at each start, down at each end where the next bin does not follow at once.
    x = np.repeat(np.stack([start, end], axis=1), 2, axis=1).ravel()
    y = np.stack([np.zeros_like(value), value, value, np.zeros_like(value)], axis=1).ravel()
    steps = ax.fill_between(x, y, color=colour, lw=0.0)
    ax.set(ylim=(0, top * 1.02), xticks=[], yticks=[])
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set(linewidth=0.3, color=GREY)
    ax.patch.set_visible(False)
    return steps


def _shade(ax: Axes, regions: pd.DataFrame | None, place: Place) -> None:
    if regions is None:
        return
    shown = _inside(regions, place)
    colours = [_SHADE] * len(shown)
    if "direction" in shown:
        colours = [_SHADE_OF.get(str(d), _SHADE) for d in shown["direction"]]
    for colour, (start, end) in zip(colours, shown[["start", "end"]].to_numpy(), strict=True):
        ax.axvspan(start, end, color=colour, alpha=_SHADE_ALPHA, lw=0, zorder=0)
    if "best_start" in shown:
        best = shown[["best_start", "best_end"]].to_numpy(np.float64, na_value=np.nan)
        for colour, (start, end) in zip(colours, best, strict=True):
            if start < end:
                ax.axvspan(start, end, color=colour, alpha=_SHADE_ALPHA, lw=0, zorder=0)


def _say_scale(frame: Frame, text: str, conditions: pd.Series, y: float) -> None:
    """Write the one scale of all tracks, and the colours of the conditions beside or above it."""
    frame.text(1.0, y + 0.8, text, va="bottom")
    y += LINE_MM if _is_wide(conditions) else 0.0
    right = frame.width - 3.0
    colours = {level: c for level, c in level_colours(conditions).items() if level}
    for level, colour in reversed([*zip(_level_texts(conditions), colours.values(), strict=True)]):
        frame.text(right, y + 0.8, level, color=colour, ha="right", va="bottom", weight="bold")
        right -= text_width_mm([level]) * _BOLD + 2.0


def _is_wide(conditions: pd.Series) -> bool:
    """Whether the names of the conditions need a line of their own."""
    return sum(text_width_mm([text]) + 3.0 for text in _level_texts(conditions)) > 30.0


def _level_texts(conditions: pd.Series) -> list[str]:
    """How the levels are written, in their order; within the narrowest figure."""
    levels = [level for level in level_colours(conditions) if level]
    return [f"■ {name}" for name in fitting(levels, (COLUMN_MM - 4.0) / _BOLD, gap=4.4)]


def _draw_genes(
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
    ax.set(xlim=(place[1], place[2]), ylim=(max(n_lanes, 1) * _LANE_MM + 0.5, -0.5), yticks=[])
    ax.spines["left"].set_visible(False)
    per_mm = (place[2] - place[1]) / box[2]
    for row, lane in zip(genes.itertuples(), lanes, strict=True):
        _draw_gene(ax, row, lane * _LANE_MM, place, per_mm, str(row.symbol) == chosen)
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
    half = text_width_mm([symbol]) * (_BOLD if chosen else 1.0) / 2 * per_mm
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
