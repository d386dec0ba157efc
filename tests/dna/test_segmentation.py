"""Segmentation: DNAcopy's answers, a search over all segmentations, null and planted changes."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.dna.segmentation import (
    noise_scale,
    segment_chromosomes,
    segment_ends,
    without_outliers,
)
from resist_epi.errors import QuantityError

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def levels_of(values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    edges = np.concatenate([[0], ends])
    return np.concatenate([np.full(b - a, values[a:b].mean()) for a, b in pairwise(edges)])


def golden(what: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / f"segmentation.{what}.tsv.gz", sep="\t")


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return golden("profiles"), golden("truth"), golden("answer")


def our_levels(profile: pd.Series, chrom: pd.Series) -> np.ndarray:
    parts = [g.to_numpy() for _, g in profile.groupby(chrom)]
    found = segment_chromosomes(parts)
    return np.concatenate([levels_of(v, e) for v, e in zip(parts, found, strict=True)])


def test_levels_are_those_of_dnacopy(tables) -> None:  # type: ignore[no-untyped-def]
    """Where noise is white both find the same; with waves DNAcopy cuts them up, and we do not."""
    profiles, truth, answer = tables
    for name in profiles.columns[1:]:
        theirs = np.empty(len(profiles))
        for row in answer[answer["ID"] == name].itertuples():
            here = np.flatnonzero(profiles["chrom"] == row.chrom)
            theirs[here[row.start - 1 : row.end]] = row.mean
        ours = our_levels(profiles[name], profiles["chrom"])
        our_error = np.sqrt(((ours - truth[name]) ** 2).mean())
        their_error = np.sqrt(((theirs - truth[name]) ** 2).mean())
        assert our_error <= 1.25 * their_error + 0.002, name
        if name.startswith("plain"):
            assert np.mean(np.abs(ours - theirs) > 0.02) < 0.01, name


def test_nothing_is_found_where_nothing_is(tables) -> None:  # type: ignore[no-untyped-def]
    profiles = tables[0]
    null = [n for n in profiles if n.startswith("null")]
    assert null
    for name in null:
        assert len(np.unique(our_levels(profiles[name], profiles["chrom"]))) <= 5


def test_best_of_all_segmentations() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        values = rng.normal(size=11) + np.repeat([0, rng.choice([0, 4]), 0], [4, 3, 4])
        price = 2.0 * np.log(11)

        def cost(ends: tuple[int, ...], values: np.ndarray = values, price: float = price) -> float:
            return float(((values - levels_of(values, np.array(ends))) ** 2).sum()) + price * len(
                ends
            )

        allowed = [
            (*cuts, 11)
            for k in range(3)
            for cuts in combinations(range(1, 11), k)
            if min(np.diff([0, *cuts, 11])) >= 3
        ]
        best = min(allowed, key=cost)
        assert tuple(segment_ends(values, 1.0)) == best


def test_pruning_loses_nothing_on_long_profiles() -> None:
    """Against the same dynamic programme without pruning."""
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, 160) + np.repeat([0, 1.5, 0, -2, 0.8], 32)
    price, n = 2.0 * np.log(160), 160
    best, previous = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    best[0] = -price
    for end in range(3, n + 1):
        for start in [0, *range(3, end - 2)]:
            part = values[start:end]
            cost = best[start] + ((part - part.mean()) ** 2).sum() + price
            if cost < best[end] - 1e-12:
                best[end], previous[end] = cost, start
    ends = [n]
    while previous[ends[-1]] > 0:
        ends.append(int(previous[ends[-1]]))
    assert segment_ends(values, 1.0).tolist() == ends[::-1]


def test_properties() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 0.1, 300) + np.repeat([0, 0.5, 0], [120, 30, 150])
    (ends,) = segment_chromosomes([values])
    assert ends.tolist() == [120, 150, 300]
    for changed in (values + 7, -values, values * 10):
        assert segment_chromosomes([changed])[0].tolist() == ends.tolist()
    (mirrored,) = segment_chromosomes([values[::-1]])
    assert (300 - mirrored[:-1])[::-1].tolist() == ends[:-1].tolist()


def test_noise_scale_is_the_noise() -> None:
    rng = np.random.default_rng(4)
    white = [rng.normal(0, 0.2, 2000), rng.normal(3, 0.2, 1000)]
    assert noise_scale(white) == pytest.approx(0.2, rel=0.12)
    stepped = [np.concatenate([white[0], white[0] + 5, white[0]])]
    assert noise_scale(stepped) == pytest.approx(0.2, rel=0.15)
    assert noise_scale([np.zeros(100)]) == 0.0
    assert noise_scale([]) == 0.0
    waves = [white[0] + 0.3 * np.sin(np.arange(2000) / 15)]
    assert noise_scale(waves) > 0.5  # neighbours alone would say 0.2


def test_outliers_of_one_or_two_bins_give_way_and_bumps_stay() -> None:
    values = np.zeros(60)
    values[10], values[20:22], values[40:43] = 5, -5, 5
    drawn = without_outliers(values, 0.1)
    assert drawn[10] == pytest.approx(0.3)
    assert drawn[20:22] == pytest.approx([-0.3, -0.3])
    assert drawn[40:43] == pytest.approx([5, 5, 5])
    assert drawn[0] == 0


def test_small_and_flat_input() -> None:
    assert segment_chromosomes([]) == []
    assert segment_ends(np.empty(0), 1.0).tolist() == []
    assert segment_ends(np.array([1.0]), 1.0).tolist() == [1]
    assert segment_ends(np.zeros(50), 0.0).tolist() == [50]
    exact = np.repeat([0.0, 1.0], 25)
    assert segment_chromosomes([exact])[0].tolist() == [25, 50]
    with pytest.raises(QuantityError, match="finite"):
        segment_ends(np.array([0.0, np.nan, 1.0]), 1.0)
