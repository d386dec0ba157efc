"""One library named twice in a sheet: files that are one file, or of one content."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from resist_epi.errors import ResistEpiError, SampleSheetError, quoted
from resist_epi.io.digest import checksum
from resist_epi.io.first_bytes import first_bytes, is_gzip
from resist_epi.io.remote.address import identity, is_remote, name_of
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)

_HEAD = 1 << 16  # bytes in which two texts, or two files of one size, differ if they ever do

_BLOCK = 1 << 20

_LITTLE = 1 << 12  # bytes: a file of fewer holds nobody's library

_FEW = 5  # stretches of signal, or reads, that two files may have in common by chance


@dataclass(frozen=True)
class OneLibrary:
    """Two rows of a sheet that name one library.

    Attributes
    ----------
    first, second
        Their SampleIDs, in the order of the sheet.
    what
        What they share, in words.
    chance
        Whether it may be chance, as the files hold next to nothing.
    certain
        Whether nothing else can be: files of few bytes are nobody's library.
    """

    first: str
    second: str
    what: str
    chance: bool = False
    certain: bool = True

    def describe(self, sheet: SampleSheet) -> str:
        """Say which rows they are, why it is wrong and what to do."""
        table = sheet.table.set_index("SampleID")
        marks = [str(table.loc[s, "Factor"]) for s in (self.first, self.second)]
        if marks[0] != marks[1]:
            return (
                f"samples {quoted(self.first)} (of {marks[0]}) and {quoted(self.second)} (of"
                f" {marks[1]}) {self.what}: a library is of one mark; give each row its own file"
            )
        units = sheet.unit_columns()
        rows = [tuple(sheet.for_samples([s]).table[units].iloc[0]) for s in self._both]
        if rows[0] == rows[1]:
            return (
                f"samples {quoted(self.first)} and {quoted(self.second)} of one unit"
                f" ({_unit(sheet, self.first)}) {self.what}: what it holds would count twice;"
                " leave one of the rows out, or give it its own file"
            )
        named = " and ".join(f"{quoted(s)} ({_unit(sheet, s)})" for s in self._both)
        return (
            f"samples {named} are two units of {marks[0]} but {self.what}: one library is no two"
            " units; give each row its own file, or leave one of them out"
        )

    @property
    def _both(self) -> tuple[str, str]:
        return self.first, self.second


def _unit(sheet: SampleSheet, sample: str) -> str:
    row = sheet.for_samples([sample]).table.iloc[0]
    return f"patient {row['Patient']}" if sheet.has_patients else f"group {row['Condition']}"


def repeated_files(paths: Mapping[str, str]) -> list[OneLibrary]:
    """Samples whose files are one file (by any path or link) or of one content.

    Files are read as far as needed: those of other sizes and texts of other beginnings not at all.
    A gzipped text is what it unpacks to.

    Parameters
    ----------
    paths
        SampleID -> its file; one that is not there is known by its path alone.

    Returns
    -------
    Each sample but the first of those that agree, with that first one.
    """
    found: list[OneLibrary] = []
    by_file = _grouped(paths, lambda s: _identity(paths[s]))
    for samples in by_file:
        path = paths[samples[0]]
        name = name_of(path) if is_remote(path) else os.path.basename(path)
        found += [OneLibrary(samples[0], s, f"name one file, {name}") for s in samples[1:]]
    there = [s for s in (group[0] for group in by_file) if os.path.isfile(paths[s])]
    alike = _grouped(there, lambda s: _beginning(paths[s]))
    for group in alike:
        if len(group) == 1:
            continue
        for same in _grouped(group, lambda s: _content(paths[s])):
            names = [os.path.basename(paths[s]) for s in same]
            size = os.path.getsize(paths[same[0]])
            known = size < _LITTLE and _is_sparse(paths[same[0]]), size >= _LITTLE
            found += [
                OneLibrary(same[0], s, f"name files of one content, {names[0]} and {n}", *known)
                for s, n in zip(same[1:], names[1:], strict=True)
            ]
    return found


def sheet_repeats(sheet: SampleSheet, column: str) -> list[OneLibrary]:
    """`repeated_files` of what a column of a sheet names; empty where there is no such column."""
    if column not in sheet.table:
        return []
    named = zip(sheet.samples, map(str, sheet.table[column]), strict=True)
    return repeated_files({sample: path for sample, path in named if path})


def refuse_one_library_twice(
    sheet: SampleSheet, repeated: Sequence[OneLibrary], *, tested: bool = True
) -> None:
    """Refuse a sheet of which two rows are one library; what may be chance gets a warning.

    Parameters
    ----------
    tested
        Whether there will be a test, which a library that counts twice makes wrong; without one
        there is a warning.

    Raises
    ------
    SampleSheetError
        With every such pair: both samples, their units and what they share.
    """
    for pair in repeated:
        if not pair.certain:
            logger.warning("%s (the files are too small to be sure)", pair.describe(sheet))
    certain = [pair.describe(sheet) for pair in repeated if pair.certain]
    if not tested:
        for problem in certain:
            logger.warning("%s", problem)
        return
    if certain:
        raise SampleSheetError(sheet.path, certain)


def _grouped(samples: Iterable[str], key: Callable[[str], Hashable]) -> list[list[str]]:
    groups: dict[Hashable, list[str]] = {}
    for sample in samples:
        groups.setdefault(key(sample), []).append(sample)
    return list(groups.values())


def _identity(path: str) -> Hashable:
    """Device and inode, which every path and link to a file share; of an address what names it."""
    if is_remote(path):
        return identity(path)
    try:
        state = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return state.st_dev, state.st_ino


def _is_text(path: str) -> bool:
    """Whether the content is text, gzipped or not."""
    start = first_bytes(Path(path))
    return start.isascii() and b"\x00" not in start


def _beginning(path: str) -> Hashable:
    """What files of one content have in common, at little cost."""
    try:
        text = _is_text(path)
        with gzip.open(path) if text and is_gzip(Path(path)) else open(path, "rb") as stream:
            head = hashlib.sha256(stream.read(_HEAD)).digest()
        return head if text else (head, os.path.getsize(path))
    except (OSError, EOFError, ValueError, zlib.error):
        return path  # whoever reads it says what is wrong


def _is_sparse(path: str) -> bool:
    """Whether a track has hardly a stretch of signal; of reads, and of damaged files, no."""
    from resist_epi.tracks.open import open_track  # counts on disk need no reader of tracks

    try:
        track = open_track(path)
        n = sum(len(runs.values) for chrom in track.chrom_lengths for runs in track.runs(chrom))
    except ResistEpiError:
        return False
    return n < _FEW


def _content(path: str) -> Hashable:
    try:
        if not (_is_text(path) and is_gzip(Path(path))):
            return checksum(path)
        digest = hashlib.sha256()
        with gzip.open(path) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()
    except (OSError, EOFError, ValueError, zlib.error):
        return path
