"""Regions of a study: a kind or a BED file, with the genes and peaks of its sheet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.arrays import ByChromosome
from resist_epi.counting.background import BACKGROUND_BIN
from resist_epi.counting.coverage import fully_covered
from resist_epi.counting.passes import Pass
from resist_epi.counting.past_ends import past_ends
from resist_epi.counting.sources import ReadOptions, assembly_of_sheet, study_naming
from resist_epi.domains.of_sheet import domain_files, sheet_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import DesignError, InputFormatError, did_you_mean
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.chromosomes import Genome, autosomes
from resist_epi.genome.consensus import Consensus
from resist_epi.genome.consensus_rule import MIN_OVERLAP
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.reference import Reference, load_exclude, load_reference
from resist_epi.genome.regions import gene_bodies, promoters
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.presets import GENERIC, MarkPreset, preset
from resist_epi.samples.sheet import SampleSheet, one_mark, read_sheet
from resist_epi.schema import KINDS
from resist_epi.tracks.opened import OpenedFile, chromosome_ends

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
    peaks = _consensus_regions(consensus)
    peaks = peaks[~past_ends(peaks, lengths or {}, what="consensus peaks")].reset_index(drop=True)
    return with_nearest_genes(
        peaks, reference.linked, promoter=preset.window, main=preset.main_kind
    )


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
    """Find the domains of a sheet's mark; see `of_sheet.sheet_domains`.

    Raises
    ------
    DesignError
        If no window lies above background.
    ResistEpiError
        If an input is wrong.
    """
    one_mark(sheet, None)
    left_out: ByChromosome = {}
    if exclude is not None:
        files = domain_files(sheet, reads=reads, genome=genome)
        left_out = load_exclude(exclude, study_naming(files, genome))
    how = Pass(left_out, genome, jobs, progress=progress)
    return domains_of_sheet(sheet, how=how, settings=settings, reads=reads)


def domains_of_sheet(
    sheet: SampleSheet,
    *,
    how: Pass,
    settings: DomainSettings | None = None,
    reads: ReadOptions | None = None,
) -> pd.DataFrame:
    """`regions_of_domains`, where it is known what is left out."""
    one_mark(sheet, None)
    lengths = None if how.genome is None else how.genome.lengths
    table = sheet_domains(sheet, lengths=lengths, settings=settings, reads=reads, how=how)
    if table.empty:
        raise DesignError(
            "no window lies above background, so there are no domains; is this a mark that forms"
            " any? A smaller fold over background (--fold) lets weaker ones pass"
        )
    return table


@dataclass(frozen=True)
class AskedRegions:
    """Which regions are counted, and what they are read against.

    Attributes
    ----------
    regions
        A kind, or a BED file.
    genome, genes
        Name of a built-in assembly, and a gene file; as of `reference.load_reference`.
    exclude
        BED of what counts nowhere.
    min_overlap
        Samples that a consensus peak needs.
    """

    regions: str
    genome: str | None = None
    genes: Path | None = None
    exclude: Path | None = None
    min_overlap: int = MIN_OVERLAP

    def naming(self, sheet: SampleSheet, files: Mapping[str, OpenedFile]) -> Naming:
        """How the chromosomes of the files are named, to which all others are brought."""
        name = assembly_of_sheet(sheet) if self.genome is None else self.genome
        read = self.exclude is not None or self.regions == "peaks"
        return study_naming(files, None if name is None else load_genome(name), read=read)


def check_regions(regions: str) -> None:
    """Refuse what is neither a kind of regions nor a file, before any track is opened.

    Raises
    ------
    InputFormatError
        With the kinds, and the one that may be meant.
    """
    if regions not in KINDS and not Path(regions).exists():
        raise InputFormatError(
            "neither a kind of regions nor a file that is there",
            path=regions,
            expected=f"{', '.join(KINDS)}, or a BED file",
            remedy=did_you_mean([regions], KINDS),
        )


def sheet_regions(
    sheet: SampleSheet, asked: AskedRegions, files: Mapping[str, OpenedFile], naming: Naming
) -> tuple[pd.DataFrame, Genome | None]:
    """Regions of a kind or of a file, and their assembly where it is known."""
    regions, genome = asked.regions, asked.genome
    if regions not in KINDS:
        table = naming.place(read_bed_regions(regions), regions, rows="regions", needed=False)
        return table, None if genome is None else load_genome(genome)
    presets = {preset(mark) for mark in sheet.marks}
    if len(presets) > 1:
        one_mark(sheet, None)
    reference = load_reference(genome, asked.genes, tracks=files)
    consensus = None
    if regions == "peaks":
        peaks = sheet_peaks(sheet, naming)
        consensus = sheet_consensus(sheet, peaks, min_overlap=asked.min_overlap)
    return kind_regions(regions, reference, presets.pop(), consensus=consensus), reference.genome


def background_regions(reference: Reference, files: Mapping[str, OpenedFile]) -> pd.DataFrame:
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
        lengths = chromosome_ends(files.values())
    return genome_bins({c: lengths[c] for c in autosomes(lengths)}, BACKGROUND_BIN)


def regions_without_tracks(
    kind: str,
    *,
    samples: Path | SampleSheet | None = None,
    mark: str | None = None,
    genome: str | None = None,
    genes: Path | None = None,
    exclude: Path | None = None,
    bin_size: int = 10_000,
    min_overlap: int = MIN_OVERLAP,
) -> pd.DataFrame:
    """Regions of a kind from an annotation, or from the peaks of a sheet.

    Regions of which `exclude` covers every base are left out.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    given = read_sheet(samples) if isinstance(samples, Path) else samples
    sheet = None if given is None else one_mark(given, mark)
    if genome is None and sheet is not None:
        genome = assembly_of_sheet(sheet)
    stated = None if genome is None else Naming(load_genome(genome))
    if kind == "peaks":
        if sheet is None:
            raise InputFormatError("peaks come from a sheet", remedy="give it with --samples")
        consensus = sheet_consensus(sheet, sheet_peaks(sheet, stated), min_overlap=min_overlap)
        table = _consensus_regions(consensus)
    elif kind == "bins" and genome is not None:
        table = genome_bins(load_genome(genome).lengths, bin_size)
    else:
        named = sheet.marks[0] if sheet is not None else mark
        chosen = GENERIC if named is None else preset(named)
        reference = load_reference(genome, genes)
        table = kind_regions(kind, reference, chosen, bin_size=bin_size)
    chroms = frozenset(map(str, table["chrom"].unique()))
    own = None if stated is None else stated.genome
    left_out = load_exclude(exclude, Naming(own, chroms, "the regions", whole=False))
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
