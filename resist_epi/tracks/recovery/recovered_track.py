"""Counts of fragments from tracks whose scale `recovery` has found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError
from resist_epi.tracks.engine.heard_track import Listener
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.recovery import Recovery

_WIDEST_GAP = 60  # bins; more than the rate of reads is taken over


class RecoveredTrack(CoverageTrack):
    """A track whose values are snapped to whole numbers of fragments.

    Attributes
    ----------
    path, chrom_lengths, lengths_known
        As of the track behind it.
    """

    def __init__(self, track: CoverageTrack, recovery: Recovery) -> None:
        if recovery.refused is not None:
            raise QuantityError(f"{track.path}: {recovery.describe()}")
        self._track, self._recovery = track, recovery
        self.path, self.chrom_lengths = track.path, track.chrom_lengths
        self.lengths_known = track.lengths_known

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome, their values fragments over each base.

        Whole numbers; where a read touches so few bins that one more or less matters, what is
        expected of them instead (`bin_shares`), in units of a fragment's mean width.
        """
        shares = self._recovery.bin_shares
        whole = (snapped(runs, self._recovery) for runs in self._track.runs(chrom))
        if shares is None:
            yield from whole
        else:
            yield from self._expected(list(whole), shares)

    def _expected(self, parts: list[Runs | Grid], shares: FloatArray) -> Iterator[Runs]:
        """Bins of one chromosome, cut where nothing lies, and the reads expected in each."""
        if not parts:
            return
        size = self._recovery.bin_size
        counts = np.concatenate([part.values for part in parts])
        keep = np.isfinite(counts) & (counts > 0)
        starts = np.concatenate([part.starts for part in parts])[keep].astype(np.int64)
        ends = np.concatenate([part.ends for part in parts])[keep].astype(np.int64)
        counts = counts[keep]
        if not starts.size:
            return
        bins = -(-(ends - starts) // size)
        within = np.arange(bins.sum()) - np.repeat(np.cumsum(bins) - bins, bins)
        begin = np.repeat(starts, bins) + within * size
        end = np.minimum(begin + size, np.repeat(ends, bins))
        filled = np.repeat(counts, bins).astype(np.int64)
        # Wide gaps become few empty bins, so that rates stay local and arrays small.
        apart = np.diff(begin, prepend=begin[0])
        place = np.cumsum(np.minimum(apart // size, _WIDEST_GAP))
        laid = np.zeros(int(place[-1]) + 1, dtype=np.int64)
        laid[place] = filled
        from resist_epi.tracks.recovery.bin_shares import expected_reads

        reads = expected_reads(laid, shares)[place]
        per_base = reads * self._recovery.width / size
        yield Runs(begin.astype(np.uint32), end.astype(np.uint32), per_base)


class SnappedFor:
    """Hands what it hears of a track on to a listener, its values snapped as `RecoveredTrack` does.

    Only where `bin_shares` is of no consequence.
    """

    def __init__(self, listener: Listener, recovery: Recovery) -> None:
        self._recovery, self._listener = recovery, listener
        self.begin, self.end = listener.begin, listener.end

    def add(self, runs: Runs | Grid) -> None:
        """The next runs."""
        self._listener.add(snapped(runs, self._recovery))


def snapped(runs: Runs | Grid, recovery: Recovery) -> Runs | Grid:
    """Runs whose values are whole numbers of fragments."""
    values = runs.values.astype(np.float64)
    counts = np.rint(values / recovery.quantum) / recovery.mates
    if isinstance(runs, Grid):
        return Grid(runs.begin, runs.step, counts)
    return Runs(runs.starts, runs.ends, counts, gapless=runs.gapless)
