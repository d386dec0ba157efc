"""What lies beyond an axis: drawn on its edge as triangles that point there, and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.plots.style import INK, rasterize, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Range = tuple[float, float]

_EVERYTHING = (-np.inf, np.inf)

TRIANGLE_PT2 = 9.0


@dataclass(frozen=True)
class Edges:
    """The ends of both axes, as far as points may lie; by default there are none.

    Examples
    --------
    >>> edges = Edges(y=(-1.0, 1.0))
    >>> edges.beyond(np.array([0.0, 0.0]), np.array([0.5, 3.0])).tolist()
    [False, True]
    >>> edges.clipped(np.zeros(2), np.array([0.5, 3.0]))[1].tolist()
    [0.5, 1.0]
    """

    x: Range = _EVERYTHING
    y: Range = _EVERYTHING

    def clipped(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The points, those beyond an end on it."""
        return np.clip(x, *self.x), np.clip(y, *self.y)

    def beyond(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """(n,) whether a point lies beyond an end."""
        return (x < self.x[0]) | (x > self.x[1]) | (y < self.y[0]) | (y > self.y[1])

    def markers(self, x: FloatArray, y: FloatArray) -> Iterator[tuple[str, BoolArray]]:
        """Marker, and the points beyond that it stands for; those beyond both axes point up, down.

        Parameters
        ----------
        x, y
            (n,) where the points are, not where they are drawn.
        """
        high, low = y > self.y[1], y < self.y[0]
        rest = ~high & ~low
        found = {"^": high, "v": low, "<": rest & (x < self.x[0]), ">": rest & (x > self.x[1])}
        return ((marker, there) for marker, there in found.items() if there.any())


def scatter_within(ax: Axes, x: FloatArray, y: FloatArray, edges: Edges, **style: Any) -> None:
    """Scatter points, those beyond an axis on its edge as triangles; bitmaps inside SVG and PDF.

    Parameters
    ----------
    **style
        Of `Axes.scatter`; a `label` is that of the points within.
    """
    inside = ~edges.beyond(x, y)
    shown_x, shown_y = edges.clipped(x, y)
    rasterize(ax.scatter(shown_x[inside], shown_y[inside], **style))
    style = {k: v for k, v in style.items() if k not in ("label", "alpha", "marker")}
    size = max(TRIANGLE_PT2, float(style.pop("s", TRIANGLE_PT2)))
    style |= {"gid": "beyond the axis", "edgecolors": INK, "linewidths": 0.3}  # seen if pale
    for marker, there in edges.markers(x, y):
        rasterize(ax.scatter(shown_x[there], shown_y[there], marker=marker, s=size, **style))


def beyond_in_words(n: int) -> str | None:
    """Title of a legend: how many points the triangles stand for; None without any."""
    return f"▲ beyond the axis: {thousands(n)}" if n else None
