"""Reads expected behind bins, against planted reads and against all ways to place them."""

from __future__ import annotations

from itertools import product
from math import factorial

import numpy as np
import pytest

from resist_epi.tracks.recovery.bin_shares import expected_reads


def by_enumeration(counts: list[int], q: np.ndarray, rate: float) -> np.ndarray:
    """Mean over every way in which reads of 1, 2 or 3 bins make the counts, by its weight."""
    n, total, out = len(counts), 0.0, np.zeros(len(counts))
    ways = [range(c + 1) for c in counts for _ in range(3)]
    for flat in product(*ways):
        new = np.array(flat).reshape(n, 3)
        made, laid, weight = np.zeros(n + 3), np.zeros(n + 3), 1.0
        for i, j in np.ndindex(n, 3):
            made[i : i + j + 1] += new[i, j]
            laid[i : i + j + 1] += new[i, j] / (j + 1)
            weight *= (rate * q[j]) ** new[i, j] / factorial(new[i, j])
        if (made[:n] == counts).all() and not made[n:].any():
            total += weight
            out += weight * laid[:n]
    return out / total


@pytest.mark.parametrize("q", [(0.3, 0.7, 0.0), (0.2, 0.5, 0.3)])
@pytest.mark.parametrize("counts", [[1], [1, 1], [1, 2, 1], [2, 1, 0, 1]])
def test_equals_the_mean_over_all_placements(counts: list[int], q: tuple[float, ...]) -> None:
    shares = np.array(q)
    around = np.zeros(200, dtype=np.int64)
    around[100 : 100 + len(counts)] = counts
    # The rate that the kernel takes is local and so not constant; here it nearly is.
    rate = sum(counts) / 51 / float(shares @ [1, 2, 3])
    found = expected_reads(around, shares)[100 : 100 + len(counts)]
    np.testing.assert_allclose(found, by_enumeration(counts, shares, rate), atol=2e-9)


@pytest.mark.parametrize(("length", "shares"), [(36, (0.3, 0.7)), (76, (0.0, 0.5, 0.5))])
@pytest.mark.parametrize("rate", [0.1, 0.3, 2.0])
def test_planted_reads_come_back(length: int, shares: tuple[float, ...], rate: float) -> None:
    rng = np.random.default_rng(3)
    size, bins = 50, 100_000
    reads = rng.poisson(rate * rng.gamma(2, 0.5, bins // 100).repeat(100))
    at = np.repeat(np.arange(bins), reads) * size + rng.integers(0, size, reads.sum())
    first, last = at // size, (at + length - 1) // size
    touched = np.zeros((2, bins + 9))  # by whole reads, and by their shares
    for step in range(3):
        over = first + step <= last
        np.add.at(touched[0], first[over] + step, 1)
        np.add.at(touched[1], first[over] + step, 1 / (last - first + 1)[over])
    counts = touched[0, :bins].astype(np.int64)
    mean = float(np.array(shares) @ np.arange(1, len(shares) + 1))
    found = expected_reads(counts, np.array(shares)).reshape(-1, 100).sum(1)
    plain = counts.reshape(-1, 100).sum(1) / mean
    true = touched[1, :bins].reshape(-1, 100).sum(1)
    assert found.sum() == pytest.approx(true.sum(), rel=0.005)
    error, before = np.std(found - true), np.std(plain - true)
    # What neighbours tell is much where reads are few, and nothing where they are dense.
    assert error < {0.1: 0.5, 0.3: 0.75, 2.0: 1.02}[rate] * before


def test_nothing_in_nothing_out() -> None:
    shares = np.array([0.3, 0.7])
    assert expected_reads(np.zeros(0, dtype=np.int64), shares).size == 0
    np.testing.assert_array_equal(expected_reads(np.zeros(5, dtype=np.int64), shares), 0)
    high = np.array([0, 900, 900, 0])
    np.testing.assert_allclose(expected_reads(high, shares), high / 1.7)
