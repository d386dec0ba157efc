"""The compiled loops find in any runs what NumPy finds, to the last digit and in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery import run_tallies, track_survey
from resist_epi.tracks.recovery.track_survey import Survey, survey

Chunks = list[Runs | Grid]


class InMemory(CoverageTrack):
    """A track of the runs that it is given, chunk by chunk."""

    def __init__(self, chunks: dict[str, Chunks], lengths: dict[str, int]) -> None:
        self.path, self.chrom_lengths, self._chunks = "memory", lengths, chunks

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        yield from self._chunks[chrom]


def surveyed(track: CoverageTrack, compiled_from: int, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """A survey by compiled loops from the chunk of this number on."""
    seen = iter(range(1_000_000))
    monkeypatch.setattr(track_survey, "worth_compiling", lambda n: next(seen) >= compiled_from)
    return survey(track)


def assert_same(found: Survey, expected: Survey) -> None:
    for field in fields(Survey):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype, field.name
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


def random_chunks(rng: np.random.Generator, kind: str, values: np.ndarray) -> tuple[Chunks, int]:
    """Runs with and without gaps, equal neighbours, zeros and what is no number, cut anywhere."""
    n = int(rng.integers(1, 300))
    bin_size = int(rng.choice([1, 10, 50]))
    heights = rng.choice(values, n)
    again = np.flatnonzero(rng.random(n) < 0.2)
    heights[again[again > 0]] = heights[again[again > 0] - 1]
    cuts = [0, *sorted(set(rng.integers(1, n + 1, int(rng.integers(0, 6))).tolist()) | {n})]
    pairs = list(pairwise(cuts))
    if kind == "grid":
        begin = int(rng.integers(0, 3)) * bin_size
        chunks: Chunks = [Grid(begin + a * bin_size, bin_size, heights[a:b]) for a, b in pairs]
        return chunks, begin + n * bin_size + int(rng.integers(0, 2)) * 3000
    widths = bin_size * rng.integers(1, 8, n)
    widths[rng.random(n) < 0.02] = 70_000
    gaps = bin_size * rng.integers(1, 6, n) * (rng.random(n) < 0.4)
    gaps[rng.random(n) < 0.02] = 80_000
    ends = np.cumsum(widths + gaps)
    starts = (ends - widths).astype(np.uint32)
    ends = ends.astype(np.uint32)
    if kind == "strided":  # as values of a bigWig lie between starts and ends
        heights = np.repeat(heights.astype(np.float32), 3)[::3]
    chunks = [Runs(starts[a:b], ends[a:b], heights[a:b]) for a, b in pairs]
    return chunks, int(ends[-1]) + int(rng.integers(0, 2)) * 5000


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["runs", "strided", "grid"]),
    st.sampled_from([0, 1, 3]),
    st.sampled_from(["counts", "odd", "negative", "many"]),
)
def test_any_runs(seed: int, kind: str, compiled_from: int, values: str) -> None:
    rng = np.random.default_rng(seed)
    pool = {
        "counts": np.array([0, 0, 0.05, 0.05, 0.1, 0.15, 0.2], np.float32),
        "odd": np.array([0, np.nan, np.inf, -np.inf, 1, 2, 3][:: int(rng.integers(1, 3))]),
        "negative": np.array([0, -1, *[1] * 200, 2.5]),
        "many": rng.random(500).astype(np.float32),
    }[values]
    made = {f"chr{i}": random_chunks(rng, kind, pool) for i in range(int(rng.integers(1, 4)))}
    chunks: dict[str, Chunks] = {chrom: found for chrom, (found, _) in made.items()}
    chunks["empty"] = []
    track = InMemory(chunks, {**{chrom: n for chrom, (_, n) in made.items()}, "empty": 1000})
    with pytest.MonkeyPatch.context() as patch:
        expected = surveyed(track, 1_000_000, patch)
        assert_same(surveyed(track, compiled_from, patch), expected)


def test_tables_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Islands of many values and widths, and more different values than counts have."""
    rng = np.random.default_rng(3)
    n = 150_000
    edges = np.cumsum(rng.integers(1, 400, 2 * n)).astype(np.uint32)
    chunks: dict[str, Chunks] = {}
    for chrom, most in (("chr1", 3_000), ("chr2", 2**23), ("chr3", 2**23), ("chr4", 2)):
        values = rng.integers(1, most, n).astype(np.float32)
        chunks[chrom] = [
            Runs(
                edges[a : a + 50_000 : 2], edges[a + 1 : a + 50_000 : 2], values[a // 2 :][:25_000]
            )
            for a in range(0, 2 * n, 50_000)
        ]
    track = InMemory(chunks, dict.fromkeys(chunks, int(edges[-1]) + 10))
    for first in (["chr1"], list(chunks)):
        part = InMemory(chunks, {chrom: track.chrom_lengths[chrom] for chrom in first})
        expected = surveyed(part, 1_000_000, monkeypatch)
        assert expected.continuous == (len(first) > 1)
        assert expected.island_values.size > 10_000
        for begin in (0, 2):
            assert_same(surveyed(part, begin, monkeypatch), expected)
    assert expected.values.size > run_tallies.MOST_VALUES
