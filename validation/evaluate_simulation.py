"""Calibration on simulated cohorts: what the tests call, and what of it is true.

python validation/evaluate_simulation.py --seeds 20 --jobs 2  print the table
python validation/evaluate_simulation.py --seeds 20 --write   and into docs/guide/simulation.md

For every seed two cohorts are simulated, one with planted effects and one without, and analysed as
a run would analyse them. Ends with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evaluation import compare_cohort, planted_regions, score

from resist_epi.samples.question import Question
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.settings import CohortSettings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "simulation.md"
BEGIN, END = "<!-- numbers: begin -->", "<!-- numbers: end -->"
EFFECTS = [0.0, 0.3, 0.6, 0.9, np.inf]  # log2, true change of the region
FOLDS = [0.0, 1.5, 3.0, 6.0, np.inf]  # times the background's signal per base
MAX_FDR, MIN_RIGHT, MAX_NULL = 0.055, 0.80, 0.15


def main() -> int:
    arguments = _parse()
    options = dict(pair.split("=", 1) for pair in arguments.set)
    base = {name: _value(name, text) for name, text in options.items()}
    question = Question(normalize=arguments.normalize, method=arguments.method)
    tasks = [
        (base | {"seed": seed, "null": null}, question)
        for seed in range(arguments.first, arguments.first + arguments.seeds)
        for null in (False, True)
    ]
    began = time.time()
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_one, tasks))
    scores = pd.concat([one for one, _ in found], ignore_index=True)
    summary = summarise(scores)
    planted = pd.concat([own for _, own in found], ignore_index=True)
    text = f"{_as_markdown(summary)}\n\n{_power_as_markdown(planted)}"
    print(text)
    print(f"{len(tasks)} cohorts, {time.time() - began:.0f} s")
    if arguments.raw is not None:
        scores.to_csv(arguments.raw, sep="\t", index=False)
    if arguments.write:
        _write(text, arguments.seeds)
    missed = summary[~(summary["fdr_held"] & summary["signs_right"] & summary["null_quiet"])]
    for table in missed["table"]:
        print(f"target missed: {table}", file=sys.stderr)
    return int(len(missed) > 0)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds (default 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--normalize", help="normalisation, as resist-epi diff has it")
    parser.add_argument("--method", help="test, as resist-epi diff has it")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the cohorts"
    )
    parser.add_argument("--raw", type=Path, help="write every cohort's scores to this TSV")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser.parse_args()


def _value(name: str, text: str) -> object:
    default = getattr(CohortSettings(), name)
    if isinstance(default, bool):
        return text.lower() in ("1", "true", "yes")
    if isinstance(default, tuple):
        return tuple(text.split(","))
    return type(default)(text)


def _one(
    task: tuple[dict[str, object], Question],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    options, question = task
    settings = CohortSettings(**options)  # type: ignore[arg-type]
    compared = list(compare_cohort(simulate_cohort(settings), question))
    scores = pd.DataFrame([{"table": c.table, **score(c)} for c in compared])
    planted = pd.concat([planted_regions(c) for c in compared], ignore_index=True)
    return scores.assign(seed=settings.seed, null=settings.null), planted


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a result table: means over the seeds, and whether the targets are met."""
    rows = []
    for table, own in scores.groupby("table", sort=False):
        planted, null = own[~own["null"]], own[own["null"]]
        n = len(planted)
        error = float(planted["fdp"].std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
        fdr, with_calls = float(planted["fdp"].mean()), int((null["calls"] > 0).sum())
        right = float(np.average(planted["right_sign"], weights=planted["n_planted"]))
        rows.append(
            {
                "table": table,
                "regions": round(planted["n_tested"].mean()),
                "changed": round(planted["n_changed"].mean()),
                "calls": round(float(planted["calls"].mean()), 1),
                "fdr": fdr,
                "fdr_se": error,
                "planted": round(planted["n_planted"].mean()),
                "right_sign": right,
                "power": float(np.average(planted["power"], weights=planted["n_planted"])),
                "type_one": float(null["type_one"].mean()),
                "null_with_calls": f"{with_calls} of {len(null)}",
                "fdr_held": fdr <= MAX_FDR + 2 * (0.0 if np.isnan(error) else error),
                "signs_right": right >= MIN_RIGHT,
                "null_quiet": with_calls <= MAX_NULL * len(null),
            }
        )
    return pd.DataFrame(rows)


def _as_markdown(summary: pd.DataFrame) -> str:
    head = (
        "| result table | regions | truly changed | calls | realised FDR (SE) | planted genes |"
        " right sign | power | type I at .05, null | null cohorts with a call |"
    )
    lines = [head, "|" + "---|" * 10]
    for row in summary.itertuples():
        lines.append(
            f"| {row.table} | {row.regions} | {row.changed} | {row.calls} | {row.fdr:.3f}"
            f" ({row.fdr_se:.3f}) | {row.planted} | {row.right_sign:.3f} | {row.power:.2f} |"
            f" {row.type_one:.3f} | {row.null_with_calls} |"
        )
    return "\n".join(lines)


def power_by_level(planted: pd.DataFrame) -> pd.DataFrame:
    """Share found of the planted regions, by true change and signal over background.

    Returns
    -------
    DataFrame
        A row a result table and class of change; for each class of signal the share found and,
        in `n_` columns, how many regions it rests on.
    """
    classes = planted.assign(
        change=pd.cut(planted["effect"], EFFECTS, right=False),
        signal=pd.cut(planted["fold"], FOLDS, right=False),
    )
    groups = classes.groupby(["table", "change", "signal"], sort=False, observed=True)["found"]
    shares = groups.mean().unstack("signal").sort_index(axis=1)
    counts = groups.size().unstack("signal").sort_index(axis=1).fillna(0).astype(int)
    return shares.join(counts.add_prefix("n_")).sort_index().reset_index()


def _power_as_markdown(planted: pd.DataFrame) -> str:
    table = power_by_level(planted)
    signals: list[Any] = [c for c in table.columns if isinstance(c, pd.Interval)]
    head = ["result table", "true change, log2", *(f"signal {_interval(c)}" for c in signals)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    rows: list[Any] = table.to_dict("records")
    for row in rows:
        cells = [f"{row[c]:.2f} ({row[f'n_{c}']})" if row[f"n_{c}"] else "" for c in signals]
        lines.append(f"| {row['table']} | {_interval(row['change'])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _interval(interval: pd.Interval) -> str:
    if np.isinf(interval.right):
        return f"{interval.left:g} or more"
    return f"{interval.left:g} to {interval.right:g}"


def _write(table: str, seeds: int) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    text = f"{BEGIN}\n\nSeeds 1 to {seeds}, default settings:\n\n{table}\n\n{END}"
    PAGE.write_text(before + text + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
