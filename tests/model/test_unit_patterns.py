"""Values in which units are compared: their means do not depend on depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.model.unit_patterns import nothing_seen, unit_level
from resist_epi.samples.design import make_design
from tests.support.builders import matrix, planted, sheet


@pytest.mark.parametrize("expected", [1.0, 3.0, 100.0])
def test_a_shallow_library_of_few_reads_looks_like_a_deep_one(expected: float) -> None:
    depth = np.array([1.0, 1.0, 1 / 8, 1 / 8])
    reads = np.random.default_rng(1).poisson(expected * depth, size=(4000, 4)).astype(float)
    level = unit_level(replace(matrix(reads, quantity="reads"), library_sizes=depth))
    spread = level.std(axis=0) / np.sqrt(len(level))
    assert abs(level[:, :2].mean() - level[:, 2:].mean()) < 3 * spread.max()
    assert np.isfinite(level).all()


def test_signal_is_taken_as_its_log() -> None:
    made = planted()
    level = unit_level(made)
    doubled = unit_level(replace(made, values=made.values * 2))
    np.testing.assert_allclose(doubled - level, 1, atol=1e-9)


def test_nothing_seen_changes_nothing() -> None:
    seen = nothing_seen(make_design(sheet(["a", "a", "b", "b"])))
    assert not seen.adjusted
    assert seen.header == {}
    assert seen.weights_off is None
