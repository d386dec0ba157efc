"""Regions that do not change are found where they lie, and at zero where they lie there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from resist_epi.stats.scaling import unchanged_regions

ENOUGH = 3.0


def changes(changed: float, up: float, shift: float, seed: int) -> NDArray[np.float64]:
    """Measured changes (2,000,), error .25, `changed` of them by about 1, under factors off."""
    rng = np.random.default_rng(seed)
    sign = np.zeros(2_000)
    sign[: round(changed * 2_000)] = -1
    sign[: round(changed * up * 2_000)] = 1
    return sign * np.exp(rng.normal(0, 0.3, 2_000)) + shift + rng.normal(0, 0.25, 2_000)


@pytest.mark.parametrize(
    ("changed", "up"), [(0, 0.5), (0.05, 1), (0.2, 0.5), (0.2, 1), (0.4, 0.5), (0.5, 0.5), (0.4, 1)]
)
def test_right_factors_are_left_in_peace(changed: float, up: float) -> None:
    for seed in range(3):
        found = unchanged_regions(changes(changed, up, 0, seed), np.full(2_000, 0.25))
        assert found.evidence < ENOUGH
        assert abs(found.at_zero - (1 - changed)) < 0.15


@pytest.mark.parametrize(("changed", "shift"), [(0.5, -0.4), (0.7, -0.9), (0.5, 0.6)])
def test_factors_that_went_with_the_changed_ones_are_found_out(
    changed: float, shift: float
) -> None:
    for seed in range(3):
        up = float(shift < 0)
        found = unchanged_regions(changes(changed, up, shift, seed), np.full(2_000, 0.25))
        assert found.evidence > ENOUGH
        assert abs(found.elsewhere - shift) < 0.2
        assert abs(found.share - (1 - changed)) < 0.15


def test_the_sign_of_the_contrast_does_not_matter() -> None:
    x, error = changes(0.7, 1, -0.9, 1), np.full(2_000, 0.25)
    one, other = unchanged_regions(x, error), unchanged_regions(-x, error)
    assert one.elsewhere == -other.elsewhere
    assert one.evidence == pytest.approx(other.evidence, abs=0.1)


def test_what_is_not_known_is_left_out() -> None:
    x, error = changes(0.7, 1, -0.9, 1), np.full(2_000, 0.25)
    gaps = np.append(x, [np.nan, 1.0, 1.0]), np.append(error, [0.25, np.nan, 0.0])
    assert unchanged_regions(*gaps) == unchanged_regions(x, error)
    assert np.isnan(unchanged_regions([np.nan], [1.0]).at_zero)
    assert unchanged_regions([], []).evidence == -np.inf


def test_outliers_and_few_regions_do_no_harm() -> None:
    rng = np.random.default_rng(1)
    x = np.append(rng.normal(0, 0.25, 500), [40.0, -40.0, 9.0])
    assert unchanged_regions(x, np.full(503, 0.25)).at_zero > 0.9
    assert unchanged_regions([0.1, -0.2, 2.0], [0.3, 0.3, 0.3]).evidence < ENOUGH
