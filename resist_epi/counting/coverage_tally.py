"""A track added up in the regions of a plan while its runs go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.tally import Tally
from resist_epi.errors import InputFormatError
from resist_epi.genome.chromosomes import autosomes
from resist_epi.tracks.engine.adjacent_bins import AdjacentBins
from resist_epi.tracks.engine.region_sums import RegionAccumulator
from resist_epi.tracks.engine.runs import MAX_COORDINATE, Grid, Runs
from resist_epi.tracks.engine.track import (
    NEGATIVE,
    NEGATIVE_REMEDY,
    CoverageTrack,
    lowest_value,
    warn_of_undefined,
)
from resist_epi.tracks.recovery.recovery import Recovery


class CoverageTally:
    """Adds up what it hears of a track in the regions of a plan; a `Listener`.

    Whoever reads the track, and for whatever, its chunks of runs are the same, and so is every
    digit of the sums.

    Parameters
    ----------
    track
        The track that is heard, asked for its chromosomes alone.
    mean
        Whether values are per bp (uncovered bases as zero) instead of summed over the bp.
    exogenous
        Chromosomes that are of another genome -> whose they are; added up apart.
    """

    def __init__(
        self,
        track: CoverageTrack,
        plan: RegionPlan,
        *,
        mean: bool = False,
        exogenous: Mapping[str, str] | None = None,
    ) -> None:
        self._track, self._plan, self._mean = track, plan, mean
        self._foreign = dict(exogenous or {})
        self._values = {name: np.zeros(len(table)) for name, table in plan.tables.items()}
        self._inside = {name: dict[str, float]() for name in plan.within}
        self._totals: dict[str, float] = {}
        self._apart: dict[str, float] = {}
        self._found_bins: dict[str, FloatArray] = {}
        self._lowest = 0.0
        self._sums: RegionAccumulator | None = None
        self._bins: AdjacentBins | None = None

    def begin(self, chrom: str) -> None:
        """Make ready what is asked of a chromosome."""
        plan, adjacent = self._plan, self._plan.adjacent
        length = self._track.chrom_lengths[chrom] if self._track.lengths_known else None
        self._bins = None
        if chrom in self._foreign:
            whole = [0], [MAX_COORDINATE if length is None else length]
            self._sums = RegionAccumulator(*whole, length=length, extremes=False)
            return
        asked = plan.asked(chrom, also=plan.counted(chrom, length))
        self._sums = RegionAccumulator(*asked, length=length, extremes=False)
        if adjacent is not None and chrom in adjacent.lengths:
            self._bins = AdjacentBins(
                adjacent.step, adjacent.lengths[chrom], exclude=plan.exclude.get(chrom)
            )

    def add(self, runs: Runs | Grid) -> None:
        """Add the next runs of the chromosome."""
        self._lowest = min(self._lowest, lowest_value(runs))
        if self._sums is not None:
            self._sums.add(runs)
        if self._bins is not None:
            self._bins.add(runs)

    def end(self, chrom: str) -> None:
        """Take over what was found on the chromosome."""
        if self._sums is None:
            return
        warn_of_undefined(self._track.path, chrom, self._sums.undefined)
        summary = self._sums.result()
        if chrom in self._foreign:
            self._apart[chrom] = float(summary.sum.sum())
            return
        answer = self._plan.answer(chrom, summary)
        self._totals[chrom] = answer.also
        for name, inside in answer.within.items():
            self._inside[name][chrom] = inside
        for table, rows, found, bases in answer.rows:
            sums = found.sum
            if self._mean:
                sums = np.divide(sums, bases, out=np.zeros(len(sums)), where=bases > 0)
            self._values[table][rows] = sums
        if self._bins is not None:
            self._found_bins[chrom] = self._bins.result()

    def tally(self) -> Tally:
        """What was found, once every chromosome of the track was heard to its end."""
        track = self._track
        own = {c: n for c, n in track.chrom_lengths.items() if c not in self._foreign}
        apart = dict.fromkeys(self._foreign.values(), 0.0)
        for chrom, species in self._foreign.items():
            apart[species] += self._apart[chrom]
        # In the order of the track, in whatever order it was heard.
        whole = float(np.sum([self._totals[c] for c in own]))
        inside = {n: sum(by[c] for c in own if c in by) for n, by in self._inside.items()}
        return Tally(
            values=self._values,
            shares={name: s / whole if whole > 0 else np.nan for name, s in inside.items()},
            library_size=float(np.sum([self._totals[c] for c in autosomes(own)])),
            chrom_lengths={c: n for c, n in track.stated_lengths().items() if c in own},
            reached={} if track.lengths_known else own,
            lowest=self._lowest,
            exogenous=apart,
            bins=self._found_bins,
        )


def tally_coverage(
    track: CoverageTrack,
    plan: RegionPlan,
    *,
    mean: bool = False,
    exogenous: Mapping[str, str] | None = None,
) -> Tally:
    """Coverage of every region of a plan, shares, and the library's size, from one pass.

    Parameters
    ----------
    mean, exogenous
        As of `CoverageTally`.

    Raises
    ------
    InputFormatError
        If the track is damaged.
    """
    sums = CoverageTally(track, plan, mean=mean, exogenous=exogenous)
    for chrom in track.chrom_lengths:
        sums.begin(chrom)
        for runs in track.runs(chrom):
            sums.add(runs)
        sums.end(chrom)
    return sums.tally()


def checked_tally(found: Tally, path: str, recovery: Recovery | None) -> Tally:
    """What was added up of a track, as its quantity has it: of recovered counts, in fragments.

    Raises
    ------
    InputFormatError
        If a value is below zero.
    """
    if found.lowest < 0:
        raise InputFormatError(
            f"it holds {NEGATIVE} (here {found.lowest:g})",
            path=path,
            expected="coverage, which is nowhere below zero",
            remedy=NEGATIVE_REMEDY,
        )
    if recovery is None:
        return found
    width = recovery.width
    apart = {species: total / width for species, total in found.exogenous.items()}
    size = recovery.library_size
    of_sheet = recovery.evidence.get("library_size_from") == "given"
    return replace(
        found,
        values={name: sums / width for name, sums in found.values.items()},
        # The scale tells the reads of the whole file, unless the sheet says the library's.
        library_size=size if of_sheet else size - sum(apart.values()),
        exogenous=apart,
        bins={chrom: sums / width for chrom, sums in found.bins.items()},
    )
