"""The kernel against base-by-base arrays, exact fractions and its own invariances."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine import region_sums
from resist_epi.tracks.engine.region_sums import RegionAccumulator, RegionSummary, complement
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs


def summarise_runs(runs, starts, ends, *, length: int | None = None) -> RegionSummary:
    accumulator = RegionAccumulator(starts, ends, length=length)
    accumulator.add(runs)
    return accumulator.result()


def make_runs(triples: list[tuple[int, int, float]], kind: type[np.floating] = np.float32) -> Runs:
    starts, ends, values = zip(*triples, strict=True) if triples else ((), (), ())
    return Runs(np.array(starts, np.uint32), np.array(ends, np.uint32), np.array(values, kind))


def random_runs(rng: np.random.Generator, n: int) -> Runs:
    edges = np.cumsum(rng.integers(0, 30, 2 * n) + np.tile([0, 1], n))
    starts, ends = edges[::2].astype(np.uint32), edges[1::2].astype(np.uint32)
    return Runs(starts, ends, rng.normal(3, 2, n).astype(np.float32))


def per_base(runs: Runs, length: int) -> np.ndarray:
    bases = np.full(length, np.nan)
    for start, end, value in zip(runs.starts, runs.ends, runs.values, strict=True):
        if np.isfinite(value):
            bases[start:end] = value
    return bases


def check_against_bases(found: RegionSummary, bases: np.ndarray, starts, ends) -> None:
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        inside = bases[max(start, 0) : max(min(end, bases.size), 0)]
        here = inside[~np.isnan(inside)]
        assert found.clipped[i] == (end - start) - inside.size
        assert found.covered[i] == here.size
        assert found.sum[i] == pytest.approx(here.sum(), rel=1e-12, abs=1e-9)
        if here.size:
            assert (found.min[i], found.max[i]) == (here.min(), here.max())
        else:
            assert np.isnan(found.min[i])
            assert np.isnan(found.max[i])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_equals_base_by_base(seed: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    runs = random_runs(rng, 150)
    length = int(runs.ends[-1]) + 25
    starts = rng.integers(-40, length + 30, 300)
    ends = starts + rng.integers(0, length // 2, 300) * rng.integers(0, 2, 300)
    accumulator = RegionAccumulator(starts, ends, length=length)
    for at in range(0, len(runs), chunk):
        part = slice(at, at + chunk)
        accumulator.add(Runs(runs.starts[part], runs.ends[part], runs.values[part]))
    check_against_bases(accumulator.result(), per_base(runs, length), starts, ends)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("chunk", [5, 60, 5000])
@pytest.mark.parametrize("gapless", [False, True])
def test_few_narrow_regions_equal_base_by_base(seed: int, chunk: int, gapless: bool) -> None:
    """Where few runs lie in regions they are picked out, and what lies outside must not matter."""
    rng = np.random.default_rng(seed)
    runs = random_runs(rng, 2000)
    if gapless:
        runs = Runs(np.append(np.uint32(0), runs.ends[:-1]), runs.ends, runs.values, gapless=True)
    length = int(runs.ends[-1]) + 25
    starts = rng.integers(-40, length + 30, 40)
    ends = starts + rng.integers(0, 120, 40)
    asked = np.zeros(length, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        asked[max(start, 0) : max(end, 0)] = True
    undefined = rng.random(2000) < 0.05
    runs.values[undefined] = np.nan
    if seed % 2:  # only outside the regions
        met = [asked[a:b].any() for a, b in zip(runs.starts, runs.ends, strict=True)]
        runs.values[np.array(met) & undefined] = 4.0
    accumulator = RegionAccumulator(starts, ends, length=length)
    for at in range(0, len(runs), chunk):
        part = slice(at, at + chunk)
        accumulator.add(Runs(runs.starts[part], runs.ends[part], runs.values[part], gapless))
    check_against_bases(accumulator.result(), per_base(runs, length), starts, ends)
    if seed % 2:
        assert accumulator.undefined == 0
    lost = [
        asked[a:b].any() and np.isnan(v)
        for a, b, v in zip(runs.starts, runs.ends, runs.values, strict=True)
    ]
    assert accumulator.undefined == sum(lost)
    within = np.zeros(length, dtype=bool)
    for start, end in zip(*accumulator.within, strict=True):
        within[start:end] = True
    np.testing.assert_array_equal(within, asked)
    assert (accumulator.within[0][1:] > accumulator.within[1][:-1]).all()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(-3, 3)), max_size=12),
    st.lists(st.tuples(st.integers(-5, 80), st.integers(0, 60)), max_size=10),
)
def test_equals_base_by_base_for_any_layout(gaps, regions) -> None:
    triples, at = [], 0
    for gap, width, value in gaps:
        triples.append((at + gap, at + gap + width, float(value)))
        at += gap + width
    length = at + 3
    starts = [start for start, _ in regions]
    ends = [start + width for start, width in regions]
    runs = make_runs(triples)
    found = summarise_runs(runs, starts, ends, length=length)
    check_against_bases(found, per_base(runs, length), starts, ends)


def test_order_of_regions_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    runs = random_runs(rng, 400)
    starts = rng.integers(0, 9000, 500)
    ends = starts + rng.integers(1, 3000, 500)
    shuffled = rng.permutation(500)
    straight = summarise_runs(runs, starts, ends, length=20_000)
    mixed = summarise_runs(runs, starts[shuffled], ends[shuffled], length=20_000)
    for name in ("sum", "covered", "min", "max", "clipped"):
        np.testing.assert_array_equal(getattr(mixed, name), getattr(straight, name)[shuffled])


def test_translated_coordinates_give_the_same() -> None:
    rng = np.random.default_rng(4)
    runs = random_runs(rng, 200)
    starts = rng.integers(0, 4000, 100)
    ends = starts + rng.integers(1, 900, 100)
    far = np.uint32(4_000_000_000)
    moved = Runs(runs.starts + far, runs.ends + far, runs.values)
    near = summarise_runs(runs, starts, ends)
    there = summarise_runs(moved, starts + int(far), ends + int(far))
    np.testing.assert_array_equal(near.sum, there.sum)
    np.testing.assert_array_equal(near.covered, there.covered)


@pytest.mark.parametrize("nested", [False, True])
def test_small_sums_behind_a_huge_total_are_exact(nested: bool) -> None:
    rng = np.random.default_rng(5)
    n = 60_000
    starts = np.arange(n, dtype=np.uint32) * 4000
    values = rng.uniform(1e5, 1e6, n).astype(np.float32)
    values[-300:] = rng.uniform(1e-6, 1e-5, 300).astype(np.float32)
    runs = Runs(starts, starts + np.uint32(3999), values)
    first = np.arange(n - 300, n - 20)
    a, b = starts[first].astype(int), starts[first + 19].astype(int) + 7
    if nested:
        a, b = np.append(a, 0), np.append(b, int(starts[-1]))
    found = summarise_runs(runs, a, b, length=248_956_422)
    for i in (0, 100, 250):
        k = first[i]
        exact = sum((Fraction(float(v)) * 3999 for v in values[k : k + 19]), Fraction(0))
        exact += Fraction(float(values[k + 19])) * 7
        assert found.sum[i] == pytest.approx(float(exact), rel=1e-13)


def test_undefined_values_are_uncovered_and_poison_nothing() -> None:
    runs = make_runs([(0, 10, 1.0), (10, 20, np.nan), (20, 30, np.inf), (30, 40, 2.0)])
    accumulator = RegionAccumulator([0, 5, 15, 30, 12], [40, 35, 25, 40, 18], length=40)
    accumulator.add(runs)
    found = accumulator.result()
    assert accumulator.undefined == 2
    assert found.sum.tolist() == [30.0, 15.0, 0.0, 20.0, 0.0]
    assert found.covered.tolist() == [20, 10, 0, 10, 0]
    assert found.max.tolist()[:2] == [2.0, 2.0]
    assert np.isnan(found.max[[2, 4]]).all()


def test_zero_is_covered() -> None:
    found = summarise_runs(make_runs([(5, 10, 0.0)]), [0, 20], [20, 30], length=30)
    assert found.covered.tolist() == [5, 0]
    assert found.min[0] == 0.0


def test_no_regions_and_no_runs() -> None:
    assert len(summarise_runs(make_runs([(0, 5, 1.0)]), [], [], length=10)) == 0
    found = summarise_runs(make_runs([]), [0, 3], [5, 3], length=10)
    assert found.sum.tolist() == [0.0, 0.0]
    assert np.isnan(found.min).all()


def test_all_regions_outside_the_chromosome() -> None:
    found = summarise_runs(make_runs([(0, 10, 1.0)]), [-20, 50], [-5, 60], length=10)
    assert found.clipped.tolist() == [15, 10]
    assert found.covered.tolist() == [0, 0]


def test_unknown_length_clips_only_before_zero() -> None:
    found = summarise_runs(make_runs([(0, 10, 1.0)]), [-20], [500])
    assert found.clipped.tolist() == [20]


def test_without_extremes_sums_are_the_same() -> None:
    runs = random_runs(np.random.default_rng(6), 50)
    with_them = RegionAccumulator([0, 100], [400, 900], length=5000)
    without = RegionAccumulator([0, 100], [400, 900], length=5000, extremes=False)
    with_them.add(runs)
    without.add(runs)
    np.testing.assert_array_equal(with_them.result().sum, without.result().sum)
    assert np.isnan(without.result().min).all()


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [
        ([1, 9], [5, 8], "region 2 ends before it starts"),
        ([1, 2], [5], "unequal numbers"),
        ([1.5], [5.0], "no list of whole numbers"),
    ],
)
def test_bad_regions_are_named(starts, ends, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        RegionAccumulator(starts, ends, length=100)


def test_values_beyond_any_sum_are_an_error() -> None:
    with pytest.raises(InputFormatError, match="too large"):
        summarise_runs(make_runs([(0, 100, 1e308)], np.float64), [0], [100])


@pytest.mark.parametrize("seed", range(5))
def test_complement_is_what_no_interval_covers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = rng.integers(-10, 120, 8)
    ends = starts + rng.integers(0, 25, 8)
    free = np.ones(100, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        free[max(start, 0) : max(end, 0)] = False
    a, b = complement(starts, ends, length=100)
    kept = np.zeros(100, dtype=bool)
    for start, end in zip(a, b, strict=True):
        kept[start:end] = True
    np.testing.assert_array_equal(kept, free)
    assert (a[1:] > b[:-1]).all()


def test_complement_of_nothing_is_the_chromosome() -> None:
    a, b = complement([], [], length=70)
    assert (a.tolist(), b.tolist()) == ([0], [70])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("step", [1, 7, 50, 200_000])
def test_grid_equals_its_runs(seed: int, step: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(2, 1, 300).astype(np.float32)
    values[rng.integers(0, 300, 20 * (seed % 2))] = np.nan
    grid = Grid(1000, step, values)
    runs = Runs(grid.starts, grid.ends, values, gapless=bool(seed % 3))
    assert (grid.end, runs.begin, runs.end) == (1000 + 300 * step, grid.begin, grid.end)
    starts = rng.integers(0, grid.end + 500, 400)
    ends = starts + rng.integers(0, 30 * step, 400)
    for part in (slice(None), slice(0, 1), slice(3, 3)):
        found = summarise_runs(grid, starts[part], ends[part], length=grid.end + 2000)
        expected = summarise_runs(runs, starts[part], ends[part], length=grid.end + 2000)
        np.testing.assert_allclose(found.sum, expected.sum, rtol=1e-9, atol=1e-9)
        for name in ("covered", "min", "max", "clipped"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("step", [1, 7, 50])
def test_parts_of_a_grid_equal_the_grid(seed: int, step: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(2, 1, 3000).astype(np.float32)
    values[rng.integers(0, 3000, 150 * (seed % 2))] = np.nan
    grid = Grid(1000, step, values)
    starts = rng.integers(0, grid.end + 500, 40)
    ends = starts + rng.integers(0, 25 * step, 40)
    parts_of_it = RegionAccumulator(starts, ends, length=grid.end + 2000)
    wanted = np.zeros(3000, dtype=bool)
    for start, end in zip(*parts_of_it.within, strict=True):
        wanted |= (grid.starts < end) & (grid.ends > start)
    edges = np.flatnonzero(np.diff(wanted.astype(int), prepend=0, append=0))
    offset = np.concatenate([[0], np.cumsum(edges[1::2] - edges[::2])])
    parts = GridParts(1000, grid.end, step, edges[::2], offset, values[wanted])
    np.testing.assert_array_equal(parts.starts, grid.starts[wanted])
    np.testing.assert_array_equal(parts.ends, grid.ends[wanted])
    parts_of_it.add(parts)
    found = parts_of_it.result()
    expected = summarise_runs(grid, starts, ends, length=grid.end + 2000)
    np.testing.assert_allclose(found.sum, expected.sum, rtol=1e-9, atol=1e-9)
    for name in ("covered", "min", "max", "clipped"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_gapless_changes_nothing() -> None:
    rng = np.random.default_rng(9)
    edges = np.cumsum(rng.integers(1, 40, 301)).astype(np.uint32)
    values = rng.normal(size=300)
    starts = rng.integers(0, int(edges[-1]), 200)
    ends = starts + rng.integers(0, 900, 200)
    plain = summarise_runs(Runs(edges[:-1], edges[1:], values), starts, ends)
    fast = summarise_runs(Runs(edges[:-1], edges[1:], values, gapless=True), starts, ends)
    np.testing.assert_array_equal(plain.sum, fast.sum)
    np.testing.assert_array_equal(plain.covered, fast.covered)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_a_compiled_loop_gives_the_same_digits(seed: int, strided: bool, undefined: bool) -> None:
    """It adds up in NumPy's order, which sums of values of any size tell."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 3_000))
    edges = np.cumsum(rng.integers(0, 30, 2 * n) * rng.integers(0, 2, 2 * n) + np.tile([0, 1], n))
    values = np.exp(rng.normal(0, 6, n)) * rng.choice([-1, 1], n)
    if undefined:
        values[rng.random(n) < 0.1] = np.nan
    if strided:
        values = np.repeat(values.astype(np.float32), 3)[::3]
    runs = Runs(edges[::2].astype(np.uint32), edges[1::2].astype(np.uint32), values)
    length = int(edges[-1]) + 50
    starts = rng.integers(-20, length, 60)
    ends = starts + rng.integers(0, rng.choice([30, 3_000, 2 * length]), 60)
    found = []
    for compiled in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(region_sums, "worth_compiling", lambda n, gain, now=compiled: now)
            accumulator = RegionAccumulator(starts, ends, length=length, extremes=False)
            for part in (slice(0, n // 3), slice(n // 3, None)):
                accumulator.add(Runs(runs.starts[part], runs.ends[part], runs.values[part]))
        summary = accumulator.result()
        arrays = summary.sum, summary.covered, summary.clipped
        found.append((*(a.tobytes() for a in arrays), accumulator.undefined))
    assert found[0] == found[1]


def test_few_regions_of_long_tracks_load_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop saves time by the segments that it adds up, however many runs go by."""
    asked: list[float] = []

    def worth(n: int, *, gain: float) -> bool:
        asked.append(n * gain)
        return False

    monkeypatch.setattr(region_sums, "worth_compiling", worth)
    accumulator = RegionAccumulator([0, 500], [100, 900], length=200_000, extremes=False)
    edges = np.arange(100_001, dtype=np.uint32)
    accumulator.add(Runs(edges[:-1], edges[1:], np.ones(100_000, np.float32)))
    assert len(asked) == 1
    assert asked[0] < 10
