"""Proliferation, subtype and other tissue on the page: scores against the groups, and by unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resist_epi.genes.tissue_scores import VERDICTS, score_warnings, set_title
from resist_epi.report.gather import Sheet
from resist_epi.report.sections import Table, change, number, percent
from resist_epi.report.words import capital
from resist_epi.schema import TISSUE_SCORES, TISSUE_SCORES_MORE, names


def tissue_section(sheet: Sheet | None, what: str, conditions: pd.Series) -> dict[str, Any] | None:
    """Everything of a table of scores for the template; None where nothing was scored.

    Parameters
    ----------
    sheet
        As a run writes it: a row a score (`schema.TISSUE_SCORES`), a column a unit.
    what
        The mark, or `expression`.
    conditions
        Group of each library, by name.
    """
    if sheet is None or sheet.table.empty:
        return None
    return {
        "what": what,
        "against": against_groups(sheet.table),
        "units": by_unit(sheet.table, conditions),
        "warnings": [capital(text) for text in score_warnings(sheet.table, what)],
        "words": str(sheet.header.get("scores", "")),
        "explained": str(sheet.header.get("explained", "")),
        "meanings": "; ".join(
            f"{word}: {meaning}"
            for word, meaning in VERDICTS.items()
            if word in set(sheet.table["verdict"])
        ),
        "design": f"~ {_first_to_ask(sheet.table)} + Condition",
    }


def _first_to_ask(table: pd.DataFrame) -> str:
    """The score that explains most, as a column of a sheet."""
    most = table["explained"].fillna(0.0).to_numpy().argmax()
    return str(table["column"].iloc[most])


def against_groups(table: pd.DataFrame) -> Table:
    """Each score against the groups, a row a score."""
    beside = table.get("calls_beside", pd.Series(np.nan, table.index))
    calls = table.get("calls", pd.Series(np.nan, table.index))
    rows = [
        [
            capital(set_title(str(row["set"]))),
            number(row["n_loci"]),
            change(row["effect"]),
            number(row["pvalue"]),
            number(row["padj"]),
            percent(row["explained"]),
            str(row["verdict"]),
            "–" if np.isnan(left) else f"{left:.0f} of {of:.0f}",
        ]
        for row, left, of in zip(table.to_dict("records"), beside, calls, strict=True)
    ]
    columns = ["Score", "Loci", "Contrast, sd", "P", "Holm P", "Explains", "Seen", "Calls beside"]
    return Table(columns, rows, [False, *[True] * 5, False, True])


def by_unit(table: pd.DataFrame, conditions: pd.Series) -> Table:
    """The scores of every unit, a row a unit, in the order of the groups."""
    ours = [*names(TISSUE_SCORES), *names(TISSUE_SCORES_MORE)]
    units = [str(c) for c in table if c not in ours]
    group = [str(conditions.get(unit, "")) for unit in units]
    order = sorted(range(len(units)), key=lambda i: list(dict.fromkeys(group)).index(group[i]))
    rows = [
        [units[i], group[i], *(change(float(v)) for v in table[units[i]].astype(np.float64))]
        for i in order
    ]
    titles = [capital(set_title(str(name))) for name in table["set"]]
    return Table(["Unit", "Condition", *titles], rows, [False, False, *[True] * len(titles)])
