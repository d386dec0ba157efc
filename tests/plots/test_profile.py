"""The figure of profiles: a line a sample, a mean a condition."""

from __future__ import annotations

import numpy as np

from resist_epi.plots import plot_profile
from resist_epi.plots.style import panel
from tests.support import simulated

SHEET = simulated.sheet(4)


def test_the_profile_figure_has_a_line_a_sample_and_a_mean_a_condition() -> None:
    matrix = simulated.profile(SHEET, 200)
    ax = plot_profile(matrix, samples=SHEET)
    gain = panel(ax, "gain")
    lines = {line.get_label(): line.get_ydata() for line in gain.lines}
    assert set(matrix.samples) | {"good", "poor"} <= set(lines)
    assert np.allclose(lines["good"], (lines["good01"] + lines["good02"]) / 2)
    rows = (matrix.regions["direction"] == "gain").to_numpy()
    assert np.allclose(lines["poor03"], matrix.values["poor03"][rows].mean(axis=0), rtol=1e-6)
    n = int(rows.sum())
    assert gain.get_title() == f"gain (n = {n})"
    assert len({panel(ax, g).get_ylim() for g in ("gain", "loss", "none")}) == 1


def test_without_a_sheet_each_sample_has_a_colour_of_its_own() -> None:
    ax = plot_profile(simulated.profile(SHEET, 50))
    assert len({line.get_color() for line in panel(ax, "gain").lines}) == 4


def test_long_names_of_groups_stay_above_their_own_panel() -> None:
    when = ("early", "late")
    groups = [f"regions gained in the tumours of poor outcome, {w} relapse" for w in when]
    matrix = simulated.profile(SHEET, 60)
    ax = plot_profile(matrix, groups=groups * 30)
    ax.get_figure(root=True).draw_without_rendering()
    titles = [panel(ax, group).title for group in groups]
    for group, title in zip(groups, titles, strict=True):
        box, own = title.get_window_extent(), panel(ax, group).get_window_extent()
        assert box.width <= own.width * 1.05
    assert "early" in titles[0].get_text()
    assert titles[0].get_text().endswith("(n = 30)")
