"""Tracks that look like counts and are none, over libraries from sparse to deep."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from adversarial_kinds import FIRST, FRESH, FRESH_SETTINGS, SECOND, SETTINGS, libraries
from adversarial_tracks import judge, same, smallest_is_one, verdict

# What cannot be told, for short or few reads; docs/method/recovery.md says why.
UNTOLD = {
    "counts subtracted, cut",
    "counts, larger of two",
    "CPM to whole",
    "median of 3",
}


@pytest.mark.parametrize("setting", [SETTINGS[0], SETTINGS[2]])
def test_hardly_anything_is_taken_for_counts_wrongly(
    setting: tuple[int, int, int, float, int],
) -> None:
    rows = list(judge(11, setting))
    wrong = Counter(str(r["track"]) for r in rows if r["accepted"] and not r["counts"])
    assert not wrong
    assert not [r["says"] for r in rows if r["counts"] and not r["accepted"]]


@pytest.mark.parametrize("setting", [SETTINGS[5], SETTINGS[6]])
def test_a_deep_library_is_told_by_steps(setting: tuple[int, int, int, float, int]) -> None:
    rows = list(judge(12, setting))
    assert not [r["says"] for r in rows if r["counts"] and not r["accepted"]]
    assert not {r["track"] for r in rows if r["accepted"] and not r["counts"]}


@pytest.mark.parametrize("setting", [SETTINGS[1], SETTINGS[3]])
def test_replicates_spike_ins_rounding_and_means_over_bins(
    setting: tuple[int, int, int, float, int],
) -> None:
    rows = list(judge(13, setting, SECOND))
    assert {r["track"] for r in rows if r["verdict"] == "wrong"} <= UNTOLD
    assert not [r["says"] for r in rows if r["verdict"] == "refused wrongly"]


def test_fresh_kinds_are_answered_rightly() -> None:
    rows = list(judge(14, FRESH_SETTINGS[1], FRESH))
    assert not [r for r in rows if r["verdict"] in {"wrong", "refused wrongly"}]


def test_a_verdict_is_about_the_counts_themselves() -> None:
    x = libraries(15, SETTINGS[0])
    by_name = {kind.name: kind for kind in FIRST}
    counts, mean = by_name["CPM"], by_name["mean of 2"]
    assert verdict(x.counts[0], counts, x) == "right"
    assert verdict(2 * x.counts[0], counts, x) == "wrong"
    assert verdict(None, counts, x) == "refused wrongly"
    assert verdict(None, mean, x) == "refused rightly"
    assert not same(x.counts[0], x.counts[1])


def test_the_rule_that_the_smallest_value_is_one_read() -> None:
    found, warns = smallest_is_one(np.array([0, 0.5, 1.0, 1.5], np.float32))
    assert (found.tolist(), warns) == ([0, 1, 2, 3], False)
    found, warns = smallest_is_one(np.array([0, 0.4, 1.0], np.float32))
    assert (found.tolist(), warns) == ([0, 1, 2], True)
    assert smallest_is_one(np.array([1.0, 2.5], np.float32)) == (None, False)
