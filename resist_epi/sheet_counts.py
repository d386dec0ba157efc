"""From a sheet, or files that were made from it, to regions and matrices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from resist_epi.background import BIN_SIZE
from resist_epi.consensus import Consensus
from resist_epi.counting import autosomes, fully_covered
from resist_epi.domain_settings import DomainSettings
from resist_epi.errors import DesignError, InputFormatError, SampleSheetError
from resist_epi.genome import Genome
from resist_epi.inputs import (
    HasLengths,
    Reference,
    genomes,
    load_exclude,
    load_reference,
    sheet_consensus,
    sheet_peaks,
    stated_lengths,
)
from resist_epi.io.builtin import load_genome
from resist_epi.io.parts import Parts
from resist_epi.io.peaks import read_bed_regions
from resist_epi.io.sheet import read_sheet
from resist_epi.io.tables import read_counts
from resist_epi.linking import with_nearest_genes
from resist_epi.matrix import CountMatrix
from resist_epi.normalization_inputs import NormalizationInputs, normalization_inputs
from resist_epi.presets import GENERIC, MarkPreset, preset
from resist_epi.regions import gene_bodies, genome_bins, promoters
from resist_epi.samples import SampleSheet, sheet_from_columns
from resist_epi.schema import KINDS
from resist_epi.sheet_domains import sheet_domains
from resist_epi.sheet_sources import ReadOptions, sheet_sources
from resist_epi.track_counts import Source, chromosome_ends, count_tables

logger = logging.getLogger(__name__)


def kind_regions(
    kind: str,
    reference: Reference,
    preset: MarkPreset,
    *,
    consensus: Consensus | None = None,
    bin_size: int = 10_000,
) -> pd.DataFrame:
    """Regions of one kind, as the mark's preset wants them.

    Raises
    ------
    DesignError
        If peaks are asked for and there is no consensus.
    """
    lengths = reference.lengths
    if kind == "promoters":
        return promoters(
            reference.annotation,
            upstream=preset.upstream,
            downstream=preset.downstream,
            lengths=lengths,
        )
    if kind == "genes":
        return gene_bodies(
            reference.annotation,
            offset=preset.body_offset,
            min_length=preset.min_body,
            lengths=lengths,
        )
    if kind == "bins":
        if lengths is None:
            raise DesignError("bins need the chromosome lengths of an assembly; give --genome")
        return genome_bins(lengths, bin_size)
    window = (preset.upstream, preset.downstream)
    return with_nearest_genes(_consensus_regions(consensus), reference.annotation, promoter=window)


def one_mark(sheet: SampleSheet, mark: str | None, *, needed: bool = True) -> SampleSheet:
    """Rows of one mark.

    Parameters
    ----------
    mark
        Name without regard to case; may be left out where the sheet has one mark only.
    needed
        Whether several marks together are an error.

    Raises
    ------
    SampleSheetError
        If the sheet lacks the mark, or has several and none is named.
    """
    if mark is None:
        if needed and len(sheet.marks) > 1:
            raise SampleSheetError(
                sheet.path,
                [f"several marks ({', '.join(sheet.marks)}): name the one meant with --mark"],
            )
        return sheet
    found = [m for m in sheet.marks if m.lower() == mark.lower()]
    if not found:
        raise SampleSheetError(
            sheet.path, [f"no row with Factor {mark!r}; there are {', '.join(sheet.marks)}"]
        )
    return sheet.for_mark(found[0])


def count_sheet(
    sheet: SampleSheet,
    regions: str,
    *,
    quantity: str,
    genome: str | None = None,
    genes: Path | None = None,
    exclude: Path | None = None,
    min_overlap: int = 2,
    reads: ReadOptions | None = None,
    jobs: int = 1,
    parts: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Count the reads or tracks of a sheet in regions of a kind, or of a BED file.

    Parameters
    ----------
    quantity
        A quantity, or `auto` (see `sheet_sources.sheet_sources`); the log says what was taken and
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
    sources = sheet_sources(sheet, quantity, reads=reads, jobs=jobs)
    headers = {
        name: stated_lengths(source.path, reads=sources.quantity == "reads")
        for name, source in sources.files.items()
    }
    if regions == "domains":
        own = None if genome is None else load_genome(genome)
        table = regions_of_domains(
            sheet, genome=own, exclude=exclude, reads=reads, jobs=jobs, progress=progress
        )
    else:
        table, own = _sheet_regions(
            sheet, regions, headers, genome=genome, genes=genes, min_overlap=min_overlap
        )
    # Recovered counts have their libraries' sizes with them, the sheet's where it has one.
    recovered = sources.quantity == "recovered_reads"
    kept = None if parts is None else Parts(parts)
    try:
        counted = count_tables(
            sources.files,
            {"regions": table},
            library_sizes=None if recovered else sheet.numbers("LibrarySize"),
            exclude=load_exclude(exclude),
            genome=own,
            known=genomes(),
            jobs=jobs,
            parts=kept,
            progress=progress,
        )
    except KeyboardInterrupt:
        if kept is not None:
            kept.remove()
        raise
    matrix = counted.matrices["regions"]
    more = {"quantity_reason": sources.reason, "sheet": sheet.to_columns()}
    return replace(matrix, metadata={**matrix.metadata, **more})


def regions_of_domains(
    sheet: SampleSheet,
    *,
    genome: Genome | None = None,
    exclude: Path | None = None,
    settings: DomainSettings | None = None,
    reads: ReadOptions | None = None,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Find the domains of a sheet's mark; see `sheet_domains.sheet_domains`.

    Raises
    ------
    DesignError
        If no window lies above background.
    ResistEpiError
        If an input is wrong.
    """
    one_mark(sheet, None)
    table = sheet_domains(
        sheet,
        lengths=None if genome is None else genome.lengths,
        genome=genome,
        exclude=load_exclude(exclude),
        settings=settings,
        reads=reads,
        jobs=jobs,
        progress=progress,
    )
    if table.empty:
        raise DesignError(
            "no window lies above background, so there are no domains; is this a mark that forms"
            " any? A smaller fold over background (--fold) lets weaker ones pass"
        )
    return table


def _sheet_regions(
    sheet: SampleSheet,
    regions: str,
    tracks: Mapping[str, HasLengths],
    *,
    genome: str | None,
    genes: Path | None,
    min_overlap: int,
) -> tuple[pd.DataFrame, Genome | None]:
    """Regions of a kind or of a file, and their assembly where it is known."""
    if regions not in KINDS:
        return read_bed_regions(regions), None if genome is None else load_genome(genome)
    presets = {preset(mark) for mark in sheet.marks}
    if len(presets) > 1:
        one_mark(sheet, None)
    reference = load_reference(genome, genes, tracks=tracks)
    consensus = None
    if regions == "peaks":
        consensus = sheet_consensus(sheet, sheet_peaks(sheet), min_overlap=min_overlap)
    return kind_regions(regions, reference, presets.pop(), consensus=consensus), reference.genome


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


def background_regions(reference: Reference, sources: Mapping[str, Source]) -> pd.DataFrame:
    """Bins of 10 kb over the autosomes, for background normalisation.

    Without an assembly their ends are those of the files.

    Raises
    ------
    InputFormatError
        If a file cannot be read.
    """
    if reference.genome is not None:
        lengths = dict(reference.genome.lengths)
    else:
        lengths = {}
        for source in sources.values():
            for chrom, length in chromosome_ends(source).items():
                lengths[chrom] = max(length, lengths.get(chrom, 0))
    return genome_bins({c: lengths[c] for c in autosomes(lengths)}, BIN_SIZE)


def inputs_of_counts(
    matrix: CountMatrix, sheet: SampleSheet, background: Path | None, *, normalize: str | None
) -> NormalizationInputs:
    """Read what normalising these counts needs: counts in bins, and the peaks of the sheet.

    Parameters
    ----------
    background
        Counts in bins of the genome, as `count --regions bins` writes them.
    normalize
        The normalisation asked for: peaks are read where it, or the background, needs them.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    bins = background_of_counts(matrix, sheet, background)
    return inputs_of_bins(matrix, sheet, bins, normalize=normalize)


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


def inputs_of_bins(
    matrix: CountMatrix, sheet: SampleSheet, bins: CountMatrix | None, *, normalize: str | None
) -> NormalizationInputs:
    """Gather what normalising needs from counts in bins, and from the peaks of the sheet.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    peaks, consensus = {}, None
    if bins is not None or normalize == "common_peaks":
        peaks = sheet_peaks(sheet)
        found = sheet_consensus(sheet, peaks, min_overlap=2)
        consensus = None if found is None else found.regions
    return normalization_inputs(matrix, sheet, bins=bins, consensus=consensus, peaks=peaks)


def regions_without_tracks(
    kind: str,
    *,
    samples: Path | None = None,
    mark: str | None = None,
    genome: str | None = None,
    genes: Path | None = None,
    exclude: Path | None = None,
    bin_size: int = 10_000,
    min_overlap: int = 2,
) -> pd.DataFrame:
    """Regions of a kind from an annotation, or from the peaks of a sheet.

    Regions of which `exclude` covers every base are left out.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    sheet = None if samples is None else one_mark(read_sheet(samples), mark)
    if kind == "peaks":
        if sheet is None:
            raise InputFormatError("peaks come from a sheet", remedy="give it with --samples")
        consensus = sheet_consensus(sheet, sheet_peaks(sheet), min_overlap=min_overlap)
        table = _consensus_regions(consensus)
    elif kind == "bins" and genome is not None:
        table = genome_bins(load_genome(genome).lengths, bin_size)
    else:
        named = sheet.marks[0] if sheet is not None else mark
        chosen = GENERIC if named is None else preset(named)
        reference = load_reference(genome, genes)
        table = kind_regions(kind, reference, chosen, bin_size=bin_size)
    left_out = load_exclude(exclude)
    kept = ~fully_covered(table, left_out)
    if not kept.all():
        logger.info("%d of %d regions are wholly excluded", int((~kept).sum()), len(kept))
    return table[kept].reset_index(drop=True)


def _consensus_regions(consensus: Consensus | None) -> pd.DataFrame:
    if consensus is None:
        raise DesignError(
            "no consensus peaks: the sheet's Peaks column must name the files of enough samples"
            " (see --min-overlap)"
        )
    return consensus.regions
