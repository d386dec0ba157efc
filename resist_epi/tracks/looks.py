"""What a track or a file of reads is, found in one look, and what can be tested with it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.errors import ResistEpiError
from resist_epi.io.digest import checksum, step_key
from resist_epi.io.store import parse_json, write_text
from resist_epi.tracks.engine.heard_track import HeardTrack, Listener
from resist_epi.tracks.engine.renamed_track import RenamedTrack
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack, lowest_value
from resist_epi.tracks.load_loops import load_loops
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import FileKind, OpenedFile, file_state, open_file, opened_as
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.summary import summarise_reads
from resist_epi.tracks.recovery.recovery import Recovery, recover_from_values
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)


_CHOSEN = {"path", "quantity", "rules"}  # what a look does not say


@dataclass(frozen=True)
class TrackFile:
    """A track to be looked at, and what the sheet says of it.

    Attributes
    ----------
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


def look_at_track(file: TrackFile, listeners: Sequence[Listener] = ()) -> OpenedFile:
    """Look at a track, once through from its start to its end.

    Parameters
    ----------
    listeners
        Who hears all of it, its chromosomes by the names that they get in the look.

    Raises
    ------
    InputFormatError
        If the track is damaged.
    """
    return look_and_values(file, listeners)[0]


def look_and_values(
    file: TrackFile,
    listeners: Sequence[Listener] = (),
    *,
    track: CoverageTrack | None = None,
    named: CoverageTrack | None = None,
) -> tuple[OpenedFile, FloatArray]:
    """`look_at_track`, and the distinct values above zero that were seen, ascending; (n,).

    Parameters
    ----------
    track
        The track, where it is open already.
    named
        The same, its chromosomes by the names that the listeners know; by default those of the
        look.
    """
    track = open_track(file.path) if track is None else track
    kind: FileKind = "bigWig" if track.lengths_known else "bedGraph"
    opened = opened_as(track, OpenedFile(file.path, kind))
    weight = _Weight()
    if named is None:
        named = RenamedTrack(track, opened.names) if opened.names else track
    heard = HeardTrack(named, [weight, *listeners])
    recovery, values = recover_from_values(
        heard, library_size=file.library_size, fragment_length=file.fragment_length
    )
    heard.finish()
    look = replace(opened, total=weight.total(), lowest=weight.lowest, recovery=recovery)
    return look, values


def look_at_tracks(
    files: Mapping[str, TrackFile],
    *,
    jobs: int = 1,
    known: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, OpenedFile | ResistEpiError]:
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
    found: dict[str, OpenedFile | ResistEpiError] = {}
    cache = LookCache() if known is None else known
    for name, file in files.items():
        look = cache.find(file)
        if look is not None:
            found[name] = look

    def done(name: str, look: OpenedFile | ResistEpiError) -> None:
        found[name] = look
        if isinstance(look, OpenedFile):
            cache.add(files[name], look)
        if progress is not None:
            progress(f"{name}: looked at")

    new = {n: f for n, f in files.items() if n not in found}
    if jobs > 1:
        load_loops(file.path for file in new.values())
    run_tasks(_look, new, jobs=jobs, done=done)
    return {name: found[name] for name in files}


def _look(file: TrackFile) -> OpenedFile | ResistEpiError:
    try:
        return look_at_track(file)
    except ResistEpiError as error:
        return error


class LookCache:
    """The files of a study that were opened, and what was seen of them.

    Looks at tracks are remembered in a file as well, as long as the tracks do not change.

    Parameters
    ----------
    path
        JSON file; None for memory alone.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._looks: dict[str, Any] = {}
        self._used: set[str] = set()
        self._opened: dict[str, OpenedFile] = {}
        if path is not None and path.is_file():
            try:
                self._looks = dict(parse_json(path.read_bytes()))
            except (ValueError, TypeError):
                logger.warning("%s is damaged: tracks are looked at anew", path)

    @property
    def is_empty(self) -> bool:
        """Whether no look is known."""
        return not self._looks

    def find(self, file: TrackFile) -> OpenedFile | None:
        """The look of a track that has not changed."""
        stored = self._looks.get(file.key())
        if stored is None:
            return None
        try:
            recovery = Recovery(**stored["recovery"])
            # A look of a version that did not look for these is none.
            later = {name: stored[name] for name in ("lowest", "exogenous")}
            new = {"path": file.path, "recovery": recovery, **later}
            look = OpenedFile(**{**stored, **new})
        except (KeyError, TypeError):
            return None
        self._used.add(file.key())
        self._remember(look)
        return look

    def add(self, file: TrackFile, look: OpenedFile) -> None:
        """Remember a look."""
        self._looks[file.key()] = {k: v for k, v in asdict(look).items() if k not in _CHOSEN}
        self._used.add(file.key())
        self._remember(look)

    def stored(self, file: TrackFile) -> dict[str, Any] | None:
        """The look of a track as plain values, for `take`; None where there is none."""
        found = self._looks.get(file.key())
        return None if found is None else dict(found)

    def take(self, looks: Mapping[str, Any]) -> None:
        """Know looks that another process has stored: `TrackFile.key` -> look."""
        self._looks = {**looks, **self._looks}

    def opened(self, path: str, quantity: str) -> OpenedFile:
        """A file to be counted, opened for its header only if none did before."""
        known = self._opened.get(_place(path, quantity))
        if known is None:
            known = open_file(path, quantity)
            self._remember(known)
        return known.counted_as(quantity)

    def look_at_reads(self, path: str) -> tuple[OpenedFile, str]:
        """What a file of reads is, and what can be tested with it, in words.

        Raises
        ------
        InputFormatError
            If the file, as far as it was read, is damaged.
        """
        file = open_reads(path)
        summary = summarise_reads(file)
        look = OpenedFile(path, kind=summary.reader, quantity="reads")
        look = opened_as(file, look) if file.lengths_known else look
        self._remember(look)
        text = f"{summary.reader}: {summary.describe()}"
        if look.lengths_known:
            text += f"; {len(look.chrom_lengths)} chromosomes, assembly"
            text += f" {look.assembly or 'not recognised'}"
            text += f" ({look.renamed()})" if look.renamed() else ""
            text += f"; {look.exogenous_in_words()}" if look.exogenous else ""
        return look, text + "; can be tested as reads, with ql or voom"

    def _remember(self, look: OpenedFile) -> None:
        self._opened[_place(look.path, look.quantity)] = look

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


def _place(path: str, quantity: str) -> str:
    return step_key(file=file_state(path), reads=quantity == "reads")


class _Weight:
    """Value x bp of what it hears, and the lowest value, so that they need no pass of their own."""

    def __init__(self) -> None:
        self._sums, self._sum, self.lowest = dict[str, float](), 0.0, 0.0

    def begin(self, chrom: str) -> None:
        self._sum = 0.0

    def add(self, runs: Runs | Grid) -> None:
        self.lowest = min(self.lowest, lowest_value(runs))
        self._sum += _weight(runs)

    def end(self, chrom: str) -> None:
        self._sums[chrom] = self._sum

    def total(self) -> float:
        """Over all chromosomes."""
        return float(np.sum(list(self._sums.values())))


def _weight(runs: Runs | Grid) -> float:
    """Value x bp of runs; what is no number, or infinite, weighs nothing."""
    lengths = runs.step if isinstance(runs, Grid) else runs.ends - runs.starts
    with np.errstate(over="ignore", invalid="ignore"):
        weight = float(np.multiply(runs.values, lengths, dtype=np.float64).sum())
    if np.isfinite(weight):
        return weight
    values = np.where(np.isfinite(runs.values), runs.values, 0.0).astype(np.float64)
    return float((values * lengths).sum())
