"""A switch is supported as well as the less sure of its two changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.mechanism.switch_support import switch_support


def results(shrunken: list[float], svalue: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"shrunkenLog2FoldChange": shrunken, "svalue": svalue})


def test_larger_svalue_and_smaller_size() -> None:
    marks = {"K27": results([2.0, -1.0, 3.0], [0.01, 0.2, 0.01]), "K36": results([-1.5], [0.03])}
    rows = {"K27": np.array([0, 1, 2]), "K36": np.array([0, 0, -1])}
    found = switch_support(marks, rows, np.array([True, False, True]))
    assert found["svalue"][0] == pytest.approx(0.03)
    assert found["shrunkenLog2FoldChange"][0] == pytest.approx(-1.5)
    assert np.isnan(found["svalue"][1:]).all()  # of one direction; without the second mark
    assert np.isnan(found["shrunkenLog2FoldChange"][1:]).all()


def test_tables_of_earlier_releases_have_no_support() -> None:
    old = pd.DataFrame({"log2FoldChange": [1.0]})
    rows = {"a": np.array([0]), "b": np.array([0])}
    found = switch_support({"a": old, "b": old}, rows, np.array([True]))
    assert np.isnan(found["svalue"]).all()
