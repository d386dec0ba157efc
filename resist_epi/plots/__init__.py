"""Figures: each takes a table and returns Axes; none saves.

`PLOTS` names them all. Nothing here imports matplotlib until a figure is asked for::

    from resist_epi.plots import plot_volcano

    ax = plot_volcano(results, label=["NSD2", "HK2"])
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

# kind -> module and function; a new figure is one line here.
PLOTS: dict[str, tuple[str, str]] = {
    "ma": ("scatter", "plot_ma"),
    "volcano": ("scatter", "plot_volcano"),
    "pvalue": ("scatter", "plot_pvalues"),
    "pca": ("samples", "plot_pca"),
    "correlation": ("samples", "plot_correlation"),
    "heatmap": ("heatmap", "plot_heatmap"),
    "profile": ("profile", "plot_profile"),
    "locus": ("locus", "plot_locus"),
    "normalization": ("normalization", "plot_normalization"),
    "gene-set": ("gene_set", "plot_gene_set"),
    "genome": ("genome", "plot_genome"),
    "copy-number": ("genome", "plot_copy_number"),
    "switch": ("switch", "plot_switches"),
    "mechanisms": ("mechanisms", "plot_mechanisms"),
}

__all__ = ["PLOTS", "figure_function"]


def figure_function(kind: str) -> Callable[..., Any]:
    """Return the function that draws this kind of figure.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    module, name = PLOTS[kind]
    function: Callable[..., Any] = getattr(import_module(f"{__name__}.{module}"), name)
    return function


def __getattr__(name: str) -> Callable[..., Any]:
    for kind, (_, function) in PLOTS.items():
        if function == name:
            return figure_function(kind)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(function for _, function in PLOTS.values())]
