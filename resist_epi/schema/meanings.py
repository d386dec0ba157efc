"""What a column of any table holds, by its name: the dictionary beside exported tables."""

from __future__ import annotations

import string

from resist_epi.schema.beside import VALUES
from resist_epi.schema.column import Column
from resist_epi.schema.dictionary import RESULTS, TABLES, Part

# The first that has a name says what it is: results before the tables made of them.
_PARTS: tuple[Part, ...] = (*RESULTS, *(part for table in TABLES for part in table.parts))
_KNOWN = {column.name: column for part in reversed(_PARTS) for column in reversed(part.columns)}


def meaning(name: str) -> Column | None:
    """What a column of this name holds; None for a name of the user's.

    Examples
    --------
    >>> meaning("padj").meaning, meaning("value_T1").meaning, meaning("my_score")
    ('Benjamini-Hochberg over the regions tested', 'value of a unit, normalised', None)
    """
    if name in _KNOWN:
        return _KNOWN[name]
    for column in VALUES:  # whose capitals stand for a name of the study
        if name.startswith(column.name.rstrip(string.ascii_uppercase)):
            return column._replace(name=name)
    return None
