"""What `calibrate_shrinkage.py` found, as tables, and which targets are missed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from calibration_page import number_of_sets

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_shrinkage.md"
CELL = ["quantity", "effects", "counts", "units", "method"]
CEILING = 0.055
TITLES = {"reads": "reads", "mean_signal": "signal"}


def summarise(stored: pd.DataFrame) -> pd.DataFrame:
    """One row a cell and method: means over the sets, and standard errors."""
    groups = stored.groupby(CELL, sort=False)
    measures = [c for c in stored if c not in [*CELL, "seed"]]
    table = groups[measures].mean()
    table = table.join(groups[measures].sem().fillna(0.0).add_suffix("_se"))
    table["sets"] = groups.size()
    table["with_any"] = groups["supported"].agg(lambda n: (n > 0).mean())
    return table.reset_index()


def misses(stored: pd.DataFrame) -> list[str]:
    """A sentence for each cell whose share of wrong signs is above the ceiling for sure."""
    return [
        f"{_where(row)}, {row['method']}: {_with_error(row, 'false_signs')}"
        for row in summarise(stored).to_dict("records")
        if row["false_signs"] - 2 * row["false_signs_se"] > CEILING
    ]


def as_markdown(stored: pd.DataFrame, missed: Sequence[str]) -> str:
    """A table of what is supported, one of what stands on top, one without changes; misses."""
    table = summarise(stored)
    some, none = table[table["effects"] != "none"], table[table["effects"] == "none"]
    cells = ["quantity", "effects", "counts", "units a group", "method"]
    parts = [
        _sets(some),
        "### s-values of at most .05",
        _table(
            [*cells, "supported", "wrong signs", "found", "called", "FDR of these", "error"],
            [
                [
                    *_cell(row),
                    f"{row['supported']:.0f}",
                    _with_error(row, "false_signs"),
                    _short(row["found"]),
                    f"{row['called']:.0f}",
                    _with_error(row, "false_calls"),
                    f"{row['error_raw']:.2f} → {row['error_shrunken']:.2f}",
                ]
                for row in some.to_dict("records")
            ],
        ),
        "### Of the first 200, how many change as listed",
        _table(
            [*cells, "by fold change", "by P", "best supported"],
            [
                [*_cell(row), *(_with_error(row, f"top_{k}") for k in ("change", "p", "support"))]
                for row in some.to_dict("records")
            ],
        ),
        "### Where nothing changes: share of sets with",
        _sets(none),
        _table(
            [*cells[:1], *cells[2:], "any supported", "any called at 5 %"],
            [
                [
                    *(c for i, c in enumerate(_cell(row)) if i != 1),
                    _short(row["with_any"]),
                    _with_error(row, "false_calls"),
                ]
                for row in none.to_dict("records")
            ],
        ),
        "### Targets missed by more than two standard errors",
        "\n".join(f"- {m}" for m in missed) or "None.",
    ]
    return "\n\n".join(parts)


def _sets(table: pd.DataFrame) -> str:
    """How many sets the cells of a table have."""
    if table.empty:
        return "No set."
    return f"{number_of_sets(table['sets'])} sets a cell."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_row(head), "|" + "---|" * len(head), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(row: dict[Any, Any]) -> list[str]:
    name = TITLES[str(row["quantity"])]
    return [name, str(row["effects"]), str(row["counts"]), str(row["units"]), str(row["method"])]


def _where(row: dict[Any, Any]) -> str:
    name = TITLES[str(row["quantity"])]
    return f"{name}, effects of {row['effects']}, {row['counts']} counts, {row['units']} a group"


def _with_error(row: dict[Any, Any], measure: str) -> str:
    return f"{_short(row[measure])} ({_short(row[f'{measure}_se'])})"


def _short(value: float) -> str:
    text = f"{value:.3f}"
    return text.removeprefix("0") if value < 1 else text
