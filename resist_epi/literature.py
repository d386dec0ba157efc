"""A paper, as the records of methods name it and a report cites it."""

from __future__ import annotations

from typing import NamedTuple


class Reference(NamedTuple):
    """A paper."""

    authors: str
    title: str
    where: str
    doi: str = ""

    @property
    def short(self) -> str:
        """As a sentence names it.

        Examples
        --------
        >>> Reference("Wu D, Smyth GK", "Camera", "Nucleic Acids Res 2012;40:e133").short
        'Wu & Smyth 2012'
        """
        names = [author.rpartition(" ")[0] or author for author in self.authors.split(", ")]
        named = " & ".join(names) if len(names) < 3 else f"{names[0]} et al."
        return f"{named} {self.where.partition(';')[0].rpartition(' ')[2]}"
