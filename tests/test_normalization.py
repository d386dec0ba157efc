"""Size factors and what they assume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.filtering import regions_with_signal
from resist_epi.normalization import METHODS, factors_table, normalize, scaled
from tests.builders import matrix, planted


@pytest.mark.parametrize("method", sorted(METHODS))
def test_depth_is_taken_away(method: str) -> None:
    values = np.random.default_rng(1).gamma(2, 50, size=(200, 1)) * np.array([1, 2, 5])
    made = normalize(matrix(values), method)
    expected = np.broadcast_to(scaled(made)[:, :1], values.shape)
    np.testing.assert_allclose(scaled(made), expected, rtol=1e-9)


def test_tmm_takes_composition_away_and_library_size_does_not() -> None:
    rng = np.random.default_rng(2)
    values = rng.gamma(2, 50, size=(500, 1)) * rng.uniform(0.99, 1.01, size=(500, 4))
    values[:50, 2:] *= 20
    made = matrix(values)
    unchanged = slice(50, None)

    def shift(method: str) -> float:
        level = np.log2(scaled(normalize(made, method))[unchanged])
        return float(np.median(level[:, 2:].mean(axis=1) - level[:, :2].mean(axis=1)))

    assert abs(shift("tmm")) < 0.02
    assert shift("library_size") < -0.5


def test_scaling_a_library_scales_its_effective_size() -> None:
    counts = planted(n=300)
    bigger = replace(
        counts,
        values=counts.values * np.array([3, 1, 1, 1, 1, 1, 1, 1]),
        library_sizes=counts.library_sizes * np.array([3, 1, 1, 1, 1, 1, 1, 1]),
    )
    before = normalize(counts, "tmm").effective_library_sizes
    after = normalize(bigger, "tmm").effective_library_sizes
    ratio = after / before
    # Not exactly: deeper libraries weigh more in the trimmed mean.
    np.testing.assert_allclose(ratio / ratio[1], [3, 1, 1, 1, 1, 1, 1, 1], rtol=0.01)


def test_the_table_of_factors() -> None:
    table = factors_table(normalize(matrix([[1, 2], [3, 4]])), "library_size")
    assert list(table["effective_library_size"]) == [4, 6]
    assert list(table["size_factor"]) == [1, 1]


def test_unknown_method_and_nothing_to_normalise_by() -> None:
    with pytest.raises(DesignError, match="unknown normalisation 'rpkm'; expected one of"):
        normalize(matrix([[1, 2]]), "rpkm")
    with pytest.raises(DesignError, match="no region has any signal"):
        normalize(matrix([[0, 0]], library_sizes=[1, 1]), "tmm")


def test_the_filter_is_blind_to_which_units_have_signal() -> None:
    made = normalize(matrix([[9, 9, 0, 0], [0, 0, 9, 9], [9, 0, 0, 0]], library_sizes=[1] * 4))
    kept, sentence = regions_with_signal(made, min_units=2)
    assert kept.tolist() == [True, True, False]
    assert "2 of 3 regions tested: any signal in at least 2 units" in sentence


def test_reads_need_five_of_them() -> None:
    made = normalize(matrix([[4, 4], [6, 6], [100, 100]], quantity="reads"))
    assert regions_with_signal(made, min_units=2)[0].tolist() == [False, True, True]
    assert regions_with_signal(made, min_units=2, min_value=50)[0].tolist() == [False, False, True]
