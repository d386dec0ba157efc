"""Bins that begin anew behind a gap are still bins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.tracks.recovery.recovery import recover_counts
from resist_epi.tracks.recovery.track_survey import survey
from tests.tracks.recovery.test_recovery import LENGTH, bins_over, fragments, write


def test_bins_that_begin_anew_behind_a_gap_are_still_bins(tmp_path: Path) -> None:
    starts, ends = fragments(length=36)
    values = np.zeros(LENGTH)
    for first, last in ((0, 700_013), (700_100, 1_400_027), (1_400_127, LENGTH)):
        inside = (ends > first) & (starts < last)
        counts = bins_over(np.maximum(starts[inside] - first, 0), ends[inside] - first, 50)
        values[first:last] = np.repeat(counts, 50)[: last - first]
    track = write(tmp_path / "t.bg", values, 1)
    assert survey(track).bin_size == 50
    found = recover_counts(track)
    assert (found.refused, found.bin_size) == (None, 50)
    assert found.fragment_length == pytest.approx(36, rel=0.03)
