"""Listeners hear every chromosome of a track once, whoever reads it, and how far."""

from __future__ import annotations

import numpy as np

from resist_epi.tracks.engine.heard_track import HeardTrack
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack


class Chunked(CoverageTrack):
    """Chromosomes of three chunks each, and how often one is read from its start."""

    path = "chunked"

    def __init__(self) -> None:
        self.chrom_lengths = {"chr1": 30, "chr2": 30}
        self.begun: list[str] = []

    def runs(self, chrom: str):
        self.begun.append(chrom)
        for i in range(3):
            yield Grid(10 * i, 10, np.array([float(i + 1)]))


class Sums:
    """Sum of the values of each chromosome that was heard to its end."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self._sum = 0.0

    def begin(self, chrom: str) -> None:
        self._sum = 0.0

    def add(self, runs: Runs | Grid) -> None:
        self._sum += float(runs.values.sum())

    def end(self, chrom: str) -> None:
        assert chrom not in self.found, "heard twice"
        self.found[chrom] = self._sum


def test_what_was_not_read_to_its_end_is_heard_from_its_start() -> None:
    track, sums = Chunked(), Sums()
    heard = HeardTrack(track, [sums])
    next(heard.runs("chr1"))  # a reader that has seen enough
    assert not sums.found
    heard.finish()
    assert sums.found == {"chr1": 6.0, "chr2": 6.0}
    assert track.begun == ["chr1", "chr1", "chr2"]


def test_who_reads_again_is_not_heard_again() -> None:
    track, sums = Chunked(), Sums()
    heard = HeardTrack(track, [sums])
    values = [float(r.values[0]) for _ in range(2) for r in heard.runs("chr2")]
    heard.finish()
    heard.finish()
    assert values == [1, 2, 3, 1, 2, 3]
    assert sums.found == {"chr1": 6.0, "chr2": 6.0}
    assert track.begun == ["chr2", "chr2", "chr1"]
