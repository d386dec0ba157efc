"""The calibration of carriers in small: what is planted, and that scores are scores."""

from __future__ import annotations

import numpy as np
import pytest

calibrate = pytest.importorskip("calibrate_subset", reason="no scripts beside the tests")


@pytest.mark.parametrize(("name", "carriers"), [("half", 6), ("third", 4), ("all", 12)])
def test_so_many_poor_tumours_carry_a_change(name: str, carriers: int) -> None:
    seen = []
    real = calibrate.CHANGES[name]

    def noted(own, rng):  # type: ignore[no-untyped-def]
        seen.append(real(own, rng))
        return seen[0]

    cohort = calibrate.draw(noted, name, "reads", 12, 1)
    effect = seen[0].effect
    assert not effect[:, ~seen[0].poor].any()
    changed = cohort.truth != 0
    assert ((effect != 0).sum(axis=1)[changed] == carriers).all()
    assert not effect[~changed].any()


def test_nothing_is_planted_where_type_one_errors_are_counted() -> None:
    for name in ("baseline", "outlier", "two_levels"):
        assert not calibrate.draw(calibrate.CHANGES[name], name, "reads", 6, 1).truth.any()


def test_the_test_finds_what_means_do_not() -> None:
    table = calibrate.calibrate(["half"], ["reads"], [6], [1]).set_index("method")
    assert table.loc["subset", "power"] > table.loc[["trend", "ql"], "power"].max() + 0.2
    assert table.loc["subset", "type1_05"] < 0.055
    assert np.isfinite(table.loc["subset", "cpu"])
