"""What `calibrate.py` found, as tables for docs/calibration.md, and whether the targets are met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"
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
    table["default"] = groups["default"].max().astype(bool)
    return table.reset_index()


def misses(table: pd.DataFrame) -> list[str]:
    """A sentence for each target that the default misses by more than two standard errors."""
    found = []
    for cell, own in table.groupby(CELL, sort=False):
        where = "{}, {}, {} a group".format(*cell)
        rows: list[dict[str, Any]] = own.to_dict("records")  # type: ignore[assignment]
        for row in (r for r in rows if r["default"]):
            slack = 2 * row["type_one_05_se"]
            if not TYPE_ONE[0] - slack <= row["type_one_05"] <= TYPE_ONE[1] + slack:
                found.append(f"{where}: type I {row['type_one_05']:.4f} of {row['method']}")
            if row["fdp"] > MAX_FDR + 2 * row["fdp_se"]:
                found.append(f"{where}: FDR {row['fdp']:.4f} of {row['method']}")
            found += [
                f"{where}: power {row['power']:.3f} of {row['method']},"
                f" {peer['power']:.3f} of {NAMES[peer['method']]}"
                for peer in rows
                if peer["method"] in PEERS and _behind(row, peer)
            ]
    return found


def _behind(row: dict[str, Any], peer: dict[str, Any]) -> bool:
    """Whether a peer whose FDR holds finds more than a default."""
    held = peer["fdp"] <= MAX_FDR + 2 * peer["fdp_se"]
    slack = POWER_BEHIND + 2 * float(np.hypot(row["power_se"], peer["power_se"]))
    return bool(held and row["power"] < peer["power"] - slack)


def as_markdown(table: pd.DataFrame) -> str:
    """A table for each quantity and measure: rows the cells, columns the methods."""
    parts = []
    for quantity, own in table.groupby("quantity", sort=False):
        methods = list(dict.fromkeys(own["method"]))
        for measure, title in MEASURES.items():
            head = ["scenario", "units a group", *(NAMES.get(m, m) for m in methods)]
            lines = [f"### {title}: {quantity}", "", _row(head), "|" + "---|" * len(head)]
            for (scenario, units), cell in own.groupby(["scenario", "units"], sort=False):
                rows = cell.set_index("method")
                cells = [_cell(rows, m, measure) for m in methods]
                lines.append(_row([str(scenario), str(units), *cells]))
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(rows: pd.DataFrame, method: str, measure: str) -> str:
    if method not in rows.index:
        return ""
    digits = 4 if measure == "type_one_001" else 3
    row = rows.to_dict("index")[method]
    text = f"{_short(row[measure], digits)} ({_short(row[f'{measure}_se'], digits)})"
    return f"**{text}**" if row["default"] else text


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".removeprefix("0")


def write_page(page: Path, text: str) -> None:
    """Put the tables between the page's markers."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
