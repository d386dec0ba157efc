"""What a track or a file of reads is, found in one look, and what can be tested with it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.errors import ResistEpiError
from resist_epi.genome.chromosomes import recognise_assembly
from resist_epi.genome.reference import genomes
from resist_epi.io.digest import checksum, step_key
from resist_epi.io.store import parse_json, write_text
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import RunTrack
from resist_epi.tracks.open import open_track
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.summary import summarise_reads
from resist_epi.tracks.recovery.recovery import Recovery, recover_counts
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

LOOKS = "tracks.json"  # where a run remembers them, in its folder


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

    def key(self) -> str:
        """Digest of what a look depends on."""
        return step_key(
            file=checksum(self.path),
            library_size=self.library_size,
            length=self.fragment_length,
        )


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
    known: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, TrackLook | ResistEpiError]:
    """`look_at_track` of every track, by several processes; of a damaged one its error.

    Parameters
    ----------
    files
        Any name -> track.
    known
        Looks of an earlier run, which are used, and to which new ones are added.

    Raises
    ------
    WorkerDiedError
        If worker processes were killed.
    """
    found: dict[str, TrackLook | ResistEpiError] = {}
    cache = LookCache() if known is None else known
    for name, file in files.items():
        look = cache.find(file)
        if look is not None:
            found[name] = look

    def done(name: str, look: TrackLook | ResistEpiError) -> None:
        found[name] = look
        if isinstance(look, TrackLook):
            cache.add(files[name], look)
        if progress is not None:
            progress(f"{name}: looked at")

    run_tasks(_look, {n: f for n, f in files.items() if n not in found}, jobs=jobs, done=done)
    return {name: found[name] for name in files}


def _look(file: TrackFile) -> TrackLook | ResistEpiError:
    try:
        return look_at_track(file)
    except ResistEpiError as error:
        return error


class LookCache:
    """What tracks are, remembered in a file as long as they do not change.

    Parameters
    ----------
    path
        JSON file; None for memory alone.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._looks: dict[str, Any] = {}
        self._used: set[str] = set()
        if path is not None and path.is_file():
            try:
                self._looks = dict(parse_json(path.read_bytes()))
            except (ValueError, TypeError):
                logger.warning("%s is damaged: tracks are looked at anew", path)

    def find(self, file: TrackFile) -> TrackLook | None:
        """The look of a track that has not changed."""
        stored = self._looks.get(file.key())
        if stored is None:
            return None
        try:
            look = TrackLook(**{**stored, "recovery": Recovery(**stored["recovery"])})
        except (KeyError, TypeError):
            return None
        self._used.add(file.key())
        return look

    def add(self, file: TrackFile, look: TrackLook) -> None:
        """Remember a look."""
        self._looks[file.key()] = asdict(look)
        self._used.add(file.key())

    def write(self) -> None:
        """Write the looks that were found or added, and no others.

        Raises
        ------
        InputFormatError
            If the folder cannot be written.
        """
        if self.path is not None:
            kept = {key: self._looks[key] for key in sorted(self._used)}
            write_text(self.path, json.dumps(kept, indent=1, default=float) + "\n")


def describe_reads(path: str) -> tuple[str, str | None]:
    """What a file of reads is and what can be tested with it, and its assembly if it tells.

    Raises
    ------
    InputFormatError
        If the file, as far as it was read, is damaged.
    """
    file = open_reads(path)
    summary = summarise_reads(file)
    text, assembly = f"{summary.reader}: {summary.describe()}", None
    if file.lengths_known:
        assembly = recognise_assembly(file.chrom_lengths, genomes())
        n = len(file.chrom_lengths)
        text += f"; {n} chromosomes, assembly {assembly or 'not recognised'}"
    return text + "; can be tested as reads, with ql or voom", assembly


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
