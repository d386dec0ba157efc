"""Every figure is closed again, and none may leave a trace in matplotlib's settings."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest

mpl.use("agg")


@pytest.fixture(autouse=True)
def clean_figures() -> Iterator[None]:
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    after = dict(mpl.rcParams)
    assert {k: v for k, v in after.items() if before[k] != v} == {}
