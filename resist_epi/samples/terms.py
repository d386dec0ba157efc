"""What a design formula consists of: terms, which are products of columns and functions of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Literal:
    """A number, a word in quotes, True, False or None; a tuple of them where a list was written.

    Attributes
    ----------
    value
        What it is.
    treatment
        `contr.treatment(value)` or `contr.treatment(base=value)` as it was written, up to the
        value; empty for a plain value.
    """

    value: Any
    treatment: str = ""

    def write(self, word: Callable[[str], str]) -> str:
        """As text, with `word` writing the words in it."""
        if isinstance(self.value, tuple):
            return f"[{', '.join(Literal(v).write(word) for v in self.value)}]"
        text = word(self.value) if isinstance(self.value, str) else repr(self.value)
        return f"{self.treatment}{text})" if self.treatment else text


@dataclass(frozen=True)
class Factor:
    """What terms are products of: a number, a column, or a function of a column.

    Attributes
    ----------
    column
        As the sheet spells it; empty for a number.
    number
        As it was written; empty for a column.
    function
        Empty for a plain column.
    arguments
        After the column: name (or empty) and value.
    """

    column: str = ""
    number: str = ""
    function: str = ""
    arguments: tuple[tuple[str, Literal], ...] = ()

    def write(self, column: Callable[[str], str], word: Callable[[str], str]) -> str:
        """As text, with `column` and `word` writing names of columns and words in quotes."""
        if not self.function:
            return self.number or column(self.column)
        more = [f"{k}={v.write(word)}" if k else v.write(word) for k, v in self.arguments]
        return f"{self.function}({', '.join([column(self.column), *more])})"

    def words(self) -> list[str]:
        """The words in quotes."""
        values = [v.value for _, v in self.arguments]
        flat = [x for v in values for x in (v if isinstance(v, tuple) else (v,))]
        return [x for x in flat if isinstance(x, str)]


Term = tuple[Factor, ...]


@dataclass(frozen=True)
class Formula:
    """A formula that was understood.

    Attributes
    ----------
    text
        As it was written, with the sheet's spelling of its columns.
    terms
        What the columns of the matrix are products of, in order.
    """

    text: str
    terms: tuple[Term, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the sheet that it uses, in order."""
        found = (f.column for term in self.terms for f in term if f.column)
        return tuple(dict.fromkeys(found))

    def makes_group(self, column: str) -> bool:
        """Whether it says by `C()` that the numbers of a column are names."""
        return any(f.function == "C" and f.column == column for term in self.terms for f in term)
