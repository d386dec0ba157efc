"""How a record shows itself in a notebook: what it is, and the few facts that one looks for."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

MOST_NAMES = 6


class Shown:
    """A record that shows a title and a few facts, instead of every array that it holds.

    A dataclass that inherits from it is made with `repr=False`.
    """

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        """Title, and facts by name; a fact without text is left out."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Title and facts as lines of text."""
        title, facts = self._shown()
        facts = [(name, text) for name, text in facts if text]
        width = max((len(name) for name, _ in facts), default=0)
        return "\n".join([title, *(f"  {name:<{width}}  {text}" for name, text in facts)])

    def _repr_html_(self) -> str:
        """The same as a small table, for notebooks."""
        title, facts = self._shown()
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in facts
            if text
        )
        return f"<div><strong>{escape(title)}</strong><table>{rows}</table></div>"


def listed(names: Iterable[object], most: int = MOST_NAMES) -> str:
    """Names in a line; of many the first, and how many more there are.

    Examples
    --------
    >>> listed(["T1", "T2"]), listed("abcdefgh", 3)
    ('T1, T2', 'a, b, c and 5 more')
    """
    texts = [str(name) for name in names]
    if len(texts) <= most:
        return ", ".join(texts)
    return f"{', '.join(texts[:most])} and {len(texts) - most} more"


def count(n: int, one: str, many: str = "") -> str:
    """`1 locus`, `2,000 loci`; the plural is with an s where it is not given.

    Examples
    --------
    >>> count(1, "locus", "loci"), count(2000, "locus", "loci"), count(2, "gene")
    ('1 locus', '2,000 loci', '2 genes')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def ranged(values: Iterable[float]) -> str:
    """Smallest and largest of some numbers.

    Examples
    --------
    >>> ranged([1.52e7, 9.1e6]), ranged([0.9, 1.1, 1.0]), ranged([])
    ('9.1e+06 to 1.52e+07', '0.9 to 1.1', '')
    """
    numbers = list(values)
    return f"{min(numbers):.3g} to {max(numbers):.3g}" if numbers else ""
