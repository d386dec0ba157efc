"""The figure of power: lines, ranges and what stands beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_power


def table(**columns: object) -> pd.DataFrame:
    own = {
        "units": [12, 3, 6],
        "effect": 1.0,
        "depth": 1.0,
        "carrier_share": 1.0,
        "power": [0.9, 0.1, 0.4],
        "power_low": [0.8, 0.0, 0.3],
        "power_high": [1.0, 0.2, 0.5],
    }
    return pd.DataFrame({**own, **columns})


def test_a_line_an_effect_in_the_order_of_the_units() -> None:
    ax = plot_power(pd.concat([table(), table(effect=0.5, power=[0.3, 0.0, 0.1])]), title="Pilot")
    small, large, enough = ax.get_lines()
    assert list(large.get_xdata()) == [3, 6, 12]
    assert list(large.get_ydata()) == [0.1, 0.4, 0.9]
    assert (small.get_label(), large.get_label()) == ("0.5 log₂", "1 log₂")
    assert enough.get_ydata()[0] == 0.8
    assert small.get_color() != large.get_color()
    assert len(ax.collections) == 2, "where nine in ten studies lie"
    assert ax.get_title(loc="left") == "Pilot"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["3", "6", "12"]


def test_depths_and_carriers_are_told_apart_by_style_and_named() -> None:
    both = pd.concat([table(), table(depth=2.0), table(carrier_share=0.5)])
    lines = plot_power(both).get_lines()[:3]
    assert len({line.get_linestyle() for line in lines}) == 3
    assert len({line.get_color() for line in lines}) == 1
    assert {line.get_label() for line in lines} == {
        "1 log₂, depth × 1, 100% carry it",
        "1 log₂, depth × 2, 100% carry it",
        "1 log₂, depth × 1, 50% carry it",
    }


def test_one_size_and_no_power_are_drawn_as_well() -> None:
    assert list(plot_power(table()[:1]).get_lines()[0].get_xdata()) == [12]
    empty = plot_power(table(power=np.nan))
    assert "nothing changes" in empty.texts[0].get_text()


def test_other_tables_and_too_many_lines_are_refused() -> None:
    with pytest.raises(InputFormatError, match="power_low"):
        plot_power(table().drop(columns="power_low"))
    many = pd.concat([table(effect=0.1 * k) for k in range(1, 14)])
    with pytest.raises(InputFormatError, match="at most 12"):
        plot_power(many)
