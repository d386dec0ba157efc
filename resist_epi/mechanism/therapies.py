"""Therapies beside the mechanisms that they are meant for, as of a date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import as_file, files

import pandas as pd

from resist_epi.io.clock import today
from resist_epi.io.tables import read_table

# A status that was looked up longer ago than this has to be looked up again.
KEEPS = timedelta(days=183)

NO_ADVICE = "context of research: no advice, and no statement about a patient"


@dataclass(frozen=True)
class Therapy:
    """A therapy, for which state of which mechanisms it is meant, and how far it has come.

    Attributes
    ----------
    name, kind
        The therapy and its class.
    mechanisms
        Names of mechanisms.
    state
        Tumours that it is for.
    status, region
        Approved, withdrawn, phase, and where.
    status_date
        Of that status, ISO 8601, as exact as known: `2026-05-01`, `2026-05` or `2026`.
    source
        Where that stands.
    verified
        Whether all of it was looked up.
    """

    name: str
    kind: str
    mechanisms: tuple[str, ...]
    state: str
    status: str
    region: str
    status_date: str
    source: str
    verified: bool

    @property
    def words(self) -> str:
        """For tables: name, class, state, status, region and date in a line."""
        doubt = "" if self.verified else "; not verified in full"
        return (
            f"{self.name} ({self.kind}; {self.state}): {self.status}, {self.region}"
            f" {self.status_date}{doubt}"
        )


@cache
def _table() -> pd.DataFrame:
    with as_file(files("resist_epi.data").joinpath("therapies.tsv")) as path:
        return read_table(path)


@cache
def load_therapies() -> tuple[Therapy, ...]:
    """The therapies that ship with the package, as of `therapies_as_of()`.

    Examples
    --------
    >>> [t.name for t in load_therapies() if "nsd2" in t.mechanisms]
    ['gintemetostat (KTX-1001)', 'KTX-2001']
    """
    return tuple(
        Therapy(
            row["therapy"],
            row["class"],
            tuple(row["mechanism"].split("|")),
            row["state"],
            row["status"],
            row["region"],
            str(row["status_date"]),
            row["source"],
            row["verified"] == "yes",
        )
        for row in _table().to_dict("records")
    )


def therapies_of(mechanism: str) -> tuple[Therapy, ...]:
    """Therapies of a mechanism, by its name."""
    return tuple(t for t in load_therapies() if mechanism in t.mechanisms)


def therapies_as_of() -> date:
    """The day on which the statuses were looked up."""
    return date.fromisoformat(_table().attrs["header"]["as of"])


def as_of_words(clock: Callable[[], date] = today) -> str:
    """Say as of which day the therapies stand, and that they are old where they are.

    Parameters
    ----------
    clock
        Today.

    Examples
    --------
    >>> as_of_words(lambda: date(2026, 12, 24))
    'as of 2026-11-30'
    """
    said = f"as of {therapies_as_of().isoformat()}"
    if clock() - therapies_as_of() <= KEEPS:
        return said
    return f"{said}, more than six months ago: look each status up before it is used"
