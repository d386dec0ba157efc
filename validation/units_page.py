"""What `calibrate_units.py` found, as tables, and which targets are missed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibration_page import number_of_sets

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_units.md"
CELL = ["quantity", "cell"]
Rows = dict[str, dict[str, Any]]  # a method's means and their errors
CEILING, BEHIND = 0.055, 0.02
# Where the better of two tests is a yardstick; elsewhere one of them loses its level.
COMPARED = ("clean", "low counts", "depth", "one bad sample")
MEASURES = ("type_one_05", "type_one_001", "fdp", "power", "true_power")
NAMES = {
    "default": "default",
    "plain": "plain",
    "ql": "ql",
    "trend_weights": "trend, weights",
    "voom_weights": "voom, weights",
    "known_weights": "the true weights",
    "limma_trend": "limma-trend",
    "limma_trend_level": "limma-trend",
    "voom_quality": "voom, quality weights",
    "edger_ql": "edgeR QL",
    "deseq2": "DESeq2",
}


def summarise(stored: pd.DataFrame) -> pd.DataFrame:
    """One row a quantity, cell and method: means over the sets, and standard errors."""
    groups = stored.groupby([*CELL, "method"], sort=False)
    table = groups[list(MEASURES)].mean()
    table = table.join(groups[list(MEASURES)].sem().fillna(0.0).add_suffix("_se"))
    table["sets"] = groups.size()
    return table.reset_index()


def by_method(table: pd.DataFrame) -> Rows:
    """The rows of one cell by the name of their method."""
    rows = table.to_dict("records")
    return {str(row["method"]): {str(k): v for k, v in row.items()} for row in rows}


def misses(stored: pd.DataFrame) -> list[str]:
    """A sentence for each target that the default misses by more than two standard errors."""
    found = []
    for (quantity, cell), own in stored.groupby(CELL, sort=False):
        where = f"{cell}, {'signal' if quantity == 'mean_signal' else 'reads'}"
        rows = by_method(summarise(own))
        row = rows["default"]
        for measure, name in (("type_one_05", "P < .05"), ("fdp", "FDR")):
            if row[measure] - 2 * row[f"{measure}_se"] > CEILING:
                found.append(f"{where}: {name} {_with_error(row, measure)}")
        for other in ("ql", "trend_weights"):
            held = (
                str(cell).startswith(COMPARED)
                and other in rows
                and rows[other]["fdp"] - 2 * rows[other]["fdp_se"] <= CEILING
            )
            more, error = more_found(own, other, "power")
            if held and more - 2 * error > BEHIND:
                found.append(f"{where}: power {more:.3f} ({error:.3f}) below {NAMES[other]}")
        more, error = more_found(own, "deseq2", "true_power")
        if more - 2 * error > 0:
            found.append(
                f"{where}: {more:.3f} ({error:.3f}) fewer found than by DESeq2 at a true FDR of 5 %"
            )
    return found


def more_found(own: pd.DataFrame, other: str, measure: str) -> tuple[float, float]:
    """How much more a method finds than the default, over the sets of both, and its SE.

    NaN with fewer than two sets of both.
    """
    each = own.pivot_table(index="seed", columns="method", values=measure)
    if other not in each:
        return float("nan"), float("nan")
    more = (each[other] - each["default"]).dropna().to_numpy(np.float64)
    error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else np.nan
    return float(more.mean()), float(error)


def as_markdown(stored: pd.DataFrame, missed: Sequence[str]) -> str:
    """Two tables a quantity (FDR and power; type I error), then what is missed."""
    table = summarise(stored)
    parts = [_number_of_sets(table)]
    for quantity, own in table.groupby("quantity", sort=False):
        methods = [name for name in NAMES if (own["method"] == name).any()]
        title = "signal" if quantity == "mean_signal" else str(quantity)
        head = ["cell", "what the default did", *(NAMES[name] for name in methods)]
        power, level = [_row(head), "|---" * len(head) + "|"], []
        level = [_row([head[0], *head[2:]]), "|---" * (len(head) - 1) + "|"]
        for cell, rows in own.groupby("cell", sort=False):
            each = by_method(rows)
            did = _did(stored[(stored["quantity"] == quantity) & (stored["cell"] == cell)])
            power.append(_row([str(cell), did, *(_power(each, name) for name in methods)]))
            level.append(_row([str(cell), *(_level(each, name) for name in methods)]))
        parts += [
            f"### FDR (standard error) / power / power at a true FDR of 5 %: {title}",
            "\n".join(power),
            f"### P < .05 / P < .001 where nothing changes: {title}",
            "\n".join(level),
        ]
    listed = "\n".join(f"- {sentence}" for sentence in missed) or "None."
    return "\n\n".join([*parts, f"### Targets missed by more than two standard errors\n\n{listed}"])


def _number_of_sets(table: pd.DataFrame) -> str:
    ours = table[table["method"] == "default"]
    usual = int(ours["sets"].mode().iloc[0])
    more = [
        f"{cell} ({'signal' if quantity == 'mean_signal' else quantity}) {sets}"
        for quantity, cell, sets in ours[[*CELL, "sets"]].itertuples(index=False)
        if sets != usual
    ]
    text = f"{usual} sets a cell" + "".join(f"; {one}" for one in more)
    peers = table[table["method"] == "edger_ql"]
    if len(peers):
        text += f". Those of R: {number_of_sets(peers['sets'])} a cell, where there are any"
    return f"{text}."


def _did(own: pd.DataFrame) -> str:
    """What the default chose, the most frequent first, with its share."""
    share = own.loc[own["method"] == "default", "chosen"].value_counts(normalize=True)
    if len(share) == 1:
        return str(share.index[0])
    return "; ".join(f"{name} {part:.0%}" for name, part in share.items())


def _power(each: Rows, name: str) -> str:
    if name not in each:
        return ""
    row = each[name]
    found = " / ".join(_short(float(row[m]), 3) for m in ("power", "true_power"))
    return f"{_with_error(row, 'fdp')} / {found}"


def _level(each: Rows, name: str) -> str:
    if name not in each:
        return ""
    row = each[name]
    return f"{_short(float(row['type_one_05']), 3)} / {_short(float(row['type_one_001']), 4)}"


def _with_error(row: dict[str, Any], measure: str) -> str:
    return f"{_short(float(row[measure]), 3)} ({_short(float(row[f'{measure}_se']), 3)})"


def _short(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}".removeprefix("0")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
