"""From files of reads and regions to the matrix of read counts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting import Intervals
from resist_epi.genome import Genome, reconcile_chromosomes
from resist_epi.matrix import CountMatrix

logger = logging.getLogger(__name__)


class Counted(Protocol):
    """What counting the reads of one file gives."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n_regions,) reads."""
        ...

    @property
    def kept(self) -> int:
        """Reads that count at all."""
        ...

    @property
    def seen(self) -> int:
        """Alignments in the file."""
        ...


class ReadsFile(Protocol):
    """What counting needs of a file of reads; the readers in `io/` satisfy it."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome of the file, bp."""
        ...

    def count(self, regions: pd.DataFrame, *, exclude: Intervals | None = None) -> Counted:
        """Reads of each region."""
        ...


def count_reads(
    files: Mapping[str, ReadsFile],
    regions: pd.DataFrame,
    *,
    library_sizes: NDArray[np.float64] | None = None,
    exclude: Intervals | None = None,
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
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the reads kept.
    exclude
        Chromosome -> sorted, disjoint starts and ends; reads that touch them count nowhere.
    genome, known, progress
        As of `counting.count_regions`.

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
    kept_chroms = reconcile_chromosomes(
        list(dict.fromkeys(regions["chrom"])),
        {name: dict(file.chrom_lengths) for name, file in files.items()},
        genome=genome,
        known=known,
        annotation="the regions",
    )
    inside = regions["chrom"].isin(kept_chroms)
    if not inside.all():
        logger.info(
            "%d of %d regions are on chromosomes that no file has and were dropped",
            int((~inside).sum()),
            len(regions),
        )
    table = regions[inside].reset_index(drop=True)
    values = np.empty((len(table), len(files)))
    sizes = np.full(len(files), np.nan) if library_sizes is None else np.array(library_sizes)
    source = np.where(np.isnan(sizes), "kept_reads", "sheet")
    for i, (name, file) in enumerate(files.items()):
        found = file.count(table, exclude=exclude)
        logger.info("%s: %d of %d alignments count", name, found.kept, found.seen)
        values[:, i] = found.counts
        if np.isnan(sizes[i]):
            sizes[i] = found.kept
        if progress is not None:
            progress(name)
    return CountMatrix(
        values=values,
        regions=table,
        samples=tuple(files),
        quantity="reads",
        library_sizes=sizes,
        metadata={
            "library_size_from": [str(s) for s in source],
            "regions_dropped": int((~inside).sum()),
        },
    )
