"""The counter against every pair of read and region looked at one by one."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.tracks.reads.overlap_counter import OverlapCounter, touches


def naive(regions, reads) -> list[int]:
    return [sum(c == d and a < f and b > e and a < b for d, e, f in reads) for c, a, b in regions]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("parts", [1, 3])
def test_equals_all_pairs(seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(-20, 500, 60)
    regions = np.column_stack([rng.integers(0, 3, 60), a, a + rng.integers(0, 200, 60)])
    s = rng.integers(0, 500, 300)
    reads = np.column_stack([rng.integers(0, 3, 300), s, s + rng.integers(1, 60, 300)])
    counter = OverlapCounter(*regions.T)
    for part in np.array_split(reads, parts):
        counter.add(*part.T)
    assert counter.counts().tolist() == naive(regions.tolist(), reads.tolist())


def test_translation_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    a, s = rng.integers(0, 500, 50), rng.integers(0, 500, 200)
    zero = np.zeros(50, dtype=np.int64)
    near, far = OverlapCounter(zero, a, a + 90), OverlapCounter(zero, a + 10**9, a + 10**9 + 90)
    codes = np.zeros(200, dtype=np.int64)
    near.add(codes, s, s + 36)
    far.add(codes, s + 10**9, s + 10**9 + 36)
    np.testing.assert_array_equal(near.counts(), far.counts())


def test_no_regions_no_reads() -> None:
    none = np.zeros(0, dtype=np.int64)
    counter = OverlapCounter(none, none, none)
    counter.add(np.array([0]), np.array([5]), np.array([9]))
    assert counter.counts().size == 0
    assert OverlapCounter([0], [5], [9]).counts().tolist() == [0]


@pytest.mark.parametrize("seed", range(3))
def test_touches_equals_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.integers(1, 30, 12))
    merged = (np.repeat([0, 2], 3), edges[::2], edges[1::2])
    merged = (merged[0], np.tile(edges[:6:2], 2), np.tile(edges[1:6:2], 2))
    s = rng.integers(0, 150, 200)
    reads = np.column_stack([rng.integers(0, 4, 200), s, s + rng.integers(1, 20, 200)])
    rows = list(zip(*(m.tolist() for m in merged), strict=True))
    expected = [any(c == d and a < f and b > e for d, e, f in rows) for c, a, b in reads.tolist()]
    assert touches(*reads.T, merged).tolist() == expected
    none = np.zeros(0, dtype=np.int64)
    assert not touches(*reads.T, (none, none, none)).any()
