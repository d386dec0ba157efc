"""From files of reads and regions to the matrix of read counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import ByChromosome, FloatArray
from resist_epi.counting.plan import _NONE, RegionPlan
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.regions import disjoint_by_chrom
from resist_epi.tracks.engine.runs import MAX_COORDINATE, complement
from resist_epi.tracks.engine.track import CoverageTrack, stated_lengths


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
        exclude: ByChromosome | None = None,
        within: Mapping[str, ByChromosome] | None = None,
    ) -> Counted:
        """Reads of each region, and of each of `within`."""
        ...


def tally_reads(file: ReadsFile, plan: RegionPlan, *, rules: Any = None) -> Tally:
    """Reads of every region of a plan, shares, and how many count at all, from one pass.

    Parameters
    ----------
    rules
        Which reads count, and where (`tracks.reads.reads.ReadRules`).

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
        reached={} if file.lengths_known else dict(file.chrom_lengths),
        note=f"{kept} of {found.seen} alignments count",
    )


@dataclass(frozen=True)
class Tally:
    """What one pass over a track or a file of reads found.

    Attributes
    ----------
    values
        Table -> (n_regions,) float64, in the unit of the quantity; 0 on chromosomes that the file
        does not have.
    shares
        Table -> share of the library in its regions, each base (or read) counted once: 0 to 1, NaN
        for a library without signal.
    library_size
        Reads that count, or coverage x bp over the autosomes.
    chrom_lengths
        Length of every chromosome of the file, bp; None where the format does not tell.
    reached
        Where the data of each chromosome end, bp, where the format tells no lengths.
    note
        What is worth a line in the log.
    """

    values: Mapping[str, FloatArray]
    shares: Mapping[str, float]
    library_size: float
    chrom_lengths: Mapping[str, int | None]
    reached: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


def tally_coverage(track: CoverageTrack, plan: RegionPlan, *, mean: bool = False) -> Tally:
    """Coverage of every region of a plan, shares, and the library's size, from one pass.

    Parameters
    ----------
    mean
        Whether values are per bp (uncovered bases as zero) instead of summed over the bp.

    Raises
    ------
    InputFormatError
        If the track is damaged.
    """
    values = {name: np.zeros(len(table)) for name, table in plan.tables.items()}
    inside = dict.fromkeys(plan.within, 0.0)
    totals: dict[str, float] = {}
    for chrom, length in track.chrom_lengths.items():
        starts, ends, parts = plan.question(chrom)
        left_out = plan.exclude.get(chrom, (_NONE, _NONE))
        rest = complement(*left_out, length=length if track.lengths_known else MAX_COORDINATE)
        summary = track.summarise(
            chrom,
            np.concatenate([starts, rest[0]]),
            np.concatenate([ends, rest[1]]),
            extremes=False,
        )
        totals[chrom] = float(summary.sum[len(starts) :].sum())
        for part in parts:
            sums = summary.sum[part.pieces]
            if part.table in inside and not len(part.rows):
                inside[part.table] += float(sums.sum())
                continue
            bases = (ends - starts)[part.pieces] - summary.clipped[part.pieces]
            if part.owner is not None:
                n = len(part.rows)
                sums = np.asarray(np.bincount(part.owner, weights=sums, minlength=n), np.float64)
                bases = np.bincount(part.owner, weights=bases, minlength=n).astype(np.int64)
            if mean:
                sums = np.divide(sums, bases, out=np.zeros(len(sums)), where=bases > 0)
            values[part.table][part.rows] = sums
    whole = float(np.sum(list(totals.values())))
    return Tally(
        values=values,
        shares={name: s / whole if whole > 0 else np.nan for name, s in inside.items()},
        library_size=float(np.sum([totals[c] for c in autosomes(track.chrom_lengths)])),
        chrom_lengths=stated_lengths(track),
        reached={} if track.lengths_known else dict(track.chrom_lengths),
    )
