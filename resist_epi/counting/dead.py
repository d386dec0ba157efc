"""Dead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import ByChromosome, FloatArray
from resist_epi.counting.coverage import count_regions
from resist_epi.counting.filling import MatrixFilling
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.tally import tally_reads
from resist_epi.errors import QuantityError, SampleSheetError
from resist_epi.genome.chromosomes import Genome
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.reads import ReadsFile
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.tracks.recovery.recovery import Recovery, RunsTrack

logger = logging.getLogger(__name__)


def sheet_reads(sheet: SampleSheet) -> dict[str, ReadsFile]:
    """Open the file of reads of every row.

    Raises
    ------
    SampleSheetError
        If a row has no `bamReads`; every such row is named.
    InputFormatError
        If a file cannot be read.
    """
    table = sheet.table
    missing = (
        list(table.loc[table["bamReads"] == "", "SampleID"])
        if "bamReads" in table
        else list(sheet.samples)
    )
    if missing:
        raise SampleSheetError(
            sheet.path,
            [f"sample {s}, column bamReads: empty; reads need a BAM file" for s in missing],
        )
    return {s: open_reads(p) for s, p in zip(table["SampleID"], table["bamReads"], strict=True)}


def count_reads(
    files: Mapping[str, ReadsFile],
    regions: pd.DataFrame,
    *,
    rules: Any = None,
    library_sizes: NDArray[np.float64] | None = None,
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Reads of every file in every region; a read counts in each region that it overlaps.

    Parameters
    ----------
    files
        SampleID -> reads.
    regions
        Region table; those on chromosomes that no file has are dropped, and the log says how many.
    rules
        Which reads count, and where (`tracks.reads.reads.ReadRules`); by default every mapped
        primary alignment, as it spans.
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the reads kept.
    exclude
        Chromosome -> sorted, disjoint starts and ends; reads that touch them count nowhere.
    genome, known, progress
        As of `coverage.count_regions`.

    Returns
    -------
    CountMatrix
        With `quantity` `reads`.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths, or none is shared.
    InputFormatError
        If a file is damaged.
    """
    filling = MatrixFilling(
        {"regions": regions}, tuple(files), quantity="reads", library_sizes=library_sizes
    )
    lengths: dict[str, Mapping[str, int | None]] = {
        name: dict(file.chrom_lengths) for name, file in files.items() if file.lengths_known
    }
    if lengths:
        filling.keep_shared(lengths, genome=genome, known=known)
    plan = RegionPlan(filling.tables, exclude=exclude or {})
    for name, file in files.items():
        tally = tally_reads(file, plan, rules=rules)
        lengths[name] = tally.chrom_lengths
        filling.add(name, tally)
        logger.info("%s: %s", name, tally.note)
        if progress is not None:
            progress(name)
    filling.keep_shared(lengths, genome=genome, known=known)
    return filling.matrices()["regions"]


def recovered_reads(track: RunsTrack, recovery: Recovery, regions: pd.DataFrame) -> FloatArray:
    """Fragments of a track in each region.

    Parameters
    ----------
    track
        The track.
    recovery
        What `recover_counts` said of it.
    regions
        `chrom start end`, in any order.

    Returns
    -------
    FloatArray
        (n_regions,) float64.

    Raises
    ------
    QuantityError
        If the recovery was refused; with the reason.
    """
    counts = np.zeros(len(regions))
    snapped = RecoveredTrack(track, recovery)
    starts = regions["start"].to_numpy(np.int64)
    ends = regions["end"].to_numpy(np.int64)
    for chrom, rows in regions.groupby("chrom", sort=False).indices.items():
        counts[rows] = snapped.reads(str(chrom), starts[rows], ends[rows])
    return counts


def count_recovered(
    tracks: Mapping[str, RunsTrack],
    regions: pd.DataFrame,
    *,
    recoveries: Mapping[str, Recovery],
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Fragments of every track in every region; the library sizes are the recovered ones.

    Parameters
    ----------
    tracks
        SampleID -> track.
    regions
        Region table.
    recoveries
        SampleID -> what `recover_counts` said.
    exclude, genome, known, progress
        As of `coverage.count_regions`.

    Raises
    ------
    QuantityError
        If no counts can be recovered from some of the tracks; each is named with its reason.
    GenomeMismatchError
        If chromosomes disagree.
    InputFormatError
        If a track is damaged.
    """
    refused = [
        f"{name} ({track.path}): {recoveries[name].describe()}"
        for name, track in tracks.items()
        if recoveries[name].refused is not None
    ]
    if refused:
        raise QuantityError(
            "recovered_reads cannot be had from every track. Use --quantity mean_signal, or BAM"
            " files.\n  " + "\n  ".join(refused)
        )
    coverage = count_regions(
        {name: RecoveredTrack(track, recoveries[name]) for name, track in tracks.items()},
        regions,
        quantity="coverage_sum",
        library_sizes=np.array([recoveries[name].library_size for name in tracks]),
        exclude=exclude,
        genome=genome,
        known=known,
        progress=progress,
    )
    return replace(
        coverage,
        values=coverage.values / np.array([recoveries[name].width for name in tracks]),
        quantity="recovered_reads",
        metadata={
            **coverage.metadata,
            "library_size_from": [
                str(recoveries[name].evidence["library_size_from"]) for name in tracks
            ],
            "recovery": {name: recoveries[name].describe() for name in tracks},
        },
    )
