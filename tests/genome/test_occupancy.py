"""Occupancy of two groups, and what sets of samples share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from resist_epi.errors import DesignError
from resist_epi.genome.occupancy import (
    differential_occupancy,
    held_by_groups,
    occupancy_components,
    set_overlaps,
)


def occupancy_of(rows: list[list[int]]) -> pd.DataFrame:
    names = [f"s{i}" for i in range(len(rows[0]))]
    return pd.DataFrame(rows, columns=names, index=[f"r{i}" for i in range(len(rows))])


@pytest.mark.parametrize(("n1", "n2"), [(1, 1), (2, 5), (6, 6), (9, 4)])
def test_fisher_agrees_with_scipy_on_every_table(n1: int, n2: int) -> None:
    cells = [(i, j) for i in range(n1 + 1) for j in range(n2 + 1)]
    rows = [[1] * i + [0] * (n1 - i) + [1] * j + [0] * (n2 - j) for i, j in cells]
    occupancy = occupancy_of(rows)
    groups = {s: "poor" if k < n1 else "good" for k, s in enumerate(occupancy.columns)}
    table = differential_occupancy(occupancy, groups, contrast=("poor", "good"))
    expected = [fisher_exact([[i, n1 - i], [j, n2 - j]]).pvalue for i, j in cells]
    np.testing.assert_allclose(table["descriptive_pvalue"], expected, rtol=1e-9)
    np.testing.assert_allclose(
        table["descriptive_padj"], false_discovery_control(expected), rtol=1e-9
    )
    assert table[["n_poor", "n_good"]].to_numpy().tolist() == [list(c) for c in cells]
    swapped = differential_occupancy(occupancy, groups, contrast=("good", "poor"))
    np.testing.assert_allclose(swapped["fraction_difference"], -table["fraction_difference"])
    np.testing.assert_allclose(swapped["descriptive_pvalue"], table["descriptive_pvalue"])


def test_other_groups_are_left_out() -> None:
    occupancy = occupancy_of([[1, 1, 0, 0, 1]])
    groups = dict(zip(occupancy.columns, ["a", "a", "b", "b", "x"], strict=True))
    table = differential_occupancy(occupancy, groups, contrast=("a", "b"))
    assert table[["n_a", "n_b", "fraction_difference"]].to_numpy().tolist() == [[2, 0, 1]]
    assert table["descriptive_pvalue"].tolist() == pytest.approx([1 / 3])


def test_impossible_contrasts_are_refused() -> None:
    occupancy = occupancy_of([[1, 0]])
    groups = {"s0": "a", "s1": "b"}
    with pytest.raises(DesignError, match="no sample of group 'x'; the groups are 'a', 'b'"):
        differential_occupancy(occupancy, groups, contrast=("x", "b"))
    with pytest.raises(DesignError, match="both sides"):
        differential_occupancy(occupancy, groups, contrast=("a", "a"))
    with pytest.raises(DesignError, match="'s1' has no group"):
        differential_occupancy(occupancy, {"s0": "a"}, contrast=("a", "a"))


def test_overlaps_count_every_peak_of_a_set_once() -> None:
    rng = np.random.default_rng(1)
    held = pd.DataFrame(rng.integers(0, 2, size=(200, 4)), columns=list("wxyz"))
    table = set_overlaps(held)
    expected = {
        pattern: int((held.to_numpy() == pattern).all(axis=1).sum())
        for pattern in set(map(tuple, held.to_numpy().tolist()))
        if any(pattern)
    }
    found = {tuple(row[:4]): row[5] for row in table.to_numpy().tolist()}
    assert found == expected
    assert (table["n_sets"] == table[list("wxyz")].sum(axis=1)).all()
    assert table["n_peaks"].is_monotonic_decreasing


def test_overlaps_do_not_depend_on_the_order_of_peaks() -> None:
    held = pd.DataFrame({"a": [1, 0, 1, 0], "b": [0, 1, 1, 0]})
    pd.testing.assert_frame_equal(set_overlaps(held), set_overlaps(held.iloc[::-1]))
    assert set_overlaps(held)["n_peaks"].sum() == 3, "a peak of nobody is no overlap"


def test_nothing_to_overlap() -> None:
    assert set_overlaps(pd.DataFrame({"a": [], "b": []})).empty
    assert set_overlaps(pd.DataFrame({"a": [1]})).to_numpy().tolist() == [[1, 1, 1]]
    with pytest.raises(DesignError, match="'n_peaks'"):
        set_overlaps(pd.DataFrame({"n_peaks": [1]}))


def test_a_group_has_what_half_of_it_has() -> None:
    occupancy = occupancy_of([[1, 0, 1, 0, 0], [0, 0, 1, 1, 1]])
    groups = dict(zip(occupancy.columns, "aabbb", strict=True))
    assert held_by_groups(occupancy, groups).to_numpy().tolist() == [[1, 0], [0, 1]]


def test_components_of_occupancy_tell_groups_apart() -> None:
    rows = [[1, 1, 0, 0]] * 30 + [[1, 0, 1, 0]] * 3
    table = occupancy_components(occupancy_of(rows))
    assert list(table) == ["sample", "PC1", "PC2", "PC3"]
    assert (np.sign(table["PC1"].iloc[:2]) != np.sign(table["PC1"].iloc[2:].to_numpy())).all()
    assert table.attrs["explained"][0] > 0.8
    assert list(occupancy_components(occupancy_of([[1, 1]]))) == ["sample"]
