"""Points beyond an axis: on its edge, as triangles that point there, and counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from resist_epi.plots import plot_genome, plot_ma, plot_normalization, plot_switches
from resist_epi.plots.edges import Edges, beyond_in_words
from resist_epi.plots.style import panel
from tests.support import simulated


def triangles(ax: Axes) -> list[tuple[float, float]]:
    """Where the marks of what lies beyond stand."""
    found = [c for c in ax.collections if c.get_gid() == "beyond the axis"]
    assert all(isinstance(c, PathCollection) for c in found)
    return sorted(tuple(map(float, xy)) for c in found for xy in np.asarray(c.get_offsets()))


def within(ax: Axes) -> bool:
    """Whether every point that is drawn lies within the frame."""
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    xy = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    return bool(((xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)).all())


def test_each_side_has_its_marker() -> None:
    edges = Edges(x=(-1.0, 1.0), y=(0.0, 5.0))
    x, y = np.array([0.0, 2.0, -3.0, 0.5, 9.0]), np.array([1.0, 2.0, 3.0, 9.0, -1.0])
    found = {marker: there.nonzero()[0].tolist() for marker, there in edges.markers(x, y)}
    assert found == {"^": [3], "v": [4], "<": [2], ">": [1]}
    # A point on the edge is within.
    assert not edges.beyond(np.array([1.0]), np.array([5.0])).any()
    assert beyond_in_words(0) is None


def outliers(table: pd.DataFrame) -> pd.DataFrame:
    """Two fold changes far beyond all others, one called and one not tested."""
    table = table.assign(direction=table["direction"].astype(object))
    table.loc[0, ["log2FoldChange", "direction"]] = [-40.0, "loss"]
    table.loc[1, ["log2FoldChange", "direction", "pvalue"]] = [50.0, "none", np.nan]
    return table


def test_ma_and_genome_mark_what_lies_beyond() -> None:
    table = outliers(simulated.results(3000))
    for ax in (plot_ma(table), plot_genome(table)):
        marks = triangles(ax)
        assert len(marks) >= 2
        assert within(ax)
        assert ax.get_legend().get_title().get_text() == f"▲ beyond the axis: {len(marks)}"
        texts = [t.get_text() for t in ax.get_legend().get_texts()]
        untested = int((table["pvalue"].isna() & (table["direction"] == "none")).sum())
        assert f"not tested ({untested:,})" in texts
        assert f"none ({int((table['direction'] == 'none').sum()) - untested:,})" in texts
    one = plot_ma(simulated.results(60))
    assert one.get_legend().get_title().get_text() == ""


def test_switches_mark_what_lies_beyond_either_axis() -> None:
    rng = np.random.default_rng(1)
    xy = rng.normal(0, 0.3, size=(400, 2))
    xy[0], xy[1] = (-2.86, 0.1), (0.1, 9.0)
    table = pd.DataFrame(
        {
            "symbol": [f"S{i}" for i in range(400)],
            "A_log2FoldChange": xy[:, 0],
            "B_log2FoldChange": xy[:, 1],
            "class": ["activating switch", *["none"] * 399],
            "padj": 0.5,
        }
    )
    ax = plot_switches(table)
    marks = triangles(ax)
    assert marks[0][0] > -2.86
    assert marks[0][1] == pytest.approx(0.1)
    assert len(marks) == 2
    assert within(ax)
    assert "beyond the axis: 2" in ax.get_legend().get_title().get_text()


def test_the_panel_of_zero_lines_marks_what_lies_beyond() -> None:
    table = outliers(simulated.results(1000))
    ax = plot_normalization(simulated.normalization_factors(), results=table)
    assert len(triangles(panel(ax, "ma"))) >= 2
    assert any("beyond the axis" in t.get_text() for t in ax.texts)
