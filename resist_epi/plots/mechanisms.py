"""Mechanisms down, marks and assays across: what was expected, what was seen, how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.plots.frame import (
    LINE_MM,
    TITLE_MM,
    Frame,
    draw_colourbar,
    new_frame,
    text_width_mm,
    wrapped,
)
from resist_epi.plots.style import (
    GREY,
    INK,
    LINE,
    PAGE_MM,
    PALE,
    SMALL_FONT,
    gain_loss_map,
    panel,
    paper_style,
    require,
    say_empty,
    shorten_all,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROW_MM = 4.4

_LAYER_MM = 17.0

_GENES_MM = 48.0

_KEYS_MM = 138.0  # what the keys below need

_GAP_MM = 2.5  # between mechanisms and controls

_LARGEST_PT2 = 62.0

_STRONGEST = 5.0  # -log10 P of the largest dot

_SWITCH_SHARE = 0.2  # share of loci that has the colour of the largest effect

# What was stated in advance, at the left of each dot.
_EXPECTED = {"gain": "↑", "loss": "↓", "none": "–", "mixed": "↕"}

_FEW = "too few to say"

_KEY_P = (0.05, 1e-3, 1e-5)


def plot_mechanisms(
    table: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None, genes: int = 5
) -> Axes:
    """Draw a dot for every mechanism and measurement.

    The colour of a dot is the effect (of switches: the share of loci, .2 as dark as the largest
    effect of a mark), its area the strength of the evidence (P), a black ring says that the
    direction is called, a cross in it that it is against what was stated, a double arrow in it that
    members go both ways. A broken ring: too few loci to say. A pale cross: not tested, since there
    is no mark or too few genes; `untested` in the table says which. The sign on the left of each
    dot is what was stated before the data were seen: an arrow for gain or loss, a dash for no
    change, a double arrow for either. Controls stand below the line. Genes of a mechanism that
    shares its carriers with a stronger one stand after that one's name.

    Parameters
    ----------
    table
        As `mechanisms.mechanism_table` gives it.
    genes
        How many of the genes that carry it are named at the right.

    Returns
    -------
    Axes
        The container; the dots are in the panel `dots`.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "mechanism": ["Glycolysis"] * 2, "layer": ["H3K27me3", "H3K36me3"],
    ...     "kind": "mechanism", "expected": ["loss or none", "gain"], "effect": [0.0, 0.5],
    ...     "pvalue": [0.8, 1e-4], "direction": ["none", "gain"],
    ...     "verdict": ["no change seen", "as expected"], "genes": ["", "HK2,PFKP"],
    ... })
    >>> [t.get_text() for t in plot_mechanisms(table).child_axes[0].get_yticklabels()]
    ['Glycolysis']
    """
    needed = ("mechanism", "layer", "kind", "expected", "effect", "pvalue", "direction", "verdict")
    require(table, (*needed, "genes"), what="a figure of mechanisms")
    shown = table[table["kind"].isin(["mechanism", "control", "marker"])]
    own = shown["kind"] == "mechanism"
    rows = [*dict.fromkeys(shown.loc[own, "mechanism"])]
    measured = set(shown.loc[shown["effect"].notna(), "mechanism"])
    beside = [m for m in dict.fromkeys(shown.loc[~own, "mechanism"]) if m in measured]
    layers = [*dict.fromkeys(shown["layer"])]
    with paper_style():
        return _draw(shown, rows, beside, layers, ax, title, genes)


def _draw(
    table: pd.DataFrame,
    rows: Sequence[str],
    beside: Sequence[str],
    layers: Sequence[str],
    ax: Axes | None,
    title: str | None,
    genes: int,
) -> Axes:
    side = text_width_mm([*rows, *beside]) + 3.0
    head, foot = TITLE_MM * bool(title) + 5.5, 16.5
    gap = _GAP_MM if beside else 0.0
    dots_mm = max((len(rows) + len(beside)) * _ROW_MM + gap, 2 * _ROW_MM)
    width = max(side + len(layers) * _LAYER_MM + 4.0 + _GENES_MM * bool(genes), _KEYS_MM)
    frame = new_frame(ax, width=min(width, PAGE_MM), height=head + dots_mm + foot)
    dots_mm = frame.height - head - foot
    room = frame.width - side - 3.0
    across = min(len(layers) * _LAYER_MM, 0.65 * room if genes else room)
    dots = frame.panel("dots", side, foot, max(across, 10.0), dots_mm)
    frame.title(title)
    heights = _heights(rows, beside, gap / _ROW_MM)
    _prepare_panel(dots, rows, beside, layers, heights)
    if not heights:
        say_empty(dots, "no mechanism to show")
        return frame.ax
    limit = _colour_limit(table)
    points = _draw_dots(dots, table, layers, heights, limit)
    if genes:
        _name_genes(frame, table, heights, side + across + 3.0, foot, dots_mm, genes)
    _draw_keys(frame, points, side)
    return frame.ax


def _heights(rows: Sequence[str], beside: Sequence[str], gap: float) -> dict[str, float]:
    """Height of each row, the first on top."""
    names = [*rows, *beside]
    return {
        name: len(names) - 1 - i + (gap if i < len(rows) else 0.0) for i, name in enumerate(names)
    }


def _prepare_panel(
    dots: Axes,
    rows: Sequence[str],
    beside: Sequence[str],
    layers: Sequence[str],
    heights: dict[str, float],
) -> None:
    top = max(heights.values(), default=1.0) + 0.6
    dots.set(xlim=(-0.5, max(len(layers), 1) - 0.5), ylim=(-0.6, top))
    dots.set_yticks(list(heights.values()), list(heights))
    dots.set_xticks(range(len(layers)), shorten_all(layers, 16))
    dots.xaxis.tick_top()
    dots.tick_params(length=0)
    for label, name in zip(dots.get_yticklabels(), heights, strict=True):
        label.set_color("black" if name in rows else GREY)
    for height in heights.values():
        dots.axhline(height, color=PALE, lw=0.4, zorder=0)
    if rows and beside:
        dots.axhline((heights[rows[-1]] + heights[beside[0]]) / 2, color=INK, lw=LINE, zorder=0)
    for spine in dots.spines.values():
        spine.set_visible(False)


def _colour_limit(table: pd.DataFrame) -> float:
    """The effect of the darkest colour, log2."""
    size = table.loc[table["layer"] != "switches", "effect"].abs()
    return float(np.clip(size.quantile(0.95), 0.25, 2.0)) if size.notna().any() else 1.0


def _draw_dots(
    dots: Axes,
    table: pd.DataFrame,
    layers: Sequence[str],
    heights: dict[str, float],
    limit: float,
) -> Any:
    drawn = table[table["mechanism"].isin(list(heights))]
    column = {name: i for i, name in enumerate(layers)}
    x = drawn["layer"].map(column).to_numpy(np.float64)
    y = drawn["mechanism"].map(heights).to_numpy(np.float64)
    for x_at, y_at, text in zip(x, y, drawn["expected"], strict=True):
        sign = _EXPECTED.get(str(text).split(" ")[0], "")
        dots.text(
            float(x_at) - 0.27, float(y_at), sign, ha="center", va="center", fontsize=7, color=INK
        )
    effect = drawn["effect"].to_numpy(np.float64)
    effect = np.where(drawn["layer"] == "switches", effect * limit / _SWITCH_SHARE, effect)
    tested = drawn["pvalue"].notna().to_numpy()
    called = (drawn["direction"] != "none").to_numpy()
    against = called & (drawn["verdict"] == "opposite").to_numpy()
    dots.scatter(x[~tested], y[~tested], marker="x", s=7, color=PALE, linewidths=0.6)
    pvalue = drawn["pvalue"].to_numpy(np.float64)
    mixed = (drawn["direction"] == "mixed").to_numpy() & tested
    if "mixed_pvalue" in drawn:  # a mean that does not move says nothing of members that do
        pvalue = np.where(mixed, drawn["mixed_pvalue"].to_numpy(np.float64), pvalue)
    points = dots.scatter(
        x[tested],
        y[tested],
        s=_area(pvalue[tested]),
        c=effect[tested],
        cmap=gain_loss_map(),
        vmin=-limit,
        vmax=limit,
        edgecolors=np.where(called[tested], "black", GREY).tolist(),
        linewidths=np.where(called[tested], 1.1, 0.3).tolist(),
        linestyles=[":" if few else "-" for few in (drawn["verdict"] == _FEW)[tested]],
        zorder=3,
    )
    for at in np.flatnonzero(mixed):
        dots.text(float(x[at]), float(y[at]), "↕", ha="center", va="center", fontsize=6, zorder=4)
    dots.scatter(x[against], y[against], marker="x", s=14, color="black", lw=0.9, zorder=4)
    return points


def _area(pvalue: FloatArray) -> FloatArray:
    strength: FloatArray = -np.log10(np.clip(pvalue, 10.0**-_STRONGEST, 1.0))
    return 3.0 + (_LARGEST_PT2 - 3.0) * strength / _STRONGEST


def _name_genes(
    frame: Frame,
    table: pd.DataFrame,
    heights: dict[str, float],
    left: float,
    bottom: float,
    dots_mm: float,
    most: int,
) -> None:
    """Genes called in any layer, beside their mechanism."""
    low, high = -0.6, max(heights.values()) + 0.6
    room = frame.width - left - 2.0
    for name, height in heights.items():
        lists = table.loc[table["mechanism"] == name, "genes"].dropna().astype(str)
        called = [g for text in lists if text and not text.startswith("(") for g in text.split(",")]
        found = list(dict.fromkeys(called))
        text = _in_lines(_under_another_name(table, name), found, most, room)
        y = bottom + dots_mm * (height - low) / (high - low)
        frame.text(left, y, text, fontstyle="italic", color=INK, linespacing=0.9)
    y = bottom + dots_mm + 2.4
    frame.text(left, y, "genes called", color=GREY)


def _in_lines(other: str, genes: Sequence[str], most: int, room: float) -> str:
    """The genes, after the finding's name where it has another; fewer of them where room ends.

    A name is never cut: it breaks into two lines, which a row holds, and genes give way.
    """
    broken: Sequence[str] = ()
    for n in range(min(most, len(genes)), -1, -1):
        rest = ["…"] if n < len(genes) else []
        listed = ", ".join([*genes[:n], *rest])
        broken = wrapped(other + listed, room)
        if len(broken) > 1 and text_width_mm([other.strip(), listed]) <= room:
            broken = (other, listed)  # the genes on a line of their own read better
        if len(broken) <= 1 + bool(other):
            break
    return "\n".join(line.strip() for line in broken)


def _under_another_name(table: pd.DataFrame, name: str) -> str:
    """`as Glycolysis: ` where all that is called of a mechanism is a finding of that name."""
    if "finding" not in table:
        return ""
    found = set(table.loc[table["mechanism"] == name, "finding"].dropna()) - {""}
    return f"as {found.pop()}: " if len(found) == 1 and name not in found else ""


def _draw_keys(frame: Frame, points: Any, left: float) -> None:
    from matplotlib.lines import Line2D

    if len(points.get_offsets()):
        draw_colourbar(
            frame,
            points,
            right=frame.width - 2.0,
            top=12.0,
            text="effect, log₂",
            extend="both",
        )
        low, high = points.get_clim()
        panel(frame.ax, "colourbar").set_xticks(
            [low, 0, high], [f"−{-low:.2g}", "0", f"{high:.2g}"]
        )
    handles = [
        Line2D(
            [],
            [],
            ls="",
            marker="o",
            color="#F2F2F2",
            markeredgecolor=GREY,
            markeredgewidth=0.3,
            markersize=float(np.sqrt(_area(np.array([p], dtype=np.float64))[0])),
            label=f"P {'≤' if p == _KEY_P[-1] else '='} {p:g}",
        )
        for p in _KEY_P
    ]
    ring: dict[str, Any] = {"ls": "", "marker": "o", "color": "white", "markersize": 5}
    handles.append(Line2D([], [], markeredgecolor="black", label="called", **ring))
    handles.append(
        Line2D(
            [], [], ls="", marker="x", color="black", markersize=4, label="against what was stated"
        )
    )
    handles.append(Line2D([], [], ls="", marker="x", color=PALE, markersize=3, label="not tested"))
    legend = frame.ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(2.0 / frame.width, 13.5 / frame.height),
        ncols=len(handles),
        handletextpad=0.2,
        columnspacing=0.9,
    )
    legend.set_zorder(5)
    signs = "stated in advance:  ↑ gain   ↓ loss   – no change   ↕ either"
    frame.text(2.0, 13.5 - 2.2 * LINE_MM - 1.2, signs, fontsize=SMALL_FONT, color=INK)
    more = (
        "↕ in a ring: both ways   broken ring: too few loci   not tested: no mark, or too few genes"
    )
    frame.text(2.0, 13.5 - 3.3 * LINE_MM - 1.2, more, fontsize=SMALL_FONT, color=INK)
