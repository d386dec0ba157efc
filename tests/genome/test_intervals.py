"""Interval kernels against bedtools, against loops, and at their edges."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resist_epi.genome import intervals as iv
from resist_epi.genome.intervals import Intervals

EMPTY = Intervals(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
needs_bedtools = pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is missing")


def of(*rows: tuple[int, int, int]) -> Intervals:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Intervals(table[:, 0], table[:, 1], table[:, 2])


def rows(x: Intervals) -> list[tuple[int, int, int]]:
    return list(zip(x.chrom.tolist(), x.start.tolist(), x.end.tolist(), strict=True))


def random_intervals(seed: int, n: int, *, span: int = 3000, shortest: int = 1) -> Intervals:
    """Few chromosomes and few distinct lengths, so that nesting, ties and adjacency abound."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, span, n) // 5 * 5
    length = rng.choice([shortest, 5, 10, 50, 400], n)
    return Intervals(rng.integers(0, 4, n), start, start + length)


def bed(x: Intervals, keep_order: bool = False) -> str:
    table = pd.DataFrame({"c": x.chrom, "s": x.start, "e": x.end, "i": np.arange(len(x))})
    table["c"] = "chr" + table["c"].astype(str)
    if not keep_order:
        table = table.sort_values(["c", "s", "e"], kind="stable")
    return table.to_csv(sep="\t", header=False, index=False)


def tool(text: str):  # type: ignore[no-untyped-def]
    pybedtools = pytest.importorskip("pybedtools")
    return pybedtools.BedTool(text, from_string=True)


def table_of(result: object) -> pd.DataFrame:
    text = str(result)
    return pd.read_csv(io.StringIO(text), sep="\t", header=None) if text else pd.DataFrame()


interval_sets = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 12)), max_size=25
).map(lambda x: of(*((c, s, s + n) for c, s, n in x)))


def covers(x: Intervals, i: int) -> set[tuple[int, int]]:
    return {(int(x.chrom[i]), p) for p in range(int(x.start[i]), int(x.end[i]))}


@given(interval_sets, interval_sets)
@settings(max_examples=150, deadline=None)
def test_all_kernels_agree_with_sets_of_bases(a: Intervals, b: Intervals) -> None:
    bases_a = [covers(a, i) for i in range(len(a))]
    bases_b = [covers(b, j) for j in range(len(b))]
    union = set().union(*bases_b)
    pairs = [(i, j) for i, x in enumerate(bases_a) for j, y in enumerate(bases_b) if x & y]
    left, right = iv.overlap_pairs(a, b)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == pairs
    assert iv.overlap_bases(a.take(left), b.take(right)).tolist() == [
        len(bases_a[i] & bases_b[j]) for i, j in pairs
    ]
    assert iv.count_overlaps(a, b).tolist() == [sum(bool(x & y) for y in bases_b) for x in bases_a]
    assert iv.coverage(a, b).tolist() == [len(x & union) for x in bases_a]
    pieces, owner = iv.subtract(a, b)
    assert (pieces.length > 0).all()
    for i, x in enumerate(bases_a):
        own = np.flatnonzero(owner == i)
        found = [covers(pieces, k) for k in own]
        assert set().union(*found) == x - union
        assert sum(map(len, found)) == len(x - union)
    for depth in (1, 2, 3):
        deep = iv.depth_at_least(b, depth)
        every = [p for y in bases_b for p in y]
        expected = {p for p in union if every.count(p) >= depth}
        assert set().union(*(covers(deep, k) for k in range(len(deep)))) == expected
        assert iv.merge(deep)[0].start.tolist() == deep.start.tolist(), "sorted, joined"


@given(interval_sets, interval_sets)
@settings(max_examples=150, deadline=None)
def test_nearest_agrees_with_a_loop(a: Intervals, b: Intervals) -> None:
    index, distance = iv.nearest(a, b)
    for i in range(len(a)):
        same = np.flatnonzero(b.chrom == a.chrom[i])
        if not len(same):
            assert index[i] == -1
            assert np.isnan(distance[i])
            continue
        a1, b1 = max(a.end[i], a.start[i] + 1), np.maximum(b.end, b.start + 1)
        gaps = np.maximum(0, np.maximum(b.start[same] - a1, a.start[i] - b1[same]) + 1)
        assert abs(distance[i]) == gaps.min()
        assert index[i] in same[gaps == gaps.min()]
        if distance[i] < 0:
            assert b1[index[i]] <= a.start[i]
        elif distance[i] > 0:
            assert b.start[index[i]] >= a1


@given(interval_sets, st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_merge_agrees_with_a_loop(a: Intervals, gap: int) -> None:
    # Zero lengths included: bedtools lets their padding leak into merged coordinates.
    expected: list[list[int]] = []
    for c, s, e in sorted(rows(a)):
        if expected and expected[-1][0] == c and s <= expected[-1][2] + gap:
            expected[-1][2] = max(expected[-1][2], e)
        else:
            expected.append([c, s, e])
    merged, member = iv.merge(a, gap=gap)
    assert [list(r) for r in rows(merged)] == expected
    for (c, s, e), k in zip(rows(a), member, strict=True):
        assert expected[k][0] == c
        assert expected[k][1] <= s <= e <= expected[k][2]


@needs_bedtools
@pytest.mark.parametrize("seed", range(3))
def test_pairs_and_counts_agree_with_bedtools(seed: int) -> None:
    a, b = random_intervals(seed, 300), random_intervals(seed + 100, 500)
    expected = table_of(tool(bed(a)).intersect(tool(bed(b)), wo=True))
    expected = expected.sort_values([3, 7])
    left, right = iv.overlap_pairs(a, b)
    assert left.tolist() == expected[3].tolist()
    assert right.tolist() == expected[7].tolist()
    assert iv.overlap_bases(a.take(left), b.take(right)).tolist() == expected[8].tolist()
    counts = table_of(tool(bed(a)).intersect(tool(bed(b)), c=True)).sort_values(3)
    assert iv.count_overlaps(a, b).tolist() == counts[4].tolist()


@needs_bedtools
def test_zero_length_pairs_are_those_of_bedtools_that_share_a_base() -> None:
    a, b = random_intervals(1, 200, shortest=0), random_intervals(2, 200, shortest=0)
    found = table_of(tool(bed(a)).intersect(tool(bed(b)), wa=True, wb=True)).sort_values([3, 7])
    shared = np.minimum(found[2], found[6]) - np.maximum(found[1], found[5])
    inside = (shared > 0) & (found[2] > found[1]) & (found[6] > found[5])
    left, right = iv.overlap_pairs(a, b)
    assert left.tolist() == found.loc[inside, 3].tolist()
    assert right.tolist() == found.loc[inside, 7].tolist()
    assert (a.length[left] > 0).all()
    assert (a.length == 0).any()


@needs_bedtools
@pytest.mark.parametrize("gap", [0, 1, 30])
def test_merge_agrees_with_bedtools(gap: int) -> None:
    a = random_intervals(7, 120)
    expected = table_of(tool(bed(a)).merge(d=gap, c=4, o="collapse"))
    merged, member = iv.merge(a, gap=gap)
    assert [f"chr{c}" for c in merged.chrom] == expected[0].tolist()
    assert merged.start.tolist() == expected[1].tolist()
    assert merged.end.tolist() == expected[2].tolist()
    for k, names in enumerate(expected[3].astype(str)):
        assert set(np.flatnonzero(member == k)) == {int(x) for x in names.split(",")}


@needs_bedtools
def test_subtract_and_coverage_agree_with_bedtools() -> None:
    a, b = random_intervals(3, 300), random_intervals(4, 60)
    expected = table_of(tool(bed(a)).subtract(tool(bed(b)))).sort_values([3, 1])
    pieces, owner = iv.subtract(a, b)
    assert owner.tolist() == expected[3].tolist()
    assert pieces.start.tolist() == expected[1].tolist()
    assert pieces.end.tolist() == expected[2].tolist()
    covered = table_of(tool(bed(a)).coverage(tool(bed(b)))).sort_values(3)
    assert iv.coverage(a, b).tolist() == covered[5].tolist()


@needs_bedtools
def test_nearest_distance_agrees_with_bedtools() -> None:
    a, b = random_intervals(5, 300, span=30_000), random_intervals(6, 40, span=30_000)
    b = b.take(b.chrom != 3)
    found = table_of(tool(bed(a)).closest(tool(bed(b)), d=True, t="first")).sort_values(3)
    expected = found[8].where(found[8] >= 0).to_numpy()
    _, distance = iv.nearest(a, b)
    assert np.isnan(expected).any()
    np.testing.assert_array_equal(np.abs(distance), expected)


@needs_bedtools
def test_windows_agree_with_bedtools() -> None:
    lengths = [1000, 95, 100]
    genome = {f"chr{i}": (0, n) for i, n in enumerate(lengths)}
    pybedtools = pytest.importorskip("pybedtools")
    expected = table_of(pybedtools.BedTool().window_maker(genome=genome, w=100))
    found = iv.windows(lengths, 100)
    assert [f"chr{c}" for c in found.chrom] == expected[0].tolist()
    assert found.start.tolist() == expected[1].tolist()
    assert found.end.tolist() == expected[2].tolist()


@needs_bedtools
def test_depth_agrees_with_genomecov() -> None:
    a = random_intervals(9, 150)
    genome = {f"chr{i}": (0, 10_000) for i in range(4)}
    depth = table_of(tool(bed(a)).genome_coverage(bg=True, genome=genome))
    deep = depth[depth[3] >= 3]
    stacked = tool(deep[[0, 1, 2]].to_csv(sep="\t", header=False, index=False)).merge()
    expected = table_of(stacked)
    found = iv.depth_at_least(a, 3)
    assert len(found) > 10
    assert [f"chr{c}" for c in found.chrom] == expected[0].tolist()
    assert found.start.tolist() == expected[1].tolist()
    assert found.end.tolist() == expected[2].tolist()


def test_nothing_crosses_chromosomes() -> None:
    a, b = of((0, 90, 100)), of((1, 0, 100), (2, 90, 100))
    assert iv.overlap_pairs(a, b)[0].size == 0
    assert iv.nearest(a, b)[0].tolist() == [-1]
    assert len(iv.merge(of((0, 90, 100), (1, 0, 5)), gap=1000)[0]) == 2


def test_adjacent_intervals_touch_without_overlap() -> None:
    a, b = of((0, 0, 10)), of((0, 10, 20))
    assert iv.count_overlaps(a, b).tolist() == [0]
    assert iv.nearest(a, b)[1].tolist() == [1.0]
    assert iv.nearest(b, a)[1].tolist() == [-1.0]
    assert rows(iv.merge(of((0, 0, 10), (0, 10, 20)))[0]) == [(0, 0, 20)]


def test_translation_changes_nothing() -> None:
    a, b = random_intervals(11, 80), random_intervals(12, 80)
    moved_a = Intervals(a.chrom, a.start + 10**8, a.end + 10**8)
    moved_b = Intervals(b.chrom, b.start + 10**8, b.end + 10**8)
    np.testing.assert_array_equal(iv.overlap_pairs(a, b), iv.overlap_pairs(moved_a, moved_b))
    np.testing.assert_array_equal(iv.coverage(a, b), iv.coverage(moved_a, moved_b))
    np.testing.assert_array_equal(iv.nearest(a, b)[1], iv.nearest(moved_a, moved_b)[1])


@pytest.mark.parametrize("kernel", [iv.count_overlaps, iv.coverage])
def test_empty_sets(kernel: Callable[[Intervals, Intervals], np.ndarray]) -> None:
    a = of((0, 0, 10))
    assert kernel(a, EMPTY).tolist() == [0]
    assert kernel(EMPTY, a).tolist() == []
    assert iv.overlap_pairs(EMPTY, EMPTY)[0].size == 0
    assert rows(iv.subtract(a, EMPTY)[0]) == [(0, 0, 10)]
    assert len(iv.subtract(EMPTY, a)[0]) == 0
    assert len(iv.merge(EMPTY)[0]) == 0
    assert len(iv.depth_at_least(EMPTY, 1)) == 0
    assert len(iv.windows([], 10)) == 0
    assert iv.nearest(EMPTY, a)[0].size == 0


@pytest.mark.parametrize(
    ("chrom", "start", "end"),
    [([0], [5], [4]), ([0], [-1], [4]), ([-1], [0], [4]), ([0], [1, 2], [3])],
)
def test_impossible_coordinates_are_refused(chrom: list, start: list, end: list) -> None:
    with pytest.raises(ValueError, match=r"ends at|negative|one length"):
        Intervals(np.array(chrom), np.array(start), np.array(end))


@pytest.mark.parametrize(
    "call",
    [
        lambda: iv.merge(EMPTY, gap=-1),
        lambda: iv.windows([10], 0),
        lambda: iv.depth_at_least(EMPTY, 0),
    ],
)
def test_impossible_options_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"negative|at least"):
        call()
