"""The figure on two runs compared."""

from __future__ import annotations

import pandas as pd

from resist_epi.plots.compare import plot_compare
from resist_epi.plots.style import CALL_CHANGE_COLOURS, DIRECTION_COLOURS, panel

KINDS = pd.DataFrame({
    "contrast": "poor-good", "mark": ["ER", "ER", "H3K27ac"], "kind": ["peaks", "domains", "peaks"],
    "in_runs": ["both", "both", "b"], "kept": [10, 0, 0], "gained": [2, 0, 0], "lost": [1, 0, 0],
    "turned": [0, 0, 0],
})  # fmt: skip
CHANGED = pd.DataFrame({
    "change": ["gained", "gained", "lost"], "log2FoldChange_a": [0.5, None, 1.0],
    "log2FoldChange_b": [0.9, 1.0, 0.4],
})  # fmt: skip


def test_a_bar_a_table_with_its_numbers() -> None:
    ax = plot_compare(KINDS, changed=CHANGED)
    bars = panel(ax, "calls")
    assert [t.get_text() for t in bars.get_yticklabels()] == ["ER · peaks", "ER · domains"]
    texts = [t.get_text() for t in bars.texts]
    assert texts == ["10 kept, 2 gained, 1 lost", "no calls"]
    points = panel(ax, "change").collections
    assert sum(len(c.get_offsets()) for c in points) == 2
    assert any("1 in one run alone" in t.get_text() for t in ax.texts)


def test_nothing_in_common_and_nothing_changed_are_said() -> None:
    assert "share no table" in plot_compare(KINDS.iloc[2:]).texts[0].get_text()
    quiet = panel(plot_compare(KINDS, changed=CHANGED.iloc[:0]), "change")
    assert quiet.texts[0].get_text() == "no call differs"


def test_changes_of_calls_have_no_colour_of_a_direction() -> None:
    directions = {DIRECTION_COLOURS["gain"], DIRECTION_COLOURS["loss"]}
    assert directions.isdisjoint(CALL_CHANGE_COLOURS.values())
