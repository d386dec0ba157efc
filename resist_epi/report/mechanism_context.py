"""What stands beside the mechanisms on the page: what was stated rests on, and therapies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.expectations import Mechanism
from resist_epi.mechanism.therapies import NO_ADVICE, as_of_words, therapies_of


def therapy_section(own: pd.DataFrame) -> dict[str, Any]:
    """Therapies of every mechanism of the table, whatever was seen, and as of when they stand.

    Parameters
    ----------
    own
        Rows of the mechanisms in `mechanisms.tsv`: `mechanism` (its title).
    """
    rows = [
        {
            "mechanism": mechanism.title,
            "name": t.name,
            "kind": t.kind,
            "state": t.state,
            "status": t.status,
            "region": t.region,
            "date": t.status_date,
            "source": t.source + ("" if t.verified else " (not verified in full)"),
        }
        for mechanism in _known(own)
        for t in therapies_of(mechanism.name)
    ]
    return {"rows": rows, "as_of": as_of_words(), "caution": NO_ADVICE}


def evidence_rows(own: pd.DataFrame) -> list[dict[str, str]]:
    """What the expected signs of every mechanism of the table rest on, and where that stands."""
    return [
        {"mechanism": m.title, "evidence": m.evidence, "sources": m.sources} for m in _known(own)
    ]


def _known(own: pd.DataFrame) -> Iterator[Mechanism]:
    """Mechanisms of the table that this version knows, in the order of the table."""
    by_title = {m.title: m for m in load_mechanisms()}
    for title in dict.fromkeys(own["mechanism"]):
        if title in by_title:
            yield by_title[title]
