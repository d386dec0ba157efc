"""Current, previous and alias symbols of human genes; nothing is ever matched by case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from resist_epi.errors import InputFormatError

STATUSES = ("current", "alias", "ambiguous", "date_mangled", "unknown")

# What spreadsheets make of SEPT2, MARCH1 and DEC1, in the spellings of several of them.
_DATE = re.compile(
    r"\d{1,2}[-/. ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?:[-/. ]?\d{2,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[-/. ]\d{1,4}"
    r"|\d{4}[-/]\d{2}[-/]\d{2}(?: 00:00:00)?|\d{1,2}/\d{1,2}/\d{2,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SymbolTable:
    """What the names of human genes mean today.

    Attributes
    ----------
    names
        Current symbols of every known name: one for a current symbol (itself) or an alias, several
        for an ambiguous name. A name that is a current symbol is never an alias of another gene.
    source
        Where the table comes from.

    Raises
    ------
    InputFormatError
        If a name means nothing, or leads to a symbol that is not current.
    """

    names: Mapping[str, tuple[str, ...]]
    source: str
    _current: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        current = frozenset(name for name, means in self.names.items() if means == (name,))
        object.__setattr__(self, "_current", current)
        for name, means in self.names.items():
            if means == (name,):
                continue
            astray = [symbol for symbol in means if symbol not in current]
            if astray or not means:
                raise InputFormatError(
                    f"symbol table ({self.source}): the name {name!r} stands for"
                    f" {astray[0] if astray else 'nothing'!r}, which is no current symbol"
                )

    @property
    def current(self) -> frozenset[str]:
        """Every current symbol."""
        return self._current

    def status(self, name: str) -> str:
        """One of `STATUSES` for one name."""
        means = self.names.get(name, ())
        if len(means) > 1:
            return "ambiguous"
        if means:
            return "current" if name in self._current else "alias"
        return "date_mangled" if _DATE.fullmatch(name) else "unknown"

    def resolve(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Say what each name means; the table is not guessed from, nor is case changed.

        Parameters
        ----------
        symbols
            n names; blanks around them are ignored.

        Returns
        -------
        table
            n rows, in the order given: `input`; `symbol`, the current symbol where status is
            `current` or `alias`, else empty; `status`, which may also be `ambiguous` (several
            genes were called so), `date_mangled` (a spreadsheet has made a date of it) or
            `unknown` (other species included).

        Examples
        --------
        >>> table = SymbolTable({"NSD2": ("NSD2",), "WHSC1": ("NSD2",)}, "example")
        >>> table.resolve(["WHSC1", "Nsd2", "2-Sep"])["status"].tolist()
        ['alias', 'unknown', 'date_mangled']
        """
        given = [str(symbol) for symbol in symbols]
        stripped = [name.strip() for name in given]
        status = [self.status(name) for name in stripped]
        current = [
            self.names[name][0] if s in ("current", "alias") else ""
            for name, s in zip(stripped, status, strict=True)
        ]
        return pd.DataFrame({"input": given, "symbol": current, "status": status}, dtype="str")
