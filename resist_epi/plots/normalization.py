"""How far results hang on the normalisation: factors, calls that agree, and the zero lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resist_epi.plots.edges import Edges, beyond_in_words, scatter_within
from resist_epi.plots.frame import (
    LINE_MM,
    TITLE_MM,
    Frame,
    Strip,
    new_frame,
    sheet_annotations,
    text_width_mm,
)
from resist_epi.plots.style import (
    BROWN,
    GREEN,
    GREY,
    INK,
    LINE,
    PAGE_MM,
    PALE,
    PURPLE,
    SKY,
    SMALL_FONT,
    Samples,
    paper_style,
    rasterize,
    require,
    say_empty,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_ROW_MM, _BARS_MM, _GAP_MM, _AXIS_MM = 6.0, 26.0, 7.0, 8.0

_PATTERNS = 9  # combinations of normalisations that are drawn, the largest

_LINES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)))


def plot_normalization(
    factors: pd.DataFrame,
    *,
    calls: pd.DataFrame | None = None,
    results: pd.DataFrame | None = None,
    samples: Samples = None,
    names: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Factors of each normalisation side by side, which calls they share, and where zero would be.

    Parameters
    ----------
    factors
        `normalization/MARK.tsv` of a run: `sample normalization library_size
        effective_library_size n_gain n_loss median_shift`, the normalisation of the results first.
    calls
        `normalization/MARK.calls.tsv`: a column of 0 and 1 a normalisation, and `n_regions`; the
        panel `calls`.
    results
        Results under the first normalisation; the panel `ma` with the zero line of each.
    samples
        Sheet; its `Condition` colours the factors.
    names
        Normalisation -> how it is called, as `agreement.titles_compared` has it.
    ax
        A container to fill; by default a new figure as wide as a page.

    Returns
    -------
    Axes
        The container; panels `factors`, `calls`, `bars` and `ma`, found by `style.panel`. What does
        not fit its frame stands on the edge.

    Examples
    --------
    >>> import pandas as pd
    >>> factors = pd.DataFrame(
    ...     {
    ...         "sample": ["a", "b"] * 2,
    ...         "normalization": ["background"] * 2 + ["library_size"] * 2,
    ...         "library_size": 1e6,
    ...         "effective_library_size": [9e5, 1.1e6, 1e6, 1e6],
    ...         "n_gain": [3, 3, 2, 2],
    ...         "n_loss": [1, 1, 4, 4],
    ...         "median_shift": [0, 0, -0.2, -0.2],
    ...     }
    ... )
    >>> [p.get_label() for p in plot_normalization(factors).child_axes]
    ['factors']
    """
    needed = ("sample", "normalization", "library_size", "effective_library_size")
    require(factors, (*needed, "n_gain", "n_loss", "median_shift"), what="normalisations")
    methods = list(dict.fromkeys(factors["normalization"].astype(str)))
    if calls is not None and calls.empty:
        calls = None  # nothing is called: no panel to say so
    with paper_style():
        # Above the rows stand the bars of the calls; without them the rows take the height.
        above = _BARS_MM if calls is not None or results is not None else 4 * LINE_MM
        height = above + _ROW_MM * max(len(methods), 3) + _AXIS_MM + 2 * TITLE_MM
        frame = new_frame(ax, width=PAGE_MM, height=height)
        if not methods:
            say_empty(frame.ax, "no normalisation")
            return frame.ax
        frame.title(title)
        words = [(names or {}).get(m, m.replace("_", " ")) for m in methods]
        left = text_width_mm(words) + 4.0
        columns = _columns(frame.width - left, calls is not None, results is not None)
        bottom, rows = _AXIS_MM, _ROW_MM * len(methods)
        if calls is None:
            rows = min(2 * rows, frame.height - bottom - 3 * LINE_MM - TITLE_MM)
        _row_names(frame, words, (bottom, rows), left)
        _draw_factors(frame, factors, methods, samples, (left, bottom, columns[0], rows))
        left += columns[0] + _GAP_MM
        if calls is not None:
            _draw_calls(frame, factors, calls, methods, (left, bottom, columns[1], rows))
            left += columns[1] + _GAP_MM
        if results is not None:
            above = LINE_MM * (len(methods) + 1.5)
            panel = (left + 5.0, bottom, columns[2] - 6.0, frame.height - bottom - above - 1.0)
            _draw_zero_lines(frame, factors, results, dict(zip(methods, words, strict=True)), panel)
    return frame.ax


def _columns(width: float, calls: bool, results: bool) -> tuple[float, float, float]:
    """Widths in mm of the factors, the calls and the MA plot."""
    shares = np.array([0.28, 0.32 if calls else 0.0, 0.40 if results else 0.0])
    free = width - _GAP_MM * (1 + calls + results - 1) - 3.0
    mm = shares / shares.sum() * free if calls or results else np.array([min(free, 80.0), 0, 0])
    return float(mm[0]), float(mm[1]), float(mm[2])


def _row_names(frame: Frame, words: list[str], place: tuple[float, float], left: float) -> None:
    bottom, height = place
    for row, name in enumerate(words):
        y = bottom + height * (len(words) - row - 0.5) / len(words)
        weight = "bold" if row == 0 else "normal"
        frame.text(left - 2.0, y, name, ha="right", fontweight=weight)


def _draw_factors(
    frame: Frame,
    factors: pd.DataFrame,
    methods: list[str],
    samples: Samples,
    place: tuple[float, float, float, float],
) -> None:
    """One dot a unit and normalisation, groups apart, a line at each group's mean."""
    ax = frame.panel("factors", *place)
    names = list(dict.fromkeys(factors["sample"].astype(str)))
    known = sheet_annotations(samples, names, ["Condition"])
    groups = known[0].values if known else pd.Series("", index=names)
    colours = known[0].colours if known else {"": INK}
    levels = list(dict.fromkeys(groups))
    for row, method in enumerate(methods):
        own = factors[factors["normalization"] == method].set_index("sample")
        ratio = np.log2(own["effective_library_size"] / own["library_size"])
        ratio = ratio - ratio.mean()
        for k, level in enumerate(levels):
            chosen = ratio[[n for n in names if groups[n] == level]]
            y = len(methods) - row - 1 + (0.5 - (k + 0.5) / len(levels)) * 0.62
            ax.plot(
                chosen,
                np.full(len(chosen), y),
                "o",
                ms=2.6,
                color=colours[level],
                alpha=0.75,
                mew=0,
            )
            if len(chosen) > 1:
                ax.plot([chosen.mean()] * 2, [y - 0.15, y + 0.15], color=INK, lw=1.1, zorder=3)
    ax.axvline(0, color=PALE, lw=LINE, zorder=0)
    for edge in range(1, len(methods)):
        ax.axhline(edge - 0.5, color=PALE, lw=LINE * 0.6, zorder=0)
    ax.set(ylim=(-0.5, len(methods) - 0.5), yticks=[], xlabel="log₂ factor of a library")
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.08)
    ax.locator_params(axis="x", nbins=4)
    _, bottom, _, height = place
    _legend(frame, known, place[0], bottom + height + 2.0 + LINE_MM * len(levels))


def _legend(frame: Frame, known: list[Strip], left: float, top: float) -> None:
    if not known:
        return
    for k, level in enumerate(dict.fromkeys(known[0].values)):
        y = top - k * LINE_MM
        frame.text(left + 1.0, y, "●", color=known[0].colours[level], fontsize=SMALL_FONT)
        frame.text(left + 4.0, y, f"{level or 'unknown'} (line: mean)" if k == 0 else level)


def _draw_calls(
    frame: Frame,
    factors: pd.DataFrame,
    calls: pd.DataFrame,
    methods: list[str],
    place: tuple[float, float, float, float],
) -> None:
    """Which normalisations call how many regions together: bars over a matrix of dots."""
    require(calls, (*methods, "n_regions"), what="calls under several normalisations")
    left, bottom, width, height = place
    shown = calls.sort_values("n_regions", ascending=False, kind="stable").head(_PATTERNS)
    first = factors.drop_duplicates("normalization").set_index("normalization")
    totals = (first["n_gain"] + first["n_loss"]).reindex(methods)
    texts = [thousands(int(t)) if np.isfinite(t) else "" for t in totals]
    number = text_width_mm([*texts, "calls"]) + 2.0
    ax = frame.panel("calls", left + number, bottom, width - number, height)
    for row, text in enumerate(texts):
        y = bottom + _ROW_MM * (len(methods) - row - 0.5)
        frame.text(left + number - 2.0, y, text, ha="right")
    frame.text(left + number - 2.0, bottom - 3.5, "calls", ha="right", fontsize=SMALL_FONT + 1)
    ax.set(xlim=(-0.6, max(len(shown), 1) - 0.4), ylim=(-0.5, len(methods) - 0.5))
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    bars = frame.panel("bars", left + number, bottom + height, width - number, _BARS_MM)
    bars.set(xlim=ax.get_xlim(), xticks=[], ylabel="regions")
    if not len(shown):
        say_empty(bars, "no calls")
        return
    labels = [thousands(int(n)) for n in shown["n_regions"]]
    wide = text_width_mm(labels, SMALL_FONT - 0.5)
    upright = wide + 0.5 > (width - number) / (len(shown) + 0.2)  # they would run into each other
    for column, (_, pattern) in enumerate(shown.iterrows()):
        rows = [len(methods) - 1 - r for r, m in enumerate(methods) if pattern[m]]
        every = np.arange(len(methods))
        ax.plot(np.full(len(methods), column), every, "o", ms=4, color=PALE, mew=0)
        ax.plot([column] * len(rows), rows, "o-", ms=4, color=INK, lw=1.2, mew=0)
        bars.bar(column, pattern["n_regions"], width=0.6, color=GREY)
        bars.bar(column, pattern.get("n_high_confidence", 0), width=0.6, color=INK)
        bars.annotate(
            labels[column],
            (column, pattern["n_regions"]),
            xytext=(0, 1.5),
            textcoords="offset points",
            ha="center",
            rotation=90 if upright else 0,
            fontsize=SMALL_FONT - 0.5,
        )
    above = wide + 1.5 if upright else 0.0
    room = max(1.12, _BARS_MM / max(_BARS_MM - above, 1.0))
    bars.set_ylim(0, room * float(shown["n_regions"].max()))
    bars.locator_params(axis="y", nbins=4, integer=True)
    if shown.get("n_high_confidence", pd.Series([0])).any():
        frame.text(left + width, frame.height - TITLE_MM, "dark: high_confidence", ha="right")
    frame.text(
        left + number + (width - number) / 2,
        bottom - 3.5,
        "shared, with one sign",
        ha="center",
        fontsize=SMALL_FONT + 1,
    )


def _draw_zero_lines(
    frame: Frame,
    factors: pd.DataFrame,
    results: pd.DataFrame,
    methods: Mapping[str, str],
    place: tuple[float, float, float, float],
) -> None:
    """Fold change against signal under the first normalisation; no change under each, as a line."""
    require(results, ("baseMean", "log2FoldChange"), what="an MA plot")
    ax = frame.panel("ma", *place)
    shown = results[(results["baseMean"] > 0) & np.isfinite(results["log2FoldChange"])]
    _log_axis(ax)
    ax.set(xlabel="mean normalised signal", ylabel="log₂ fold change")
    if not len(shown):
        say_empty(ax, "no region with signal")
        return
    x = shown["baseMean"].to_numpy(np.float64)
    y = shown["log2FoldChange"].to_numpy(np.float64)
    shifts = factors.drop_duplicates("normalization").set_index("normalization")["median_shift"]
    limit = max(float(np.quantile(np.abs(y), 0.998)), 1.3 * float(shifts.abs().max()), 0.5)
    edges = Edges(y=(-limit, limit))
    inside = ~edges.beyond(x, y)
    style: dict[str, Any] = {"color": GREY, "alpha": 0.5}
    rasterize(ax.plot(x[inside], y[inside], ".", ms=1.8, mew=0, **style)[0])
    scatter_within(ax, x[~inside], y[~inside], edges, linewidths=0, **style)
    if words := beyond_in_words(int((~inside).sum())):
        frame.text(place[0] + place[2], place[1] + place[3] + LINE_MM / 2, words, ha="right")
    colours = (INK, PURPLE, BROWN, SKY, GREEN)
    for k, method in enumerate(methods):
        if not np.isfinite(shifts[method]):
            continue
        colour, dashes = colours[k % len(colours)], _LINES[k % len(_LINES)]
        # What is less by the shift there is zero where this one says minus the shift.
        ax.axhline(-shifts[method], color=colour, lw=1.2, ls=dashes, label=methods[method])
    ax.set_ylim(-1.05 * limit, 1.05 * limit)
    if not np.isfinite(shifts[list(methods)]).any():
        return
    ax.legend(
        title="no change under",
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        fontsize=SMALL_FONT,
        title_fontsize=SMALL_FONT,
        borderaxespad=0.2,
        borderpad=0.0,
        alignment="left",
        handlelength=2.6,
        frameon=False,
    )


def _log_axis(ax: Axes) -> None:
    """Make x logarithmic, with few labels even where it spans little more than a decade."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=6))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
