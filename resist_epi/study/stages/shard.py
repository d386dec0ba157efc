"""One of several equal shares of work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from resist_epi.errors import InputFormatError, quoted

MOST = 100_000  # shards: more than any cohort has files

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """One share of so many.

    Attributes
    ----------
    number
        From 1.
    """

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def name(self) -> str:
        """As it stands in the names of files."""
        return f"{self.number}-of-{self.of}"

    def mine(self, items: Sequence[Item]) -> list[Item]:
        """Those that are this shard's: every `of`-th, so that marks and groups are spread evenly.

        Examples
        --------
        >>> [Shard(i, 3).mine("abcde") for i in (1, 2, 3)]
        [['a', 'd'], ['b', 'e'], ['c']]
        """
        return list(items[self.number - 1 :: self.of])


def read_shard(text: str) -> Shard:
    """A shard as `i/N`, i from 1 to N.

    Raises
    ------
    InputFormatError
        If it is none.

    Examples
    --------
    >>> read_shard("2/4")
    Shard(number=2, of=4)
    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    number, of = (int(n) for n in found.groups()) if found else (0, 0)
    if not 1 <= number <= of <= MOST:
        raise InputFormatError(
            f"{quoted(text)} is no shard",
            expected="i/N with i from 1 to N, as 1/4 to 4/4",
        )
    return Shard(number, of)
