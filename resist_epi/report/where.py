"""Where the mark, its changes and its sites lie: tables of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from resist_epi.report.gather import MarkTables, Sheet
from resist_epi.report.sections import Table, change, kind_title, number
from resist_epi.report.words import for_reading


def where_section(mark: MarkTables) -> dict[str, Any] | None:
    """How much of the genome carries a mark, and where its calls lie; None where neither is known.

    Sentences are those of the tables' headers.
    """
    called = {kind: sheet for kind, sheet in mark.where.items() if _has_calls(sheet)}
    silent = [kind_title(mark, kind).lower() for kind in mark.where if kind not in called]
    if mark.balance is None and not mark.where:
        return None
    return {
        "balance": None if mark.balance is None else balance_table(mark.balance),
        "balance_words": _words(mark.balance, "balance"),
        "balance_asked": _words(mark.balance, "asked"),
        "kinds": [
            {"title": kind_title(mark, kind), "table": where_table(sheet)}
            for kind, sheet in called.items()
        ],
        "where_words": next((_words(sheet, "where") for sheet in called.values()), ""),
        "silent": silent,
    }


def _has_calls(sheet: Sheet) -> bool:
    return bool((sheet.table["n_called_all"] > 0).any())


def _words(sheet: Sheet | None, name: str) -> str:
    return "" if sheet is None else for_reading(str(sheet.header.get(name, "")), sheet.facts)


def balance_table(sheet: Sheet) -> Table:
    """Share of the genome above background by group, a row a part of the genome."""
    contrast = sheet.facts.get("contrast", {})
    sides = [contrast.get("first"), contrast.get("second")]
    grouped = bool(all(sides)) and bool(sheet.table["first"].notna().any())
    rows = []
    for row in sheet.table.to_dict("records"):
        shares = [_with_error(row, side) for side in ("first", "second")] if grouped else []
        rows.append(
            [
                _part(row),
                number(row["n_bins"]),
                *shares,
                f"{change(100 * row['difference'])} ± {100 * row['error']:.2f}",
                number(row["pvalue"]),
            ]
        )
    columns = ["Part of the genome", "Bins", *(map(str, sides) if grouped else ())]
    columns += ["Difference, percentage points" if grouped else "Slope, percentage points", "P"]
    return Table(columns, rows, [False, *[True] * (len(columns) - 1)])


def _with_error(row: Mapping[Any, Any], side: str) -> str:
    error = row[f"{side}_error"]
    return f"{row[side]:.2%}" + (f" ± {100 * error:.2f}" if np.isfinite(error) else "")


def where_table(sheet: Sheet) -> Table:
    """Calls by class against what regions like those called would show; rows without calls left."""
    own = sheet.table[sheet.table["n_called_all"] > 0]
    rows = [
        [
            _part(row),
            str(row["direction"]),
            f"{int(row['n_called']):,} of {int(row['n_called_all']):,}",
            number(row["n_expected"]),
            number(row["fold"]),
            number(row["pvalue"]),
            number(row["padj"]),
        ]
        for row in own.to_dict("records")
    ]
    columns = ["Class", "Call", "Calls there", "Expected", "Ratio", "P", "Adjusted P"]
    return Table(columns, rows, [False, False, *[True] * 5])


def _part(row: Mapping[Any, Any]) -> str:
    """A class, with the partition's name where that does not say it already."""
    name, kind = str(row["partition"]), str(row["class"])
    if name == kind:
        return f"whole {name}" if name == "genome" else name
    return kind if name in kind else f"{name}: {kind}"


def site_table(sheet: Sheet) -> Table:
    """Where sites gained, lost and not called lie, a row a place."""

    def share(row: Mapping[Any, Any], name: str) -> str:
        if not row[f"of_{name}"]:
            return "–"
        return (
            f"{int(row[f'n_{name}']):,} of {int(row[f'of_{name}']):,} ({row[f'share_{name}']:.0%})"
        )

    rows = [
        [
            str(row["feature"]),
            *(share(row, name) for name in ("gain", "loss", "other")),
            *(
                number(row[f"{what}_{name}"])
                for name in ("gain", "loss")
                for what in ("odds_ratio", "padj")
            ),
        ]
        for row in sheet.table.to_dict("records")
    ]
    columns = ["Where", "Gained", "Lost", "Not called"]
    columns += ["Odds ratio, gained", "Adjusted P", "Odds ratio, lost", "Adjusted P"]
    return Table(columns, rows, [False, *[True] * 7])
