"""From a sheet to the files that are counted, and in which quantity."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from resist_epi.errors import (
    InputFormatError,
    QuantityError,
    ResistEpiError,
    shortened,
)
from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.naming import Naming
from resist_epi.samples.assay_rows import assays_in_words, assays_of, dropped_signal
from resist_epi.samples.assays import ASSAYS, DEFAULT, Assay
from resist_epi.samples.sheet import SampleSheet, column_files
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.looks import LookCache, TrackFile, look_at_tracks
from resist_epi.tracks.opened import OpenedFile, chromosome_ends, open_file
from resist_epi.tracks.reads.reads import COUNT_AS, CountAs, ReadRules

logger = logging.getLogger(__name__)


_MOST_BASES = 1_000_000  # of a fragment's length, or a shift

_MOST_QUALITY = 255  # SAM keeps mapping qualities in one byte


@dataclass(frozen=True)
class ReadOptions:
    """How reads are counted in a whole study; a sheet's `FragmentLength` is each library's own.

    Attributes
    ----------
    count_as, duplicates
        As of `tracks.reads.reads.ReadRules`; None for what the library's assay has by default.
    min_quality, shift
        Likewise.
    extend
        Length of fragments in bp; wins over the sheet's, and means `fragment` where reads would
        count as they are aligned.
    """

    count_as: CountAs | None = None
    min_quality: int = 0
    duplicates: bool | None = None
    shift: int = 0
    extend: int | None = None

    def rules(self, fragment_length: float | None, assay: Assay = ASSAYS[DEFAULT]) -> ReadRules:
        """The rules of one library."""
        length = self.extend if self.extend is not None else fragment_length
        if length is None:
            length = assay.fragment_length
        count_as: CountAs = assay.count_as if self.count_as is None else self.count_as
        free = self.count_as in (None, "read")
        if free and self.extend is not None:
            count_as = "fragment"
        elif free and self.shift:
            count_as = "five_prime"
        needed = count_as in {"fragment", "midpoint"} and length is not None
        return ReadRules(
            count_as=count_as,
            min_quality=self.min_quality,
            duplicates=assay.duplicates if self.duplicates is None else self.duplicates,
            fragment_length=round(length) if needed and length is not None else None,
            shift=self.shift if count_as == "five_prime" else 0,
        )


def read_options(
    *,
    count_as: str | None,
    min_quality: int,
    duplicates: bool | None,
    shift: int,
    extend: int | None,
) -> ReadOptions:
    """Options from a command line, checked.

    Raises
    ------
    InputFormatError
        If `count_as` is unknown, a number is larger than any read needs, or the options contradict
        one another.
    """
    if count_as is not None and count_as not in COUNT_AS:
        raise InputFormatError(
            f"unknown way to count reads {count_as!r}", expected=", ".join(COUNT_AS)
        )
    for option, value, most in (
        ("--extend", extend or 0, _MOST_BASES),
        ("--shift", abs(shift), _MOST_BASES),
        ("--min-mapq", min_quality, _MOST_QUALITY),
    ):
        if value > most:
            raise InputFormatError(
                f"{option}: no read has as much", expected=f"at most {most}", found=shortened(value)
            )
    if shift and (extend is not None or count_as not in {None, "read", "five_prime"}):
        raise InputFormatError(
            "a shift is for 5' ends alone",
            remedy="give --shift, or fragments by --extend or --count-as, not both",
        )
    if extend is not None and count_as == "five_prime":
        raise InputFormatError("5' ends have no length", remedy="leave out --extend")
    return ReadOptions(cast("CountAs | None", count_as), min_quality, duplicates, shift, extend)


@dataclass(frozen=True)
class SheetSources:
    """The files of a sheet's rows.

    Attributes
    ----------
    reason
        Why, in words.
    """

    files: dict[str, OpenedFile]
    quantity: str
    reason: str


def sheet_sources(
    sheet: SampleSheet,
    quantity: str,
    *,
    reads: ReadOptions | None = None,
    genome: str | None = None,
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
    genome
        Assembly that was stated, by whose names chromosomes go; else the sheet's, or the one that
        all files tell.
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
    found = _sources(sheet, quantity, reads, looks or LookCache(), jobs, progress)
    files = in_one_naming(found.files, assembly_of_sheet(sheet) if genome is None else genome)
    return replace(found, files=files)


def signal_sources(
    sheet: SampleSheet,
    *,
    reads: ReadOptions | None = None,
    genome: str | None = None,
    looks: LookCache | None = None,
) -> SheetSources:
    """The files whose signal is shown along regions or loci.

    Tracks; where no row names one, reads, whose depth is the signal (`OpenedFile.track`).

    Parameters
    ----------
    reads, genome, looks
        As of `sheet_sources`.

    Raises
    ------
    SampleSheetError
        If some rows name a track and others none, or there are neither tracks nor reads.
    InputFormatError
        If a file cannot be read.
    """
    tracks = "Coverage" in sheet.table and bool((sheet.table["Coverage"] != "").any())
    quantity = "reads" if has_reads(sheet) and not tracks else "mean_signal"
    return sheet_sources(sheet, quantity, reads=reads, genome=genome, looks=looks)


def _sources(
    sheet: SampleSheet,
    quantity: str,
    reads: ReadOptions | None,
    looks: LookCache,
    jobs: int,
    progress: Callable[[str], None] | None,
) -> SheetSources:
    """Files by the names that each of them tells by itself."""
    reason = "asked for"
    if quantity == "auto" and has_reads(sheet):
        quantity, reason = "reads", "every row has a file of reads"
    if quantity == "reads":
        logger.info("reads: %s", reason)
        return SheetSources(read_files(sheet, reads or ReadOptions(), looks), quantity, reason)
    paths = column_files(sheet, "Coverage", "a bigWig or bedGraph")
    found: dict[str, OpenedFile] = {}
    if quantity in {"auto", "recovered_reads"}:
        looked = look_at_tracks(track_files(sheet), jobs=jobs, known=looks, progress=progress)
        for name, look in looked.items():
            if isinstance(look, ResistEpiError):
                raise look
            if look.recovery is not None:
                logger.info("%s: %s", name, look.recovery.describe())
            found[name] = look
    refused = {
        name: look.recovery.describe()
        for name, look in found.items()
        if look.recovery is not None and look.recovery.refused is not None
    }
    if quantity == "auto":
        quantity = "mean_signal" if refused else "recovered_reads"
        reason = "counts can be recovered from every track"
        if refused:
            reason = f"counts cannot be recovered from {', '.join(refused)}"
        logger.info("%s: %s", quantity, reason)
    if quantity != "recovered_reads":
        files = {s: looks.opened(p, quantity) for s, p in paths.items()}
        return SheetSources(files, quantity, reason)
    if refused:
        raise QuantityError(
            "recovered_reads cannot be had from every track. Use --quantity mean_signal, or BAM"
            " files.\n  "
            + "\n  ".join(f"{name} ({paths[name]}): {why}" for name, why in refused.items())
        )
    files = {s: look.counted_as(quantity) for s, look in found.items()}
    return SheetSources(files, quantity, reason)


def assembly_of_sheet(sheet: SampleSheet) -> str | None:
    """Assembly that every row names; None where they do not agree, or it is none of ours."""
    named = set(sheet.table["Assembly"]) if "Assembly" in sheet.table else set()
    return next(iter(named)) if len(named) == 1 and named <= set(known_genomes()) else None


def in_one_naming(
    files: Mapping[str, OpenedFile], genome: str | None, *, log: bool = True
) -> dict[str, OpenedFile]:
    """The files with their chromosomes named as in one assembly, and the log says which were not.

    Parameters
    ----------
    genome
        Name of the assembly; None for the one that all files that state lengths tell.
    """
    told = {f.assembly for f in files.values() if f.lengths_known}
    name = genome if genome is not None else next(iter(told)) if len(told) == 1 else None
    own = load_genome(name) if name in known_genomes() and name is not None else None
    named = {sample: file.named_as(own) for sample, file in files.items()}
    renamed = {sample: file for sample, file in named.items() if file.names}
    if renamed and log:
        first = next(iter(renamed.values())).renamed()
        logger.info("chromosomes of %d of %d files are %s", len(renamed), len(named), first)
    return named


def study_naming(
    files: Mapping[str, OpenedFile], genome: Genome | None, *, read: bool = True
) -> Naming:
    """How the chromosomes of these files are named.

    Parameters
    ----------
    genome
        The assembly, where it was stated; else the one that all files that state lengths tell.
    read
        Whether text is read to know its chromosomes, where it was not yet; without it these are
        left unknown.
    """
    told = {f.assembly for f in files.values() if f.lengths_known}
    if genome is None and len(told) == 1 and (name := next(iter(told))) is not None:
        genome = load_genome(name)
    if not read and not all(file.chrom_lengths for file in files.values()):
        return Naming(genome)
    return Naming(genome, frozenset(chromosome_ends(files.values())))


def read_files(
    sheet: SampleSheet, options: ReadOptions, looks: LookCache | None = None
) -> dict[str, OpenedFile]:
    """The file of reads of every row, with the rules by which its reads count.

    Raises
    ------
    SampleSheetError
        If a row names none.
    InputFormatError
        If a file cannot be read.
    """
    looks = LookCache() if looks is None else looks
    paths = column_files(sheet, "bamReads", "a BAM file, or reads as BED")
    lengths, assays = sheet.numbers("FragmentLength"), assays_of(sheet)
    for sentence in assays_in_words(sheet):
        logger.info("%s", sentence)
    for warning in dropped_signal(options.duplicates, assays):
        logger.warning("%s", warning)
    found = {}
    for i, (name, path) in enumerate(paths.items()):
        known = lengths is not None and not np.isnan(lengths[i])
        length = float(lengths[i]) if known and lengths is not None else None
        rules = options.rules(length, assays[i])
        found[name] = looks.opened(path, "reads").counted_as("reads", rules)
    return found


def has_reads(sheet: SampleSheet) -> bool:
    """Whether every row names a file of reads that is there."""
    if "bamReads" not in sheet.table:
        return False
    return all(path and Path(path).exists() for path in sheet.table["bamReads"])


def sheet_tracks(sheet: SampleSheet) -> dict[str, CoverageTrack]:
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
    paths = column_files(sheet, "Coverage", "a bigWig or bedGraph")
    files = {sample: open_file(path) for sample, path in paths.items()}
    named = in_one_naming(files, assembly_of_sheet(sheet))
    return {sample: file.track() for sample, file in named.items()}


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
