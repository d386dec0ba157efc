"""The running score of a gene set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.plots.running_score import plot_running_score, running_score
from resist_epi.plots.style import DIRECTION_COLOURS, panel


def naive(values: np.ndarray, inside: np.ndarray) -> list[float]:
    score, out = 0.0, [0.0]
    total = sum(abs(v) for v, m in zip(values, inside, strict=True) if m)
    for v, m in zip(values, inside, strict=True):
        score += abs(v) / total if m else -1 / (~inside).sum()
        out.append(score)
    return out


def test_it_is_the_sum_of_its_steps_and_ends_at_nothing() -> None:
    rng = np.random.default_rng(2)
    values = np.sort(rng.normal(size=50))[::-1]
    inside = rng.random(50) < 0.3
    score = running_score(values, inside)
    assert np.allclose(score, naive(values, inside))
    assert abs(score[-1]) < 1e-12


def genes() -> pd.DataFrame:
    return pd.DataFrame({"symbol": [f"G{i}" for i in range(40)], "stat": np.linspace(4, -4, 40)})


def test_members_at_the_end_of_the_losses_make_it_fall() -> None:
    ax = plot_running_score(genes(), [f"G{i}" for i in range(34, 40)], name="END")
    line = panel(ax, "score").lines[0]
    assert np.min(line.get_ydata()) < -0.9
    assert line.get_color() == DIRECTION_COLOURS["loss"]
    assert len(panel(ax, "members").collections[0].get_segments()) == 6
    assert any(t.get_text() == "END: 6 of 40 genes" for t in ax.texts)


def test_order_of_the_table_does_not_matter_and_unknown_values_are_left_out() -> None:
    table = genes().sample(frac=1, random_state=1)
    table.loc[3, "stat"] = np.nan
    members = ["G1", "G5", "G30"]
    first = panel(plot_running_score(table, members), "score").lines[0].get_ydata()
    known = genes().drop(3)
    assert np.allclose(
        first, panel(plot_running_score(known, members), "score").lines[0].get_ydata()
    )


def test_a_set_without_values_is_said() -> None:
    said = plot_running_score(genes(), ["X"]).texts[0].get_text()
    assert said == "no gene of the set has a value"
