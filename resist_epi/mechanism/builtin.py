"""The mechanisms that ship with the package."""

from __future__ import annotations

from functools import cache

from resist_epi.genome.builtin import read_shipped
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.therapies import therapies_of

# What `mechanisms.tsv` states a sign for; assays other than expression follow from it.
STATED = ("H3K27me3", "H3K36me3", "H3K36me2", "H3K27ac", "H3K4me3", "ER", "expression")


@cache
def load_mechanisms() -> tuple[Mechanism, ...]:
    """Mechanisms of resistance with what is expected of each, and what was tried against it.

    Examples
    --------
    >>> [m.expects("H3K36me3").words for m in load_mechanisms() if m.name in ("nsd2", "esr1")]
    ['gain', 'loss']
    """
    return tuple(
        Mechanism(
            row["mechanism"],
            row["title"],
            row["set"],
            {name: Expectation.parse(row[name]) for name in STATED},
            row["caveat"],
            "; ".join(t.words for t in therapies_of(row["mechanism"])),
            "; ".join(dict.fromkeys(t.source for t in therapies_of(row["mechanism"]))),
            evidence=row["evidence"],
            sources=row["sources"],
            alternatives=tuple(filter(None, row["alternative"].split("|"))),
        )
        for row in read_shipped("mechanisms.tsv").to_dict("records")
    )
