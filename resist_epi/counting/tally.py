"""What one pass over a file finds in the regions of a plan, and that pass over a file of reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.plan import RegionPlan
from resist_epi.genome.regions import disjoint_by_chrom
from resist_epi.tracks.reads.point_bins import PointBins
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile

Exogenous = Callable[[ReadsFile], Mapping[str, str]]


def tally_reads(
    file: ReadsFile,
    plan: RegionPlan,
    *,
    rules: ReadRules | None = None,
    exogenous: Exogenous = lambda file: {},
) -> Tally:
    """Reads of every region of a plan and of its bins, shares, and the library, from one pass.

    Parameters
    ----------
    rules
        Which reads count, and where; by default every mapped primary alignment, as it spans.
    exogenous
        Chromosomes of the file that are of another genome -> whose they are; asked once the file
        was read. Their reads are counted apart, and are no part of the library.

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
    adjacent = plan.adjacent
    points = None if adjacent is None else PointBins(adjacent.step, adjacent.lengths)
    found = file.count(
        pd.concat(asked, ignore_index=True) if asked else pd.DataFrame(columns=columns),
        rules=rules,
        exclude=plan.exclude,
        within={name: disjoint_by_chrom(table) for name, table in plan.within.items()},
        points=points,
    )
    values, at = {}, 0
    for name, mask in here.items():
        n = int(np.count_nonzero(mask))
        values[name] = np.zeros(len(mask))
        values[name][mask] = found.counts[at : at + n]
        at += n
    foreign = exogenous(file)
    lengths = {c: n for c, n in lengths.items() if c not in foreign}
    if not file.lengths_known:
        own = {c: n for c, n in file.chrom_lengths.items() if c not in foreign}
        wanted = {str(c) for table in tables.values() for c in table["chrom"].unique()}
        wanted -= set(foreign)
        lengths = dict.fromkeys([*own, *sorted(wanted)] if wanted & set(own) else own)
    apart = dict.fromkeys(foreign.values(), 0.0)
    for chrom, species in foreign.items():
        apart[species] += found.by_chrom.get(chrom, 0)
    kept = found.kept - int(sum(apart.values()))
    return Tally(
        values=values,
        shares={name: n / kept if kept else np.nan for name, n in found.inside.items()},
        library_size=float(kept),
        chrom_lengths=lengths,
        reached={} if file.lengths_known else own,
        note="; ".join(
            [
                f"{kept} of {found.seen} alignments count",
                *(f"{n:.0f} of {species} are counted apart" for species, n in apart.items()),
            ]
        ),
        exogenous=apart,
        bins={} if points is None else points.counts(),
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
    exogenous
        Species -> reads (or coverage x bp) on its chromosomes, of which nothing else holds any.
    bins
        Chromosome -> (n_bins,) sums of a track in the plan's adjacent bins, none where the track
        does not have the chromosome; of reads, how many have their point in each.
    """

    values: Mapping[str, FloatArray]
    shares: Mapping[str, float]
    library_size: float
    chrom_lengths: Mapping[str, int | None]
    reached: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    lowest: float = 0.0
    exogenous: Mapping[str, float] = field(default_factory=dict)
    bins: Mapping[str, FloatArray | IntArray] = field(default_factory=dict)
