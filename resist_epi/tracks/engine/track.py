"""What every coverage track can answer, given its runs chromosome by chromosome."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from resist_epi.arrays import ByChromosome, FloatArray, Spans
from resist_epi.errors import GenomeMismatchError
from resist_epi.tracks.engine.bins import BinAccumulator
from resist_epi.tracks.engine.region_sums import RegionAccumulator, RegionSummary, complement
from resist_epi.tracks.engine.runs import MAX_COORDINATE, Grid, GridParts, Runs

logger = logging.getLogger(__name__)

# What is said of values below zero, wherever they are met.
NEGATIVE = "values below zero, as log ratios and tracks with input subtracted hold them"

NEGATIVE_REMEDY = "take the tracks from which the ratio or difference was made"


class CoverageTrack(ABC):
    """A track of coverage: it yields its runs, and each question is one pass over a chromosome.

    Every question raises GenomeMismatchError where the track has no such chromosome, and
    InputFormatError where the file is damaged as far as it was read.

    Attributes
    ----------
    chrom_lengths
        Length of every chromosome of the track, bp.
    lengths_known
        Whether these are the chromosomes' true lengths (a bigWig states them) or only where the
        data end (a bedGraph says no more).
    """

    path: Path | str
    chrom_lengths: Mapping[str, int]
    lengths_known: bool = True

    @abstractmethod
    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome in chunks, sorted and without overlap; none where it has no data."""

    def stated_total(self) -> float | None:
        """Value x bp over all, where the file states it; None where it does not."""
        return None

    def stated_lengths(self) -> dict[str, int | None]:
        """Length of every chromosome, bp; None where the track says no more than its data."""
        return {c: n if self.lengths_known else None for c, n in self.chrom_lengths.items()}

    def runs_within(
        self, chrom: str, within: Spans | None = None
    ) -> Iterator[Runs | Grid | GridParts]:
        """Runs of a chromosome, of which those that lie outside `within` may be left out.

        Parameters
        ----------
        within
            Starts and ends (k,), sorted and apart from each other; None for all.
        """
        return self.runs(chrom)

    def summarise(
        self, chrom: str, starts: ArrayLike, ends: ArrayLike, *, extremes: bool = True
    ) -> RegionSummary:
        """Sum, covered bases, minimum and maximum of regions of one chromosome.

        Parameters
        ----------
        chrom
            A chromosome of the track.
        starts, ends
            (n,) integers, 0-based half-open, sorted or not, overlapping, nested; what reaches
            before 0 or past the end is clipped, and the summary says how much.
        extremes
            Whether minimum and maximum are wanted; without them it is a little faster.

        Raises
        ------
        InputFormatError
            If the file is damaged, or a region ends before it starts.
        """
        self._check_chromosome(chrom)
        length = self.chrom_lengths[chrom] if self.lengths_known else None
        accumulator = RegionAccumulator(starts, ends, length=length, extremes=extremes)
        lowest = 0.0
        for runs in self.runs_within(chrom, accumulator.within):
            accumulator.add(runs)
            lowest = min(lowest, lowest_value(runs))
            del runs  # whose memory serves the next ones
        warn_of_undefined(self.path, chrom, accumulator.undefined)
        return replace(accumulator.result(), lowest=lowest)

    def bin_sums(self, chrom: str, edges: ArrayLike) -> FloatArray:
        """Sum of value x bp in (n_rows, n_bins) of one chromosome; uncovered bases add nothing.

        Parameters
        ----------
        chrom
            A chromosome of the track.
        edges
            (n_rows, n_bins + 1) integers, ascending within a row; what reaches before 0 or past
            the end is clipped.

        Raises
        ------
        InputFormatError
            If the file is damaged, or the edges of a row do not ascend.
        """
        self._check_chromosome(chrom)
        length = self.chrom_lengths[chrom] if self.lengths_known else None
        accumulator = BinAccumulator(edges, length=length)
        for runs in self.runs_within(chrom, accumulator.within):
            accumulator.add(runs)
            del runs
        warn_of_undefined(self.path, chrom, accumulator.undefined)
        return accumulator.result()

    def total(
        self,
        chroms: Sequence[str] | None = None,
        exclude: ByChromosome | None = None,
    ) -> float:
        """Sum of value x bp over whole chromosomes (default: all) less the excluded intervals.

        Parameters
        ----------
        chroms
            Chromosomes of the track.
        exclude
            By chromosome, starts and ends (m,) of what to leave out; they may overlap.
        """
        none = np.zeros(0, dtype=np.int64)
        parts = []
        for chrom in self.chrom_lengths if chroms is None else chroms:
            self._check_chromosome(chrom)
            starts, ends = (exclude or {}).get(chrom, (none, none))
            length = self.chrom_lengths[chrom] if self.lengths_known else MAX_COORDINATE
            kept = complement(starts, ends, length=length)
            parts.append(float(self.summarise(chrom, *kept, extremes=False).sum.sum()))
        return float(np.sum(parts))

    def _check_chromosome(self, chrom: str) -> None:
        if chrom not in self.chrom_lengths:
            names = list(self.chrom_lengths)
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            raise GenomeMismatchError(
                f"{self.path}: no chromosome {chrom!r} in this track, which has"
                f" {len(names)} ({shown or 'none'}). Give regions of the same assembly and with"
                " the same chromosome names"
            )


def lowest_value(runs: Runs | Grid | GridParts) -> float:
    """The lowest value, or 0 where none is below; NaN is none."""
    values = runs.values
    if not runs.below_zero or not len(values):
        return 0.0
    lowest = float(np.minimum.reduce(values))  # several times as fast, but NaN wins
    return min(0.0, float(np.fmin.reduce(values)) if np.isnan(lowest) else lowest)


def warn_of_undefined(path: Path | str, chrom: str, count: int) -> None:
    """Say how many stretches of a chromosome have no finite value, if any."""
    if count:
        logger.warning(
            "%s, %s: %d stretches with NaN or infinite values count as uncovered",
            path,
            chrom,
            count,
        )
