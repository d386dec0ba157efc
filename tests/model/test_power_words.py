"""What a table of power says in words."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from resist_epi.model.pilot import fit_pilot
from resist_epi.model.power import PowerPlan, power_table
from resist_epi.model.power_words import power_header, power_sentence, units_needed
from tests.support import pilots


def table(power: list[float], *, units: list[int] | None = None, **columns: object) -> pd.DataFrame:
    units = units or [3, 6, 12][: len(power)]
    return pd.DataFrame(
        {
            "units": units,
            "effect": 1.0,
            "depth": 1.0,
            "carrier_share": 1.0,
            "power": power,
            "power_low": np.array(power) - 0.05,
            "power_high": np.array(power) + 0.05,
            "expected_fdr": 0.041,
            "expected_calls": 12.0,
            **columns,
        }
    )


@pytest.mark.parametrize(
    ("power", "needed"),
    [
        ([0.1, 0.4, 0.8], 12),
        ([0.1, 0.4, 1.0], 10),  # 6 x 2 ** (2 / 3) = 9.5
        ([0.1, 0.9, 0.7], 6),  # a later dip is noise: 3 x 2 ** .875 = 5.5
        ([0.85, 0.9, 1.0], 3),
        ([0.1, 0.4, 0.7], np.nan),
    ],
)
def test_units_are_read_between_the_sizes(power: list[float], needed: float) -> None:
    assert units_needed(table(power))["units"].tolist() == pytest.approx([needed], nan_ok=True)


def test_each_setting_has_its_own_units() -> None:
    both = pd.concat([table([0.1, 0.4, 0.9]), table([0.0, 0.1, 0.2], effect=0.5)])
    needed = units_needed(both).set_index("effect")["units"]
    assert np.isnan(needed[0.5])
    assert needed[1.0] == 11
    assert units_needed(both, power=0.2).set_index("effect")["units"].to_dict() == {0.5: 12, 1.0: 4}


def test_the_sentence_is_of_the_largest_study_and_effect() -> None:
    both = pd.concat([table([0.1, 0.4, 0.9]), table([0.0, 0.1, 0.2], effect=0.5)])
    said = power_sentence(both)
    assert said == (
        "12 against 12 would find 90% of the changes of 1 log2 (2-fold), nine in ten such studies"
        " 85% to 95%, with 4.1% of their calls false; a power of 0.8 takes about 11 a group"
    )
    assert "more than 12 a group" in power_sentence(table([0.1, 0.4, 0.5]))
    assert "at most 3 a group" in power_sentence(table([0.9, 0.9, 0.95]))
    half = table([0.1, 0.4, 0.5], carrier_share=0.5)
    assert "(2-fold in 50% of the tumours of the first group)" in power_sentence(half)
    deep = pd.concat([table([0.1, 0.4, 0.5]), table([0.3, 0.6, 0.7], depth=4.0)])
    assert "50%" in power_sentence(deep), "the pilot's own depth speaks"


def test_where_nothing_changes_the_calls_are_told() -> None:
    assert "where nothing changes: 12.0 calls" in power_sentence(table([np.nan] * 3))


def test_the_header_holds_what_the_table_rests_on() -> None:
    pilot = fit_pilot(pilots.reads(3), pilots.sheet(3), regions=300)
    plan = PowerPlan(units=(4, 6), effects=(1.5,), sets=2)
    found = power_table(pilot, plan)
    header = power_header(pilot, plan, found)
    assert header["power"] == power_sentence(found)
    assert header["regions"] == f"300 of the {pilot.n_tested} regions that the pilot tests"
    assert header["filter"].startswith("at least 5 reads in at least 3 units")
    assert "regions that hardly have the mark are among them" in header["filter"]
    assert "negative binomial reads" in header["drawn"]
    assert "leave open included" in header["range"]
    facts = json.loads(json.dumps(header["facts"], allow_nan=False))
    assert facts["regions"] == {"drawn": 300, "of": pilot.n_tested}
    assert facts["plan"] == {"changed": 0.05, "sets": 2, "seed": 1}
    assert len(facts["model"]["unit_noise"]) == 6
    (needed,) = facts["needed"]
    assert needed["effect"] == 1.5
    assert needed["units"] is None or needed["units"] <= 6


def test_the_range_of_a_tiny_pilot_says_what_it_lacks() -> None:
    pilot = fit_pilot(pilots.reads(2), pilots.sheet(2), regions=300)
    header = power_header(pilot, PowerPlan(), table([0.1, 0.4, 0.5]))
    assert "too small to tell how noisy" in header["range"]
