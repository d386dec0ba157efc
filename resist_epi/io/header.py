"""What the `#` lines of a table say, carried beside it in `attrs["header"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn


class Header(Mapping[str, Any]):
    """Lines of a table, name -> what it says; never changed, so all parts of the table share it.

    pandas deep-copies `attrs` whenever a row, a column or a slice is taken, and the facts of a
    study are large. A copy of a header is therefore the header itself: to say more, make another,
    of `header | {name: value}` (a plain dictionary).

    Examples
    --------
    >>> import copy
    >>> header = Header({"fdr": "0.05"})
    >>> copy.deepcopy(header) is header
    True
    >>> header | {"method": "trend"}
    {'fdr': '0.05', 'method': 'trend'}
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: Mapping[str, Any]) -> None:
        self._lines = dict(lines)

    def __getitem__(self, name: str) -> Any:
        return self._lines[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return repr(self._lines)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._lines, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self._lines}

    def __copy__(self) -> Header:
        return self

    def __deepcopy__(self, memo: object) -> Header:
        return self

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise TypeError(
            f"a header is shared by all parts of its table; to say {name!r} too, make another of"
            " header | {...}"
        )
