"""Numbered citations of the papers that a run's methods rest on."""

from __future__ import annotations

from resist_epi.stats.literature import (
    GAGNON_BARTSCH_2012,
    LEEK_2007,
    RITCHIE_2006,
    SMYTH_2005,
    WANG_2017,
    Reference,
)

# What a fit did besides.
OPTION_SOURCES: dict[str, tuple[Reference, ...]] = {
    "weights": (RITCHIE_2006,),
    "block": (SMYTH_2005,),
    "hidden": (LEEK_2007, GAGNON_BARTSCH_2012, WANG_2017),
}


class Citations:
    """Numbers references in the order in which they are first cited."""

    def __init__(self) -> None:
        self.references: list[Reference] = []

    def cite(self, *papers: Reference) -> str:
        """Return the mark for the text, such as ` [1,2]`; nothing for no papers."""
        for paper in papers:
            if paper not in self.references:
                self.references.append(paper)
        numbers = sorted(self.references.index(paper) + 1 for paper in papers)
        return f" [{','.join(map(str, numbers))}]" if numbers else ""
