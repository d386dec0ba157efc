"""What a column is, and the words that many modules share."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["promoters", "genes", "peaks", "bins", "domains"]

Quantity = Literal["reads", "recovered_reads", "coverage_sum", "mean_signal"]

KINDS: tuple[str, ...] = ("promoters", "genes", "peaks", "bins", "domains")

QUANTITIES: tuple[str, ...] = ("reads", "recovered_reads", "coverage_sum", "mean_signal")


COUNTS = ("reads", "recovered_reads")


class Column(NamedTuple):
    """One column of a table."""

    name: str
    dtype: str
    unit: str
    meaning: str


def names(columns: tuple[Column, ...]) -> list[str]:
    """Names of the columns, in order."""
    return [column.name for column in columns]
