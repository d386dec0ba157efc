"""The mechanisms that ship with the package."""

from __future__ import annotations

from functools import cache

from resist_epi.genome.builtin import read_shipped
from resist_epi.mechanism.expectations import Expectation, Mechanism


@cache
def load_mechanisms() -> tuple[Mechanism, ...]:
    """Mechanisms of resistance with what is expected of each, and what was tried against it.

    Examples
    --------
    >>> [m.expects("H3K36me3").words for m in load_mechanisms() if m.name in ("nsd2", "esr1")]
    ['gain', 'loss']
    """
    known = read_shipped("mechanism_context.tsv")
    context = {
        str(name): (str(text), str(reference))
        for name, text, reference in known.itertuples(index=False)
    }
    table = read_shipped("mechanisms.tsv")
    layers = [str(c) for c in table if c not in ("mechanism", "title", "set", "caveat")]
    return tuple(
        Mechanism(
            row["mechanism"],
            row["title"],
            row["set"],
            {layer: Expectation.parse(row[layer]) for layer in layers},
            row["caveat"],
            *context[row["mechanism"]],
        )
        for row in table.to_dict("records")
    )
