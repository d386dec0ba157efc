"""What one pass over a track or a file of reads finds in the regions of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.plan import RegionPlan
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.regions import disjoint_by_chrom
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile


def tally_reads(file: ReadsFile, plan: RegionPlan, *, rules: ReadRules | None = None) -> Tally:
    """Reads of every region of a plan, shares, and how many count at all, from one pass.

    Parameters
    ----------
    rules
        Which reads count, and where; by default every mapped primary alignment, as it spans.

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
    lowest
        Value of a track; 0 where none that was read is below.
    """

    values: Mapping[str, FloatArray]
    shares: Mapping[str, float]
    library_size: float
    chrom_lengths: Mapping[str, int | None]
    reached: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    lowest: float = 0.0


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
    lowest = 0.0
    for chrom in track.chrom_lengths:
        answer = plan.ask(track, chrom, also=plan.counted(track, chrom))
        totals[chrom] = answer.also
        lowest = min(lowest, answer.lowest)
        for name, inside_here in answer.within.items():
            inside[name] += inside_here
        for table, rows, found, bases in answer.rows:
            sums = found.sum
            if mean:
                sums = np.divide(sums, bases, out=np.zeros(len(sums)), where=bases > 0)
            values[table][rows] = sums
    whole = float(np.sum(list(totals.values())))
    return Tally(
        values=values,
        shares={name: s / whole if whole > 0 else np.nan for name, s in inside.items()},
        library_size=float(np.sum([totals[c] for c in autosomes(track.chrom_lengths)])),
        chrom_lengths=track.stated_lengths(),
        reached={} if track.lengths_known else dict(track.chrom_lengths),
        lowest=lowest,
    )
