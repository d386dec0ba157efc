"""A track whose chromosomes go by other names than in its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resist_epi.arrays import Spans
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs
from resist_epi.tracks.engine.track import CoverageTrack


class RenamedTrack(CoverageTrack):
    """A track that answers by other names of its chromosomes.

    Parameters
    ----------
    track
        The track behind it.
    names
        Name in the file -> name to go by; others stay.
    """

    def __init__(self, track: CoverageTrack, names: Mapping[str, str]) -> None:
        self._track = track
        self._in_file = {new: old for old, new in names.items()}
        self.path, self.lengths_known = track.path, track.lengths_known
        self.chrom_lengths = {names.get(c, c): n for c, n in track.chrom_lengths.items()}

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome in chunks, sorted and without overlap."""
        return self._track.runs(self._in_file.get(chrom, chrom))

    def runs_within(
        self, chrom: str, within: Spans | None = None
    ) -> Iterator[Runs | Grid | GridParts]:
        """Runs of a chromosome, as of the track behind it."""
        return self._track.runs_within(self._in_file.get(chrom, chrom), within)
