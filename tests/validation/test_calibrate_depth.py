"""Depth that goes with the group invents no change, or is refused."""

from __future__ import annotations

import pytest
from calibrate_depth import measure


@pytest.mark.parametrize("normalize", ["tmm", "tmmwsp", "rle", "library_size", "background"])
def test_eightfold_depth_in_wide_bins(normalize: str) -> None:
    found = measure(5_000, 4, normalize, None, 1)
    assert found["used"] == "ql"
    assert found["type_one_05"] < 0.06
    assert abs(found["median_change"]) < 0.05


@pytest.mark.parametrize("normalize", ["tmm", "tmmwsp", "rle"])
def test_sparse_bins_lend_their_peaks_alone(normalize: str) -> None:
    found = measure(500, 2, normalize, None, 1)
    assert found["type_one_05"] < 0.06
    assert abs(found["median_change"]) < 0.1


@pytest.mark.parametrize("normalize", ["upper_quartile", "loess", "quantile"])
def test_sparse_bins_are_refused(normalize: str) -> None:
    assert measure(500, 2, normalize, None, 1)["refused"] == normalize


def test_the_filter_lets_no_shallow_noise_pass() -> None:
    assert measure(500, 2, "library_size", None, 1)["type_one_05"] < 0.06
    few = measure(5_000, 4, "library_size", "trend", 1)  # its bins are those of many reads
    assert abs(few["median_change"]) < 0.05
    assert few["tested"] < 1_000
