"""A file of reads whose chromosomes go by other names than in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resist_epi.arrays import IntArray
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile


class RenamedReads(ReadsFile):
    """A file of reads that answers by other names of its chromosomes.

    Parameters
    ----------
    file
        The file behind it.
    names
        Name in the file -> name to go by; others stay.
    """

    def __init__(self, file: ReadsFile, names: Mapping[str, str]) -> None:
        self.path = file.path
        self._file, self._names = file, names
        self._in_file = {new: old for old, new in names.items()}

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome, bp."""
        return {self._names.get(c, c): n for c, n in self._file.chrom_lengths.items()}

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the reads end."""
        return self._file.lengths_known

    def _codes(self, wanted: Sequence[str]) -> dict[str, int]:
        codes = self._file._codes([self._in_file.get(c, c) for c in wanted])
        return {self._names.get(c, c): code for c, code in codes.items()}

    def _columns(self, codes: dict[str, int]) -> Iterator[IntArray]:
        own = {self._in_file.get(c, c): code for c, code in codes.items()}
        for columns in self._file._columns(own):
            for name, code in own.items():  # a text names its chromosomes while it is read
                codes.setdefault(self._names.get(name, name), code)
            yield columns

    def _check(self, rules: ReadRules) -> None:
        self._file._check(rules)
