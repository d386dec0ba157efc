"""bigWig tracks: our own reader, and a writer through pyBigWig."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resist_epi.arrays import Spans
from resist_epi.errors import InputFormatError
from resist_epi.io.remote.address import is_remote
from resist_epi.io.remote.either import checked_file
from resist_epi.io.store import atomic_path
from resist_epi.tracks.bigwig.blocks import block_runs
from resist_epi.tracks.bigwig.format import BlockIndex, read_chromosomes, read_header, read_index
from resist_epi.tracks.engine.runs import Grid, GridParts, Runs
from resist_epi.tracks.engine.track import CoverageTrack

logger = logging.getLogger(__name__)

_WRITE_ITEMS = 1 << 20

# Relative to the sum of absolute values; writers add up in double precision.
_TOTAL_TOLERANCE = 1e-7


class BigWigTrack(CoverageTrack):
    """A bigWig open for questions; `open_bigwig` makes it.

    A question decodes the blocks of one chromosome, a few megabytes at a time, so memory does not
    grow with the track. The file is open only while a question is answered, and the object can be
    pickled: it carries its path and opens the file anew.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path if is_remote(path) else Path(path)
        with checked_file(self.path) as file:
            self._header = read_header(file)
            lengths, self._ids = read_chromosomes(file, self._header)
            self._index: BlockIndex = read_index(file, self._header, list(lengths.values()))
        self.chrom_lengths: Mapping[str, int] = MappingProxyType(lengths)

    def __reduce__(self) -> tuple[object, ...]:
        return (BigWigTrack, (self.path,))

    def __repr__(self) -> str:
        return f"BigWigTrack({str(self.path)!r})"

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """All of them; see `CoverageTrack.runs`."""
        return cast(Iterator[Runs | Grid], self.runs_within(chrom))

    def runs_within(
        self, chrom: str, within: Spans | None = None
    ) -> Iterator[Runs | Grid | GridParts]:
        """Runs of a chromosome in chunks; blocks that hold nothing asked for are not read."""
        self._check_chromosome(chrom)
        blocks, length = self._index.of(self._ids[chrom]), self.chrom_lengths[chrom]
        with checked_file(self.path) as file:
            yield from block_runs(file, self._header, blocks, length=length, within=within)

    def stated_total(self) -> float | None:
        """The header's total, which some writers get wrong."""
        known = self._header.summary
        return known.sum if known is not None and known.covered else None

    def verify(self) -> None:
        """Read every block, and compare what they hold with the totals in the file's header.

        Blocks that are compressed carry checksums, and some writers get the totals wrong; there a
        difference is only logged. Without compression it is an error.

        Raises
        ------
        InputFormatError
            If a block is damaged, or a file without checksums contradicts its own totals.
        """
        covered, total = 0, 0.0
        for chrom, length in self.chrom_lengths.items():
            found = self.summarise(chrom, [0], [length], extremes=False)
            covered, total = covered + int(found.covered[0]), total + float(found.sum[0])
        known = self._header.summary
        if known is None or (known.covered == 0 and known.sum == 0):
            return
        # At least the sum of the absolute values (Cauchy and Schwarz).
        weight = np.sqrt(known.covered * max(known.squares, 0.0))
        if covered == known.covered and abs(total - known.sum) <= _TOTAL_TOLERANCE * weight:
            return
        expected = f"{known.covered} bases covered, total {known.sum:g}"
        if self._header.inflated_size:
            logger.info(
                "%s: header says %s, data hold %d and %g; the data passed their checksums",
                self.path,
                expected,
                covered,
                total,
            )
            return
        raise InputFormatError(
            "the data do not add up to the totals of the header",
            path=self.path,
            expected=expected,
            found=f"{covered}, {total:g}",
            remedy="the file is damaged: copy or download it again",
        )


def open_bigwig(path: str | Path) -> BigWigTrack:
    """Open a bigWig and check its header, chromosomes, index and end.

    Raises
    ------
    InputFormatError
        If the file is missing, unreadable, no bigWig, cut short or damaged.
    """
    return BigWigTrack(path)


def write_bigwig(
    path: str | Path,
    chrom_lengths: Mapping[str, int],
    runs: Callable[[str], tuple[ArrayLike, ArrayLike, ArrayLike]],
) -> None:
    """Write a bigWig, whole or not at all.

    Parameters
    ----------
    path
        The file; it takes its name when it is complete.
    chrom_lengths
        Length of every chromosome, bp; they are written in this order.
    runs
        Gives starts, ends and values (n,) of a chromosome: sorted, not overlapping, inside the
        chromosome.

    Raises
    ------
    InputFormatError
        If the file cannot be written, or the runs are not as described.
    """
    import pyBigWig

    if not str(path).isprintable():  # on which pyBigWig's own library ends the whole process
        raise InputFormatError(
            "cannot be written under a name that is no plain text", path=path, remedy="rename it"
        )
    with atomic_path(path) as temporary:
        # pyBigWig takes a path as text, and the mode decides the format.
        out = pyBigWig.open(str(temporary), "w")
        try:
            out.addHeader([(name, int(length)) for name, length in chrom_lengths.items()])
            for chrom, length in chrom_lengths.items():
                starts, ends, values = _checked_runs(path, chrom, length, runs(chrom))
                for at in range(0, starts.size, _WRITE_ITEMS):
                    part = slice(at, at + _WRITE_ITEMS)
                    names = np.full(starts[part].size, chrom)
                    out.addEntries(names, starts[part], ends=ends[part], values=values[part])
        finally:
            out.close()


def _checked_runs(
    path: str | Path, chrom: str, length: int, runs: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    # pyBigWig accepts what no reader could use, such as runs past the end of the chromosome.
    starts, ends = (np.asarray(a).astype(np.int64) for a in runs[:2])
    values = np.asarray(runs[2], dtype=np.float64)
    if not starts.size == ends.size == values.size:
        raise InputFormatError(f"{chrom}: unequal numbers of starts, ends and values", path=path)
    wrong = (starts >= ends) | (starts < 0) | (ends > length)
    wrong[1:] |= starts[1:] < ends[:-1]
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise InputFormatError(
            "runs not sorted, overlapping or outside the chromosome",
            path=path,
            expected=f"sorted runs within 0 to {length}",
            found=f"{chrom}:{starts[i]}-{ends[i]}",
        )
    return starts, ends, values
