"""The figure of mechanisms: labels and data, not pixels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_mechanisms
from resist_epi.plots.style import panel
from tests.support.simulated import mechanisms


def dots(ax: Axes) -> PathCollection:
    found = [c for c in panel(ax, "dots").collections if c.get_array() is not None]
    assert isinstance(found[0], PathCollection)
    return found[0]


def test_a_dot_for_every_test_with_effect_and_strength() -> None:
    points = dots(plot_mechanisms(mechanisms()))
    offsets = np.asarray(points.get_offsets())
    assert len(offsets) == 5
    assert np.asarray(points.get_array()) == pytest.approx([-0.1, 0.6, 0.0, 0.4, 0.1])
    sizes = points.get_sizes()
    assert sizes[1] > sizes[3] > sizes[0] > sizes[2]
    assert set(offsets[:, 0]) == {0, 1}
    assert offsets[0, 1] > offsets[2, 1] > offsets[4, 1]  # in order, controls last


def test_a_ring_is_a_call_and_a_cross_is_against_what_was_stated() -> None:
    ax = plot_mechanisms(mechanisms())
    widths = np.asarray(dots(ax).get_linewidths())
    assert (widths > 1).tolist() == [False, True, False, True, False]
    crosses = [np.asarray(c.get_offsets()) for c in panel(ax, "dots").collections[2:]]
    assert crosses[-1].tolist() == [[1.0, np.asarray(dots(ax).get_offsets())[3, 1]]]


def test_what_was_stated_and_the_genes_called_are_written() -> None:
    ax = plot_mechanisms(mechanisms())
    signs = [t.get_text() for t in panel(ax, "dots").texts]
    assert signs == ["↓", "↑", "↑", "↓", "–", "–"]
    written = [t.get_text() for t in ax.texts]
    assert "HK2, PFKP" in written
    assert "GREB1" in written
    assert not any("HK1" in t for t in written)  # in brackets: not called


def test_the_name_of_a_finding_is_whole_and_stays_in_the_figure() -> None:
    name = "Amplicon 17q23 (RPS6KB1, PPM1D, TBX2)"
    table = mechanisms()
    table["finding"] = np.where(table["direction"] == "none", "", name)
    table["genes"] = ["ABCD1,ABCD2,ABCD3,ABCD4"] * len(table)
    ax = plot_mechanisms(table)
    ax.figure.draw_without_rendering()
    box = ax.get_window_extent()
    shown = [t for t in ax.texts if t.get_text().startswith("as ")]
    assert shown
    for text in shown:
        said = text.get_text()
        assert name in said.replace("\n", " ")
        assert said.count("\n") <= 1
        assert text.get_window_extent().x1 <= box.x1


def test_switches_share_the_scale_of_colours() -> None:
    table = mechanisms(layer=["H3K27me3", "switches"] * 3, effect=[-0.5, 0.2, 0, 0, 0.5, 0])
    points = dots(plot_mechanisms(table))
    low, high = points.get_clim()
    assert -low == high
    assert np.asarray(points.get_array())[1] == pytest.approx(high)


def test_nothing_to_show_and_columns_that_are_missing() -> None:
    assert plot_mechanisms(mechanisms().iloc[:0]) is not None
    untested = mechanisms(pvalue=[np.nan] * 6, effect=[np.nan] * 6)
    assert len(plot_mechanisms(untested).child_axes) == 1  # no colour bar without a colour
    with pytest.raises(InputFormatError, match="expected"):
        plot_mechanisms(mechanisms().drop(columns="expected"))
