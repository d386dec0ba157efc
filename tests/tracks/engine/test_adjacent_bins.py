"""Bins of a chromosome against base-by-base arrays, the accumulator of regions, and any chunks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig
from resist_epi.tracks.engine import adjacent_bins
from resist_epi.tracks.engine.adjacent_bins import AdjacentBins
from resist_epi.tracks.engine.region_sums import RegionAccumulator
from resist_epi.tracks.engine.runs import Grid, Runs

SPANS = st.lists(st.integers(0, 400), max_size=12, unique=True).map(sorted)


def spans(edges: list[int]) -> tuple[np.ndarray, np.ndarray]:
    edges = edges[: len(edges) // 2 * 2]
    return np.array(edges[::2], np.int64), np.array(edges[1::2], np.int64)


def random_runs(rng: np.random.Generator, n: int, undefined: float = 0.0) -> Runs:
    gaps = rng.integers(0, 30, 2 * n) * rng.integers(0, 2, 2 * n) + np.tile([0, 1], n)
    edges = np.cumsum(gaps).astype(np.uint32)
    values = rng.normal(3, 2, n).astype(np.float32)
    values[rng.random(n) < undefined] = rng.choice([np.nan, np.inf, -np.inf])
    return Runs(edges[::2], edges[1::2], values)


def added(runs: list[Runs | Grid], step: int, length: int, exclude=None) -> AdjacentBins:
    bins = AdjacentBins(step, length, exclude=exclude)
    for part in runs:
        bins.add(part)
    return bins


def per_bin(runs: Runs | Grid, step: int, length: int, exclude) -> FloatArray:
    bases = np.zeros(max(int(runs.end), length))
    for start, end, value in zip(runs.starts, runs.ends, runs.values, strict=True):
        bases[start:end] = value if np.isfinite(value) else 0
    for start, end in zip(*exclude, strict=True):
        bases[start:end] = 0
    bases = bases[:length]
    return np.array([bases[at : at + step].sum() for at in range(0, length, step)])


def parts(runs: Runs, cuts: list[int]) -> list[Runs | Grid]:
    edges = [0, *sorted(c for c in cuts if c < len(runs)), len(runs)]
    pairs = pairwise(edges)
    return [Runs(runs.starts[a:b], runs.ends[a:b], runs.values[a:b]) for a, b in pairs if a < b]


@pytest.fixture(params=[True, False], ids=["compiled", "NumPy"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adjacent_bins, "worth_compiling", lambda n: request.param)


@pytest.mark.usefixtures("either")
class TestEitherWay:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 500), SPANS)
    def test_bases_one_by_one(self, seed: int, step: int, length: int, edges: list[int]) -> None:
        rng = np.random.default_rng(seed)
        runs, exclude = random_runs(rng, int(rng.integers(1, 40)), 0.2), spans(edges)
        found = added([runs], step, length, exclude)
        expected = per_bin(runs, step, length, exclude)
        np.testing.assert_allclose(found.result(), expected, rtol=1e-12, atol=1e-9)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32), st.lists(st.integers(0, 40), max_size=6), SPANS)
    def test_chunks_change_no_digit(self, seed: int, cuts: list[int], edges: list[int]) -> None:
        runs = random_runs(np.random.default_rng(seed), 40)
        whole = added([runs], 25, 700, spans(edges)).result()
        assert (added(parts(runs, cuts), 25, 700, spans(edges)).result() == whole).all()

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32), st.integers(0, 90), st.integers(1, 12), SPANS)
    def test_grids(self, seed: int, begin: int, step: int, edges: list[int]) -> None:
        rng = np.random.default_rng(seed)
        grid = Grid(begin, step, rng.normal(3, 2, 80).astype(np.float32))
        for width in (4, 24, 48, 384, 480):
            for exclude in (spans(edges), spans([])):
                found = added([grid], width, 600, exclude).result()
                expected = per_bin(grid, width, 600, exclude)
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)

    def test_undefined_runs_are_counted_once_where_they_count(self) -> None:
        starts = np.array([0, 10, 40, 60, 90], np.uint32)
        ends = np.array([10, 40, 60, 90, 120], np.uint32)
        values = np.array([np.nan, np.inf, 1, np.nan, np.nan], np.float32)
        # The first is excluded, the second meets three bins, the last lies behind the end.
        exclude = np.array([0]), np.array([10])
        bins = added([Runs(starts, ends, values)], 15, 90, exclude)
        assert bins.undefined == 2
        assert bins.result().tolist() == [0, 0, 5, 15, 0, 0]

    def test_sums_beyond_floats_are_refused(self) -> None:
        edges = np.array([0, 50, 100], np.uint32)
        runs = Runs(edges[:-1], edges[1:], np.array([1.0, 1e308]))
        with pytest.raises(InputFormatError, match=r"too large to be added up.*1e\+308"):
            added([runs], 20, 100)

    def test_a_grid_with_undefined_values(self) -> None:
        values = np.ones(400, np.float32)
        values[7] = np.nan
        bins = added([Grid(0, 1, values)], 100, 400)
        assert bins.result().tolist() == [99, 100, 100, 100]
        assert bins.undefined == 1

    def test_pieces_of_a_track(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(4)
        runs = random_runs(rng, 5_000)
        length = int(runs.end) + 33
        path = tmp_path / "a.bw"
        write_bigwig(path, {"chr1": length}, lambda c: (runs.starts, runs.ends, runs.values))
        track = open_bigwig(path)
        edges = np.append(np.arange(0, length, 500), length)
        exclude = spans([1000, 1010, 1700, 2900, 4999, 5001, length - 40, length - 20])
        whole = track.summarise("chr1", edges[:-1], edges[1:])
        found = added(list(track.runs("chr1")), 500, length).result()
        np.testing.assert_allclose(found, whole.sum, rtol=1e-14)
        outs = RegionAccumulator(
            np.maximum(exclude[0][:, None], edges[:-1]).clip(edges[:-1], edges[1:]).ravel(),
            np.minimum(exclude[1][:, None], edges[1:]).clip(edges[:-1], edges[1:]).ravel(),
            length=length,
        )
        for part in track.runs("chr1"):
            outs.add(part)
        out = outs.result().sum.reshape(exclude[0].size, -1).sum(axis=0)
        kept = added(list(track.runs("chr1")), 500, length, exclude).result()
        np.testing.assert_allclose(kept, whole.sum - out, rtol=1e-9, atol=1e-6)

    def test_nothing(self) -> None:
        none = Runs(*(np.zeros(0, np.uint32) for _ in range(2)), np.zeros(0, np.float32))
        assert added([none], 10, 25).result().tolist() == [0, 0, 0]
        assert added([], 10, 0).result().tolist() == []
        beyond = Runs(np.array([30], np.uint32), np.array([40], np.uint32), np.ones(1))
        assert added([beyond], 10, 25).result().tolist() == [0, 0, 0]


def test_both_ways_give_the_same_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    exclude = spans([100, 130, 5000, 5700])
    grid = Grid(120, 7, rng.normal(3, 2, 3_000).astype(np.float32))
    for runs in (random_runs(rng, 3_000, 0.1), grid):
        found = []
        for worth in (True, False):
            monkeypatch.setattr(adjacent_bins, "worth_compiling", lambda n, worth=worth: worth)
            bins = added([runs], 50, 20_000, exclude)
            found.append((bins.result().tobytes(), bins.undefined))
        assert found[0] == found[1]


def test_bins_need_a_width() -> None:
    with pytest.raises(ValueError, match="bins of 0 bp"):
        AdjacentBins(0, 100)
