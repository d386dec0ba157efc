"""The gate opens for what is broad and beyond noise, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from resist_epi.stats.linear.factor_gate import (
    MIN_BREADTH,
    MIN_EIGENVALUE,
    MOST_LOADED,
    broad_factors,
    gate,
    genome_halves,
    noise_eigenvalue,
    noise_share,
)
from resist_epi.stats.linear.hidden_factors import orthogonal_effects

CHROMOSOMES = np.repeat([f"chr{i}" for i in range(1, 21)], 100)
SIDES = (np.repeat([True, False], 6), np.repeat([False, True], 6))
N = len(CHROMOSOMES)
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def looked_at(change: Change, seed: int, *, most: int = 2):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    y = change(rng.normal(size=(N, 12)), rng)
    X = np.column_stack([np.ones(12), np.repeat([0.0, 1.0], 6)])
    effects = orthogonal_effects(y, X, [0, 1])
    return broad_factors(effects, genome_halves(CHROMOSOMES), SIDES, most=most)


def batch(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + np.outer(rng.normal(0, 1.2, N) * (rng.random(N) < 0.5), np.tile([0, 0, 1], 4))


def two(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return batch(y, rng) + np.outer(rng.normal(0, 0.7, N), rng.normal(size=12))


def domains(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.6 * y + 0.8 * np.repeat(rng.normal(size=(N // 20, 12)), 20, axis=0)


def few_regions(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    y[: N // 10] += 2.4 * np.outer(rng.choice([-1, 1], N // 10), np.tile([0, 0, 1], 4))
    return y


def one_chromosome(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    y[CHROMOSOMES == "chr1"] += rng.normal(0, 3, size=12)
    return y


def some_of_one_side(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + np.outer(rng.normal(0, 1.2, N), np.repeat([0, 1, 0], [6, 3, 3]))


def pair(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + np.outer(rng.normal(0, 1.2, N), np.eye(12)[0] + np.eye(12)[11])


def nothing(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("change", "number"), [(batch, 1), (two, 2)])
def test_factors_are_found_and_counted(change: Change, number: int, seed: int) -> None:
    gates = looked_at(change, seed, most=3)
    assert [g.broad for g in gates] == [True] * number + [False]
    assert not any(g.one_sided or g.of_two for g in gates[:number])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("change", [nothing, domains, few_regions, one_chromosome])
def test_what_is_chance_or_local_stays_out(change: Change, seed: int) -> None:
    assert not looked_at(change, seed)[0].broad


def test_local_patterns_are_beyond_noise_but_not_broad() -> None:
    gates = [looked_at(few_regions, seed)[0] for seed in range(5)]
    assert min(g.eigenvalue for g in gates) > MIN_EIGENVALUE
    assert max(g.breadth for g in gates) < MIN_BREADTH


def test_one_side_and_two_units_are_told_apart() -> None:
    assert looked_at(some_of_one_side, 1)[0].one_sided
    apart = looked_at(pair, 1)[0]
    assert apart.broad
    assert apart.of_two
    assert not apart.one_sided


@pytest.mark.parametrize(("n", "df"), [(300, 8), (2000, 10), (4000, 22)])
def test_noise_is_what_draws_of_it_give(n: int, df: int) -> None:
    rng = np.random.default_rng(n)
    largest, shares = [], []
    for _ in range(30):
        draws = rng.normal(size=(n, df))
        largest.append(np.linalg.eigvalsh(draws.T @ draws / n)[-1])
        share = np.sort(draws[:, 0] ** 2 / (draws**2).sum(axis=1))
        shares.append(share[: n - round(MOST_LOADED * n)].mean())
    assert np.mean(largest) == pytest.approx(noise_eigenvalue(n, df), rel=0.015)
    assert np.mean(shares) == pytest.approx(noise_share(df), rel=0.03)


def test_halves_are_of_whole_chromosomes_and_of_one_size() -> None:
    halves = genome_halves(CHROMOSOMES)
    for half in halves.T:
        assert all(len(set(half[c == CHROMOSOMES])) == 1 for c in set(CHROMOSOMES))
        assert half.mean() == pytest.approx(0.5, abs=0.1)
    assert len({half.tobytes() for half in halves.T}) == halves.shape[1]


@pytest.mark.parametrize("names", [["chr1"] * 80, ["chr1"] * 60 + ["chr2"] * 20])
def test_a_chromosome_that_holds_most_regions_is_cut(names: list[str]) -> None:
    for half in genome_halves(names).T:
        assert 0.3 < half.mean() < 0.7
        assert (np.diff(half.astype(int)) != 0).sum() <= 10


@pytest.mark.parametrize("n", [0, 1])
def test_too_little_to_halve_is_no_factor(n: int) -> None:
    X = np.column_stack([np.ones(12), np.repeat([0.0, 1.0], 6)])
    effects = orthogonal_effects(np.arange(12.0) * np.ones((n, 1)), X, [0, 1])
    assert not gate(effects, genome_halves(["chr1"] * n)).broad
