"""Sums of adjacent bins of a whole chromosome."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray, Spans
from resist_epi.tracks.engine.runs import Grid, RegionAccumulator, Runs, complement


class AdjacentBins:
    """Temporary."""

    def __init__(self, step: int, length: int, *, exclude: Spans | None = None) -> None:
        none = np.zeros(0, dtype=np.int64)
        kept = complement(*(exclude or (none, none)), length=length)
        edges = np.union1d(np.arange(0, length, step), np.concatenate([*kept, [length]]))
        edges = edges[edges <= length].astype(np.int64)
        starts, ends = edges[:-1], edges[1:]
        inside = np.searchsorted(kept[0], starts, side="right") - 1
        real = (inside >= 0) & (starts < np.append(kept[1], 0)[inside])
        self._owner = starts[real] // step
        self._n = -(-length // step)
        self._sums = RegionAccumulator(starts[real], ends[real], length=length, extremes=False)

    def add(self, runs: Runs | Grid) -> None:
        self._sums.add(runs)

    def result(self) -> FloatArray:
        return np.bincount(self._owner, weights=self._sums.result().sum, minlength=self._n)
