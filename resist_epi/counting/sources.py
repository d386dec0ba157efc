"""From a sheet to the files that are counted, and in which quantity."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from resist_epi.errors import InputFormatError, QuantityError, ResistEpiError, SampleSheetError
from resist_epi.io.digest import checksum, step_key
from resist_epi.samples.sheet import SampleSheet, column_files
from resist_epi.tracks.engine.track import RunTrack
from resist_epi.tracks.looks import LookCache, TrackFile, TrackLook, look_at_tracks
from resist_epi.tracks.open import open_track
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.reads import COUNT_AS, CountAs, ReadRules
from resist_epi.tracks.recovery.recovery import Recovery

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadOptions:
    """How reads are counted in a whole study; a sheet's `FragmentLength` is each library's own.

    Attributes
    ----------
    count_as, min_quality, duplicates, shift
        As of `tracks.reads.reads.ReadRules`.
    extend
        Length of fragments in bp; wins over the sheet's, and means `fragment` where reads would
        count as they are aligned.
    """

    count_as: CountAs = "read"
    min_quality: int = 0
    duplicates: bool = True
    shift: int = 0
    extend: int | None = None

    def rules(self, fragment_length: float | None) -> ReadRules:
        """The rules of one library."""
        as_aligned = self.count_as == "read"
        length = self.extend if self.extend is not None else fragment_length
        count_as: CountAs = self.count_as
        if as_aligned and self.extend is not None:
            count_as = "fragment"
        elif as_aligned and self.shift:
            count_as = "five_prime"
        needed = count_as in {"fragment", "midpoint"} and length is not None
        return ReadRules(
            count_as=count_as,
            min_quality=self.min_quality,
            duplicates=self.duplicates,
            fragment_length=round(length) if needed and length is not None else None,
            shift=self.shift if count_as == "five_prime" else 0,
        )


def read_options(
    *, count_as: str, min_quality: int, duplicates: bool, shift: int, extend: int | None
) -> ReadOptions:
    """Options from a command line, checked.

    Raises
    ------
    InputFormatError
        If `count_as` is unknown, or the options contradict one another.
    """
    if count_as not in COUNT_AS:
        raise InputFormatError(
            f"unknown way to count reads {count_as!r}", expected=", ".join(COUNT_AS)
        )
    if shift and (extend is not None or count_as not in {"read", "five_prime"}):
        raise InputFormatError(
            "a shift is for 5' ends alone",
            remedy="give --shift, or fragments by --extend or --count-as, not both",
        )
    if extend is not None and count_as == "five_prime":
        raise InputFormatError("5' ends have no length", remedy="leave out --extend")
    return ReadOptions(cast(CountAs, count_as), min_quality, duplicates, shift, extend)


@dataclass(frozen=True)
class SheetSources:
    """The files of a sheet's rows.

    Attributes
    ----------
    files
        SampleID -> file.
    quantity
        What is counted.
    reason
        Why, in words.
    """

    files: dict[str, Source]
    quantity: str
    reason: str


def sheet_sources(
    sheet: SampleSheet,
    quantity: str,
    *,
    reads: ReadOptions | None = None,
    looks: LookCache | None = None,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> SheetSources:
    """Choose what is counted: `auto` takes the best that every row of the sheet can give.

    That is `reads` where every row names a file of reads that is there, `recovered_reads` where
    the evidence for the scale is complete in every track, else `mean_signal`.

    Parameters
    ----------
    sheet
        Rows of one mark, or of several that are counted together.
    quantity
        `auto` or a quantity.
    reads
        How reads are counted.
    looks
        What tracks are, as far as that is known already.
    jobs
        Worker processes, where tracks have to be looked at.

    Raises
    ------
    SampleSheetError
        If rows lack the file that the quantity needs; each is named.
    QuantityError
        If counts cannot be recovered from a track; each is named with its reason.
    InputFormatError
        If a file cannot be read.
    """
    reason = "asked for"
    if quantity == "auto" and has_reads(sheet):
        quantity, reason = "reads", "every row has a file of reads"
    if quantity == "reads":
        logger.info("reads: %s", reason)
        return SheetSources(_read_files(sheet, reads or ReadOptions()), quantity, reason)
    paths = column_files(sheet, "Coverage", "a bigWig or bedGraph")
    found: dict[str, TrackLook] = {}
    if quantity in {"auto", "recovered_reads"}:
        looked = look_at_tracks(track_files(sheet), jobs=jobs, known=looks, progress=progress)
        for name, look in looked.items():
            if isinstance(look, ResistEpiError):
                raise look
            logger.info("%s: %s", name, look.recovery.describe())
            found[name] = look
    refused = {name: look for name, look in found.items() if look.recovery.refused is not None}
    if quantity == "auto":
        quantity = "mean_signal" if refused else "recovered_reads"
        reason = "counts can be recovered from every track"
        if refused:
            reason = f"counts cannot be recovered from {', '.join(refused)}"
        logger.info("%s: %s", quantity, reason)
    if quantity != "recovered_reads":
        return SheetSources({s: Source(p, quantity) for s, p in paths.items()}, quantity, reason)
    if refused:
        raise QuantityError(
            "recovered_reads cannot be had from every track. Use --quantity mean_signal, or BAM"
            " files.\n  "
            + "\n  ".join(
                f"{name} ({paths[name]}): {look.recovery.describe()}"
                for name, look in refused.items()
            )
        )
    files_ = {s: Source(p, quantity, recovery=found[s].recovery) for s, p in paths.items()}
    return SheetSources(files_, quantity, reason)


def _read_files(sheet: SampleSheet, options: ReadOptions) -> dict[str, Source]:
    paths = column_files(sheet, "bamReads", "a BAM file, or reads as BED")
    lengths = sheet.numbers("FragmentLength")
    found = {}
    for i, (name, path) in enumerate(paths.items()):
        known = lengths is not None and not np.isnan(lengths[i])
        rules = options.rules(float(lengths[i]) if known and lengths is not None else None)
        found[name] = Source(path, "reads", rules=rules)
    return found


def has_reads(sheet: SampleSheet) -> bool:
    """Whether every row names a file of reads that is there."""
    if "bamReads" not in sheet.table:
        return False
    return all(path and Path(path).exists() for path in sheet.table["bamReads"])


def sheet_tracks(sheet: SampleSheet) -> dict[str, RunTrack]:
    r"""Open the coverage track of every row.

    Raises
    ------
    SampleSheetError
        If a row has no `Coverage`; every such row is named.
    InputFormatError
        If a track cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from resist_epi.samples.sheet import read_sheet
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "t.bedGraph").write_text("chr1 0 100 2\nchr1 100 200 5\n")
    >>> text = "SampleID,Factor,Condition,Coverage\nT1,ER,good,t.bedGraph\n"
    >>> _ = (folder / "sheet.csv").write_text(text)
    >>> tracks = sheet_tracks(read_sheet(folder / "sheet.csv"))
    >>> tracks["T1"].total()
    700.0
    """
    table = sheet.table
    if "Coverage" not in table:
        raise SampleSheetError(
            sheet.path, ["no column Coverage: counting needs a bigWig or bedGraph in every row"]
        )
    empty = table.loc[table["Coverage"] == "", "SampleID"]
    if len(empty):
        raise SampleSheetError(
            sheet.path,
            [f"sample {s}, column Coverage: empty; expected a bigWig or bedGraph" for s in empty],
        )
    return {s: open_track(p) for s, p in zip(table["SampleID"], table["Coverage"], strict=True)}


@dataclass(frozen=True)
class Source:
    """A file to be counted, and how.

    Attributes
    ----------
    path
        A track, or reads.
    quantity
        As of `CountMatrix`.
    recovery
        What `recover_counts` said, for `recovered_reads`.
    rules
        Which reads count, and where, for `reads`.
    """

    path: str
    quantity: str
    recovery: Recovery | None = None
    rules: ReadRules | None = None

    def key(self, plan_digest: str) -> str:
        """Digest of everything that the tally depends on; wherever the file stands."""
        return step_key(file=checksum(self.path), plan=plan_digest, **self.described())

    def described(self) -> dict[str, Any]:
        """How it is counted, as plain values."""
        return {
            "quantity": self.quantity,
            "recovery": None if self.recovery is None else asdict(self.recovery),
            "rules": None if self.rules is None else asdict(self.rules),
        }


def chromosome_ends(source: Source) -> Mapping[str, int]:
    """Length of every chromosome of a file, bp; where its data end if it does not state them.

    Raises
    ------
    InputFormatError
        If the file cannot be read.
    """
    if source.quantity == "reads":
        return open_reads(source.path).chrom_lengths
    return open_track(source.path).chrom_lengths


def track_files(sheet: SampleSheet, column: str = "Coverage") -> dict[str, TrackFile]:
    """The track of every row that has one; what the sheet says of reads is of `Coverage` alone."""
    sizes = sheet.numbers("LibrarySize") if column == "Coverage" else None
    lengths = sheet.numbers("FragmentLength")

    def given(values: np.ndarray | None, i: int) -> float | None:
        return None if values is None or np.isnan(values[i]) else float(values[i])

    if column not in sheet.table:
        return {}
    return {
        name: TrackFile(path, given(sizes, i), given(lengths, i))
        for i, (name, path) in enumerate(zip(sheet.samples, sheet.table[column], strict=True))
        if path
    }
