"""From files of reads and regions to the matrix of read counts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.genome import Genome
from resist_epi.matrix import CountMatrix
from resist_epi.matrix_filling import MatrixFilling
from resist_epi.region_pass import Intervals, RegionPlan, Tally
from resist_epi.regions import disjoint_by_chrom

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

    @property
    def inside(self) -> Mapping[str, int]:
        """Name of intervals asked for -> reads that touch any of them."""
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

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the reads end."""
        ...

    def count(
        self,
        regions: pd.DataFrame,
        *,
        rules: Any = None,
        exclude: Intervals | None = None,
        within: Mapping[str, Intervals] | None = None,
    ) -> Counted:
        """Reads of each region, and of each of `within`."""
        ...


def tally_reads(file: ReadsFile, plan: RegionPlan, *, rules: Any = None) -> Tally:
    """Reads of every region of a plan, shares, and how many count at all, from one pass.

    Parameters
    ----------
    rules
        Which reads count, and where (`io.reads.ReadRules`).

    Raises
    ------
    InputFormatError
        If the file is damaged, or cannot be counted by these rules.
    """
    lengths: dict[str, int | None] = dict(file.chrom_lengths) if file.lengths_known else {}
    columns = ["chrom", "start", "end"]
    tables = {name: table[columns] for name, table in plan.tables.items()}
    # A text of reads names the chromosomes that it has reads on; the others have none.
    here = {
        name: table["chrom"].isin(lengths).to_numpy(bool)
        if file.lengths_known
        else np.ones(len(table), dtype=bool)
        for name, table in tables.items()
    }
    asked = [table[here[name]] for name, table in tables.items()]
    found = file.count(
        pd.concat(asked, ignore_index=True) if asked else pd.DataFrame(columns=columns),
        rules=rules,
        exclude=plan.exclude,
        within={name: disjoint_by_chrom(table) for name, table in plan.within.items()},
    )
    values, at = {}, 0
    for name, mask in here.items():
        n = int(np.count_nonzero(mask))
        values[name] = np.zeros(len(mask))
        values[name][mask] = found.counts[at : at + n]
        at += n
    if not file.lengths_known:
        own = file.chrom_lengths
        wanted = {str(c) for table in tables.values() for c in table["chrom"].unique()}
        lengths = dict.fromkeys([*own, *sorted(wanted)] if wanted & set(own) else own)
    kept = found.kept
    return Tally(
        values=values,
        shares={name: n / kept if kept else np.nan for name, n in found.inside.items()},
        library_size=float(kept),
        chrom_lengths=lengths,
        note=f"{kept} of {found.seen} alignments count",
    )


def count_reads(
    files: Mapping[str, ReadsFile],
    regions: pd.DataFrame,
    *,
    rules: Any = None,
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
    rules
        Which reads count, and where (`io.reads.ReadRules`); by default every mapped primary
        alignment, as it spans.
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
