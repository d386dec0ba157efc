"""From a sheet and regions to signal along them, a track a task."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.coverage import fully_covered
from resist_epi.counting.past_ends import past_ends, true_lengths
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.counting.profiles import profile_regions
from resist_epi.counting.sources import ReadOptions, assembly_of_sheet, signal_sources, study_naming
from resist_epi.errors import InputFormatError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.consensus_rule import MIN_OVERLAP
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.reconcile import reconcile_chromosomes
from resist_epi.genome.reference import Reference, genomes, load_exclude, load_reference
from resist_epi.io.store import read_text
from resist_epi.io.tables import read_results
from resist_epi.samples.facts import figure_title, library_facts
from resist_epi.samples.peaks import sheet_consensus, sheet_peaks
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import KINDS
from resist_epi.study.regions import kind_regions
from resist_epi.tracks.looks import LookCache
from resist_epi.tracks.opened import OpenedFile, stated_lengths
from resist_epi.tracks.reads.pileup import ReadsTrack
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

GROUP = "group"


@dataclass(frozen=True)
class Window:
    """What of each region is shown, as `profiles.profile_regions` takes it; bp.

    Attributes
    ----------
    point
        `TSS`, `TES` or `center`.
    before, after
        Upstream and downstream.
    body
        Length to which regions are scaled; 0 for none.
    bin_size
        Of a bin.
    """

    point: str = "center"
    before: int = 3000
    after: int = 3000
    body: int = 0
    bin_size: int = 50


@dataclass(frozen=True)
class _Profiling:
    """The work of one task: the signal of a track along the regions."""

    regions: pd.DataFrame
    window: Window

    def __call__(self, file: OpenedFile) -> tuple[NDArray[np.float32], float]:
        track = file.track()
        found = profile_regions({"track": track}, self.regions, **vars(self.window))
        # Of reads the total is known once they were read; of a track it would be another pass.
        total = track.mass if isinstance(track, ReadsTrack) else np.nan
        return np.asarray(found.values["track"], dtype=np.float32), total


def profile_sheet(
    sheet: SampleSheet,
    regions: pd.DataFrame,
    window: Window,
    *,
    genome: str | None = None,
    jobs: int = 1,
    looks: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> ProfileMatrix:
    """Signal of every track of a sheet along regions; of reads alone, their depth.

    Parameters
    ----------
    regions
        `chrom start end`, `strand` and perhaps `group`, in the order to be shown; those on
        chromosomes that no track has are dropped, and those past the end of theirs are NaN
        throughout; the log says how many.
    genome
        Assembly that was stated, by whose names chromosomes go.
    jobs
        Worker processes; the matrix does not depend on it.
    looks
        Files that were opened before.
    progress
        Called with a line whenever a track is done.

    Raises
    ------
    SampleSheetError
        If a row names no track.
    GenomeMismatchError
        If chromosomes are absent from some of the tracks, or of other lengths.
    InputFormatError
        If a track is damaged, or the window is no multiple of its bins.
    """
    return profile_with_totals(
        sheet, regions, window, genome=genome, jobs=jobs, looks=looks, progress=progress
    )[0]


def profile_with_totals(
    sheet: SampleSheet,
    regions: pd.DataFrame,
    window: Window,
    *,
    reads: ReadOptions | None = None,
    genome: str | None = None,
    jobs: int = 1,
    looks: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[ProfileMatrix, dict[str, float]]:
    """`profile_sheet`, and the total depth of each file of reads (value x bp; NaN of tracks).

    Parameters
    ----------
    reads
        How reads count, where they are the signal.
    """
    sources = signal_sources(sheet, reads=reads, genome=genome, looks=looks)
    files = sources.files
    stated = stated_lengths(files)
    if stated:
        chroms = list(map(str, regions["chrom"].unique()))
        kept = reconcile_chromosomes(chroms, stated, known=genomes(), annotation="the regions")
        inside = regions["chrom"].isin(kept)
        if not inside.all():
            logger.info("%d regions are on chromosomes without any track", int((~inside).sum()))
        regions = regions[inside]
    regions = regions.reset_index(drop=True)
    assembly = None if genome is None else load_genome(genome)
    past = past_ends(regions, true_lengths(stated.values(), assembly))
    # An empty question makes the frame of the matrix, and refuses a wrong window at once.
    frame = profile_regions({}, regions, **vars(window))
    found: dict[str, NDArray[np.float32]] = {}
    totals: dict[str, float] = {}

    def done(name: str, made: tuple[NDArray[np.float32], float]) -> None:
        values, totals[name] = made
        found[name] = np.where(past[:, None], np.float32(np.nan), values)
        if progress is not None:
            progress(f"{name}: profiled")

    run_tasks(_Profiling(regions, window), files, jobs=jobs, done=done)
    quantity = "reads per base" if sources.quantity == "reads" else frame.quantity
    values = {name: found[name] for name in files}
    title = figure_title(library_facts(sheet.marks, sheet.table["Condition"]))
    return replace(frame, values=values, quantity=quantity, title=title), totals


def profile_groups(
    sheet: SampleSheet,
    wanted: Sequence[str],
    *,
    genome: str | None = None,
    genes: Path | None = None,
    exclude: Path | None = None,
    min_overlap: int = MIN_OVERLAP,
    looks: LookCache | None = None,
) -> pd.DataFrame:
    """Regions to be shown, a group a name: of a kind, of a BED file, or of a table of results.

    Promoters stand as their TSS, genes from TSS to TES. Of results, the directions that are there
    are the groups. Columns are `chrom start end strand region_id` and `group`.

    Parameters
    ----------
    wanted
        `promoters`, `genes`, `peaks`, or paths.
    exclude
        BED; regions of which it covers every base are left out.
    looks
        Files that were opened before; what is opened is added.
    """
    tables = []
    reference = None
    stated = assembly_of_sheet(sheet) if genome is None else genome
    files = signal_sources(sheet, genome=genome, looks=looks).files
    own = None if stated is None else load_genome(stated)
    naming = study_naming(files, own, read=exclude is not None or "peaks" in wanted)
    if set(wanted) & set(KINDS):
        reference = load_reference(genome, genes, tracks=files)
    for name in wanted:
        if name in KINDS and reference is not None:
            table = _of_kind(sheet, name, reference, naming, min_overlap).assign(group=name)
        elif _is_results(name):
            table = naming.place(read_results(name), name, rows="regions", needed=False)
            table = table.assign(group=table["direction"].astype(str))
        else:
            stem = Path(name).name.removesuffix(".gz")
            table = naming.place(read_bed_regions(name), name, rows="regions", needed=False)
            table = table.assign(group=stem.removesuffix(".bed"))
        tables.append(table[["chrom", "start", "end", "strand", "region_id", GROUP]])
    joined = pd.concat(tables, ignore_index=True)
    left_out = load_exclude(exclude, naming)
    if left_out:
        joined = joined[~fully_covered(joined, left_out)]
    return joined.reset_index(drop=True)


def named_groups(regions: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The regions with other names for their groups, in the order in which these come.

    Raises
    ------
    InputFormatError
        If there are not as many names as groups.
    """
    groups = list(dict.fromkeys(regions[GROUP]))
    if len(labels) != len(groups) or not all(labels):
        raise InputFormatError(
            f"{len(labels)} names for {len(groups)} groups of regions",
            expected=f"names for {', '.join(groups)}",
        )
    return regions.assign(group=regions[GROUP].map(dict(zip(groups, labels, strict=True))))


def _of_kind(
    sheet: SampleSheet, kind: str, reference: Reference, naming: Naming, min_overlap: int
) -> pd.DataFrame:
    if kind == "genes":
        table = reference.annotation.genes
        return table.assign(region_id=table["gene_id"])
    consensus = None
    if kind == "peaks":
        consensus = sheet_consensus(sheet, sheet_peaks(sheet, naming), min_overlap=min_overlap)
    table = kind_regions(kind, reference, preset(sheet.marks[0]), consensus=consensus)
    if kind == "promoters":
        table = table.assign(start=table["tss"], end=table["tss"] + 1)
    return table


def _is_results(path: str) -> bool:
    """Whether a file is a table of results: its first line that is no comment names them."""
    lines = (line for line in read_text(path).split("\n") if line and not line.startswith("#"))
    return "log2FoldChange" in next(lines, "").split("\t")
