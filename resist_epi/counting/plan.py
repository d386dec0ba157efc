"""One pass over a track for every table of regions that is asked of it.

Decoding a track costs more than adding it up, so all tables, the parts that shares are taken of and
the whole chromosomes are one question to each chromosome.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resist_epi.arrays import ByChromosome, FloatArray, IntArray, Spans
from resist_epi.genome.intervals import Intervals, bounds, merge, on_one_chromosome, subtract
from resist_epi.tracks.engine.region_sums import RegionSummary, complement
from resist_epi.tracks.engine.runs import MAX_COORDINATE
from resist_epi.tracks.engine.track import CoverageTrack

_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Part:
    """Pieces of a chromosome's question that belong to one table."""

    table: str
    rows: IntArray  # of the table; empty where only the sum over all pieces is wanted
    owner: IntArray | None  # which of `rows` each piece is of; None where they are the same
    pieces: slice

    def gather(
        self, found: RegionSummary, bases: IntArray, *, extremes: bool
    ) -> tuple[RegionSummary, IntArray]:
        """From pieces to rows: what lies in them, and of how many bases."""
        mine = RegionSummary(
            *(
                getattr(found, name)[self.pieces]
                for name in ("sum", "covered", "min", "max", "clipped")
            )
        )
        bases = bases[self.pieces] - mine.clipped
        if self.owner is None:
            return mine, bases
        owner, n = self.owner, len(self.rows)

        def add(values: FloatArray | IntArray) -> FloatArray:
            return np.bincount(owner, weights=values, minlength=n).astype(np.float64)

        lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
        if extremes:
            seen = mine.covered > 0
            np.minimum.at(lowest, owner[seen], mine.min[seen])
            np.maximum.at(highest, owner[seen], mine.max[seen])
        whole = RegionSummary(
            sum=add(mine.sum),
            covered=add(mine.covered).astype(np.int64),
            min=np.where(np.isfinite(lowest), lowest, np.nan),
            max=np.where(np.isfinite(highest), highest, np.nan),
            clipped=add(mine.clipped).astype(np.int64),
        )
        return whole, add(bases).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a track holds in the regions of a plan on one chromosome.

    Attributes
    ----------
    rows
        Table, its rows on the chromosome, what lies in them, and (n,) bases of each that count.
    within
        Table of which only the share is wanted -> sum over its pieces, each base once.
    also
        Sum over the intervals that were asked for besides.
    lowest
        Of all values that were read; 0 where none is below.
    """

    rows: list[tuple[str, IntArray, RegionSummary, IntArray]]
    within: dict[str, float]
    also: float
    lowest: float = 0.0


@dataclass(frozen=True)
class Adjacent:
    """Adjacent bins of whole chromosomes, of which the sums are wanted besides.

    Attributes
    ----------
    step
        bp of a bin; the last one of a chromosome may be shorter.
    lengths
        bp of each chromosome, in order.
    """

    step: int
    lengths: Mapping[str, int]


@dataclass(frozen=True)
class RegionPlan:
    """Tables of regions made ready to be counted, once for all tracks.

    Attributes
    ----------
    tables
        Name -> region table, in any order; each region is counted.
    within
        Name -> region table of which only the share of the library is wanted.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases count nowhere.
    adjacent
        Bins beside the tables; None where none are wanted.
    """

    tables: Mapping[str, pd.DataFrame]
    within: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    exclude: ByChromosome = field(default_factory=dict)
    adjacent: Adjacent | None = None
    _questions: dict[str, tuple[IntArray, IntArray, list[_Part]]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        pieces: dict[str, list[tuple[str, IntArray, IntArray | None, Intervals]]] = {}
        for name, table in self.tables.items():
            for chrom, rows in table.groupby("chrom", sort=False).indices.items():
                mine = np.asarray(rows, dtype=np.int64)
                kept, owner = self._without_excluded(str(chrom), bounds(table, mine))
                pieces.setdefault(str(chrom), []).append((name, mine, owner, kept))
        for name, table in self.within.items():
            for chrom, rows in table.groupby("chrom", sort=False).indices.items():
                merged, _ = merge(bounds(table, np.asarray(rows, dtype=np.int64)))
                kept, _ = self._without_excluded(str(chrom), merged)
                pieces.setdefault(str(chrom), []).append((name, _NONE, None, kept))
        for chrom, found in pieces.items():
            edges = np.cumsum([0, *(len(p.start) for *_, p in found)])
            parts = [
                _Part(name, rows, owner, slice(int(edges[k]), int(edges[k + 1])))
                for k, (name, rows, owner, _) in enumerate(found)
            ]
            starts = np.concatenate([p.start for *_, p in found])
            ends = np.concatenate([p.end for *_, p in found])
            self._questions[chrom] = (starts, ends, parts)

    def _without_excluded(
        self, chrom: str, regions: Intervals
    ) -> tuple[Intervals, IntArray | None]:
        if chrom not in self.exclude or not len(self.exclude[chrom][0]):
            return regions, None
        return subtract(regions, on_one_chromosome(*self.exclude[chrom]))

    def digest(self) -> str:
        """SHA-256 of everything that a tally depends on."""
        digest = hashlib.sha256()
        for chrom, (starts, ends, parts) in sorted(self._questions.items()):
            digest.update(chrom.encode())
            for part in parts:
                owner = _NONE if part.owner is None else part.owner
                digest.update(f"{part.table} {part.pieces} {len(part.rows)} {len(owner)}".encode())
                digest.update(part.rows.tobytes() + owner.astype(np.int64).tobytes())
            digest.update(starts.tobytes() + ends.tobytes())
        for chrom, (starts, ends) in sorted(self.exclude.items()):
            digest.update(chrom.encode() + starts.tobytes() + ends.tobytes())
        if self.adjacent is not None:
            digest.update(f"adjacent {self.adjacent.step}".encode())
            digest.update(" ".join(f"{c}:{n}" for c, n in self.adjacent.lengths.items()).encode())
        return digest.hexdigest()

    @property
    def chroms(self) -> list[str]:
        """Chromosomes that hold any region."""
        return list(self._questions)

    def counted(self, chrom: str, length: int | None) -> Spans:
        """Starts and ends of all of a chromosome but what is excluded."""
        end = MAX_COORDINATE if length is None else length
        return complement(*self.exclude.get(chrom, (_NONE, _NONE)), length=end)

    def asked(self, chrom: str, *, also: Spans | None = None) -> Spans:
        """Starts and ends of everything that is asked of a chromosome, as `answer` wants it summed.

        Parameters
        ----------
        also
            Starts and ends of intervals whose sum is wanted besides.
        """
        starts, ends, _ = self._questions.get(chrom, (_NONE, _NONE, []))
        more = (_NONE, _NONE) if also is None else also
        return np.concatenate([starts, more[0]]), np.concatenate([ends, more[1]])

    def answer(self, chrom: str, found: RegionSummary, *, extremes: bool = False) -> Answer:
        """What lies in every region of every table, from what lies in the intervals of `asked`."""
        starts, ends, parts = self._questions.get(chrom, (_NONE, _NONE, []))
        answer = Answer([], {}, float(found.sum[len(starts) :].sum()), found.lowest)
        for part in parts:
            if len(part.rows):
                gathered = part.gather(found, ends - starts, extremes=extremes)
                answer.rows.append((part.table, part.rows, *gathered))
            else:
                answer.within[part.table] = float(found.sum[part.pieces].sum())
        return answer

    def ask(self, track: CoverageTrack, chrom: str, *, extremes: bool = False) -> Answer:
        """Sum up one chromosome of a track in every region of every table, in one pass.

        Parameters
        ----------
        extremes
            Whether minimum and maximum are wanted.

        Raises
        ------
        GenomeMismatchError
            If the track has no such chromosome.
        InputFormatError
            If the track is damaged.
        """
        found = track.summarise(chrom, *self.asked(chrom), extremes=extremes)
        return self.answer(chrom, found, extremes=extremes)


def bins_alone(adjacent: Adjacent | None, exclude: ByChromosome) -> RegionPlan:
    """What is asked of a file of which nothing is wanted but adjacent bins."""
    return RegionPlan({}, {}, exclude, adjacent)
