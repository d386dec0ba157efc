"""Figures of a table of results: MA, volcano, and the histogram of P values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.plots.edges import Edges, beyond_in_words, scatter_within
from resist_epi.plots.labels import label_genes
from resist_epi.plots.style import (
    BROWN,
    DIRECTION_COLOURS,
    DIRECTIONS,
    GREY,
    INK,
    LINE,
    NOT_TESTED,
    calls_shown,
    new_axes,
    paper_style,
    require,
    say_empty,
    set_title,
    thousands,
)
from resist_epi.stats.best_supported import order_of_support

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_CHANGE = "log₂ fold change"

_FEWEST_FOR_TREND = 200

_TREND_WIDTH = 0.9


def plot_ma(
    results: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: int | Sequence[str] = 8,
    title: str | None = None,
) -> Axes:
    """Fold change against mean signal, gains and losses coloured.

    Of many regions a line shows the middle of the fold changes at every level (lowess, robust):
    where it leaves zero, the normalisation may not fit that level.

    Parameters
    ----------
    results
        The contract's result columns. Regions without a mean above 0 or without a fold change are
        not drawn, and the others alone are counted.
    label
        Name so many called regions by their symbol, the best supported (`order_of_support`), or
        the genes given.

    Returns
    -------
    Axes
        Fold changes beyond the frame stand on its edge as triangles.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame(
    ...     {
    ...         "symbol": ["NSD2", "HK2", "TIGAR"],
    ...         "baseMean": [40.0, 22.0, 5.0],
    ...         "log2FoldChange": [1.4, -0.9, 0.1],
    ...         "pvalue": [1e-6, 1e-4, 0.7],
    ...         "direction": ["gain", "loss", "none"],
    ...     }
    ... )
    >>> [text.get_text() for text in plot_ma(results).texts]
    ['NSD2', 'HK2']
    """
    require(results, ("baseMean", "log2FoldChange", "direction"), what="an MA plot")
    shown = results[(results["baseMean"] > 0) & np.isfinite(results["log2FoldChange"])]
    x = shown["baseMean"].to_numpy(np.float64)
    y = shown["log2FoldChange"].to_numpy(np.float64)
    with paper_style():
        ax = new_axes(ax, height=68)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("")
        limit = _robust_limit(y)
        rows = _scatter(ax, shown, x, y, Edges(y=(-limit, limit)))
        if len(shown):
            ax.axhline(0, color=INK, lw=LINE, zorder=1)
        _trend(ax, shown)
        ax.set(xlabel="mean normalised signal", ylabel=_CHANGE, ylim=(-1.05 * limit, 1.05 * limit))
        set_title(ax, title, pad=4.0 + 10.0 * rows)
        _label(ax, shown, np.stack([x, np.clip(y, -limit, limit)], axis=1), label)
    return ax


def plot_volcano(
    results: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: int | Sequence[str] = 12,
    title: str | None = None,
) -> Axes:
    """Strength of the evidence against fold change, gains and losses coloured and named.

    Parameters
    ----------
    results
        The contract's result columns; regions without a P are not drawn.
    label
        Name so many called regions by their symbol, the best supported (`order_of_support`), or
        the genes given.

    Returns
    -------
    Axes
        A dotted line stands between the largest P that is called and the next. Points beyond the
        frame (and P = 0) stand on its edge as triangles.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame(
    ...     {
    ...         "symbol": ["NSD2", "HK2", "TIGAR"],
    ...         "baseMean": [40.0, 22.0, 5.0],
    ...         "log2FoldChange": [1.4, -0.9, 0.1],
    ...         "pvalue": [1e-6, 1e-4, 0.7],
    ...         "direction": ["gain", "loss", "none"],
    ...     }
    ... )
    >>> [text.get_text() for text in plot_volcano(results, label=["TIGAR"]).texts]
    ['TIGAR']
    """
    require(results, ("log2FoldChange", "pvalue", "direction"), what="a volcano plot")
    shown = results[np.isfinite(results["log2FoldChange"]) & np.isfinite(results["pvalue"])]
    change = shown["log2FoldChange"].to_numpy(np.float64)
    strength = _minus_log10(shown["pvalue"].to_numpy(np.float64))
    with paper_style():
        ax = new_axes(ax, height=76)
        limit = _robust_limit(change)
        finite = strength[np.isfinite(strength)]
        top = max(1.0, float(finite.max()) if len(finite) else 1.0) * 1.06
        rows = _scatter(
            ax,
            shown,
            change,
            strength,
            Edges(x=(-limit, limit), y=(0.0, top)),
            empty="no region has a P value" if len(results) else "no region to show",
        )
        _threshold(ax, shown)
        if len(shown):
            ax.axvline(0, color=INK, lw=LINE, zorder=1)
        ax.set(
            xlabel=_CHANGE,
            ylabel="−log₁₀ P",
            xlim=(-1.05 * limit, 1.05 * limit),
            ylim=(-0.02 * top, 1.03 * top),
        )
        set_title(ax, title, pad=4.0 + 10.0 * rows)
        xy = np.stack([np.clip(change, -limit, limit), np.minimum(strength, top)], axis=1)
        _label(ax, shown, xy, label)
    return ax


def plot_pvalues(
    results: pd.DataFrame,
    *,
    ax: Axes | None = None,
    bins: int = 40,
    combined: bool = False,
    title: str | None = None,
) -> Axes:
    """Histogram of the P values, with what to expect where nothing changes.

    The dashed line is the uniform expectation if every region tested were unchanged. The dotted
    one is the share of unchanged regions as the P above 0.5 tell it (Storey 2002, J. R. Stat. Soc.
    B 64: 479, lambda = 0.5). A hill in the middle or at 1 says that the model does not fit.

    Parameters
    ----------
    results
        Table with `pvalue`; NaN are counted in the legend and not drawn.
    bins
        Number of bins of equal width over 0 to 1.
    combined
        Whether each P is Simes' over several windows, as those of domains: under no change these
        need not be uniform (they lean to 1), so the share of unchanged regions is not drawn.

    Raises
    ------
    InputFormatError
        If there is no column `pvalue`.

    Examples
    --------
    >>> import pandas as pd
    >>> ax = plot_pvalues(pd.DataFrame({"pvalue": [0.01, 0.02, 0.5, None]}))
    >>> ax.get_legend().get_title().get_text()
    '3 tested, 1 without P'
    """
    require(results, ("pvalue",), what="a histogram of P values")
    values = results["pvalue"].to_numpy(np.float64)
    tested = values[np.isfinite(values)]
    with paper_style():
        ax = new_axes(ax, height=58)
        ax.set(xlabel="P", ylabel="regions", xlim=(0, 1))
        set_title(ax, title, pad=24.0)
        if len(tested):
            counts, edges = np.histogram(tested, bins=bins, range=(0.0, 1.0))
            ax.stairs(counts, edges, fill=True, color="#BDBDBD", lw=0)
            ax.stairs(counts, edges, color=INK, lw=0.4)
            expected = len(tested) / bins
            unchanged = min(1.0, 2.0 * float((tested > 0.5).mean()))
            ax.axhline(expected, color="black", lw=0.9, ls=(0, (4, 2)), label="uniform expectation")
            share = ax.axhline(
                expected * unchanged,
                color=BROWN,
                lw=1.1,
                ls=":",
                label=f"unchanged regions, {unchanged:.0%}",
            )
            if combined:
                share.remove()
            ax.set_ylim(0, max(float(counts.max()), expected) * 1.05)
            title_text = f"{thousands(len(tested))} tested" + ", Simes' P" * combined
            if left_out := len(values) - len(tested):
                title_text += f", {thousands(left_out)} without P"
            ax.legend(
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
                ncols=2,
                title=title_text,
                alignment="left",
                handlelength=2.2,
            )
        else:
            ax.set(ylim=(0, 1), yticks=[])
            say_empty(ax, "no region has a P value")
    return ax


def _minus_log10(pvalue: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log10(pvalue) + 0.0, dtype=np.float64)


def _robust_limit(values: FloatArray) -> float:
    """Half-width of a symmetric axis that all but the wildest in a thousand points fit into."""
    size = np.abs(values[np.isfinite(values)])
    if not len(size) or size.max() == 0:
        return 1.0
    usual = float(np.quantile(size, 0.999)) * 1.3
    return float(min(size.max(), max(usual, 0.1))) if usual > 0 else float(size.max())


def _scatter(
    ax: Axes,
    shown: pd.DataFrame,
    x: FloatArray,
    y: FloatArray,
    edges: Edges,
    *,
    empty: str = "no region to show",
) -> int:
    """Draw the points by direction, the grey ones first; return the rows of the legend above."""
    direction = calls_shown(shown)
    few = len(shown) <= 500
    for name in (NOT_TESTED, *reversed(DIRECTIONS)):
        chosen = direction == name
        called = name in ("gain", "loss")
        if name == NOT_TESTED and not chosen.any():
            continue
        style: dict[str, Any] = {
            "s": 9.0 if few else 5.0 if called else 2.5,
            "color": DIRECTION_COLOURS[name],
            "alpha": _alpha(name, few),
            "linewidths": 0,
            "zorder": 3 if called else 2,
            "label": f"{name} ({thousands(int(chosen.sum()))})",
        }
        scatter_within(ax, x[chosen], y[chosen], edges, **style)
    if not len(shown):
        say_empty(ax, empty)
    return _legend(ax, beyond_in_words(int(edges.beyond(x, y).sum())))


def _alpha(call: str, few: bool) -> float:
    """Many grey points lie on one another."""
    if call in ("gain", "loss"):
        return 0.9
    return 0.8 if few else 0.6 if call == NOT_TESTED else 0.35


_LEGEND_ORDER = (*DIRECTIONS, NOT_TESTED)


def _legend(ax: Axes, title: str | None) -> int:
    """Gain, loss, none with their numbers, above the frame where no point can be; its rows."""
    handles, texts = ax.get_legend_handles_labels()
    order = sorted(range(len(texts)), key=lambda i: _LEGEND_ORDER.index(texts[i].split(" (")[0]))
    columns = 3 if len(texts) <= 3 else 2
    legend = ax.legend(
        [handles[i] for i in order],
        [texts[i] for i in order],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        markerscale=1.0,
        handletextpad=0.1,
        title=title,
        alignment="right",
    )
    for handle in filter(None, legend.legend_handles):
        handle.set(alpha=1.0, sizes=[12.0])
    return -(-len(texts) // columns) + bool(title)


def _trend(ax: Axes, shown: pd.DataFrame) -> None:
    """Line through the middle of the fold changes along the mean, where it has regions enough.

    Source: Cleveland (1979) J. Am. Stat. Assoc. 74:829; Yang et al. (2002) for MA plots.
    """
    if len(shown) < _FEWEST_FOR_TREND:
        return
    from statsmodels.nonparametric.smoothers_lowess import lowess

    if "pvalue" in shown and shown["pvalue"].notna().sum() >= _FEWEST_FOR_TREND:
        shown = shown[shown["pvalue"].notna()]  # those that the normalisation is judged by
    level = np.log10(shown["baseMean"].to_numpy(np.float64))
    change = shown["log2FoldChange"].to_numpy(np.float64)
    curve = lowess(change, level, frac=0.4, it=3, delta=0.01 * float(np.ptp(level)))
    # The ends hang on few regions.
    low, high = np.quantile(level, [0.005, 0.995])
    curve = curve[(curve[:, 0] >= low) & (curve[:, 0] <= high)]
    ax.plot(10 ** curve[:, 0], curve[:, 1], color=INK, lw=_TREND_WIDTH, zorder=4)
    end = (float(10 ** curve[-1, 0]), float(curve[-1, 1]))
    above = "bottom" if end[1] >= 0 else "top"  # off the line of no change
    ax.text(*end, " trend", color=INK, size="small", va=above)


def _threshold(ax: Axes, shown: pd.DataFrame) -> None:
    """Dotted line halfway between the last P called and the first not called."""
    called = shown["direction"].isin(["gain", "loss"]).to_numpy()
    pvalue = shown["pvalue"].to_numpy(np.float64)
    called_strength = _minus_log10(pvalue[called])
    other = _minus_log10(pvalue[~called])
    if not len(called_strength) or not np.isfinite(called_strength.min()):
        return
    last = float(called_strength.min())
    below = other[other <= last]
    height = last if not len(below) else (last + float(below.max())) / 2
    ax.axhline(height, color=GREY, lw=LINE, ls=":", zorder=1)


def _label(ax: Axes, shown: pd.DataFrame, xy: FloatArray, label: int | Sequence[str]) -> None:
    if "symbol" not in shown or not len(shown):
        return
    symbols = shown["symbol"]
    if "primary" in shown:  # another promoter of a gene does not speak for it
        symbols = symbols.where(shown["primary"].eq(True), "")
    called = shown["direction"].isin(["gain", "loss"]).to_numpy()
    label_genes(ax, symbols, order_of_support(shown), called, xy, label)
