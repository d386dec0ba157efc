"""What a track or a file of reads is, found in one look, and what can be tested with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from resist_epi.coverage_runs import Grid, Runs
from resist_epi.genome import recognise_assembly
from resist_epi.inputs import genomes
from resist_epi.io.run_track import RunTrack
from resist_epi.io.tracks import open_track
from resist_epi.recovery import Recovery, recover_counts
from resist_epi.samples import SampleSheet
from resist_epi.worker_pool import run_tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrackFile:
    """A track to be looked at, and what the sheet says of it.

    Attributes
    ----------
    path
        The file.
    library_size, fragment_length
        `LibrarySize` (reads) and `FragmentLength` (bp); None where the sheet has none.
    """

    path: str
    library_size: float | None = None
    fragment_length: float | None = None


@dataclass(frozen=True)
class TrackLook:
    """What a coverage track is.

    Attributes
    ----------
    reader
        `bigWig` or `bedGraph`.
    n_chroms
        Chromosomes that it names.
    assembly
        Told by their lengths; None where that cannot be.
    total
        Value x bp over all of it.
    recovery
        What it says about the reads behind it.
    """

    reader: str
    n_chroms: int
    assembly: str | None
    total: float
    recovery: Recovery

    def describe(self) -> str:
        """Say what it is and what can therefore be tested, for `check`."""
        tested = (
            "as signal with trend"
            if self.recovery.refused is not None
            else "as recovered reads, with ql or voom where regions are wide and trend where not"
        )
        return (
            f"{self.reader} of {self.n_chroms} chromosomes, assembly"
            f" {self.assembly or 'not recognised'}, total coverage {self.total:.6g} (value x bp);"
            f" {self.recovery.describe()}; can be tested {tested}"
        )


def look_at_track(file: TrackFile) -> TrackLook:
    """Look at a track, once through where its values are counts, and less where they are not.

    Raises
    ------
    InputFormatError
        If the track is damaged.
    """
    track = open_track(file.path)
    weighed = _Weighed(track)
    recovery = recover_counts(
        weighed, library_size=file.library_size, fragment_length=file.fragment_length
    )
    known = recognise_assembly(track.chrom_lengths, genomes()) if track.lengths_known else None
    return TrackLook(
        reader={"BigWigTrack": "bigWig", "BedGraphTrack": "bedGraph"}[type(track).__name__],
        n_chroms=len(track.chrom_lengths),
        assembly=known,
        total=weighed.total(),
        recovery=recovery,
    )


def look_at_tracks(
    files: Mapping[str, TrackFile],
    *,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> dict[str, TrackLook]:
    """`look_at_track` of every sample's track, by several processes.

    Raises
    ------
    InputFormatError
        If a track is damaged.
    WorkerDiedError
        If worker processes were killed.
    """
    found: dict[str, TrackLook] = {}

    def done(name: str, look: TrackLook) -> None:
        found[name] = look
        logger.info("%s: %s", name, look.recovery.describe())
        if progress is not None:
            progress(f"{name}: looked at")

    run_tasks(look_at_track, files, jobs=jobs, done=done)
    return {name: found[name] for name in files}


def track_files(sheet: SampleSheet) -> dict[str, TrackFile]:
    """The `Coverage` of every row that has one."""
    sizes, lengths = sheet.numbers("LibrarySize"), sheet.numbers("FragmentLength")

    def given(values: np.ndarray | None, i: int) -> float | None:
        return None if values is None or np.isnan(values[i]) else float(values[i])

    if "Coverage" not in sheet.table:
        return {}
    return {
        name: TrackFile(path, given(sizes, i), given(lengths, i))
        for i, (name, path) in enumerate(zip(sheet.samples, sheet.table["Coverage"], strict=True))
        if path
    }


class _Weighed:
    """A track that adds up what is read of it, so that its total needs no pass of its own."""

    def __init__(self, track: RunTrack) -> None:
        self._track, self._sums = track, dict[str, float]()
        self.path: Path = track.path
        self.chrom_lengths: Mapping[str, int] = track.chrom_lengths
        self.lengths_known: bool = track.lengths_known

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome, in chunks."""
        total = 0.0
        for runs in self._track.runs(chrom):
            values = np.where(np.isfinite(runs.values), runs.values, 0.0).astype(np.float64)
            lengths = runs.step if isinstance(runs, Grid) else runs.ends - runs.starts
            total += float((values * lengths).sum())
            yield runs
        self._sums[chrom] = total  # only where it was read to the end

    def total(self) -> float:
        """Value x bp over all chromosomes; reads those that were not read to the end."""
        missing = [c for c in self.chrom_lengths if c not in self._sums]
        return float(np.sum(list(self._sums.values()))) + self._track.total(missing)
