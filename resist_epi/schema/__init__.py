"""Every table's columns: name, dtype, unit and meaning, in the order in which they are written.

Columns may be appended, never renamed: pipelines depend on them.
"""

from __future__ import annotations

from resist_epi.schema.column import (
    COUNTS,
    KINDS,
    QUANTITIES,
    Column,
    Kind,
    Quantity,
    names,
)
from resist_epi.schema.comparison import (
    CAUSES,
    CHANGED_CALLS,
    COMPARED_KINDS,
    RUN_DIFFERENCES,
)
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
    switch_columns,
)
from resist_epi.schema.regions import (
    LOCI,
    REGIONS,
    RESULTS,
    SHRUNKEN,
    STABILITY,
    SUBSETS,
)
from resist_epi.schema.study import (
    ARMS,
    CHECK,
    COPY_NUMBER,
    PEAK_CLASSES,
    PEAK_QUALITY,
    POWER,
    QUALITY,
    QUALITY_MORE,
    SEGMENTS,
)

__all__ = [
    "ARMS",
    "BALANCE",
    "CAUSES",
    "CHANGED_CALLS",
    "CHECK",
    "COMPARED_KINDS",
    "COPY_NUMBER",
    "COUNTS",
    "GENE_SETS",
    "GENE_SETS_MORE",
    "KINDS",
    "LOCI",
    "MECHANISMS",
    "MECHANISMS_MORE",
    "PEAK_CLASSES",
    "PEAK_QUALITY",
    "POWER",
    "PRE_SPECIFIED",
    "QUALITY",
    "QUALITY_MORE",
    "QUANTITIES",
    "REGIONS",
    "RESULTS",
    "RUN_DIFFERENCES",
    "SEGMENTS",
    "SHRUNKEN",
    "SITE_SUMMARY",
    "STABILITY",
    "SUBSETS",
    "SURVIVAL",
    "SURVIVAL_SUMMARY",
    "SWITCHES",
    "TISSUE_SCORES",
    "TISSUE_SCORES_MORE",
    "WHERE",
    "Column",
    "Kind",
    "Quantity",
    "dtype_of",
    "names",
    "switch_columns",
]


def dtype_of(name: str) -> str | None:
    """Dtype of a column of any table above, those of single marks included; None for all others.

    Examples
    --------
    >>> dtype_of("start"), dtype_of("H3K27me3_pvalue"), dtype_of("T1")
    ('int64', 'float64', None)
    """
    known = _DTYPES.get(name)
    return "float64" if known is None and name.endswith(_OF_MARKS) else known


_OF_MARKS = ("_log2FoldChange", "_pvalue", "_padj")

_DTYPES = {
    column.name: column.dtype
    for table in (
        *(REGIONS, RESULTS, SHRUNKEN, SUBSETS, GENE_SETS, GENE_SETS_MORE, PRE_SPECIFIED),
        MECHANISMS,
        MECHANISMS_MORE,
        SURVIVAL,
        SURVIVAL_SUMMARY,
        TISSUE_SCORES,
        TISSUE_SCORES_MORE,
        WHERE,
        BALANCE,
        *(SWITCHES, SITE_SUMMARY, CHECK, QUALITY, QUALITY_MORE, SEGMENTS, COPY_NUMBER, ARMS),
    )
    for column in table
}
