"""Twins are found by the noise that two units share, whatever the design takes away of it."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.stats.linear.twins import TWINS, find_twins


def groups(per_group: int) -> np.ndarray:
    return np.column_stack([np.ones(2 * per_group), np.repeat([0.0, 1.0], per_group)])


def noise(units: int, *, n: int = 1500, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, units)) + 5


def alike(y: np.ndarray, i: int, j: int, correlation: float) -> np.ndarray:
    y = y.copy()
    y[:, j] = 5 + correlation * (y[:, i] - 5) + np.sqrt(1 - correlation**2) * (y[:, j] - 5)
    return y


@pytest.mark.parametrize("per_group", [4, 6, 12])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, -1)])
def test_a_pair_is_named_with_its_correlation(per_group: int, first: int, second: int) -> None:
    second %= 2 * per_group
    found = find_twins(alike(noise(2 * per_group), first, second, 0.85), groups(per_group))
    assert [t[:2] for t in found] == [(first, second)]
    # A little low where few units are left to tell a region's variance.
    assert 0.85 - 0.6 / per_group < found[0].correlation < 0.88


def test_an_exact_copy_and_a_family_of_three() -> None:
    y = noise(12)
    y[:, 1] = y[:, 0]
    assert find_twins(y, groups(6))[0] == (0, 1, pytest.approx(1.0))
    y[:, 2] = y[:, 0] + 0.1 * noise(12, seed=2)[:, 2]
    assert {t[:2] for t in find_twins(y, groups(6))} == {(0, 1), (0, 2), (1, 2)}


@pytest.mark.parametrize("per_group", [4, 6, 12])
def test_independent_units_and_noisy_ones_are_no_twins(per_group: int) -> None:
    y = noise(2 * per_group)
    y[:, -1] = 5 + 3 * (y[:, -1] - 5)
    assert find_twins(y, groups(per_group)) == ()


def test_what_many_units_share_is_a_factor() -> None:
    rng = np.random.default_rng(3)
    for batch in (np.tile([0.0, 1.0], 6), np.tile([0.0, 0.0, 1.0, 1.0], 3)):
        y = noise(12) + 2 * np.outer(rng.normal(size=1500), batch)
        assert find_twins(y, groups(6)) == ()


def test_pairs_that_the_design_ties_together_are_left_alone() -> None:
    # Within pairs the residuals of two units are opposite, and of two patients equal.
    patients = np.repeat(np.eye(2), 2, axis=0)
    design = np.column_stack([patients, np.tile([0.0, 1.0], 2)])
    assert find_twins(noise(4), design) == ()


def test_order_and_scale_of_regions_do_not_matter() -> None:
    y = alike(noise(10), 2, 3, 0.9)
    scale = np.random.default_rng(4).lognormal(size=(len(y), 1))
    one, other = find_twins(y, groups(5)), find_twins((y * scale)[::-1], groups(5))
    assert one[0].correlation == pytest.approx(other[0].correlation)


@pytest.mark.parametrize("y", [np.zeros((0, 8)), np.ones((5, 8)), np.zeros((1, 8))])
def test_nothing_to_see(y: np.ndarray) -> None:
    assert find_twins(y, groups(4)) == ()
    assert 0 < TWINS < 1


def test_many_units_give_what_few_would(monkeypatch: pytest.MonkeyPatch) -> None:
    y = alike(alike(noise(16), 2, 3, 0.9), 9, 14, 0.8)
    whole = find_twins(y, groups(8))
    monkeypatch.setattr("resist_epi.stats.linear.twins.MANY", 4)
    found = find_twins(y, groups(8))
    assert [t[:2] for t in found] == [t[:2] for t in whole] == [(2, 3), (9, 14)]
    assert [t.correlation for t in found] == pytest.approx([t.correlation for t in whole], abs=1e-9)
