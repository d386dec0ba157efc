#!/usr/bin/env python
"""Tracks that look like counts and are none, and tracks that are: how often recovery is wrong.

Libraries are simulated (background, broad domains and sharp peaks; one fragment length or many;
duplicates; sparse to deep), laid over bins, and then left as counts times a scale, or averaged,
smoothed, divided, rounded, ... A wrong acceptance is a track taken for counts though it holds none;
means of libraries of equal depth are the counts of the pool, and are to be accepted.

    python validation/adversarial_tracks.py [--seeds 5]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.recovery import recover_counts

LENGTH = 4_000_000


class ArrayTrack(CoverageTrack):
    """Values of bins of one chromosome as a track of six digits in 32-bit floats."""

    def __init__(self, values: np.ndarray, bin_size: int, *, digits: int = 6) -> None:
        self.path = Path("simulated")
        self.chrom_lengths: Mapping[str, int] = MappingProxyType({"c": values.size * bin_size})
        scale = 10.0 ** (digits - 1 - np.floor(np.log10(np.maximum(np.abs(values), 1e-30))))
        self._values = np.where(values == 0, 0.0, np.rint(values * scale) / scale)
        self._bin = bin_size

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        yield Grid(0, self._bin, self._values.astype(np.float32))


def library(
    rng: np.random.Generator, n: int, *, length: int, spread: int, duplicates: float
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of fragments; the landscape is the same for every library."""
    place = np.random.default_rng(0)
    domains = place.integers(0, LENGTH - 40_000, 12)
    peaks = place.integers(0, LENGTH - 1_000, 40)
    parts = [
        rng.integers(0, LENGTH - 2_000, int(0.6 * n)),
        rng.choice(domains, int(0.3 * n)) + rng.integers(0, 30_000, int(0.3 * n)),
        rng.choice(peaks, int(0.1 * n)) + rng.normal(400, 80, int(0.1 * n)).astype(np.int64),
    ]
    starts = np.concatenate(parts)
    starts = np.concatenate([starts, rng.choice(starts, int(duplicates * starts.size))])
    sizes = np.full(starts.size, length)
    if spread:
        # The length belongs to the place, so that duplicates share it.
        sizes = length + (starts * 7919 + rng.integers(0, 5)) % (2 * spread + 1) - spread
    starts = np.clip(starts, 0, LENGTH - 2_000)
    return starts, starts + sizes


def laid(fragments: tuple[np.ndarray, np.ndarray], bin_size: int) -> np.ndarray:
    starts, ends = fragments
    change = np.zeros(LENGTH // bin_size + 2)
    np.add.at(change, starts // bin_size, 1)
    np.add.at(change, (ends - 1) // bin_size + 1, -1)
    return np.cumsum(change)[: LENGTH // bin_size]


def moving_mean(values: np.ndarray, bins: int) -> np.ndarray:
    return np.convolve(values, np.ones(bins) / bins, mode="same")


def quantiles(values: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Quantile normalisation to the mean of sorted tracks; ties keep one value."""
    target = np.mean([np.sort(v) for v in [values, *others]], axis=0)
    rank = np.searchsorted(np.sort(values), values)
    return np.where(values > 0, target[rank], 0.0)


Libraries = list[tuple[np.ndarray, int]]  # counts of bins, fragments
Change = Callable[[Libraries, int], np.ndarray]


def cpm(one: tuple[np.ndarray, int]) -> np.ndarray:
    return one[0] * 1e6 / one[1]


def mean_of(k: int, *, times: float = 1.0) -> Change:
    return lambda x, b: times * np.mean([cpm(one) for one in x[:k]], axis=0)


def mean_equal(k: int) -> Change:
    return lambda x, b: np.mean([one[0] * 1e6 / x[0][1] for one in x[:k]], axis=0)


def smoothed(bins: int) -> Change:
    return lambda x, b: moving_mean(cpm(x[0]), bins)


def rounded(places: int) -> Change:
    return lambda x, b: np.round(x[0][0] * 0.0347123 * (10 if places < 2 else 1), places)


COUNTS: dict[str, Change] = {
    "none": lambda x, b: x[0][0],
    "CPM": lambda x, b: cpm(x[0]),
    "RPKM": lambda x, b: cpm(x[0]) * 1e3 / b,
    "RPGC": lambda x, b: x[0][0] * 2_701_495_761 / (x[0][1] * 187.0),
    "BPM": lambda x, b: x[0][0] * 1e6 / x[0][0].sum(),
    "scale factor": lambda x, b: x[0][0] * 0.371234,
    "CPM x scale factor": lambda x, b: cpm(x[0]) * 0.73,
    "pairs laid twice": lambda x, b: cpm(x[0]) * 2,
    "sum of two": lambda x, b: x[0][0] + x[1][0],
    "mean of 2, equal depth": mean_equal(2),
    "mean of 4, equal depth": mean_equal(4),
}
OTHERS: dict[str, Change] = {
    "mean of 2": mean_of(2),
    "mean of 3": mean_of(3),
    "mean of 4": mean_of(4),
    "mean of 2, times 2": mean_of(2, times=2),
    "mean of 2, depths 1:2": lambda x, b: (x[0][0] + 2 * x[1][0]) * 0.25,
    "smoothed, 2 bins": smoothed(2),
    "smoothed, 3 bins": smoothed(3),
    "smoothed, 5 bins": smoothed(5),
    "smoothed, 11 bins": smoothed(11),
    "counts smoothed, 5 bins": lambda x, b: moving_mean(x[0][0], 5),
    "log2 ratio": lambda x, b: np.log2((cpm(x[0]) + 1) / (cpm(x[1]) + 1)),
    "log2 (1 + CPM)": lambda x, b: np.log2(cpm(x[0]) + 1),
    "ratio, pseudocount 1": lambda x, b: (x[0][0] + 1) / (x[1][0] + 1),
    "ratio, zero where both are": lambda x, b: np.where(
        x[0][0] + x[1][0] > 0, (x[0][0] + 1) / (x[1][0] + 1), 0
    ),
    "subtracted": lambda x, b: cpm(x[0]) - cpm(x[1]),
    "subtracted, below 0 cut": lambda x, b: np.maximum(cpm(x[0]) - cpm(x[1]), 0),
    "counts subtracted, cut": lambda x, b: np.maximum(x[0][0] - x[1][0], 0),
    "fold enrichment": lambda x, b: x[0][0] / (moving_mean(x[1][0], 21) + 0.4),
    "rounded, 1 decimal": rounded(1),
    "rounded, 2 decimals": rounded(2),
    "rounded, 3 decimals": rounded(3),
    "rounded, 4 decimals": rounded(4),
    "mean rounded to whole": lambda x, b: np.rint((x[0][0] + x[1][0]) / 2),
    "mean rounded up": lambda x, b: np.ceil((x[0][0] + x[1][0]) / 2),
    "scaled, rounded to whole": lambda x, b: np.rint(x[0][0] * 1.3),
    "scaled down, to whole": lambda x, b: np.rint(x[0][0] * 0.7),
    "quantile-normalised": lambda x, b: quantiles(x[0][0], [x[1][0], x[2][0]]),
    "counts + 1": lambda x, b: x[0][0] + 1,
    "square root": lambda x, b: np.sqrt(x[0][0]),
    "larger of two": lambda x, b: np.maximum(cpm(x[0]), cpm(x[1])),
    "control subtracted by share": lambda x, b: np.maximum(x[0][0] - 0.63 * x[1][0], 0),
}
# n fragments, bp, spread of bp, share of duplicates, bin
SETTINGS = (
    (3_000, 200, 0, 0.0, 50),
    (12_000, 200, 0, 0.1, 50),
    (12_000, 200, 60, 0.1, 10),
    (12_000, 36, 0, 0.3, 50),
    (30_000, 150, 0, 0.1, 10),
    (300_000, 200, 0, 0.1, 50),
    (300_000, 200, 60, 0.1, 50),
)


def judge(seed: int, setting: tuple[int, int, int, float, int]) -> Iterator[dict[str, object]]:
    n, length, spread, duplicates, bin_size = setting
    rng = np.random.default_rng([seed, n, length, bin_size])
    libraries = []
    for depth in (1.0, rng.uniform(0.5, 0.9), rng.uniform(1.1, 2), rng.uniform(0.5, 2)):
        one = library(rng, int(n * depth), length=length, spread=spread, duplicates=duplicates)
        libraries.append((laid(one, bin_size), one[0].size))
    for right, changes in ((True, COUNTS), (False, OTHERS)):
        for name, change in changes.items():
            track = ArrayTrack(change(libraries, bin_size), bin_size)
            for given in (None, float(length)):
                found = recover_counts(track, fragment_length=given)
                yield {
                    "track": name,
                    "counts": right,
                    "setting": f"{n} x {length}+-{spread} bp, {bin_size}-bp bins",
                    "length": "given" if given else "found",
                    "accepted": found.refused is None,
                    "says": found.describe(),
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    table = pd.DataFrame([row for seed in range(seeds) for s in SETTINGS for row in judge(seed, s)])
    wrong = table[table["accepted"] != table["counts"]]
    for right, title in ((False, "taken for counts, wrongly"), (True, "refused, wrongly")):
        part, of = wrong[wrong["counts"] == right], table[table["counts"] == right]
        print(f"{title}: {len(part)} of {len(of)}")
        for (name, setting, length), rows in part.groupby(["track", "setting", "length"]):
            print(f"  {len(rows)} x {name}; {setting}; length {length}: {rows['says'].iloc[0]}")


if __name__ == "__main__":
    main()
