"""From the files of a sheet to the bins of windows above background."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import ByChromosome
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.sources import Source
from resist_epi.domains.bins import BinSource, ReadBins, TrackBins, bin_table
from resist_epi.domains.filter import (
    BackgroundLevel,
    ChromosomeBins,
    Control,
    background_level,
    chromosome_bins,
    joined_bins,
)
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import NO_CHROMOSOMES, Genome, HasLengths, reconcile_chromosomes
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.lengths import stated_lengths
from resist_epi.tracks.open import is_bigwig, open_track
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.reads import ReadRules
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.workers import run_tasks


def count_domain_bins(
    sources: Mapping[str, Source],
    ten_kb: CountMatrix,
    *,
    lengths: Mapping[str, int] | None = None,
    controls: Mapping[str, str] | None = None,
    settings: DomainSettings | None = None,
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Find the windows of a genome that lie above its background, and keep their bins.

    Parameters
    ----------
    sources
        SampleID -> file, all of one quantity.
    ten_kb
        Counts of the same samples in 10-kb bins of the genome; they give the background and the
        library sizes.
    lengths
        bp of each chromosome; by default those that the files state.
    controls
        Sample -> track of its input: windows must stand out against these too. Where several
        samples have one input it counts once.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases count nowhere.
    genome, known
        As of `coverage.count_regions`.
    jobs
        Worker processes; the result does not depend on it.
    progress
        Called with a line whenever a chromosome (of reads: a file) was counted.

    Returns
    -------
    CountMatrix
        As `filter.joined_bins`.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths.
    DesignError
        If no chromosome's length is known, or there is no background.
    InputFormatError
        If a file is damaged.
    """
    settings = DomainSettings() if settings is None else settings
    ten_kb = ten_kb.select(samples=tuple(sources))
    quantity = next(iter(sources.values())).quantity
    tracks = {} if quantity == "reads" else {name: _opened(s) for name, s in sources.items()}
    shared = placed_lengths(tracks or sources, lengths, genome=genome, known=known)
    background = background_level(ten_kb, exclude=exclude)
    if quantity == "reads":
        source: BinSource = _counted_reads(sources, shared, settings, exclude, jobs, progress)
    else:
        source = TrackBins(tracks, exclude=exclude, widths=_widths(sources))
    # A text's temporary file has one place to read at, so processes cannot share it.
    parallel = all(is_bigwig(s.path) for s in sources.values()) and not controls
    control = _control(controls, exclude, shared)
    work = _Chromosome(source, shared, background, settings, control)
    parts: dict[str, ChromosomeBins] = {}

    def done(chrom: str, part: ChromosomeBins) -> None:
        parts[chrom] = part
        if progress is not None and quantity != "reads":
            progress(f"{chrom}: windows counted")

    run_tasks(work, {c: c for c in shared}, jobs=jobs if parallel else 1, done=done)
    return joined_bins(
        {chrom: parts[chrom] for chrom in shared},
        background,
        settings,
        samples=source.samples,
        quantity=source.quantity,
        library_sizes=ten_kb.library_sizes,
        inputs=control is not None,
    )


@dataclass(frozen=True)
class _Chromosome:
    """The work of one task: count a chromosome of all files, and filter its windows."""

    source: BinSource
    lengths: Mapping[str, int]
    background: BackgroundLevel
    settings: DomainSettings
    control: Control | None

    def __call__(self, chrom: str) -> ChromosomeBins:
        return chromosome_bins(
            self.source, chrom, self.lengths[chrom], self.background, self.settings, self.control
        )


def _opened(source: Source) -> CoverageTrack:
    track = open_track(source.path)
    return track if source.recovery is None else RecoveredTrack(track, source.recovery)


def _widths(sources: Mapping[str, Source]) -> NDArray[np.float64] | None:
    found = [s.recovery for s in sources.values() if s.recovery is not None]
    return np.array([recovery.width for recovery in found]) if found else None


def placed_lengths(
    files: Mapping[str, CoverageTrack] | Mapping[str, Source],
    lengths: Mapping[str, int] | None = None,
    *,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
) -> dict[str, int]:
    """Length of each chromosome that every file has; no organelle, virus or unplaced piece.

    Parameters
    ----------
    files
        SampleID -> opened track, or file.
    lengths
        bp of each chromosome; by default those that the files state.
    genome, known
        As of `coverage.count_regions`.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths.
    DesignError
        If no length is known.
    """
    stated: dict[str, dict[str, int | None]] = {}
    for name, file in files.items():
        if isinstance(file, Source):
            header: HasLengths = stated_lengths(file.path, reads=file.quantity == "reads")
            if header.lengths_known:
                stated[name] = dict(header.chrom_lengths)
        else:
            stated[name] = file.stated_lengths()
    wanted = dict(lengths or {})
    if not wanted:
        for one in stated.values():
            wanted |= {c: max(n, wanted.get(c, 0)) for c, n in one.items() if n is not None}
    bare = {c: (c[3:] if c.lower().startswith("chr") else c).upper() for c in wanted}
    placed = [
        c for c, name in bare.items() if name not in NO_CHROMOSOMES and not set(name) & set("_.")
    ]
    if not wanted:
        raise DesignError("windows need the chromosome lengths of an assembly; give --genome")
    kept = reconcile_chromosomes(
        placed or list(wanted), stated, genome=genome, known=known, annotation="the assembly"
    )
    return {chrom: wanted[chrom] for chrom in kept}


def _control(
    controls: Mapping[str, str] | None, exclude: ByChromosome | None, lengths: Mapping[str, int]
) -> Control | None:
    """Open the inputs and find their own background."""
    if not controls:
        return None
    paths = dict.fromkeys(controls.values())
    tracks = {path: open_track(path) for path in paths}
    bins = TrackBins(tracks, exclude=exclude)
    table = bin_table(lengths, 10_000)
    values = np.concatenate(
        [
            bins.bins(str(c), rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64))[0]
            for c, rows in table.groupby("chrom", sort=False)
        ]
    )
    sizes = values.sum(axis=0)
    matrix = CountMatrix(values, table, tuple(tracks), "coverage_sum", np.maximum(sizes, 1e-300))
    return Control(bins, background_level(matrix, exclude=exclude))


@dataclass(frozen=True)
class _Points:
    """The work of one task: count each read of a file in the one bin that holds its point."""

    table: pd.DataFrame
    exclude: ByChromosome | None

    def __call__(self, source: Source) -> NDArray[np.uint32]:
        file = open_reads(source.path)
        known = set(file.chrom_lengths) if file.lengths_known else set(self.table["chrom"])
        here = self.table["chrom"].isin(known).to_numpy()
        rules = point_rules(source.rules or ReadRules())
        found = file.count(self.table[here], rules=rules, exclude=self.exclude)
        counts = np.zeros(len(self.table), dtype=np.uint32)
        counts[here] = found.counts
        return counts


def point_rules(rules: ReadRules) -> ReadRules:
    """The same reads, each at one base, so that adjacent bins may be added up.

    Fragments count where their middle lies, reads where their 5' end does.
    """
    if rules.count_as == "fragment":
        return replace(rules, count_as="midpoint")
    return replace(rules, count_as="five_prime") if rules.count_as == "read" else rules


def _counted_reads(
    sources: Mapping[str, Source],
    lengths: Mapping[str, int],
    settings: DomainSettings,
    exclude: ByChromosome | None,
    jobs: int,
    progress: Callable[[str], None] | None,
) -> ReadBins:
    counts: dict[str, NDArray[np.uint32]] = {}

    def done(name: str, found: NDArray[np.uint32]) -> None:
        counts[name] = found
        if progress is not None:
            progress(f"{name}: windows counted")

    work = _Points(bin_table(lengths, settings.step), exclude)
    run_tasks(work, sources, jobs=jobs, done=done)
    ordered = {name: counts[name] for name in sources}
    return ReadBins(ordered, lengths, settings.step, exclude=exclude)
