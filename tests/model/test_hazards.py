"""The Cox score test of regions: found, refused, and without a maximum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from tests.support.builders import matrix, planted, sheet


def groups(per_group: int) -> list[str]:
    return ["good"] * per_group + ["poor"] * per_group


def survival_rows(n: int, hazard: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    time = rng.exponential(1 / hazard)
    censored = rng.uniform(0.2, 4, size=n)
    return pd.DataFrame(
        {
            "TimeToProgression": np.minimum(time, censored),
            "Progressed": (time <= censored).astype(int),
        }
    )


def test_cox_finds_the_regions_that_go_with_early_progression() -> None:
    rng = np.random.default_rng(9)
    risk = rng.normal(0, 1, size=40)
    level = rng.normal(5, 1, size=(200, 1)) + rng.normal(0, 1, size=(200, 40))
    level[:20] += risk - level[:20] + 5
    times = survival_rows(40, np.exp(1.2 * risk))
    rows = sheet(["good"] * 20 + ["poor"] * 20, **{c: list(times[c]) for c in times})
    analysis = analyse(matrix(2.0**level, library_sizes=np.ones(40)), rows, method="cox")
    table = analysis.results
    assert (table["direction"] == "gain")[:20].all()
    assert (table["direction"] != "none")[20:].mean() < 0.05
    assert "events among 40 units" in analysis.header["contrast"]
    # log2 of the hazard ratio per doubling: 1.2 nats a doubling.
    assert abs(table.loc[:19, "log2FoldChange"].median() - 1.2 / np.log(2)) < 0.6


def test_cox_needs_times_and_takes_no_contrast() -> None:
    made = planted(n=20)
    with pytest.raises(DesignError, match="needs the column TimeToProgression"):
        analyse(made, sheet(groups(4)), method="cox")
    rows = sheet(groups(4), TimeToProgression=[1.0] * 7 + [""], Progressed=[1] * 8)
    with pytest.raises(DesignError, match="is empty for s7"):
        analyse(made, rows, method="cox")
    with pytest.raises(DesignError, match="takes no contrast"):
        analyse(made, rows, method="cox", contrast="poor-good")


def test_a_hazard_without_a_maximum_has_the_direction_of_its_score() -> None:
    """Where the order of the signal is that of the times, the hazard ratio has no maximum."""
    rng = np.random.default_rng(5)
    n = 24
    level = rng.normal(5, 1, size=(60, n))
    level[0] = np.linspace(9, 1, n)
    rows = sheet(
        ["good", "poor"] * (n // 2),
        TimeToProgression=[float(i + 1) for i in range(n)],
        Progressed=[1] * n,
    )
    made = matrix(2.0**level, library_sizes=np.ones(n))
    table = analyse(made, rows, method="cox").results
    assert np.isnan(table.loc[0, "log2FoldChange"])
    assert table.loc[0, "padj"] < 0.05
    assert table.loc[0, "direction"] == "gain"
