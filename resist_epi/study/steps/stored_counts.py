"""The counts of a mark, each read from the run's folder when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts
from resist_epi.schema import Kind

_LARGE = 1 << 28  # bytes of values that are read again rather than held where nobody needs them


class StoredCounts(Mapping[Kind, CountMatrix]):
    """Kind -> counts of a mark, in the order of the paths.

    Parameters
    ----------
    paths
        Kind -> file of `write_counts`.
    held
        Those that are in memory already; this takes the dictionary over.

    Raises
    ------
    InputFormatError
        As `read_counts`, whenever counts are read.
    """

    def __init__(self, paths: Mapping[Kind, Path], held: dict[Kind, CountMatrix]) -> None:
        self._paths, self._held = paths, held

    def __getitem__(self, kind: Kind) -> CountMatrix:
        if kind not in self._held:
            self._held[kind] = read_counts(self._paths[kind])
        return self._held[kind]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, kind: object) -> bool:
        return kind in self._paths  # without reading it

    def let_go(self) -> None:
        """Hold no large counts any more, as long as nobody asks for them again."""
        for kind in [k for k, matrix in self._held.items() if matrix.values.nbytes >= _LARGE]:
            del self._held[kind]
