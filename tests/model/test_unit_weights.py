"""What the residuals say of units: weights from three a group on, unless they share a factor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.unit_weights import UnitWeights, weigh_units
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import matrix, sheet


def seen(made: CountMatrix, good: int, poor: int) -> UnitWeights | None:
    design = make_design(sheet(["good"] * good + ["poor"] * poor))
    tested = np.ones(len(made.regions), dtype=bool)
    return weigh_units(made, design, make_contrast(design, None), tested)


def signal(n_units: int, *, n: int = 1500, seed: int = 1, **noisy: float) -> CountMatrix:
    """Log-normal signal; keyword sN is the factor on the noise of unit N."""
    rng = np.random.default_rng(seed)
    sd = np.full(n_units, 0.3)
    for name, factor in noisy.items():
        sd[int(name[1:])] *= factor
    level = rng.normal(5, 1.5, size=(n, 1)) + rng.normal(size=(n, n_units)) * sd
    return matrix(2.0**level, library_sizes=np.ones(n_units))


def with_factor(made: CountMatrix, sd: float, seed: int = 5) -> CountMatrix:
    rng = np.random.default_rng(seed)
    shape = made.values.shape
    scores = np.resize([1.0, -1.0], shape[1])
    return replace(made, values=made.values * 2.0 ** np.outer(rng.normal(0, sd, shape[0]), scores))


def test_one_bad_sample_of_three_is_weighed_down() -> None:
    found = seen(signal(6, s5=3.0), 3, 3)
    assert found is not None
    assert found.weights.argmin() == 5
    assert found.fold > 4
    assert found.shared < 1.1
    assert found.trusted


@pytest.mark.parametrize("units", [3, 4])
def test_a_hidden_factor_takes_the_trust_away(units: int) -> None:
    found = seen(with_factor(signal(2 * units), 0.5), units, units)
    assert found is not None
    assert found.shared > 1.2
    assert not found.trusted
    assert found.sides is None  # equal groups have no variance each


def test_unequal_groups_have_codes_for_a_variance_each() -> None:
    found = seen(signal(10, s7=2.0, s8=2.0, s9=2.0), 7, 3)
    assert found is not None
    assert found.sides == (2,) * 7 + (1,) * 3
    assert found.sides_fold > 2.5
    assert not found.larger_varies


@pytest.mark.parametrize(
    ("good", "poor", "larger"), [(4, 8, True), (4, 6, True), (5, 6, False), (6, 6, False)]
)
def test_the_larger_group_may_vary_more(good: int, poor: int, larger: bool) -> None:
    noisy = {f"s{unit}": 2.0 for unit in range(good, good + poor)}
    found = seen(signal(good + poor, **noisy), good, poor)
    assert found is not None
    assert found.sides_fold > 2.5
    assert found.larger_varies == larger
    turned = {f"s{unit}": 2.0 for unit in range(good)}
    found = seen(signal(good + poor, **turned), good, poor)
    assert found is not None
    assert not found.larger_varies


@pytest.mark.parametrize(("good", "poor", "n"), [(2, 2, 1500), (2, 6, 1500), (3, 3, 100)])
def test_too_little_to_say(good: int, poor: int, n: int) -> None:
    assert seen(signal(good + poor, n=n), good, poor) is None


@pytest.mark.parametrize(
    ("change", "method", "figure"),
    [
        ({}, "ql", "weights would differ 1.5-fold"),
        ({"weights": [1, 1, 1, 1, 1, 0.2]}, "trend", "weights differ 5.0-fold"),
        ({"weights": [1, 1, 1, 1, 1, 0.49]}, "trend", "2.04-fold, more than 2"),
        ({"weights": [1, 1, 1, 0.3, 0.3, 0.2], "sides_fold": 3.3}, "voom", "groups' 3.3-fold"),
        (
            {
                "weights": [1, 1, 1, 0.3, 0.3, 0.2],
                "sides_fold": 3.3,
                "larger_varies": True,
            },
            "trend",
            "groups' 3.3-fold, most in the larger",
        ),
        ({"shared": 1.6, "weights": [1, 1, 1, 1, 1, 0.1]}, "ql", "share a pattern"),
        (
            {"shared": 1.6, "sides": (1, 2, 2, 2), "sides_fold": 2.0},
            "voom",
            "groups' variances differ 2.0-fold",
        ),
        ({"shared": 1.6, "smaller": 6, "weights": [1, 1, 1, 1, 1, 0.1]}, "trend", "10.0-fold"),
    ],
)
def test_the_test_of_reads_follows_the_units(change, method: str, figure: str) -> None:
    plain = UnitWeights(np.array([1.2, 1, 1, 1, 1, 0.8]), 0.95, 3, None, 1.1)
    if "weights" in change:
        change = {**change, "weights": np.array(change["weights"], dtype=float)}
    name, because = replace(plain, **change).reads_method
    assert name == method
    assert figure in because
