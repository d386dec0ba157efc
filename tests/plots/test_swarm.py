"""One gene across the tumours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.plots.swarm import beside, plot_swarm

SHEET = pd.DataFrame({"SampleID": list("abcdef"), "Condition": ["good"] * 3 + ["poor"] * 3})
VALUES = pd.DataFrame([[1.0, 1.0, 2.0, 4.0, np.nan, 5.0]], index=["HK2"], columns=list("abcdef"))


def test_every_sample_with_a_value_is_a_point_of_its_group() -> None:
    ax = plot_swarm(VALUES, "HK2", samples=SHEET)
    points = {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections}
    assert sorted(points["good"][:, 1].tolist()) == [1, 1, 2]
    assert sorted(points["poor"][:, 1].tolist()) == [4, 5]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["good\nn = 3", "poor\nn = 2"]
    assert [float(np.mean(line.get_ydata())) for line in ax.lines] == [1.0, 4.5]
    assert np.ptp(points["good"][:2, 0]) > 0  # equal values stand side by side
    assert {"a", "b", "c", "d", "f"} == {t.get_text() for t in ax.texts}


def test_points_never_touch() -> None:
    heights = np.random.default_rng(1).normal(0, 5, 60)
    aside = beside(heights, 2.0)
    apart = np.hypot(heights[:, None] - heights, aside[:, None] - aside)
    assert apart[~np.eye(60, dtype=bool)].min() >= 2.0 - 1e-6


def test_unknown_genes_and_nothing_to_show_are_said() -> None:
    with pytest.raises(InputFormatError, match="unknown gene 'HK3'"):
        plot_swarm(VALUES, "HK3")
    assert plot_swarm(VALUES * np.nan, "HK2").texts[0].get_text() == "no sample has a value"
