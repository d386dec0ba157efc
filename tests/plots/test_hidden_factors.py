"""The figure of hidden factors: labels and data, not pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_hidden_factors
from resist_epi.plots.style import panel

SHEET = pd.DataFrame({"SampleID": list("abcd"), "Condition": ["poor", "good", "poor", "good"]})


def factors(n: int = 2) -> pd.DataFrame:
    values = np.array([[0.5, -1.2, 1.1, -0.4], [2.0, 0.1, -1.0, -1.1]])
    return pd.DataFrame(
        {
            "factor": np.repeat([f"hidden{i + 1}" for i in range(n)], 4),
            "sample": list("abcd") * n,
            "value": values[:n].ravel(),
            "about": np.repeat(["hidden1 goes with Batch (R2 0.93)", ""][:n], 4),
        }
    )


def points(ax: Axes, name: str) -> np.ndarray:
    found = [c for c in panel(ax, name).collections if len(c.get_offsets())]
    return np.asarray(found[-1].get_offsets())


def test_units_of_a_group_stand_together_in_the_first_factor_s_order() -> None:
    ax = plot_hidden_factors(factors(), samples=SHEET)
    labels = [t.get_text() for t in panel(ax, "hidden1").get_yticklabels()]
    assert labels == ["d", "b", "c", "a"]
    assert points(ax, "hidden1")[:, 0].tolist() == [-0.4, -1.2, 1.1, 0.5]
    assert points(ax, "hidden2")[:, 0].tolist() == [-1.1, 0.1, -1.0, 2.0]


def test_what_a_factor_goes_with_is_written_above_it() -> None:
    words = " ".join(t.get_text() for t in plot_hidden_factors(factors(), samples=SHEET).texts)
    assert all(said in words for said in ("hidden1", "Batch", "0.93"))


def test_all_points_stand_inside() -> None:
    low, high = panel(plot_hidden_factors(factors()), "hidden2").get_xlim()
    assert low < -1.1
    assert high > 2.0


def test_many_units_have_no_names() -> None:
    n = 300
    table = pd.DataFrame(
        {
            "factor": "hidden1",
            "sample": [f"tumour_{i}" for i in range(n)],
            "value": np.linspace(-2, 2, n),
            "about": "no column of the sheet names it",
        }
    )
    ax = panel(plot_hidden_factors(table), "hidden1")
    assert not [t for t in ax.get_yticklabels() if t.get_text()]


def test_none_is_said() -> None:
    ax = plot_hidden_factors(factors().iloc[:0])
    assert "no hidden factor" in " ".join(t.get_text() for t in ax.texts)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputFormatError, match="value"):
        plot_hidden_factors(factors().drop(columns="value"))
