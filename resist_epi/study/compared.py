"""Which groups of a sheet are compared, where no design says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resist_epi.errors import DesignError, did_you_mean, quoted
from resist_epi.io.shown import count
from resist_epi.samples.contrast_names import default_levels, levels_in_words, levels_named
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.schema.sheet import NUMBERS

CONDITION = "Condition"

_NO_GROUPS = {"SampleID", "Factor", *PATH_COLUMNS, *NUMBERS}


@dataclass(frozen=True)
class Compared:
    """The groups of a sheet.

    Attributes
    ----------
    column
        Of the sheet.
    levels
        Its levels that are there, sorted.
    contrast
        (A, B), positive where A has more; None where there is nothing to compare, or nobody said
        which two.
    """

    column: str
    levels: tuple[str, ...]
    contrast: tuple[str, str] | None = None

    def sizes(self, groups: Mapping[str, str]) -> dict[str, int]:
        """Units of each level."""
        return {level: sum(g == level for g in groups.values()) for level in self.levels}

    def words(self, sizes: Mapping[str, int]) -> str:
        """`Condition: good (3 units), poor (4 units)`."""
        return f"{self.column}: " + ", ".join(
            f"{level} ({count(n, 'unit')})" for level, n in sizes.items()
        )

    def contrast_words(self, sizes: Mapping[str, int]) -> str:
        """What is compared, or why nothing is."""
        if self.contrast is None:
            if len(self.levels) < 2:
                return f"none: {self.column} has one level, and two are needed to compare"
            return (
                f"none: {self.column} has {len(self.levels)} levels; --contrast A-B names the two"
                " to compare"
            )
        first, second = self.contrast
        return (
            f"{first} minus {second}; positive = peak in a larger share of {first}; informed by"
            f" {sizes[first]} {first} + {sizes[second]} {second} units"
        )


def compared_groups(sheet: SampleSheet, contrast: str | None = None) -> Compared:
    """The groups that a contrast names, or `Condition` where there is none.

    Parameters
    ----------
    contrast
        `[COLUMN:]A-B`, or `COLUMN,A,B`; levels of `Condition` go before those of other columns.
        By default `poor-good` where `Condition` has both, else its two levels, and nothing is
        compared where it has another number of them.

    Raises
    ------
    DesignError
        If no column has these levels, or several other than `Condition` have.

    Examples
    --------
    >>> from resist_epi.samples.sheet import sheet_from_columns
    >>> columns = {"SampleID": ["a", "b"], "Factor": ["ER", "ER"], "Condition": ["R", "S"]}
    >>> compared_groups(sheet_from_columns(columns)).contrast
    ('S', 'R')
    """
    groups = {
        str(name): sorted(set(map(str, sheet.table[name])) - {""})
        for name in sheet.table
        if str(name) not in _NO_GROUPS
    }
    own = {CONDITION: groups[CONDITION]}
    levels = tuple(own[CONDITION])
    if contrast is None:
        if len(levels) != 2 and not {"poor", "good"} <= set(levels):
            return Compared(CONDITION, levels)
        contrast = default_levels(own, f"~ {CONDITION}", ())
    found = levels_named(own, contrast) or levels_named(groups, contrast)
    if not found:
        text = levels_in_words({name: own[:20] for name, own in groups.items() if len(own) > 1})
        known = [level for own in groups.values() for level in own]
        close = did_you_mean([part.strip() for part in contrast.split("-")], known)
        raise DesignError(
            f"contrast {quoted(contrast)}: no column of the sheet has these two levels."
            f" {close + '. ' if close else ''}{text}"
        )
    if len(found) > 1:
        raise DesignError(
            f"contrast {quoted(contrast)} fits several columns; write one of "
            + ", ".join(f"{column}:{a}-{b}" for column, a, b in found)
        )
    column, first, second = found[0]
    return Compared(column, tuple(groups[column]), (first, second))
