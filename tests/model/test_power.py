"""Power by simulation: nothing where nothing changes, more with more of anything, the same anew."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from resist_epi.model.pilot import Pilot, fit_pilot
from resist_epi.model.power import PowerPlan, power_table
from resist_epi.samples.question import Question
from resist_epi.schema import POWER, names
from tests.support import pilots


@pytest.fixture(scope="module")
def pilot() -> Pilot:
    return fit_pilot(pilots.reads(3), pilots.sheet(3))


@pytest.fixture(scope="module")
def of_signal() -> Pilot:
    return fit_pilot(pilots.signal(3), pilots.sheet(3))


def plan(**own: object) -> PowerPlan:
    return PowerPlan(**{"units": (6,), "effects": (1.0,), "sets": 3, **own})  # type: ignore[arg-type]


def test_the_table_has_the_columns_of_the_schema(pilot: Pilot) -> None:
    table = power_table(pilot, plan(units=(6, 4), effects=(1.5, 1.0)))
    assert list(table.columns) == names(POWER)
    assert table[["units", "effect"]].to_numpy().tolist() == [[4, 1], [6, 1], [4, 1.5], [6, 1.5]]
    assert (table["power_low"] <= table["power"]).all()
    assert (table["power"] <= table["power_high"]).all()
    assert (table["sets"] == 3).all()
    assert table["method"].isin(["ql", "trend", "voom"]).all()
    assert (table["tested"] <= pilot.n_tested).all()


@pytest.mark.parametrize("name", ["pilot", "of_signal"])
def test_power_rises_with_units_and_effect(name: str, request: pytest.FixtureRequest) -> None:
    own = request.getfixturevalue(name)
    table = power_table(own, plan(units=(4, 8), effects=(0.7, 1.4)))
    by = table.pivot_table(index="effect", columns="units", values="power")
    assert (by[8] > by[4] + 0.05).all()
    assert (by.loc[1.4] > by.loc[0.7] + 0.05).all()
    assert by.loc[1.4, 8] > 0.7


def test_power_rises_with_depth_and_with_carriers(pilot: Pilot) -> None:
    table = power_table(pilot, plan(depths=(0.2, 1.0)))
    assert table["power"].iloc[1] > table["power"].iloc[0] + 0.05
    table = power_table(pilot, plan(units=(8,), effects=(1.5,), carriers=(0.5, 1.0)))
    assert table["power"].iloc[1] > table["power"].iloc[0] + 0.1


def test_where_nothing_changes_there_is_no_power_and_hardly_a_call(pilot: Pilot) -> None:
    (row,) = power_table(pilot, plan(changed=0.0, sets=6)).to_dict("records")
    assert np.isnan(row["power"])
    assert np.isnan(row["power_low"])
    # A set with any call is all false there: that is what the level bounds.
    assert row["expected_fdr"] <= 0.5
    assert row["expected_calls"] < 3


def test_seeds_decide_and_jobs_do_not(pilot: Pilot) -> None:
    first = power_table(pilot, plan())
    assert power_table(pilot, plan()).equals(first)
    assert power_table(pilot, plan(), jobs=2).equals(first)
    assert not power_table(pilot, plan(seed=2)).equals(first)


def test_calls_are_told_of_all_regions_that_the_pilot_tests() -> None:
    matrix, sheet = pilots.reads(3, n=800), pilots.sheet(3)
    whole = power_table(fit_pilot(matrix, sheet), plan(effects=(2.0,)))
    part = power_table(fit_pilot(matrix, sheet, regions=300), plan(effects=(2.0,)))
    assert part["expected_calls"].iloc[0] == pytest.approx(whole["expected_calls"].iloc[0], rel=0.3)
    assert part["tested"].iloc[0] == pytest.approx(whole["tested"].iloc[0], rel=0.05)


def test_a_study_is_tested_as_it_is_asked(of_signal: Pilot) -> None:
    sheet, matrix = pilots.sheet(3), pilots.signal(3)
    welch = fit_pilot(matrix, sheet, Question(method="welch"))
    table = power_table(welch, plan())
    assert set(table["method"]) == {"welch"}
    moderated = power_table(of_signal, plan())
    assert table["power"].iloc[0] < moderated["power"].iloc[0]
    strict = fit_pilot(matrix, sheet, Question(lfc_threshold=0.5))
    assert power_table(strict, plan())["power"].iloc[0] < moderated["power"].iloc[0]


@pytest.mark.parametrize("make", [pilots.reads, pilots.signal])
def test_what_is_foretold_is_what_a_study_finds(make) -> None:
    found, foretold = [], []
    for seed in range(4):
        own = make(10, n=600, seed=100 + seed, change=1.0)
        direction = analyse(own, pilots.sheet(10)).results["direction"].to_numpy()[:60]
        found.append((direction == np.resize(["gain", "loss"], 60)).mean())
        pilot = fit_pilot(make(3, n=600, seed=seed), pilots.sheet(3))
        table = power_table(pilot, plan(units=(10,), changed=0.1, sets=2))
        foretold.append(table["power"].iloc[0])
    assert np.mean(foretold) == pytest.approx(np.mean(found), abs=0.08)


def test_progress_is_told_and_drawn_studies_say_nothing(
    pilot: Pilot, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    with caplog.at_level(logging.INFO):
        power_table(pilot, plan(units=(4, 6), sets=2), progress=said.append)
    assert len(said) == 2
    assert "6 against 6" in said[1]
    assert not caplog.records


def test_depth_of_signal_is_refused(of_signal: Pilot) -> None:
    with pytest.raises(DesignError, match="count reads"):
        power_table(of_signal, plan(depths=(1.0, 2.0)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("units", ()),
        ("units", (1,)),
        ("units", (3.5,)),
        ("effects", (0.0,)),
        ("effects", (float("nan"),)),
        ("depths", (-1.0,)),
        ("carriers", (1.5,)),
        ("changed", 1.0),
        ("sets", 1),
        ("seed", -1),
        ("units", tuple(range(2, 300))),
    ],
)
def test_plans_that_cannot_be_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(DesignError, match=field):
        PowerPlan(**{field: value})  # type: ignore[arg-type]


def test_a_study_that_cannot_be_tested_is_named() -> None:
    pilot = fit_pilot(pilots.reads(4), pilots.sheet(4), Question(hidden="1"))
    with pytest.raises(DesignError, match="a study of 2 against 2"):
        power_table(pilot, plan(units=(2,)))
