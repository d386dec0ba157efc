"""Intervals of one assembly brought to another by a chain file of the user's (UCSC's format).

The libraries that read chains lift single points, one call of Python each; coverage and reads have
tens of millions of ends. Here whole columns are looked up at once, and intervals are lifted as
intervals: both ends to one chromosome and strand, at most 5 % lost, as UCSC's liftOver by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import BoolArray, IntArray
from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.chromosomes import recognise_assembly
from resist_epi.io.store import read_text

MIN_MATCH = 0.95

_LARGEST_FILE = 1 << 30  # bytes unpacked; the largest of UCSC's chains between human assemblies

_LONGEST = (1 << 32) - 1  # bp of a chromosome

_OVERHANG = 10_000  # bp that reads made longer may lie beyond a chromosome


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Aligned blocks of one chromosome, in its order: where they start, end, and lie in the other.

    `shift` is added to a position on the + strand; on the - strand the position is taken from it.
    """

    start: IntArray
    end: IntArray
    shift: IntArray
    chrom: NDArray[np.object_]
    plus: BoolArray


@dataclass(frozen=True, eq=False)
class Chain:
    """What a chain file says.

    Attributes
    ----------
    blocks
        Chromosome of the old assembly -> its aligned blocks.
    old, new
        Chromosome -> length, bp, of those that the file names.
    source
        The file.
    """

    blocks: dict[str, _Blocks]
    old: dict[str, int]
    new: dict[str, int]
    source: str

    @property
    def assemblies(self) -> tuple[str | None, str | None]:
        """The old and the new assembly, told by the lengths of chromosomes; None if unknown."""
        known = [load_genome(name) for name in known_genomes()]
        return recognise_assembly(self.old, known), recognise_assembly(self.new, known)

    @property
    def words(self) -> str:
        """`hg18 to hg38 by NAME`."""
        old, new = (name or "an unknown assembly" for name in self.assemblies)
        return f"{old} to {new} by {Path(self.source).name}"

    def lift(self, table: pd.DataFrame) -> tuple[pd.DataFrame, BoolArray]:
        """Bring intervals to the new assembly.

        Parameters
        ----------
        table
            n rows with `chrom start end` (bp, 0-based half-open) and perhaps `strand`, which is
            turned where the chain turns it; other columns are kept as they are.

        Returns
        -------
        DataFrame
            The rows that have a place, in their order, index as before.
        mask
            (n,) whether a row has one.

        Raises
        ------
        GenomeMismatchError
            If the table has rows and none lies on a chromosome of the chain, or one lies so far
            beyond the end of its chromosome that it is of another assembly.
        """
        chrom = table["chrom"].to_numpy(object)
        if len(table) and not set(pd.unique(chrom)) & self.blocks.keys():
            raise GenomeMismatchError(
                f"none of the chromosomes ({', '.join(map(str, pd.unique(chrom)[:5]))}) is in"
                f" {self.source}; its names are such as {', '.join(list(self.blocks)[:3])}"
            )
        n = len(table)
        start, end = (table[c].to_numpy(np.int64).copy() for c in ("start", "end"))
        found, turned = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        where = np.empty(n, dtype=object)
        for name, rows in pd.Series(chrom).groupby(chrom, sort=False).indices.items():
            if name not in self.blocks:
                continue
            self._refuse_beyond(str(name), int(end[rows].max()))
            own = _lift(self.blocks[str(name)], start[rows], end[rows])
            kept = rows[own.found]
            found[kept] = True
            start[kept], end[kept] = own.start, own.end
            where[kept], turned[kept] = own.chrom, own.turned
        lifted = table[found].assign(chrom=where[found], start=start[found], end=end[found])
        if "strand" in table:
            strand = lifted["strand"].to_numpy(object)
            other = {"+": "-", "-": "+"}
            turn = turned[found]
            lifted["strand"] = [
                other.get(s, s) if t else s for s, t in zip(strand, turn, strict=True)
            ]
        return lifted, found

    def _refuse_beyond(self, name: str, end: int) -> None:
        """Refuse places that the old assembly does not have, as with a chain the wrong way round.

        Reads that were made longer may hang over an end by a fragment.
        """
        if end > self.old[name] + _OVERHANG:
            raise GenomeMismatchError(
                f"an interval on {name} ends at {end:,}, and in {self.source} the old {name} has"
                f" {self.old[name]:,} bp; give a chain from the assembly that the files are of"
            )


@dataclass(frozen=True, eq=False)
class _Lifted:
    found: BoolArray
    start: IntArray
    end: IntArray
    chrom: NDArray[np.object_]
    turned: BoolArray


def _lift(blocks: _Blocks, start: IntArray, end: IntArray) -> _Lifted:
    """Lift intervals of one chromosome; ends in a gap are drawn in to the nearest block."""
    last = len(blocks.start) - 1
    first = np.searchsorted(blocks.end, start, side="right")  # first block that ends behind start
    final = np.searchsorted(blocks.start, end, side="left") - 1  # last that begins before end
    ok = (first <= final) & (first <= last) & (final >= 0)
    i, j = np.clip(first, 0, last), np.clip(final, 0, last)
    own_start, own_end = np.maximum(start, blocks.start[i]), np.minimum(end, blocks.end[j])
    ok &= (blocks.chrom[i] == blocks.chrom[j]) & (blocks.plus[i] == blocks.plus[j])
    plus = blocks.plus[i]
    left = np.where(plus, own_start + blocks.shift[i], blocks.shift[j] - own_end + 1)
    right = np.where(plus, own_end + blocks.shift[j], blocks.shift[i] - own_start + 1)
    length = np.maximum(end - start, 1)
    ok &= (own_end - own_start >= MIN_MATCH * length) & (right > left)
    change = (right - left) / length
    ok &= (change >= MIN_MATCH) & (change <= 1 / MIN_MATCH)
    return _Lifted(ok, left[ok], right[ok], blocks.chrom[i][ok], ~plus[ok])


def read_chain(path: str | Path) -> Chain:
    """Read a chain file, gzipped or not.

    Raises
    ------
    InputFormatError
        If the file is no chain, ends in the middle of one, maps a place twice, or has blocks that
        do not end where their chain does.
    """
    reader = _Reader()
    for number, line in enumerate(read_text(path, unpacked=_LARGEST_FILE).splitlines(), start=1):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        try:
            reader.take(fields)
        except (ValueError, IndexError) as error:
            raise InputFormatError(
                "no line of a chain file",
                path=path,
                line=number,
                expected="'chain score name size strand start end ...', each end within its size,"
                " then blocks 'size dt dq' up to these ends",
                found=repr(line[:80]),
            ) from error
    if reader.inside or not reader.blocks:
        raise InputFormatError(
            "ends within a chain" if reader.blocks else "holds no chain",
            path=path,
            remedy="download the file again; UCSC has hg18ToHg38.over.chain.gz and the like",
        )
    blocks = {name: _blocks(own, path) for name, own in reader.blocks.items()}
    return Chain(blocks, reader.old, reader.new, str(path))


class _Reader:
    """Where the reading of a chain file stands."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[tuple[int, int, int, str, bool]]] = {}
        self.old: dict[str, int] = {}
        self.new: dict[str, int] = {}
        self.inside = False
        self._head: list[str] = []
        self._t = self._q = 0
        self._ends = (0, 0)

    def take(self, fields: list[str]) -> None:
        """Take the fields of a line; ValueError or IndexError where it is none of a chain."""
        if fields[0] == "chain":
            self._begin(fields)
            return
        size, *gaps = map(_whole, fields)
        if not self.inside or len(gaps) not in (0, 2) or size < 1:
            raise ValueError
        head, t, q = self._head, self._t, self._q
        plus = head[9] == "+"
        shift = q - t if plus else self.new[head[7]] - 1 - q + t
        self.blocks.setdefault(head[2], []).append((t, t + size, shift, head[7], plus))
        self.inside = bool(gaps)
        self._t, self._q = t + size + sum(gaps[:1]), q + size + sum(gaps[1:])
        # A chain ends where its head says; before that, or behind, lines are missing or altered.
        at_end = (self._t, self._q) == self._ends
        before = self._t < self._ends[0] and self._q < self._ends[1]
        if not (before if gaps else at_end):
            raise ValueError

    def _begin(self, head: list[str]) -> None:
        if self.inside or head[4] != "+" or head[9] not in ("+", "-"):
            raise ValueError
        old, new = (_whole(head[i]) for i in (3, 8))
        self._t, end, self._q, new_end = (_whole(head[i]) for i in (5, 6, 10, 11))
        if not self._t < end <= old or not self._q < new_end <= new:
            raise ValueError
        self.old[head[2]], self.new[head[7]] = old, new
        self._ends = (end, new_end)
        self._head, self.inside = head, True


def _whole(text: str) -> int:
    """A position or length of a chain; ValueError where it is none, or beyond any chromosome."""
    found = int(text)
    if not 0 <= found <= _LONGEST:
        raise ValueError
    return found


def _blocks(rows: list[tuple[int, int, int, str, bool]], path: str | Path) -> _Blocks:
    rows.sort(key=lambda row: row[0])
    start, end, shift = (np.array([r[k] for r in rows], dtype=np.int64) for k in range(3))
    if (start[1:] < end[:-1]).any():
        raise InputFormatError(
            "maps some places twice",
            path=path,
            expected="a chain in which each place of the old assembly stands once",
            remedy="give an 'over.chain' file, as liftOver takes it",
        )
    chrom = np.array([r[3] for r in rows], dtype=object)
    return _Blocks(start, end, shift, chrom, np.array([r[4] for r in rows], dtype=bool))
