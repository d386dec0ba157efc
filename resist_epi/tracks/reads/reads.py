"""Reads of any file: which count, and where, and how many lie in each region."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from resist_epi.arrays import ByChromosome, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.tracks.reads.overlap_counter import OverlapCounter, touches
from resist_epi.tracks.reads.point_bins import PointBins

logger = logging.getLogger(__name__)


CountAs = Literal["read", "fragment", "five_prime", "midpoint"]

COUNT_AS: tuple[str, ...] = ("read", "fragment", "five_prime", "midpoint")

UNMAPPED, REVERSE, SECONDARY, FAILED, DUPLICATE = 0x4, 0x10, 0x100, 0x200, 0x400

PAIRED, PROPER, SUPPLEMENTARY = 0x1, 0x2, 0x800

_LONGEST_FRAGMENT = 2000  # proper pairs further apart are mapping errors


@dataclass(frozen=True, slots=True)
class ReadRules:
    """Which reads count, and where.

    Unmapped, secondary, supplementary and failed reads never count.

    Attributes
    ----------
    count_as
        `read`: every base that the alignment spans. `fragment`: from the 5' end over
        `fragment_length` bp; proper pairs count once, from end to end. `five_prime`: the 5' base,
        moved by `shift` bp downstream. `midpoint`: the middle of the fragment (one base).
    min_quality
        Lowest mapping quality.
    duplicates
        Whether reads marked as duplicates count.
    fragment_length
        bp; needed for `fragment` and `midpoint` where reads are not paired.
    shift
        bp; half the fragment length puts 5' ends over the middle of the fragment.

    Raises
    ------
    InputFormatError
        If `count_as` is unknown.
    """

    count_as: CountAs = "read"
    min_quality: int = 0
    duplicates: bool = True
    fragment_length: int | None = None
    shift: int = 0

    def __post_init__(self) -> None:
        if self.count_as not in COUNT_AS:
            raise InputFormatError(
                f"unknown way to count reads {self.count_as!r}", expected=", ".join(COUNT_AS)
            )

    def at_points(self) -> ReadRules:
        """The same reads, each at one base, so that adjacent bins may be added up.

        Fragments count where their middle lies, reads where their 5' end does.
        """
        if self.count_as == "fragment":
            return replace(self, count_as="midpoint")
        return replace(self, count_as="five_prime") if self.count_as == "read" else self

    def describe(self) -> str:
        """Say in one clause which reads count, and where."""
        length = self.fragment_length
        of = f" of {length} bp" if length is not None else ""
        text = {
            "read": "reads as they are aligned",
            "fragment": f"fragments{of}, pairs from end to end",
            "five_prime": f"5' ends moved by {self.shift} bp",
            "midpoint": f"midpoints of fragments{of}, pairs from end to end",
        }[self.count_as]
        text += f", mapping quality at least {self.min_quality}" if self.min_quality else ""
        return text + (", duplicates kept" if self.duplicates else ", without marked duplicates")


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """Reads of a file in regions.

    Attributes
    ----------
    counts
        (n_regions,) int64.
    kept
        Reads (or fragments) that count at all: the library size.
    seen
        Alignments in the file.
    inside
        Name of intervals asked for -> reads that touch any of them.
    by_chrom
        Chromosome -> reads of `kept` on it, where there are any.
    """

    counts: IntArray
    kept: int
    seen: int
    inside: Mapping[str, int] = field(default_factory=dict)
    by_chrom: Mapping[str, int] = field(default_factory=dict)


class ReadsFile(ABC):
    """A file of reads; every question is one pass, and no index is needed.

    Attributes
    ----------
    path
        The file.
    """

    path: Path

    @property
    @abstractmethod
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome, bp."""

    @property
    @abstractmethod
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the reads end."""

    @abstractmethod
    def _codes(self, wanted: Sequence[str]) -> dict[str, int]:
        """Chromosome -> code, those wanted among them."""

    @abstractmethod
    def _columns(self, codes: dict[str, int]) -> Iterator[IntArray]:
        """As `columns`; codes may be added."""

    @abstractmethod
    def _check(self, rules: ReadRules) -> None:
        """Refuse rules that need what the file does not say."""

    def columns(self) -> Iterator[IntArray]:
        """(7, n) columns of every alignment, chunk by chunk, in the order of the file.

        Chromosome code, start and end in bp, flag, mapping quality, code of the mate's chromosome,
        template length.

        Raises
        ------
        InputFormatError
            If the file is damaged.
        """
        return self._columns(self._codes([]))

    def places(
        self, rules: ReadRules, codes: dict[str, int] | None = None
    ) -> Iterator[tuple[IntArray, IntArray, IntArray, IntArray]]:
        """Where reads count: chromosome code, start and end in bp; and all columns looked at.

        Chunk by chunk, in the order of the file.

        Raises
        ------
        InputFormatError
            If the file is damaged, or cannot be counted by these rules.
        """
        self._check(rules)
        for columns in self._columns(self._codes([]) if codes is None else codes):
            chrom, start, end = _place(columns, rules, self.path)
            yield chrom, start, end, columns

    def count(
        self,
        regions: pd.DataFrame,
        *,
        rules: ReadRules | None = None,
        exclude: ByChromosome | None = None,
        within: Mapping[str, ByChromosome] | None = None,
        points: PointBins | None = None,
    ) -> ReadCounts:
        """Count the reads of each region in one pass; a read counts in every region it overlaps.

        Parameters
        ----------
        regions
            `chrom start end`, in any order.
        rules
            Which reads count, and where; by default every mapped primary alignment, as it spans.
        exclude
            Chromosome -> sorted, disjoint starts and ends; reads that touch them count nowhere.
        within
            Name -> intervals as those of `exclude`: reads that touch any are counted once.
        points
            Bins to which the same reads are added, each by its point.

        Raises
        ------
        GenomeMismatchError
            If a region's chromosome is not in the header.
        InputFormatError
            If the file is damaged, or cannot be counted by these rules.
        """
        rules = rules or ReadRules()
        at_points = rules.at_points()
        wanted = dict.fromkeys(map(str, regions["chrom"]))
        if points is not None:
            self._check(at_points)
            known = points.lengths if not self.lengths_known else self.chrom_lengths
            wanted |= dict.fromkeys(c for c in points.lengths if c in known)
        codes = self._codes(list(wanted))
        if points is not None:
            points.begin(codes)
        counter = OverlapCounter(
            regions["chrom"].map(codes).to_numpy(np.int64),
            regions["start"].to_numpy(np.int64),
            regions["end"].to_numpy(np.int64),
        )
        left_out = _merged(codes, exclude)
        parts = {name: _merged(codes, intervals) for name, intervals in (within or {}).items()}
        inside = dict.fromkeys(parts, 0)
        kept = seen = paired = 0
        on = np.zeros(0, dtype=np.int64)
        for chrom, start, end, columns in self.places(rules, codes):
            seen += columns.shape[1]
            if points is not None:
                at, point, _ = _place(columns, at_points, self.path)
                free = ~touches(at, point, point + 1, left_out)
                points.add(at[free], point[free])
            paired += int(np.count_nonzero(columns[3] & PAIRED))
            free = ~touches(chrom, start, end, left_out)
            if not free.all():
                chrom, start, end = chrom[free], start[free], end[free]  # noqa: PLW2901
            kept += chrom.size
            here = np.bincount(chrom, minlength=on.size)
            here[: on.size] += on
            on = here
            counter.add(chrom, start, end)
            for name, part in parts.items():
                inside[name] += int(np.count_nonzero(touches(chrom, start, end, part)))
        if not seen:
            logger.warning("%s: no alignment in the file", self.path)
        if paired and rules.count_as in {"read", "five_prime"}:
            logger.warning(
                "%s: reads are paired, and each of a pair counts; --count-as fragment counts a"
                " pair once",
                self.path,
            )
        by_chrom = {c: int(on[code]) for c, code in codes.items() if code < on.size and on[code]}
        return ReadCounts(counter.counts(), kept, seen, inside, by_chrom)


def _place(columns: IntArray, rules: ReadRules, path: Path) -> tuple[IntArray, IntArray, IntArray]:
    """Chromosome, start and end of what counts of each kept read."""
    chrom, start, end, flag, quality, mate, template = columns
    bad = UNMAPPED | SECONDARY | SUPPLEMENTARY | FAILED
    bad |= 0 if rules.duplicates else DUPLICATE
    keep = ((flag & bad) == 0) & (quality >= rules.min_quality) & (chrom >= 0) & (start >= 0)
    paired = rules.count_as in {"fragment", "midpoint"}
    proper = np.zeros(keep.size, dtype=bool)
    if paired:
        proper = ((flag & PROPER) > 0) & (mate == chrom)
        proper &= (np.abs(template) <= _LONGEST_FRAGMENT) & (template != 0)
        # Of a pair the mate on the left speaks for both.
        keep &= ~proper | (template > 0)
    chrom, start, end, flag, template, proper = (
        a[keep] for a in (chrom, start, end, flag, template, proper)
    )
    if rules.count_as == "read":
        return chrom, start, end
    reverse = (flag & REVERSE) > 0
    if rules.count_as == "five_prime":
        point = np.where(reverse, end - 1 - rules.shift, start + rules.shift)
        point = np.maximum(point, 0)
        return chrom, point, point + 1
    if rules.fragment_length is None and not proper.all():
        raise InputFormatError(
            "reads without a pair need a fragment length",
            path=path,
            remedy="give FragmentLength in the sheet, or count whole reads",
        )
    size = np.where(proper, template, rules.fragment_length or 0)
    left = np.where(~proper & reverse, end - size, start)
    if rules.count_as == "midpoint":
        left = np.maximum(left + size // 2, 0)
        return chrom, left, left + 1
    right = np.maximum(left + size, 1)
    left = np.maximum(left, 0)
    return chrom, left, right


def _merged(
    codes: Mapping[str, int], intervals: ByChromosome | None
) -> tuple[IntArray, IntArray, IntArray]:
    known = sorted((codes[c], s, e) for c, (s, e) in (intervals or {}).items() if c in codes)
    none = np.zeros(0, dtype=np.int64)
    return (
        np.concatenate([none, *(np.full(len(s), c, dtype=np.int64) for c, s, _ in known)]),
        np.concatenate([none, *(np.asarray(s, dtype=np.int64) for _, s, _ in known)]),
        np.concatenate([none, *(np.asarray(e, dtype=np.int64) for _, _, e in known)]),
    )
