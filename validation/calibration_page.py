"""What `calibrate.py` found, as tables, and whether the targets are met."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration.md"
BEGIN, END = "<!-- numbers: begin -->", "<!-- numbers: end -->"
TYPE_ONE, MAX_FDR, POWER_BEHIND = (0.045, 0.055), 0.055, 0.01
CELL = ["quantity", "scenario", "units"]
MEASURES = {
    "type_one_05": "Type I error at .05",
    "type_one_001": "Type I error at .001",
    "fdp": "Realised FDR at 5 %",
    "power": "Power at FDR 5 %",
}
PEERS = ("edger_ql", "limma_trend", "limma_trend_level", "deseq2")
DEFAULT = "default"
COLUMNS = (
    DEFAULT,
    *("trend", "trend_weights", "voom", "voom_weights", "ql", "wilcoxon", "welch"),
    *PEERS,
)
NAMES = {
    "trend_weights": "trend, weights",
    "voom_weights": "voom, weights",
    "edger_ql": "edgeR QL",
    "limma_trend": "limma-trend",
    "limma_trend_level": "limma-trend",
    "deseq2": "DESeq2",
}


def summarise(stored: pd.DataFrame) -> pd.DataFrame:
    """One row a cell and method: means over the seeds and their Monte-Carlo standard errors."""
    groups = stored.groupby([*CELL, "method"], sort=False)
    table = groups[list(MEASURES)].mean()
    errors = groups[list(MEASURES)].std(ddof=1).div(np.sqrt(groups.size()), axis=0)
    table = table.join(errors.fillna(0.0).add_suffix("_se"))
    table["seeds"] = groups.size()
    return table.reset_index()


def misses(stored: pd.DataFrame) -> list[str]:
    """A sentence for each target that the default misses by more than two standard errors."""
    found = []
    for cell, own in stored.groupby(CELL, sort=False):
        where = "{}, {}, {} a group".format(*cell)
        rows: dict[str, Any] = {str(r["method"]): r for r in summarise(own).to_dict("records")}
        row = rows.get(DEFAULT)
        if row is None:
            continue
        slack = 2 * row["type_one_05_se"]
        if not TYPE_ONE[0] - slack <= row["type_one_05"] <= TYPE_ONE[1] + slack:
            found.append(f"{where}: type I {row['type_one_05']:.4f}")
        if row["fdp"] > MAX_FDR + 2 * row["fdp_se"]:
            found.append(f"{where}: FDR {row['fdp']:.4f}")
        for peer in (p for p in PEERS if p in rows):
            behind, error = _paired(own, DEFAULT, peer)
            held = rows[peer]["fdp"] <= MAX_FDR + 2 * rows[peer]["fdp_se"]
            if held and behind > POWER_BEHIND + 2 * error:
                found.append(
                    f"{where}: power {behind:.3f} ({error:.3f}) below {NAMES[peer]}, whose FDR"
                    f" is {rows[peer]['fdp']:.3f} ({rows[peer]['fdp_se']:.3f})"
                )
    return found


def _paired(own: pd.DataFrame, method: str, peer: str) -> tuple[float, float]:
    """How much more a peer finds, over the seeds that both have, and the standard error of that."""
    power = own.pivot_table(index="seed", columns="method", values="power")
    more = (power[peer] - power[method]).dropna()
    return float(more.mean()), float(more.std(ddof=1) / np.sqrt(len(more))) if len(
        more
    ) > 1 else 0.0


def as_markdown(table: pd.DataFrame, missed: Sequence[str]) -> str:
    """A table for each quantity and measure (rows the cells, columns the methods), then misses."""
    seeds = table.groupby("method", sort=False)["seeds"].agg(["min", "max"])
    fewer = [
        f"{NAMES.get(str(method), method)} {low} to {high}"
        for method, (low, high) in zip(seeds.index, seeds.to_numpy(), strict=True)
        if low < seeds["max"].max()
    ]
    parts = [f"{seeds['max'].max()} cohorts a cell" + "".join(f"; {f}" for f in fewer) + "."]
    for quantity, own in table.groupby("quantity", sort=False):
        methods = [m for m in COLUMNS if (own["method"] == m).any()]
        for measure, title in MEASURES.items():
            head = ["scenario", "units a group", *(NAMES.get(m, m) for m in methods)]
            lines = [f"### {title}: {quantity}", "", _row(head), "|" + "---|" * len(head)]
            for (scenario, units), cell in own.groupby(["scenario", "units"], sort=False):
                rows = cell.set_index("method")
                cells = [_cell(rows, m, measure) for m in methods]
                lines.append(_row([str(scenario), str(units), *cells]))
            parts.append("\n".join(lines))
    parts.append("### Targets missed\n\n" + ("\n".join(f"- {m}" for m in missed) or "None."))
    return "\n\n".join(parts)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(rows: pd.DataFrame, method: str, measure: str) -> str:
    if method not in rows.index:
        return ""
    digits = 4 if measure == "type_one_001" else 3
    row = rows.to_dict("index")[method]
    text = f"{_short(row[measure], digits)} ({_short(row[f'{measure}_se'], digits)})"
    return f"**{text}**" if method == DEFAULT else text


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".removeprefix("0")


def number_of_sets(sets: pd.Series) -> str:
    """How many sets cells have: the number of all, or from the least to the most."""
    low, high = int(sets.min()), int(sets.max())
    return str(low) if low == high else f"{low} to {high}"


def write_page(page: Path, text: str) -> None:
    """Put the tables between the page's markers."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
