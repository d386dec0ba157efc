"""The one clock of everything that a run dates: `SOURCE_DATE_EPOCH` where it is set.

Builds that are made twice set that variable so that both bear one date. What tells processes apart
(locks, ages of files) goes by the system's clock all the same.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from resist_epi.errors import InputFormatError

VARIABLE = "SOURCE_DATE_EPOCH"

_LATEST = 253402300799  # the last second of the year 9999


def source_date() -> datetime | None:
    """The time that `SOURCE_DATE_EPOCH` names, in UTC; None where it is not set.

    Raises
    ------
    InputFormatError
        If it is no whole number of seconds since 1970.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    whole = text.isascii() and text.isdigit() and len(text) < 13
    if not whole or int(text) > _LATEST:
        raise InputFormatError(
            f"{VARIABLE} is {text[:40]!r}",
            expected="whole seconds since 1970-01-01, up to the year 9999",
            remedy="unset it, or set it to a time such as `date +%s` prints",
        )
    return datetime.fromtimestamp(int(text), UTC)


def today() -> date:
    """The day, in UTC where `SOURCE_DATE_EPOCH` is set, else by this computer.

    Raises
    ------
    InputFormatError
        As `source_date`.
    """
    fixed = source_date()
    return date.today() if fixed is None else fixed.date()
