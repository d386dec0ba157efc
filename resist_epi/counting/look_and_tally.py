"""A track looked at and counted while it is read once.

What a track is decides in which quantity it is counted: whole fragments where its scale can be
found, else its signal. That is known once all of it was read. One of its short chromosomes, read
before, nearly always says the same; the track is added up as if it did, and the sums hold only if
every value of the track becomes the same number of fragments by the scale found in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.coverage_tally import CoverageTally, checked_tally
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.tally import Tally
from resist_epi.tracks.engine.heard_track import Listener
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.looks import TrackFile, look_and_values
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import OpenedFile
from resist_epi.tracks.recovery.recovered_track import SnappedFor
from resist_epi.tracks.recovery.recovery import Recovery, recover_counts

_SHORT = 0.01  # of the genome; a chromosome of so much tells enough, and costs little


@dataclass(frozen=True)
class Foreseen:
    """What will most likely be asked of a track, once it is known what it is.

    Attributes
    ----------
    digest
        Of the plan.
    quantity
        `auto`, or the quantity of tracks that was asked for.
    """

    plan: RegionPlan
    digest: str
    quantity: str


@dataclass(frozen=True)
class Read:
    """A track that was read once.

    Attributes
    ----------
    counted
        The file, as it was counted; None where its tally does not hold, and it must be read again.
    """

    look: OpenedFile
    counted: OpenedFile | None = None
    tally: Tally | None = None


def look_and_tally(file: TrackFile, opened: OpenedFile, asked: Foreseen) -> Read:
    """Look at a bigWig, and tally it in the same pass.

    Parameters
    ----------
    opened
        The file as its header tells it, its chromosomes by the names of the study.

    Raises
    ------
    InputFormatError
        If the track is damaged.
    """
    raw = open_track(file.path)
    track = opened.track(raw)
    hangs = asked.quantity in ("auto", "recovered_reads")  # on what the track is
    expected = _expected(track, file) if hangs else None
    quantity = _quantity(asked.quantity, expected)
    if quantity is None:
        return Read(look_and_values(file, track=raw)[0])
    sums = CoverageTally(
        track, asked.plan, mean=quantity == "mean_signal", exogenous=opened.exogenous_in(track)
    )
    recovered = expected if quantity == "recovered_reads" else None
    listener: Listener = sums if recovered is None else SnappedFor(sums, recovered)
    look, values = look_and_values(file, [listener], track=raw, named=track)
    found = look.recovery or Recovery("it was not looked at")
    counted = replace(
        opened,
        quantity=quantity,
        recovery=None if recovered is None else found,
        total=look.total,
        lowest=look.lowest,
    )
    if look.lowest < 0 or _quantity(asked.quantity, found if hangs else None) != quantity:
        return Read(look)
    if recovered is not None and not _same_fragments(values, recovered, found):
        return Read(look)
    return Read(look, counted, checked_tally(sums.tally(), file.path, counted.recovery))


def _quantity(asked: str, recovery: Recovery | None) -> str | None:
    """In which quantity a track is counted; None where that must wait until it was looked at."""
    if recovery is None:
        return asked
    if recovery.refused is not None:
        return "mean_signal" if asked == "auto" else None
    # What is expected of reads that touch few bins hangs on their mean width, which all tell.
    return "recovered_reads" if recovery.bin_shares is None else None


def _expected(track: CoverageTrack, file: TrackFile) -> Recovery:
    """What the shortest of the track's long chromosomes says."""
    lengths = track.chrom_lengths
    # Of an assembly in many pieces none may be that long.
    enough = min(_SHORT * sum(lengths.values()), max(lengths.values()))
    long = [c for c, n in lengths.items() if n >= enough]
    part = _OneChromosome(track, min(long, key=lambda c: lengths[c]))
    return recover_counts(
        part, library_size=file.library_size, fragment_length=file.fragment_length
    )


def _same_fragments(values: FloatArray, one: Recovery, other: Recovery) -> bool:
    """Whether every value of a track is the same number of fragments by either."""
    first, second = (np.rint(values / r.quantum) / r.mates for r in (one, other))
    return bool(np.array_equal(first, second))


class _OneChromosome(CoverageTrack):
    """One chromosome of a track, as if it had no other."""

    def __init__(self, track: CoverageTrack, chrom: str) -> None:
        self._track, self.path = track, track.path
        self.chrom_lengths = {chrom: track.chrom_lengths[chrom]}
        self.lengths_known = track.lengths_known

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of the chromosome, in chunks."""
        return self._track.runs(chrom)
