"""Bins in rows against base-by-base arrays and exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine.bins import BinAccumulator
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs


def random_runs(rng: np.random.Generator, n: int) -> Runs:
    edges = np.cumsum(rng.integers(0, 30, 2 * n) + np.tile([0, 1], n))
    starts, ends = edges[::2].astype(np.uint32), edges[1::2].astype(np.uint32)
    return Runs(starts, ends, rng.normal(3, 2, n).astype(np.float32))


def naive(runs: Runs, edges: np.ndarray, length: int) -> np.ndarray:
    bases = np.zeros(length)
    for start, end, value in zip(runs.starts, runs.ends, runs.values, strict=True):
        bases[start:end] = value if np.isfinite(value) else 0
    inside = np.clip(edges, 0, length)
    return np.array([[bases[a:b].sum() for a, b in pairwise(row)] for row in inside])


def random_rows(rng: np.random.Generator, length: int) -> np.ndarray:
    widths = rng.integers(0, 40, (50, 30)) * rng.integers(0, 2, (50, 1))
    return np.cumsum(np.column_stack([rng.integers(-60, length + 40, 50), widths]), axis=1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("chunk", [1, 9, 1000])
def test_equals_base_by_base(seed: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    runs = random_runs(rng, 120)
    runs.values[rng.integers(0, 120, 5 * (seed % 2))] = np.nan
    length = int(runs.ends[-1]) + 25
    edges = random_rows(rng, length)
    bins = BinAccumulator(edges, length=length)
    for at in range(0, len(runs), chunk):
        part = slice(at, at + chunk)
        bins.add(Runs(runs.starts[part], runs.ends[part], runs.values[part]))
    np.testing.assert_allclose(bins.result(), naive(runs, edges, length), rtol=1e-12, atol=1e-9)
    assert bins.undefined == np.count_nonzero(np.isnan(runs.values))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [1, 7, 50])
def test_grids_equal_their_runs(seed: int, step: int) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid(100, step, rng.normal(2, 1, 300).astype(np.float32))
    runs = Runs(grid.starts, grid.ends, grid.values)
    edges = random_rows(rng, grid.end)
    whole = BinAccumulator(edges, length=grid.end + 50)
    whole.add(runs)
    by_grid = BinAccumulator(edges, length=grid.end + 50)
    by_grid.add(grid)
    np.testing.assert_allclose(by_grid.result(), whole.result(), rtol=1e-12, atol=1e-9)
    by_parts = BinAccumulator(edges, length=grid.end + 50)
    by_parts.add(parts_of(grid, *by_parts.within))
    np.testing.assert_allclose(by_parts.result(), whole.result(), rtol=1e-12, atol=1e-9)


def parts_of(grid: Grid, starts: np.ndarray, ends: np.ndarray) -> GridParts:
    """What a reader hands on of a grid when it was asked for these stretches."""
    wanted = np.zeros(len(grid), dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        wanted |= (grid.starts < end) & (grid.ends > start)
    edges = np.flatnonzero(np.diff(wanted.astype(int), prepend=0, append=0))
    first, last = edges[::2], edges[1::2]
    offset = np.concatenate([[0], np.cumsum(last - first)])
    return GridParts(grid.begin, grid.end, grid.step, first, offset, grid.values[wanted])


def test_small_values_keep_their_digits_beside_huge_ones() -> None:
    n = 20_000
    starts = np.arange(n, dtype=np.uint32) * 4000
    rng = np.random.default_rng(1)
    values = rng.uniform(1e5, 1e6, n).astype(np.float32)
    values[-100:] = rng.uniform(1e-6, 1e-5, 100).astype(np.float32)
    runs = Runs(starts, starts + np.uint32(3999), values)
    edges = int(starts[-90]) + np.arange(0, 300_000, 6001)[None, :]
    bins = BinAccumulator(edges, length=200_000_000)
    bins.add(runs)
    for k, (a, b) in enumerate(pairwise(edges[0].tolist())):
        exact = Fraction(0)
        for i in range(n - 100, n):
            overlap = min(b, 4000 * i + 3999) - max(a, 4000 * i)
            exact += Fraction(float(values[i])) * max(overlap, 0)
        assert bins.result()[0, k] == pytest.approx(float(exact), rel=1e-12)


def test_within_is_the_union_of_the_rows() -> None:
    bins = BinAccumulator([[50, 60], [-5, 10], [8, 20], [20, 21], [95, 120], [200, 300]], length=99)
    starts, ends = bins.within
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [(0, 21), (50, 60), (95, 99)]


def test_no_rows_and_no_runs() -> None:
    empty = BinAccumulator(np.zeros((0, 4), dtype=int), length=100)
    empty.add(Runs(np.array([1], np.uint32), np.array([5], np.uint32), np.ones(1)))
    assert empty.result().shape == (0, 3)
    assert BinAccumulator([[0, 5, 10]], length=100).result().tolist() == [[0.0, 0.0]]


def test_bad_edges_and_values_are_named() -> None:
    with pytest.raises(InputFormatError, match="row 2 of the bins do not ascend"):
        BinAccumulator([[0, 5], [9, 3]], length=100)
    with pytest.raises(InputFormatError, match="no table of whole numbers"):
        BinAccumulator([0, 5], length=100)
    bins = BinAccumulator([[0, 100]], length=100)
    bins.add(Runs(np.array([0], np.uint32), np.array([100], np.uint32), np.array([1e308])))
    with pytest.raises(InputFormatError, match="too large"):
        bins.result()
