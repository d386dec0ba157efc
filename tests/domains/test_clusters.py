from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from resist_epi.domains.clusters import (
    combine_windows,
    equal_size_weights,
    merge_windows,
    window_sums,
)
from resist_epi.errors import QuantityError
from resist_epi.genome.intervals import Intervals
from resist_epi.stats.multiple import simes


@pytest.mark.parametrize(("n", "span"), [(0, 4), (1, 4), (3, 4), (4, 4), (40, 4), (40, 1)])
def test_window_sums_add_adjacent_bins(n: int, span: int) -> None:
    bins = np.random.default_rng(1).gamma(2, size=n)
    width = min(span, n)
    naive = [bins[i : i + width].sum() for i in range(n - width + 1)] if n else []
    np.testing.assert_allclose(window_sums(bins, span), naive)


def test_windows_without_signal_are_exactly_zero() -> None:
    bins = np.array([1e9, 0.3, 0.0, 0.0, 0.0, 0.1, 1e9])
    assert window_sums(bins, 3)[2] == 0


def naive_clusters(
    windows: list[tuple[int, int, int]], gap: int, cap: int, *, sharp: bool
) -> list[set[tuple[int, int, int]]]:
    """csaw's mergeWindows by its definition: tolerance, then equal parts, by the middles.

    With `sharp`, a stretch is measured between its outermost windows of 2 kb unless a wide window
    alone could not reach that far.
    """
    widest = max(w[2] - w[1] for w in windows)
    stretches: list[list[tuple[int, int, int]]] = []
    reach = -1
    for window in sorted(windows):
        if stretches and stretches[-1][0][0] == window[0] and window[1] - reach <= gap:
            stretches[-1].append(window)
            reach = max(reach, window[2])
        else:
            stretches.append([window])
            reach = window[2]
    clusters = []
    for stretch in stretches:
        start, end = min(w[1] for w in stretch), max(w[2] for w in stretch)
        small = [w for w in stretch if w[2] - w[1] == 2000]
        if sharp and small:
            low, high = min(w[1] for w in small), max(w[2] for w in small)
            start = low if low - start < widest else start
            end = high if end - high < widest else end
        width = end - start
        parts = -(-width // cap)
        found: dict[int, set[tuple[int, int, int]]] = {}
        for window in stretch:
            middle = (window[1] + window[2]) / 2 - start
            found.setdefault(min(max(int(middle * parts / width), 0), parts - 1), set()).add(window)
        clusters += [found[k] for k in sorted(found)]
    return clusters


def random_windows(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    found = set()
    for _ in range(int(rng.integers(1, 12))):
        chrom, at = int(rng.integers(3)), int(rng.integers(400)) * 500
        for k in range(int(rng.integers(1, 90))):
            if rng.uniform() < 0.9:
                size = 10_000 if k % 5 == 0 and rng.uniform() < 0.5 else 2000
                found.add((chrom, at + 500 * k, at + 500 * k + size))
    return sorted(found)


@pytest.mark.parametrize("sharp", [False, True])
@pytest.mark.parametrize("gap", [0, 100, 3000])
def test_clusters_are_those_of_the_definition(gap: int, sharp: bool) -> None:
    rng = np.random.default_rng(gap)
    for _ in range(60):
        windows = random_windows(rng)
        table = np.array(windows)
        shuffled = rng.permutation(len(table))
        chrom, start, end = table[shuffled].T
        found = merge_windows(
            Intervals(chrom, start, end),
            gap=gap,
            max_width=30_000,
            grid=int(rng.choice([1, 500])),
            sharp=end - start == 2000 if sharp else None,
        )
        ours = [{windows[i] for i in shuffled[found.member == k]} for k in range(len(found))]
        assert ours == naive_clusters(windows, gap, 30_000, sharp=sharp)
        assert (found.end - found.start <= 30_000).all()
        assert (found.end > found.start).all()
        same = found.chrom[1:] == found.chrom[:-1]
        assert (found.start[1:] >= found.end[:-1])[same].all()  # sorted, and none overlaps


def test_clusters_of_one_window_and_of_none() -> None:
    none = merge_windows(Intervals(np.zeros(0), np.zeros(0), np.zeros(0)))
    assert len(none) == 0
    assert len(none.member) == 0
    one = merge_windows(Intervals(np.array([2]), np.array([500]), np.array([2500])))
    assert (one.chrom[0], one.start[0], one.end[0], one.member[0]) == (2, 500, 2500, 0)


def test_a_stretch_just_within_the_cap_is_not_cut() -> None:
    start = np.arange(0, 28_001, 500)
    windows = Intervals(np.zeros_like(start), start, start + 2000)
    assert len(merge_windows(windows, max_width=30_000)) == 1
    assert len(merge_windows(windows, max_width=29_500)) == 2


def test_impossible_caps_are_refused() -> None:
    one = Intervals(np.array([0]), np.array([0]), np.array([10]))
    for wrong in ({"max_width": 0}, {"gap": -1}, {"max_width": 700, "grid": 500}):
        with pytest.raises(QuantityError, match="cap"):
            merge_windows(one, **wrong)


def naive_combined(
    p: np.ndarray, effect: np.ndarray, weight: np.ndarray
) -> tuple[float, int, int, str, int]:
    order = np.argsort(p, kind="stable")
    total, run, stepped = weight.sum(), 0.0, []
    for i in order:
        run += weight[i]
        stepped.append(p[i] * total / run)
    adjusted = [min(stepped[k:]) for k in range(len(stepped))]
    called = [i for k, i in enumerate(order) if adjusted[k] <= 0.05]
    deciding = p[order[int(np.argmin(stepped))]]
    signs = {int(np.sign(effect[i])) for i in range(len(p)) if p[i] <= deciding} - {0}
    words = {frozenset({1}): "up", frozenset({-1}): "down", frozenset({1, -1}): "mixed"}
    return (
        min(stepped),
        sum(effect[i] > 0 for i in called),
        sum(effect[i] < 0 for i in called),
        words[frozenset(signs)],
        int(order[0]),
    )


def test_combination_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(3)
    n, n_clusters = 3000, 400
    member = rng.integers(n_clusters, size=n)
    p, effect = rng.uniform(size=n) ** 3, rng.normal(size=n)
    p[rng.integers(n, size=200)] = 0.01  # ties
    weight = rng.uniform(0.1, 2, size=n)
    found = combine_windows(p, effect, member, n_clusters=n_clusters + 1, weights=weight)
    for k in range(n_clusters):
        rows = np.flatnonzero(member == k)
        simes_p, up, down, direction, best = naive_combined(p[rows], effect[rows], weight[rows])
        assert found.pvalue[k] == pytest.approx(simes_p, rel=1e-12)
        assert found.n_windows[k] == len(rows)
        assert (found.n_up[k], found.n_down[k]) == (up, down)
        assert found.direction[k] == direction
        assert found.best[k] == rows[best]
    assert np.isnan(found.pvalue[-1])
    assert found.best[-1] == -1
    assert found.direction[-1] == "none"


def test_equal_weights_are_simes_and_the_least_of_bh() -> None:
    rng = np.random.default_rng(4)
    member = np.repeat(np.arange(50), 20)
    p = rng.uniform(size=1000)
    found = combine_windows(p, np.ones(1000), member).pvalue
    np.testing.assert_allclose(found, simes(p, member), rtol=1e-12)
    least = [false_discovery_control(part).min() for part in p.reshape(50, 20)]
    np.testing.assert_allclose(found, least, rtol=1e-12)


def test_combination_by_hand() -> None:
    # Sorted: .01 (2 of 4), .03 (3 of 4), .2 (4 of 4) -> .02, .04, .2
    found = combine_windows([0.03, 0.01, 0.2], [-1.0, 1.0, 1.0], [0, 0, 0], weights=[1, 2, 1])
    assert found.pvalue[0] == pytest.approx(0.02)
    assert (found.n_up[0], found.n_down[0]) == (1, 1)
    assert found.direction[0] == "up"  # the first window alone decides
    assert found.best[0] == 1


def test_untested_windows_have_no_say() -> None:
    found = combine_windows([np.nan, 0.04, np.nan], [5.0, -1.0, 1.0], [0, 0, 1])
    assert found.pvalue[0] == 0.04
    assert np.isnan(found.pvalue[1])
    assert found.n_windows.tolist() == [1, 0]
    assert found.direction.tolist() == ["down", "none"]
    assert combine_windows([], [], []).pvalue.shape == (0,)


def test_sizes_count_equally() -> None:
    weights = equal_size_weights([0, 0, 0, 0, 1], [2000, 2000, 2000, 10_000, 10_000])
    np.testing.assert_allclose(weights, [1 / 3, 1 / 3, 1 / 3, 1, 1])
    assert equal_size_weights([], []).shape == (0,)


def test_combined_p_is_uniform_or_larger_where_windows_are_correlated() -> None:
    rng = np.random.default_rng(5)
    from scipy.stats import norm

    common = rng.normal(size=(20_000, 1))
    z = np.sqrt(0.7) * common + np.sqrt(0.3) * rng.normal(size=(20_000, 8))
    p = 2 * norm.sf(np.abs(z))
    weights = np.tile([1, 1, 1, 1, 1, 1, 3, 3], 20_000)
    found = combine_windows(p.ravel(), z.ravel(), np.repeat(np.arange(20_000), 8), weights=weights)
    for level in (0.01, 0.05, 0.2):
        assert np.mean(found.pvalue <= level) <= level + 2 * np.sqrt(level / 20_000)


@pytest.mark.parametrize(
    ("p", "member", "weights"),
    [([1.2], [0], [1]), ([0.1], [-1], [1]), ([0.1], [0], [0]), ([0.1, 0.2], [0], [1])],
)
def test_impossible_windows_are_refused(
    p: list[float], member: list[int], weights: list[float]
) -> None:
    with pytest.raises(QuantityError):
        combine_windows(p, np.ones(len(p)), member, weights=weights)
