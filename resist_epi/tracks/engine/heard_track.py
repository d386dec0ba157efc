"""A track that is read once, however many ask: what one reads of it, others hear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack


class Listener(Protocol):
    """Hears the runs of chromosomes, each from its start to its end, one chromosome at a time."""

    def begin(self, chrom: str) -> None:
        """A chromosome is read from its start; what was heard of one that did not end is void."""

    def add(self, runs: Runs | Grid) -> None:
        """The next runs of that chromosome, all of them to the right of those before."""

    def end(self, chrom: str) -> None:
        """It was read to its end."""


class HeardTrack(CoverageTrack):
    """A track that tells its listeners whatever is read of it; each chromosome once.

    Attributes
    ----------
    path, chrom_lengths, lengths_known
        As of the track behind it.
    """

    def __init__(self, track: CoverageTrack, listeners: Sequence[Listener]) -> None:
        self._track, self._listeners = track, tuple(listeners)
        self._heard: set[str] = set()
        self.path, self.chrom_lengths = track.path, track.chrom_lengths
        self.lengths_known = track.lengths_known

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome, in chunks."""
        if chrom in self._heard:
            yield from self._track.runs(chrom)
            return
        for listener in self._listeners:
            listener.begin(chrom)
        for runs in self._track.runs(chrom):
            for listener in self._listeners:
                listener.add(runs)
            yield runs
            del runs  # whose memory serves the next ones
        for listener in self._listeners:
            listener.end(chrom)
        self._heard.add(chrom)

    def finish(self) -> None:
        """Read what nobody has read to its end, so that the listeners have heard all of it."""
        for chrom in self.chrom_lengths:
            if chrom not in self._heard:
                for _ in self.runs(chrom):
                    pass
