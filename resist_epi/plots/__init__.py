"""Figures: each takes a table and returns Axes; none saves.

All raise InputFormatError where a column that they need is missing.

`PLOTS` names them all. Nothing here imports matplotlib until a figure is asked for::

    from resist_epi.plots import plot_volcano

    ax = plot_volcano(results, label=["NSD2", "HK2"])
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple


class Plot(NamedTuple):
    """A kind of figure.

    Attributes
    ----------
    reads
        What file `resist-epi plot` makes its table of, a key of `cli.plot.READERS`.
    options
        Options of the command line that it understands.
    """

    module: str
    function: str
    reads: str = "table"
    options: tuple[str, ...] = ()


_SHEET = ("samples", "mark")

_ROWS = ("kmeans", "hierarchical", "sort")

_HEATMAP = ("by", "cmap", "limits", "beside", "label")

_LOCUS = ("gene", "region", "genome", "genes", "results", "grouped", "unscaled", "jobs")

# A new figure is one record here.
PLOTS: dict[str, Plot] = {
    "ma": Plot("scatter", "plot_ma", "results", ("label",)),
    "volcano": Plot("scatter", "plot_volcano", "results", ("label",)),
    "pvalue": Plot("scatter", "plot_pvalues", "pvalues"),
    "pca": Plot("samples", "plot_pca", "samples", _SHEET),
    "correlation": Plot("samples", "plot_correlation", "samples", _SHEET),
    "heatmap": Plot("heatmap", "plot_heatmap", "profile", (*_SHEET, *_ROWS, *_HEATMAP)),
    "profile": Plot("profile", "plot_profile", "profile", (*_SHEET, *_ROWS)),
    "locus": Plot("locus", "plot_locus", "bins", (*_SHEET, *_LOCUS)),
    "normalization": Plot("normalization", "plot_normalization", "factors", (*_SHEET, "results")),
    "gene-set": Plot(
        "gene_set", "plot_gene_set", "counts", (*_SHEET, "set", "gene_sets", "results")
    ),
    "running-score": Plot("running_score", "plot_running_score", "ranked", ("set", "gene_sets")),
    "swarm": Plot("swarm", "plot_swarm", "gene", (*_SHEET, "gene", "results", "by")),
    "genome": Plot("genome", "plot_genome", "genome", ("arms", "genome")),
    "copy-number": Plot("genome", "plot_copy_number", "segments"),
    "switch": Plot("switch", "plot_switches", options=("label",)),
    "mechanisms": Plot("mechanisms", "plot_mechanisms"),
    "hidden": Plot("hidden_factors", "plot_hidden_factors", "patterns", _SHEET),
    "power": Plot("power", "plot_power"),
    "upset": Plot("overlap", "plot_upset", "overlaps", (*_SHEET, "by")),
    "venn": Plot("overlap", "plot_venn", "overlaps"),
    "annotation": Plot("annotation", "plot_annotation"),
    "compare": Plot("compare", "plot_compare", "kinds"),
}

__all__ = ["PLOTS", "Plot", "figure_function"]


def figure_function(kind: str) -> Callable[..., Any]:
    """Return the function that draws this kind of figure.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    module = import_module(f"{__name__}.{PLOTS[kind].module}")
    function: Callable[..., Any] = getattr(module, PLOTS[kind].function)
    return function


def __getattr__(name: str) -> Callable[..., Any]:
    for kind, plot in PLOTS.items():
        if plot.function == name:
            return figure_function(kind)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(plot.function for plot in PLOTS.values())]
