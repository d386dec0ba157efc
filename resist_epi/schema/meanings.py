"""What a column of any table holds, by its name: the dictionary beside exported tables."""

from __future__ import annotations

from resist_epi.schema.column import Column
from resist_epi.schema.findings import (
    BALANCE,
    GENE_SETS,
    GENE_SETS_MORE,
    MECHANISMS,
    MECHANISMS_MORE,
    PRE_SPECIFIED,
    SITE_SUMMARY,
    SURVIVAL,
    SURVIVAL_SUMMARY,
    SWITCHES,
    TISSUE_SCORES,
    TISSUE_SCORES_MORE,
    WHERE,
)
from resist_epi.schema.regions import LOCI, REGIONS, RESULTS, SHRUNKEN, STABILITY, SUBSETS
from resist_epi.schema.study import ARMS, CHECK, COPY_NUMBER, POWER, QUALITY, SEGMENTS

# Columns that come with an option, a normalisation or a study's own names.
_MORE = (
    Column("primary", "bool", "", "whether this promoter speaks for its gene"),
    Column(
        "high_confidence",
        "boolean",
        "",
        "called, in one direction, with and without a global change taken away",
    ),
    Column("unadjusted_pvalue", "float64", "", "the same test without hidden factors"),
    Column("unadjusted_padj", "float64", "", "the same test without hidden factors, adjusted"),
)
_UNWEIGHTED = "_unweighted"
_VALUES = (
    Column("mean_", "float64", "the quantity's own", "mean of the group, normalised"),
    Column("value_", "float64", "the quantity's own", "the unit's value, normalised"),
)

# The first that has a name says what it is: results before the tables made of them.
_TABLES = (
    *(REGIONS, RESULTS, SHRUNKEN, LOCI, STABILITY, COPY_NUMBER, _MORE, SUBSETS),
    *(GENE_SETS, GENE_SETS_MORE, PRE_SPECIFIED, MECHANISMS, MECHANISMS_MORE, SWITCHES),
    *(SURVIVAL, SURVIVAL_SUMMARY, TISSUE_SCORES, TISSUE_SCORES_MORE, WHERE, BALANCE),
    *(SITE_SUMMARY, ARMS, QUALITY, CHECK, SEGMENTS, POWER),
)
_KNOWN: dict[str, Column] = {}
for _table in _TABLES:
    for _column in _table:
        _KNOWN.setdefault(_column.name, _column)


def meaning(name: str) -> Column | None:
    """What a column of this name holds; None for a name of the user's.

    Examples
    --------
    >>> meaning("padj").meaning, meaning("value_T1").meaning, meaning("my_score")
    ('Benjamini-Hochberg over the regions tested', "the unit's value, normalised", None)
    """
    known = _KNOWN.get(name)
    if known is not None:
        return known
    whole = _KNOWN.get(name.removesuffix(_UNWEIGHTED))
    if whole is not None:
        return whole._replace(name=name, meaning=f"{whole.meaning}; without weights of units")
    for column in _VALUES:
        if name.startswith(column.name):
            return column._replace(name=name)
    return None
