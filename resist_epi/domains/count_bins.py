"""From the files of a sheet to the bins of windows above background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from resist_epi.counting.files import tally_files
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent, bins_alone
from resist_epi.domains.bins import BinSource, KeptBins, TrackBins
from resist_epi.domains.filter import (
    BackgroundLevel,
    ChromosomeBins,
    Control,
    background_level,
    chromosome_bins,
    joined_bins,
)
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.window_controls import window_control
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import NO_CHROMOSOMES, Genome
from resist_epi.genome.reconcile import reconcile_chromosomes
from resist_epi.genome.reference import genomes
from resist_epi.io.parts import Parts
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.opened import OpenedFile, chromosome_ends, stated_lengths
from resist_epi.workers import run_tasks


def count_domain_bins(
    files: Mapping[str, OpenedFile],
    ten_kb: CountMatrix,
    *,
    lengths: Mapping[str, int] | None = None,
    controls: Mapping[str, str] | None = None,
    settings: DomainSettings | None = None,
    kept: Mapping[str, str] | None = None,
    background: BackgroundLevel | None = None,
    how: Pass | None = None,
) -> CountMatrix:
    """Find the windows of a genome that lie above its background, and keep their bins.

    Gives what `filter.joined_bins` does.

    Parameters
    ----------
    files
        SampleID -> file, all of one quantity.
    ten_kb
        Counts of the same samples in 10-kb bins of the genome; they give the background and the
        library sizes.
    lengths
        bp of each chromosome; by default those that the files state.
    controls
        Sample -> track of its control: windows must stand out against these too. Where several
        samples have one control it counts once.
    kept
        SampleID -> key of the part (`how.parts`) that holds its bins, where these were added up
        before; without it the files are read for them.
    background
        Level of `ten_kb` less what is left out, in the order of the files, where it was found
        before; of `ten_kb` nothing but the libraries is asked then, so it may lack its bins.
    how
        What is left out, by how many processes, and who is told whenever a chromosome was counted.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths.
    DesignError
        If no chromosome's length is known, or there is no background.
    InputFormatError
        If a file is damaged.
    """
    how = how or Pass()
    settings = DomainSettings() if settings is None else settings
    ten_kb = ten_kb.select(samples=tuple(files))
    of_reads = next(iter(files.values())).quantity == "reads"
    are_kept = bool(kept) and how.parts is not None
    if of_reads and not are_kept:
        return _of_reads(files, ten_kb, lengths, controls, settings, background, how)
    texts = any(not file.lengths_known for file in files.values())
    opened = {} if of_reads or (are_kept and not texts) else files
    tracks = {name: file.track() for name, file in opened.items()}
    # A text says its chromosomes once it was read.
    read = {
        n: replace(files[n], chrom_lengths=_own_lengths(files[n], t)) for n, t in tracks.items()
    }
    shared = placed_lengths(read or files, lengths, genome=how.genome)
    if background is None:
        background = background_level(ten_kb, exclude=how.exclude)
    widths = _widths(files)
    if kept and how.parts is not None:
        quantity = "coverage_sum" if widths is None else "recovered_reads"
        keys = {name: kept[name] for name in files}
        source: BinSource = KeptBins(
            how.parts, keys, quantity="reads" if of_reads else quantity, exclude=how.exclude
        )
    else:
        source = TrackBins(tracks, exclude=how.exclude, widths=widths)
    # A text's temporary file has one place to read at, so processes cannot share it.
    one_place = not kept and any(file.kind != "bigWig" for file in files.values())
    parts: dict[str, ChromosomeBins] = {}

    def done(chrom: str, part: ChromosomeBins) -> None:
        parts[chrom] = part
        how.say(f"{chrom}: windows counted")

    adjacent = Adjacent(settings.step, shared)
    with window_control((controls or {}).values(), adjacent, how) as control:
        work = _Chromosome(source, shared, background, settings, control)
        run_tasks(work, {c: c for c in shared}, jobs=1 if one_place else how.jobs, done=done)
    return joined_bins(
        {chrom: parts.pop(chrom) for chrom in shared},
        background,
        settings,
        samples=source.samples,
        quantity=source.quantity,
        library_sizes=ten_kb.library_sizes,
        controlled=bool(controls),
    )


def _of_reads(
    files: Mapping[str, OpenedFile],
    ten_kb: CountMatrix,
    lengths: Mapping[str, int] | None,
    controls: Mapping[str, str] | None,
    settings: DomainSettings,
    background: BackgroundLevel | None,
    how: Pass,
) -> CountMatrix:
    """`count_domain_bins` of reads whose bins nobody has kept: each file is read once for all."""
    known = placed_lengths(files, lengths, genome=how.genome)
    plan = bins_alone(Adjacent(settings.step, known), how.exclude)
    with TemporaryDirectory() as folder:
        how = replace(how, parts=Parts(folder))
        return count_domain_bins(
            files,
            ten_kb,
            lengths=lengths,
            controls=controls,
            settings=settings,
            kept=tally_files(files, plan, how, lambda name, tally: None),
            background=background,
            how=how,
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


def _own_lengths(file: OpenedFile, track: CoverageTrack) -> dict[str, int]:
    foreign = file.exogenous_in(track)
    return {c: n for c, n in track.chrom_lengths.items() if c not in foreign}


def _widths(files: Mapping[str, OpenedFile]) -> NDArray[np.float64] | None:
    found = [file.recovery for file in files.values() if file.recovery is not None]
    return np.array([recovery.width for recovery in found]) if found else None


def placed_lengths(
    files: Mapping[str, OpenedFile],
    lengths: Mapping[str, int] | None = None,
    *,
    genome: Genome | None = None,
) -> dict[str, int]:
    """Length of each chromosome that every file has; no organelle, virus or unplaced piece.

    Parameters
    ----------
    lengths
        bp of each chromosome; by default those that the files state.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths.
    DesignError
        If no length is known.
    """
    stated = stated_lengths(files)
    wanted = dict(lengths or {})
    if not wanted:
        wanted = chromosome_ends(file for file in files.values() if file.lengths_known)
    bare = {c: (c[3:] if c.lower().startswith("chr") else c).upper() for c in wanted}
    placed = [
        c for c, name in bare.items() if name not in NO_CHROMOSOMES and not set(name) & set("_.")
    ]
    if not wanted:
        raise DesignError("windows need the chromosome lengths of an assembly; give --genome")
    kept = reconcile_chromosomes(
        placed or list(wanted), stated, genome=genome, known=genomes(), annotation="the assembly"
    )
    return {chrom: wanted[chrom] for chrom in kept}
