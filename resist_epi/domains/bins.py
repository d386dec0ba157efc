"""Adjacent bins of all samples, from coverage tracks or from files of reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat, ByChromosome, FloatArray, IntArray
from resist_epi.counting.files import BINS
from resist_epi.genome.intervals import Intervals, subtract
from resist_epi.io.parts import Parts
from resist_epi.tracks.engine.track import CoverageTrack


class BinSource(ABC):
    """Bins of tracks or reads, all samples together: what finding windows needs.

    Attributes
    ----------
    quantity
        `coverage_sum`, `recovered_reads` or `reads`: what bins may be added up in.
    """

    samples: tuple[str, ...]
    quantity: str

    @abstractmethod
    def bins(self, chrom: str, starts: IntArray, ends: IntArray) -> tuple[AnyFloat, IntArray]:
        """(n_bins, n_samples) values of adjacent bins, and the bases of each that count.

        Raises
        ------
        GenomeMismatchError
            If a track lacks the chromosome.
        InputFormatError
            If a track is damaged.
        """


class TrackBins(BinSource):
    """Bins of coverage tracks: sums of value x bp, or fragments where the tracks hold these.

    Parameters
    ----------
    tracks
        SampleID -> track.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases do not count.
    widths
        (n_samples,) what value x bp is divided by, such as the bp that a fragment adds to a track
        of recovered counts: then the bins are `recovered_reads`, else `coverage_sum`.
    """

    def __init__(
        self,
        tracks: Mapping[str, CoverageTrack],
        *,
        exclude: ByChromosome | None = None,
        widths: FloatArray | None = None,
    ) -> None:
        self.samples = tuple(tracks)
        self.quantity = "coverage_sum" if widths is None else "recovered_reads"
        self._tracks, self._exclude = dict(tracks), exclude or {}
        self._widths = np.ones(len(tracks)) if widths is None else widths

    def bins(self, chrom: str, starts: IntArray, ends: IntArray) -> tuple[AnyFloat, IntArray]:
        """As of `BinSource`."""
        values, n = np.empty((len(starts), len(self.samples))), len(starts)
        pieces, owner = pieces_left(chrom, starts, ends, self._exclude)
        for i, track in enumerate(self._tracks.values()):
            sums = track.summarise(chrom, pieces.start, pieces.end, extremes=False).sum
            values[:, i] = np.bincount(owner, weights=sums, minlength=n) / self._widths[i]
        return values, np.bincount(owner, weights=pieces.length, minlength=n).astype(np.int64)


class KeptBins(BinSource):
    """Bins that were added up while something else was asked of the tracks, or of the reads.

    Parameters
    ----------
    parts
        Where they are kept, in single precision, an array a chromosome.
    keys
        SampleID -> key of its part.
    quantity
        `coverage_sum`, `recovered_reads` where tracks hold fragments, or `reads`.
    exclude
        As they were added up with.
    """

    def __init__(
        self,
        parts: Parts,
        keys: Mapping[str, str],
        *,
        quantity: str,
        exclude: ByChromosome | None = None,
    ) -> None:
        self.samples, self.quantity = tuple(keys), quantity
        self._parts, self._keys, self._exclude = parts, list(keys.values()), exclude or {}

    def bins(self, chrom: str, starts: IntArray, ends: IntArray) -> tuple[AnyFloat, IntArray]:
        """(n_bins, n_samples) float32 of adjacent bins, and the bases of each that count."""
        values = np.empty((len(starts), len(self.samples)), dtype=np.float32)
        for i, key in enumerate(self._keys):
            values[:, i] = self._parts.array(key, f"{BINS}{chrom}")
        pieces, owner = pieces_left(chrom, starts, ends, self._exclude)
        bases = np.bincount(owner, weights=pieces.length, minlength=len(starts))
        return values, bases.astype(np.int64)


def bin_table(lengths: Mapping[str, int], step: int) -> pd.DataFrame:
    """Adjacent bins of whole chromosomes, `chrom start end`, without names."""
    starts = {c: np.arange(0, n, step, dtype=np.int64) for c, n in lengths.items()}
    names = np.array([*lengths, ""], dtype=object)
    table = pd.DataFrame(
        {
            "chrom": names[np.repeat(np.arange(len(starts)), [len(s) for s in starts.values()])],
            "start": np.concatenate([np.zeros(0, dtype=np.int64), *starts.values()]),
        }
    )
    ends = [np.minimum(s + step, lengths[c]) for c, s in starts.items()]
    table["end"] = np.concatenate([np.zeros(0, dtype=np.int64), *ends])
    return table


def pieces_left(
    chrom: str, starts: IntArray, ends: IntArray, exclude: ByChromosome
) -> tuple[Intervals, IntArray]:
    """What the blacklist leaves of each bin, and the bin that each piece belongs to."""
    none = np.zeros(0, dtype=np.int64)
    first, last = exclude.get(chrom, (none, none))
    holes = Intervals(np.zeros(len(first), dtype=np.int64), first, last)
    return subtract(Intervals(np.zeros(len(starts), dtype=np.int64), starts, ends), holes)
