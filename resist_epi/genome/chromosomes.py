"""Chromosome names, their order and lengths, and which assembly they belong to."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import BoolArray
from resist_epi.errors import InputFormatError
from resist_epi.genome.accessions import accessions

logger = logging.getLogger(__name__)

ChromKey = tuple[int, int, tuple[tuple[int, int, str], ...]]

# Names without `chr`, in the order in which they stand after the numbered ones.
SEX_CHROMOSOMES = ("X", "Y", "Z", "W")
ORGANELLE = ("M", "MT")

# Sequences of an assembly that are no chromosome of the genome: the organelle's, and a virus.
NO_CHROMOSOMES = {*ORGANELLE, "EBV"}

_AFTER_NUMBERS = {name: i for i, name in enumerate((*SEX_CHROMOSOMES, *ORGANELLE))}

_NAMES_SHOWN = 5

_FAR_MORE = 4  # times the bases of the other assembly that a file's names tell


@dataclass(frozen=True)
class Genome:
    """An assembly: its chromosomes in the genome's own order, with their lengths.

    Attributes
    ----------
    name
        Name of the assembly, as UCSC has it (`hg38`, `rn4`).
    lengths
        Length in bp of each chromosome, in genome order.

    Raises
    ------
    InputFormatError
        If a length is not a whole number above 0.
    """

    name: str
    lengths: Mapping[str, int]

    def __post_init__(self) -> None:
        for chrom, length in self.lengths.items():
            if int(length) != length or length < 1:
                raise InputFormatError(
                    f"chromosome {chrom} of {self.name} has length {length}",
                    expected="a whole number of bp above 0",
                )
        # A plain copy: a mapping proxy would not survive pickling between worker processes.
        object.__setattr__(self, "lengths", {c: int(n) for c, n in self.lengths.items()})

    @property
    def chroms(self) -> tuple[str, ...]:
        """Names of the chromosomes, in genome order."""
        return tuple(self.lengths)


def natural_chrom_key(chrom: str) -> ChromKey:
    """Sort key that puts chr2 before chr10, then X, Y and M, then scaffolds; `chr` may be missing.

    Examples
    --------
    >>> sorted(["chrM", "chr10", "chrX", "chr2", "chr2_random"], key=natural_chrom_key)
    ['chr2', 'chr10', 'chrX', 'chrM', 'chr2_random']
    """
    stem = without_prefix(chrom)
    if numbered := re.fullmatch(r"(\d+)([A-Za-z]?)", stem):
        return (0, int(numbered[1]), ((1, 0, numbered[2]),))
    if stem.upper() in _AFTER_NUMBERS:
        return (1, _AFTER_NUMBERS[stem.upper()], ())
    parts = re.findall(r"\d+|\D+", stem)
    return (2, 0, tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts))


def chrom_rank(
    chroms: Iterable[str] | pd.Series, *, genome: Genome | None = None
) -> NDArray[np.int64]:
    """Rank of each chromosome in genome order, to sort tables by, (n,); equal for equal names.

    Parameters
    ----------
    chroms
        n chromosome names, repeated as often as they occur.
    genome
        Its order comes first; chromosomes that it lacks follow in natural order. Without it, the
        order is that of `natural_chrom_key`.
    """
    codes, found = pd.factorize(np.asarray(chroms, dtype=object))
    uniques = [str(chrom) for chrom in found]
    known = {} if genome is None else {c: i for i, c in enumerate(genome.lengths)}
    order = sorted(
        range(len(uniques)),
        key=lambda i: (known.get(uniques[i], len(known)), natural_chrom_key(uniques[i])),
    )
    rank = np.empty(len(uniques), dtype=np.int64)
    rank[order] = np.arange(len(uniques))
    return rank[codes] if len(codes) else np.empty(0, dtype=np.int64)


def recognise_assembly(lengths: Mapping[str, int | None], known: Iterable[Genome]) -> str | None:
    """The one assembly in which every shared chromosome has exactly this length, else None.

    Names with `chr`, without it and accessions are compared apart, since a spike-in's `X` may
    stand beside `chrX`; where they tell different assemblies, it is the one of far more bases. The
    mitochondrion, which several assemblies share, has no say.

    Parameters
    ----------
    lengths
        Length in bp by chromosome; None where unknown.
    known
        The assemblies to choose from.
    """
    bases: dict[str, int] = {}
    for genome in known:
        theirs = _comparable(genome.lengths)
        for given in map(_comparable, _by_style(lengths, genome)):
            shared = given.keys() & theirs.keys()
            if shared and all(given[c] == theirs[c] for c in shared):
                agreeing = sum(given[c] for c in shared)
                bases[genome.name] = max(agreeing, bases.get(genome.name, 0))
    if not bases:
        return None
    first, *others = sorted(bases, key=lambda name: -bases[name])
    return None if any(bases[first] < _FAR_MORE * bases[name] for name in others) else first


def _by_style(lengths: Mapping[str, int | None], genome: Genome) -> Iterator[dict[str, int | None]]:
    """The chromosomes whose names have `chr`, those without, and those named by accession."""
    accession = accessions(genome.name)
    yield {c: n for c, n in lengths.items() if has_prefix(c)}
    yield {c: n for c, n in lengths.items() if not has_prefix(c)}
    yield {accession[c]: n for c, n in lengths.items() if c in accession}


def _comparable(lengths: Mapping[str, int | None]) -> dict[str, int]:
    stems = {without_prefix(c): n for c, n in lengths.items()}
    return {c: int(n) for c, n in stems.items() if n is not None and c.upper() not in ORGANELLE}


def has_prefix(chrom: str) -> bool:
    """Whether a name begins with `chr`, in any case."""
    return chrom[:3].lower() == "chr"


def without_prefix(chrom: str) -> str:
    """The name without `chr`."""
    return chrom[3:] if has_prefix(chrom) else chrom


def shown(names: Collection[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = len(listed) - _NAMES_SHOWN
    return ", ".join(listed[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


class HasLengths(Protocol):
    """What telling the assembly needs of a track or a file of reads."""

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome, bp."""
        ...

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the data end (bedGraph)."""
        ...


def autosomes(chroms: Sequence[str] | Mapping[str, int]) -> list[str]:
    """Chromosomes other than the sex chromosomes, the organelle's and unplaced pieces.

    All of them where nothing would be left.
    """
    kept = [c for c in chroms if without_prefix(c).upper() not in _AFTER_NUMBERS and "_" not in c]
    return kept or list(chroms)


def on_chromosomes(chroms: pd.Series, names: Collection[str]) -> BoolArray:
    """(n,) whether each of n chromosomes is one of these (without `chr`), with or without `chr`."""
    meant = [c for c in chroms.unique() if without_prefix(str(c)).upper() in names]
    return chroms.isin(meant).to_numpy(bool)
