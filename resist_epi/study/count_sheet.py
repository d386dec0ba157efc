"""From a sheet, or files that were made from it, to regions and matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts
from resist_epi.counting.same_files import refuse_one_library_twice, repeated_files
from resist_epi.errors import InputFormatError, ResistEpiError, SampleSheetError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.naming import Naming
from resist_epi.genome.reference import load_exclude
from resist_epi.io.parts import Parts
from resist_epi.model.normalization import METHODS
from resist_epi.model.normalization_data import NormalizationInputs, normalization_inputs
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet, one_mark, read_sheet, sheet_from_columns

if TYPE_CHECKING:
    from resist_epi.counting.passes import Pass
    from resist_epi.counting.sources import ReadOptions
    from resist_epi.study.regions import AskedRegions
    from resist_epi.tracks.looks import LookCache


def count_sheet(
    sheet: SampleSheet,
    asked: AskedRegions,
    *,
    quantity: str,
    reads: ReadOptions | None = None,
    jobs: int = 1,
    parts: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Count the reads or tracks of a sheet in regions of a kind, or of a BED file.

    Parameters
    ----------
    quantity
        A quantity, or `auto` (see `sources.sheet_sources`); the log says what was taken and
        why.
    reads
        How reads are counted.
    jobs
        Worker processes; the counts do not depend on it.
    parts
        A folder where the counts of each file are kept until all are there. If this is stopped by
        an error it stays, and the next call goes on from it; an interrupt by the user removes it.
    progress
        Called with a line whenever a file was counted.

    Raises
    ------
    ResistEpiError
        If an input is wrong, or a worker process was killed.
    """
    from resist_epi.counting.files import count_tables
    from resist_epi.counting.passes import Pass
    from resist_epi.counting.same_columns import repeated_columns
    from resist_epi.counting.sources import sheet_sources
    from resist_epi.study.regions import domains_of_sheet, sheet_regions
    from resist_epi.tracks.looks import LookCache

    kept = None if parts is None else Parts(parts)
    looks = LookCache()
    if kept is not None:
        _read_tracks(sheet, asked, quantity, looks, Pass(jobs=jobs, parts=kept, progress=progress))
    sources = sheet_sources(
        sheet, quantity, reads=reads, genome=asked.genome, looks=looks, jobs=jobs
    )
    repeated = repeated_files({sample: file.path for sample, file in sources.files.items()})
    refuse_one_library_twice(sheet, repeated)
    naming = asked.naming(sheet, sources.files)
    exclude = load_exclude(asked.exclude, naming)
    if asked.regions == "domains":
        own = None if asked.genome is None else load_genome(asked.genome)
        how = Pass(exclude, own, jobs, progress=progress)
        table = domains_of_sheet(sheet, how=how, reads=reads)
    else:
        table, own = sheet_regions(sheet, asked, sources.files, naming)
    # Recovered counts have their libraries' sizes with them, the sheet's where it has one.
    recovered = sources.quantity == "recovered_reads"
    try:
        counted = count_tables(
            sources.files,
            {"regions": table},
            library_sizes=None if recovered else sheet.numbers("LibrarySize"),
            how=Pass(exclude, own, jobs, kept, progress),
        )
    except KeyboardInterrupt:
        if kept is not None:
            kept.remove_all()
        raise
    matrix = counted.matrices["regions"]
    refuse_one_library_twice(sheet, repeated_columns(matrix))
    more = {"quantity_reason": sources.reason, **naming.facts(), "sheet": sheet.to_columns()}
    return replace(matrix, metadata={**matrix.metadata, **more})


def _read_tracks(
    sheet: SampleSheet, asked: AskedRegions, quantity: str, looks: LookCache, how: Pass
) -> None:
    """Look at tracks and count them in one pass, where their headers tell what is asked of them.

    What is wrong is left to those who do the same when the tracks are known.
    """
    from resist_epi.counting.files import plan_tables
    from resist_epi.counting.look_and_tally import Foreseen
    from resist_epi.counting.read_once import ToRead, read_once, unsaid
    from resist_epi.counting.sources import has_reads, sheet_sources, track_files
    from resist_epi.study.regions import sheet_regions

    hangs = quantity == "recovered_reads" or (quantity == "auto" and not has_reads(sheet))
    if not hangs or asked.regions == "domains" or how.parts is None:
        return
    try:
        with unsaid("resist_epi"):
            files = sheet_sources(sheet, "mean_signal", genome=asked.genome, looks=looks).files
            if any(file.kind != "bigWig" for file in files.values()):
                return
            refuse_one_library_twice(sheet, repeated_files({s: f.path for s, f in files.items()}))
            naming = asked.naming(sheet, files)
            table, own = sheet_regions(sheet, asked, files, naming)
            there = replace(how, exclude=load_exclude(asked.exclude, naming), genome=own)
            _, plan = plan_tables(files, {"regions": table}, how=there)
    except ResistEpiError:
        return
    tasks = {s: ToRead(file, files[s], "regions") for s, file in track_files(sheet).items()}
    foreseen = {"regions": Foreseen(plan, plan.digest(), quantity)}
    try:
        read_once(tasks, foreseen, looks, how.parts, jobs=how.jobs, progress=how.progress)
    except KeyboardInterrupt:
        how.parts.remove_all()
        raise


def read_counts_and_sheet(
    counts: Path, samples: Path | None, *, mark: str | None = None, quantity: str | None = None
) -> tuple[CountMatrix, SampleSheet]:
    """Read counts with their sheet: the one given, else the one that `count` wrote into them.

    Of a sheet with several marks, the samples of a Parquet file tell which one is meant; a TSV's
    columns are found by the sheet, so there the mark must be named.

    Raises
    ------
    ResistEpiError
        If an input is wrong, or there is no sheet.
    """
    named = not str(counts).endswith(".parquet")
    sheet = None if samples is None else one_mark(read_sheet(samples), mark, needed=named)
    matrix = read_counts(counts, sheet=sheet, quantity=quantity)
    if sheet is None:
        if "sheet" not in matrix.metadata:
            raise InputFormatError(
                "no sample sheet goes with these counts", path=counts, remedy="give --samples"
            )
        sheet = one_mark(sheet_from_columns(matrix.metadata["sheet"]), mark, needed=False)
    own = [s for s in matrix.samples if s in set(sheet.samples)]
    if not own:
        raise SampleSheetError(
            sheet.path, [f"none of the samples of {counts} ({', '.join(matrix.samples)})"]
        )
    return matrix.select(samples=own), one_mark(sheet.for_samples(own), mark)


def background_of_counts(
    matrix: CountMatrix, sheet: SampleSheet, background: Path | None
) -> CountMatrix | None:
    """Read the counts in bins of the genome that go with some counts; None where there are none.

    Raises
    ------
    InputFormatError
        If a sample is missing in them.
    """
    if background is None:
        return None
    bins = read_counts(background, sheet=sheet, quantity=matrix.quantity)
    absent = [s for s in matrix.samples if s not in bins.samples]
    if absent:
        raise InputFormatError(
            f"no counts of {', '.join(absent)}",
            path=background,
            expected="the samples of the counts that are to be normalised",
        )
    return bins


def naming_of_counts(
    matrix: CountMatrix, sheet: SampleSheet, *, genome: str | None = None
) -> Naming:
    """How the chromosomes of counts are named, to which files beside them are brought.

    Parameters
    ----------
    genome
        Assembly that was stated; else the sheet's.
    """
    name = genome
    if genome is None and "Assembly" in sheet.table:
        from resist_epi.counting.sources import assembly_of_sheet  # loads the readers of tracks

        name = assembly_of_sheet(sheet)
    chroms = frozenset(map(str, matrix.regions["chrom"].unique()))
    return Naming(None if name is None else load_genome(name), chroms, "the counts", whole=False)


def inputs_of_bins(
    matrix: CountMatrix, sheet: SampleSheet, bins: CountMatrix | None, question: Question
) -> NormalizationInputs:
    """Gather what normalising needs from counts in bins, and from the peaks of the sheet."""
    peaks, consensus, asked = {}, None, question.confounders
    chosen = METHODS.get(question.normalize or "")
    naming = naming_of_counts(matrix, sheet)
    if bins is not None or (chosen is not None and chosen.reads("peaks")):
        peaks = sheet_peaks(sheet, naming)
        found = sheet_consensus(sheet, peaks, min_overlap=asked.min_overlap)
        consensus = None if found is None else found.regions
    exclude = load_exclude(asked.exclude, naming)
    return normalization_inputs(
        matrix, sheet, bins=bins, exclude=exclude, consensus=consensus, peaks=peaks
    )
