"""Tracks that look like counts and are none, over libraries from sparse to deep."""

from __future__ import annotations

from collections import Counter

import pytest
from adversarial_tracks import SETTINGS, judge

# What a pass over the values cannot tell apart; docs/method/recovery.md says why.
UNTOLD = {
    "mean rounded up",
    "mean of 2, depths 1:2",
    "counts + 1",
    "smoothed, 2 bins",
    "counts subtracted, cut",
    "scaled down, to whole",
}


@pytest.mark.parametrize("setting", [SETTINGS[0], SETTINGS[2]])
def test_hardly_anything_is_taken_for_counts_wrongly(
    setting: tuple[int, int, int, float, int],
) -> None:
    rows = list(judge(11, setting))
    wrong = Counter(str(r["track"]) for r in rows if r["accepted"] and not r["counts"])
    assert set(wrong) <= UNTOLD
    assert sum(wrong.values()) <= 4
    assert not [r["says"] for r in rows if r["counts"] and not r["accepted"]]


def test_a_deep_library_of_one_length_is_told_by_steps() -> None:
    rows = list(judge(12, SETTINGS[5]))
    assert not [r["says"] for r in rows if r["counts"] and not r["accepted"]]
    assert {r["track"] for r in rows if r["accepted"] and not r["counts"]} <= UNTOLD
