"""One locus: the coverage of every tumour above the genes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError, unknown_name
from resist_epi.plots.frame import LINE_MM, TITLE_MM, Frame, fitting, new_frame, text_width_mm
from resist_epi.plots.locus_genes import LANE_MM, draw_genes, gene_lanes
from resist_epi.plots.locus_place import Place, locus_place
from resist_epi.plots.style import (
    COLUMN_MM,
    DIRECTION_COLOURS,
    GREY,
    Samples,
    level_colours,
    lookup,
    paper_style,
    rasterize,
    require,
    shorten_all,
    text_colour,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


GROUPED = ("each", "mean", "overlay")


class Locus(TypedDict, total=False):
    """What a locus plot shows: a gene with its flanks, or a region; and how.

    Attributes
    ----------
    grouped
        `each`: a track a sample; `mean`: a track a level of `Condition`, the mean of its samples,
        with a pale band from the lowest to the highest; `overlay`: the means as lines in one panel.
    peaks
        SampleID -> table `chrom start end`: drawn below the tracks, a thin row a sample.
    """

    gene: str | None
    region: str | Place | None
    flank: float
    grouped: str
    peaks: Mapping[str, pd.DataFrame] | None


_REGION_COLUMNS = {
    "chrom", "start", "end", "strand", "region_id", "gene_id", "symbol", "kind", "name", "score",
}  # fmt: skip

_SHADE = "#F0E442"

_SHADE_OF = {name: DIRECTION_COLOURS[name] for name in ("gain", "loss")}

_SHADE_ALPHA = 0.18

_AXIS_MM = 8.0

_MAX_STEPS = 1000  # more are drawn as a bitmap inside SVG and PDF, which stay small

_BOLD = 1.15  # how much wider bold letters are

_PEAK_MM, _MOST_PEAKS_MM = 0.9, 12.0

_ROOM_MM = 180.0  # for all tracks together; each has between 2.2 and 6.5 mm


def plot_locus(
    coverage: pd.DataFrame,
    *,
    ax: Axes | None = None,
    genes: pd.DataFrame | None = None,
    samples: Samples = None,
    highlight: pd.DataFrame | None = None,
    quantity: str | None = None,
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
        or as `locus_coverage` makes them. Stretches without a row are empty. Values are drawn as
        they are: normalise before.
    genes
        `chrom start end strand symbol` (0-based half-open), and `gene_id` where known.
    samples
        Sample sheet: order and colours by `Condition`.
    highlight
        Regions `chrom start end` to shade, as called ones: by `direction` where they have it; with
        `best_start` and `best_end` the window of the lowest P is shaded darker.
    quantity
        What the values are; by default what `coverage.attrs` says, else `signal`.
    locus
        `gene`, a symbol or id to show, which needs `genes`, with `flank` on either side, a share
        of its length (half of it by default, at least 2 kb); or `region`, as
        `chr4:1,870,000-1,985,000` or (chrom, start, end). By default all of the table, if it is of
        one chromosome.

    Returns
    -------
    Axes
        The container of a panel a sample (or a level, or `overlay`), labelled by its name, of
        `peaks` where there are any, and of `genes`.

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
    grouped, peaks = locus.pop("grouped", "each"), locus.pop("peaks", None)
    if grouped not in GROUPED:
        raise InputFormatError(unknown_name("way to group tracks", grouped, GROUPED))
    names = _sample_columns(coverage, samples)
    where = {k: v for k, v in locus.items() if k in ("gene", "region", "flank")}
    place = locus_place(genes, **where) or _whole(coverage)  # type: ignore[arg-type]
    bins = _inside(coverage, place)
    if bins.empty or not names:
        raise InputFormatError(
            f"no bin of any sample lies in {place[0]}:{thousands(place[1])}-{thousands(place[2])}",
            expected="rows chrom start end and a column a sample",
            remedy="count bins over this locus, or choose another",
        )
    conditions = lookup(samples, names, "Condition")
    names = [names[i] for i in np.argsort(conditions.to_numpy(dtype=object), kind="stable")]
    tracks = _tracks(bins, names, conditions, grouped)
    shown = _genes_inside(genes, place)
    lanes = gene_lanes(shown, place)
    found = _peaks_inside(peaks, names, place)
    drawn = [v for t in tracks for v in t.means.values()]
    top = _top(np.stack(drawn, axis=1))
    unit = coverage.attrs.get("quantity", "signal") if quantity is None else quantity
    cut = ", cut above" if any(bool((v > top).any()) for v in drawn) else ""
    scale = f"all tracks: 0 to {top:.3g} {unit}{cut}"
    with paper_style():
        wide = _is_wide(scale, conditions)
        texts = shorten_all([t.name for t in tracks], 20)
        left = max(text_width_mm([*texts, *(["peaks"] if found else [])]) + 3.0, 12.0)
        genes_mm = (max(lanes, default=-1) + 1) * LANE_MM + 1.0
        peaks_mm = min(len(found) * _PEAK_MM, _MOST_PEAKS_MM) + 1.0 if found else 0.0
        head_mm = TITLE_MM * bool(title) + 1.5 + LINE_MM * (2 if wide else 1)
        beside_mm = head_mm + genes_mm + peaks_mm + _AXIS_MM
        highest = 28.0 if grouped == "overlay" else 12.0 if grouped == "mean" else 6.5
        track_mm = float(np.clip(_ROOM_MM / len(tracks), 2.2, highest))
        width = COLUMN_MM if len(tracks) <= 24 else 1.3 * COLUMN_MM
        frame = new_frame(ax, width=width, height=len(tracks) * track_mm + beside_mm)
        frame.title(title)
        track_mm = (frame.height - beside_mm) / len(tracks)
        width = frame.width - left - 3.0
        colours = {**level_colours(conditions), "": GREY}
        y = frame.height - head_mm
        for track, text in zip(tracks, texts, strict=True):
            y -= track_mm
            panel = frame.panel(track.name, left, y, width, track_mm * 0.92)
            _draw_track(panel, bins, track, top, colours)
            panel.set_xlim(place[1], place[2])
            _shade(panel, highlight, place)
            frame.text(left - 1.5, y + track_mm * 0.46, text, ha="right")
        _say_scale(frame, scale, conditions, frame.height - head_mm, wide)
        if found:
            box = (left, _AXIS_MM + genes_mm, width, peaks_mm - 1.0)
            _draw_peaks(frame, found, place, box, {n: colours[str(conditions[n])] for n in found})
        draw_genes(frame, shown, lanes, place, (left, _AXIS_MM, width, genes_mm), locus.get("gene"))
    return frame.ax


@dataclass(frozen=True)
class _Track:
    """What one panel shows.

    Attributes
    ----------
    name
        Of a sample, a level, or `overlay`.
    means
        Level -> its values a bin.
    low, high
        Level -> lowest and highest sample a bin, where several are averaged.
    """

    name: str
    means: Mapping[str, FloatArray]
    low: Mapping[str, FloatArray]
    high: Mapping[str, FloatArray]


def _tracks(
    bins: pd.DataFrame, names: Sequence[str], conditions: pd.Series, grouped: str
) -> list[_Track]:
    """What the panels show: a sample each, a level each, or all levels in one."""
    values = {n: np.nan_to_num(bins[n].to_numpy(np.float64), nan=0.0) for n in names}
    if grouped == "each":
        return [_Track(n, {str(conditions[n]): values[n]}, {}, {}) for n in names]
    of: dict[str, list[FloatArray]] = {}
    for name in names:
        of.setdefault(str(conditions[name]), []).append(values[name])
    mean = {level: np.mean(own, axis=0) for level, own in of.items()}
    if grouped == "overlay":
        return [_Track("overlay", mean, {}, {})]
    low = {level: np.min(own, axis=0) for level, own in of.items()}
    high = {level: np.max(own, axis=0) for level, own in of.items()}
    return [
        _Track(_with_number(level, len(of[level])), {level: mean[level]}, {level: low[level]},
               {level: high[level]})
        for level in of
    ]  # fmt: skip


def _with_number(level: str, n: int) -> str:
    return f"{level or 'mean'} (n = {n})"


def _peaks_inside(
    peaks: Mapping[str, pd.DataFrame] | None, names: Sequence[str], place: Place
) -> dict[str, pd.DataFrame]:
    """Peaks of each sample in the locus, in the order of the tracks; none where no sample has."""
    known = {n: _inside(peaks[n], place) for n in names if peaks is not None and n in peaks}
    return known if any(len(table) for table in known.values()) else {}


def _draw_peaks(
    frame: Frame,
    found: Mapping[str, pd.DataFrame],
    place: Place,
    box: tuple[float, float, float, float],
    colours: Mapping[str, str],
) -> None:
    """A thin row a sample."""
    ax = frame.panel("peaks", *box)
    for row, (name, table) in enumerate(found.items()):
        spans = table[["start", "end"]].to_numpy(np.float64)
        widths = np.stack([spans[:, 0], spans[:, 1] - spans[:, 0]], axis=1)
        ax.broken_barh(widths.tolist(), (row + 0.1, 0.8), facecolors=colours[name], linewidth=0)
    ax.set(xlim=(place[1], place[2]), ylim=(len(found), 0), xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    frame.text(box[0] - 1.5, box[1] + box[3] / 2, "peaks", ha="right")


def _sample_columns(coverage: pd.DataFrame, samples: Samples) -> list[str]:
    """Columns of samples: those in the sheet, or all that do not describe regions."""
    names = [str(c) for c in coverage.columns if str(c) not in _REGION_COLUMNS]
    if samples is None:
        return names
    known = lookup(samples, names, "SampleID")
    return [n for n in names if known[n]]


def _whole(coverage: pd.DataFrame) -> Place:
    """All of the table, where it is of one chromosome."""
    if coverage["chrom"].nunique() != 1:
        raise InputFormatError(
            "which locus to show is not said",
            found=f"{coverage['chrom'].nunique()} chromosomes",
            remedy="name a gene or a region such as chr4:1870000-1985000",
        )
    return str(coverage["chrom"].iloc[0]), int(coverage["start"].min()), int(coverage["end"].max())


def _inside(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    chrom, start, end = place
    inside = (table["chrom"] == chrom) & (table["start"] < end) & (table["end"] > start)
    return table[inside].sort_values("start", kind="stable")


def _genes_inside(genes: pd.DataFrame | None, place: Place) -> pd.DataFrame:
    if genes is None:
        return pd.DataFrame({"chrom": [], "start": [], "end": [], "strand": [], "symbol": []})
    return _inside(genes, place).reset_index(drop=True)


def _top(values: FloatArray) -> float:
    """Upper end of all tracks: the highest value, unless one sample alone reaches so far."""
    peaks = np.nan_to_num(values, nan=0.0, posinf=0.0).max(axis=0)
    top = min(float(peaks.max()), 1.6 * float(np.median(peaks)))
    return top or float(peaks.max()) or 1.0


def _draw_track(
    ax: Axes, bins: pd.DataFrame, track: _Track, top: float, colours: Mapping[str, str]
) -> None:
    """Fill the steps of a track, or draw those of several levels as lines."""
    start, end = bins["start"].to_numpy(np.float64), bins["end"].to_numpy(np.float64)
    # Steps: up at each start, down at each end where the next bin does not follow at once.
    x = np.repeat(np.stack([start, end], axis=1), 2, axis=1).ravel()
    line = np.stack([start, end], axis=1).ravel()
    many = len(bins) * max(len(track.means), 1) > _MAX_STEPS / 4
    for level, values in track.means.items():
        drawn: list[Artist] = []
        if len(track.means) > 1:
            drawn += ax.plot(line, np.repeat(values, 2), color=colours[level], lw=0.9, label=level)
        else:
            drawn.append(ax.fill_between(x, _steps(values), color=colours[level], lw=0.0))
        if level in track.high:
            low, high = _steps(track.low[level]), _steps(track.high[level])
            band: dict[str, Any] = {"color": GREY, "alpha": 0.45, "lw": 0.0}
            drawn.append(ax.fill_between(x, low, high, label="range", **band))
        for artist in drawn if many else ():
            rasterize(artist)
    ax.set(ylim=(0, top * 1.02), xticks=[], yticks=[])
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set(linewidth=0.3, color=GREY)
    ax.patch.set_visible(False)


def _steps(values: FloatArray) -> FloatArray:
    nothing = np.zeros_like(values)
    return np.stack([nothing, values, values, nothing], axis=1).ravel()


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


def _say_scale(frame: Frame, text: str, conditions: pd.Series, y: float, wide: bool) -> None:
    """Write the one scale of all tracks, and the colours of the conditions beside or above it."""
    frame.text(1.0, y + 0.8, text, va="bottom")
    y += LINE_MM if wide else 0.0
    right = frame.width - 3.0
    colours = {level: c for level, c in level_colours(conditions).items() if level}
    for level, colour in reversed([*zip(_level_texts(conditions), colours.values(), strict=True)]):
        style = {"color": text_colour(colour), "ha": "right", "va": "bottom", "weight": "bold"}
        frame.text(right, y + 0.8, level, **style)
        right -= text_width_mm([level]) * _BOLD + 2.0


def _is_wide(scale: str, conditions: pd.Series) -> bool:
    """Whether the names of the conditions need a line of their own, above that of the scale."""
    levels = [text_width_mm([text]) * _BOLD + 2.0 for text in _level_texts(conditions)]
    return sum(levels) + text_width_mm([scale]) + 6.0 > COLUMN_MM


def _level_texts(conditions: pd.Series) -> list[str]:
    """How the levels are written, in their order; within the narrowest figure."""
    levels = [level for level in level_colours(conditions) if level]
    return [f"■ {name}" for name in fitting(levels, (COLUMN_MM - 4.0) / _BOLD, gap=4.4)]
