"""One pass over a track for every table of regions that is asked of it.

Decoding a track costs more than adding it up, so all tables, the parts that shares are taken of and
the whole chromosomes are one question to each chromosome.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.coverage_runs import MAX_COORDINATE, RegionSummary, complement
from resist_epi.intervals import Intervals as OneChromosome
from resist_epi.intervals import merge, subtract

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Intervals = Mapping[str, tuple[IntArray, IntArray]]

_SEX_AND_ORGANELLE = {"X", "Y", "M", "MT", "W", "Z"}
_NONE = np.zeros(0, dtype=np.int64)


class CoverageTrack(Protocol):
    """What counting needs of a track; the readers in `io/` satisfy it."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome of the track, bp."""
        ...

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the data end (bedGraph)."""
        ...

    def summarise(
        self, chrom: str, starts: IntArray, ends: IntArray, *, extremes: bool = True
    ) -> RegionSummary:
        """Sum, covered bases and, if wanted, extremes of each region of one chromosome."""
        ...

    def total(self, chroms: Sequence[str] | None = None, exclude: Intervals | None = None) -> float:
        """Sum of value x length over these chromosomes less the excluded intervals."""
        ...


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
    note
        What is worth a line in the log.
    """

    values: Mapping[str, FloatArray]
    shares: Mapping[str, float]
    library_size: float
    chrom_lengths: Mapping[str, int | None]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """Pieces of a chromosome's question that belong to one table."""

    table: str
    rows: IntArray  # of the table; empty where only the sum over all pieces is wanted
    owner: IntArray | None  # which of `rows` each piece is of; None where they are the same
    pieces: slice


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
    """

    tables: Mapping[str, pd.DataFrame]
    within: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    exclude: Intervals = field(default_factory=dict)
    _questions: dict[str, tuple[IntArray, IntArray, list[_Part]]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        pieces: dict[str, list[tuple[str, IntArray, IntArray | None, OneChromosome]]] = {}
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
        self, chrom: str, regions: OneChromosome
    ) -> tuple[OneChromosome, IntArray | None]:
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
        return digest.hexdigest()

    def question(self, chrom: str) -> tuple[IntArray, IntArray, list[_Part]]:
        """Starts and ends of all pieces on a chromosome, and what each belongs to."""
        return self._questions.get(chrom, (_NONE, _NONE, []))


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
    )


def stated_lengths(track: CoverageTrack) -> dict[str, int | None]:
    """Length of every chromosome, bp; None where the track does not say more than its data."""
    return {c: n if track.lengths_known else None for c, n in track.chrom_lengths.items()}


def autosomes(chroms: Sequence[str] | Mapping[str, int]) -> list[str]:
    """Chromosomes other than the sex chromosomes, the organelle's and unplaced pieces.

    All of them where nothing would be left.
    """
    bare = {c: c[3:] if c.lower().startswith("chr") else c for c in chroms}
    kept = [
        c for c, name in bare.items() if name.upper() not in _SEX_AND_ORGANELLE and "_" not in name
    ]
    return kept or list(chroms)


def on_one_chromosome(starts: IntArray, ends: IntArray) -> OneChromosome:
    """Intervals that are known to lie on one chromosome."""
    return OneChromosome(np.zeros(len(starts), dtype=np.int64), starts, ends)


def bounds(table: pd.DataFrame, rows: IntArray | None = None) -> OneChromosome:
    """Starts and ends of (these rows of) a table of one chromosome."""
    start, end = table["start"].to_numpy(np.int64), table["end"].to_numpy(np.int64)
    return (
        on_one_chromosome(start, end) if rows is None else on_one_chromosome(start[rows], end[rows])
    )
