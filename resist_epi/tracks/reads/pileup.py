"""Reads as a track: how many lie over each base."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resist_epi.tracks.engine.runs import Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile

_CHUNK = 1_000_000  # runs that are made at once


class ReadsTrack(CoverageTrack):
    """The depth of a file of reads, read once when it is first asked for.

    The places of all reads are held, 8 bytes a read. Where a read spans a gap (a splice), the gap
    counts as its own, as it does where reads are counted.

    Parameters
    ----------
    reads
        The file.
    rules
        Which reads count, and over which bases: as they are aligned, or fragments.
    """

    def __init__(self, reads: ReadsFile, rules: ReadRules) -> None:
        self._reads, self._rules = reads, rules
        self.path = reads.path
        self.chrom_lengths, self.lengths_known = reads.chrom_lengths, reads.lengths_known

    @cached_property
    def _places(self) -> dict[str, tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
        """Chromosome -> sorted starts and sorted ends of what counts there, clipped to it."""
        codes = self._reads._codes([])
        parts: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        for chrom, start, end, _ in self._reads.places(self._rules, codes):
            if not chrom.size:
                continue
            order = np.argsort(chrom, kind="stable")
            own, first = np.unique(chrom[order], return_index=True)
            for code, rows in zip(own.tolist(), np.split(order, first[1:]), strict=True):
                pair = (start[rows].astype(np.uint32), end[rows].astype(np.uint32))
                parts.setdefault(code, []).append(pair)
        found: dict[str, tuple[NDArray[np.uint32], NDArray[np.uint32]]] = {}
        for name, code in codes.items():
            if code in parts:
                start, end = (np.concatenate(side) for side in zip(*parts.pop(code), strict=True))
                start.sort()
                end.sort()
                if self.lengths_known:
                    length = np.uint32(self.chrom_lengths[name])
                    start, end = np.minimum(start, length), np.minimum(end, length)
                found[name] = (start.astype(np.uint32), end.astype(np.uint32))
        return found

    @property
    def mass(self) -> float:
        """Bases of all that counts, those that two reads cover twice: the total of the depth."""
        sums = [
            (s.sum(dtype=np.float64), e.sum(dtype=np.float64)) for s, e in self._places.values()
        ]
        return float(sum(ends - starts for starts, ends in sums))

    def runs(self, chrom: str) -> Iterator[Runs]:
        """Runs of one depth above 0, in chunks."""
        self._check_chromosome(chrom)
        if chrom not in self._places:
            return
        start, end = self._places[chrom]
        edges = np.union1d(start, end)
        for i in range(0, max(edges.size - 1, 0), _CHUNK):
            left, right = edges[i : i + _CHUNK], edges[i + 1 : i + _CHUNK + 1]
            left = left[: right.size]
            # What has begun at a base and has not ended there lies over it.
            depth = np.searchsorted(start, left, "right") - np.searchsorted(end, left, "right")
            over = depth > 0
            if over.any():
                yield Runs(left[over], right[over], depth[over].astype(np.float32))
