"""The assays of a sheet's rows: what is done with each, and whether they go together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from resist_epi.errors import DesignError
from resist_epi.samples.assays import ASSAY_COLUMN, ASSAYS, DEFAULT, Assay, assay_named
from resist_epi.samples.sheet import SampleSheet


def assays_of(sheet: SampleSheet) -> list[Assay]:
    """The assay of every row; ChIP-seq where the sheet does not say it."""
    if ASSAY_COLUMN not in sheet.table:
        return [ASSAYS[DEFAULT]] * len(sheet.samples)
    return [assay_named(str(cell)) or ASSAYS[DEFAULT] for cell in sheet.table[ASSAY_COLUMN]]


def assays_in_words(sheet: SampleSheet) -> list[str]:
    """What is done by default with reads of each assay and why, a sentence each."""
    return [assay.sentence() for assay in dict.fromkeys(assays_of(sheet))] + unsaid(sheet)


def unsaid(sheet: SampleSheet) -> list[str]:
    """A sentence on rows of which the sheet does not say the assay; none where it says all."""
    if ASSAY_COLUMN not in sheet.table:
        return [f"the sheet has no column {ASSAY_COLUMN}, so {DEFAULT} is taken"]
    cells = zip(sheet.samples, sheet.table[ASSAY_COLUMN], strict=True)
    empty = [sample for sample, cell in cells if not cell]
    if not empty:
        return []
    return [f"column {ASSAY_COLUMN} is empty for {_shown(empty)}, so {DEFAULT} is taken there"]


def assay_facts(sheet: SampleSheet, *, of_reads: bool) -> dict[str, Any]:
    """Names of the assays and what is said of them, for the facts beside a table.

    Parameters
    ----------
    of_reads
        Whether reads are counted, so that what an assay has by default matters.
    """
    names = list(dict.fromkeys(assay.name for assay in assays_of(sheet)))
    words = assays_in_words(sheet) if of_reads else [" and ".join(names), *unsaid(sheet)]
    return {"names": names, "words": words}


def dropped_signal(duplicates: bool | None, assays: Collection[Assay]) -> list[str]:
    """A sentence on each assay whose duplicates are signal, where they were asked to be left out.

    Parameters
    ----------
    duplicates
        Whether they count, as somebody asked; None where nobody did.
    """
    if duplicates is not False:
        return []
    return [
        f"{assay.name}: duplicates are left out, as asked for, although {assay.why_duplicates}"
        for assay in dict.fromkeys(assays)
        if assay.duplicates_are_signal
    ]


def check_one_assay(sheet: SampleSheet, columns: Collection[str]) -> str:
    """Refuse rows of one mark that are of several assays which the design does not tell apart.

    Assays differ in background, in the width of their signal and in what their depth means, so
    libraries of two are neither one unit nor one group.

    Parameters
    ----------
    sheet
        Rows of one mark.
    columns
        What the design names.

    Returns
    -------
    A caution where the design holds the assay; empty where there is one assay alone.

    Raises
    ------
    DesignError
        With the samples of each assay and the remedy.
    """
    found = assays_of(sheet)
    names = list(dict.fromkeys(a.name for a in found))
    if len(names) < 2:
        return ""
    mark = sheet.marks[0] if sheet.marks else ""
    rows = {
        name: [s for s, a in zip(sheet.samples, found, strict=True) if a.name == name]
        for name in names
    }
    listed = "; ".join(f"{name}: {_shown(samples)}" for name, samples in rows.items())
    if ASSAY_COLUMN in columns:
        return (
            f"{mark} was measured by {' and '.join(names)} ({listed}); the design adjusts for it,"
            " which takes one log2 fold change for both although signal over background differs:"
            " compare it with each assay alone"
        )
    goes_with = _goes_with(sheet, [a.name for a in found])
    if goes_with:
        raise DesignError(
            f"{mark} was measured by several assays ({listed}), and {ASSAY_COLUMN} goes with"
            f" {goes_with}: a difference between the groups may be one of the assays, and no design"
            " can tell them apart. Compare within one assay: leave the rows of the other out"
        )
    raise DesignError(
        f"{mark} was measured by several assays ({listed}), which differ in background and depth."
        f" Give each assay a sheet of its own, or adjust with --design '~ {ASSAY_COLUMN} +"
        " Condition'"
    )


def _goes_with(sheet: SampleSheet, assay: Sequence[str]) -> str:
    """`Condition`, where every group has one assay and groups differ in it."""
    groups = sheet.table.assign(_assay=list(assay)).groupby("Condition", sort=False)["_assay"]
    return "Condition" if (groups.nunique() == 1).all() and groups.ngroups > 1 else ""


def _shown(samples: Sequence[str]) -> str:
    more = f" and {len(samples) - 3} more" if len(samples) > 3 else ""
    return ", ".join(samples[:3]) + more
