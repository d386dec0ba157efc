"""Measure how many calls are false among those that hang on one tumour, and among the others.

    python validation/calibrate_stability.py --sets 20 -o calibration_stability.tsv

Cohorts are those of `calibrate.py`: a tenth of the regions change. In `values`, 5 % of the others
have one tumour, another one in each region, that departs by 3 log2 units or more; in `tumour` the
last poor tumour has 9 times the variance of the rest (their `outlier`); in `baseline` none is odd.
Every cohort goes through `analyse` with all defaults, and then through `stability`; `plain` does
so by `trend` without weights, where nothing else stands against an odd tumour.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_cohorts import QUANTITIES, SCENARIOS, Change, Cohort, Ingredients, draw
from calibration_page import write_page

from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import analyse
from resist_epi.model.stability import with_stability
from resist_epi.samples.question import Question

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_stability.md"
UNITS = (3, 6, 12)
ODD, DEPARTS = 0.05, 3.0  # share of the unchanged regions; log2 at least
WAYS: Mapping[str, Question] = {
    "default": Question(contrast="poor-good", normalize="tmm"),
    "plain": Question(
        contrast="poor-good", normalize="tmm", method="trend", weights="none", hidden="none"
    ),
}
CLASSES = ("stay", "one", "several")


def _values(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    n, tumours = own.nuisance.shape
    odd = np.flatnonzero((own.truth == 0) & (rng.random(n) < ODD))
    nuisance = own.nuisance.copy()
    size = (DEPARTS + rng.exponential(1.0, len(odd))) * rng.choice([-1, 1], len(odd))
    nuisance[odd, rng.integers(0, tumours, len(odd))] += size
    return replace(own, nuisance=nuisance)


CHANGES: Mapping[str, Change] = {
    "baseline": SCENARIOS["baseline"].change,
    "values": _values,
    "tumour": SCENARIOS["outlier"].change,
}


def measure(cohort: Cohort, way: str) -> Iterator[dict[str, object]]:
    """One row for each class of calls: how many, and how many of them are false."""
    analysis = with_stability(analyse(cohort.matrix, cohort.sheet, WAYS[way]))
    table = analysis.results
    called = (table["direction"] != "none").to_numpy()
    sign = np.where(table["direction"] == "gain", 1, -1)
    false = called & (np.sign(cohort.truth) != sign)
    one = (table["hangs_on"] != "").to_numpy()
    stay = (table["stability"] == 1).to_numpy()
    classes = zip(CLASSES, (stay, one, called & ~one & ~stay), strict=True)
    for name, members in classes:
        yield {"class": name, "calls": int(members.sum()), "false": int((members & false).sum())}


def as_markdown(rows: pd.DataFrame) -> str:
    """The table of the page: shares of all calls of a cell's cohorts."""
    lines = [
        f"{rows['seed'].nunique()} cohorts a row; calls a cohort, and in brackets the share of"
        " false ones among all calls of the cohorts.",
        "",
        "| quantity | test | scenario | a group | all calls | stay without any one | hang on one |"
        " lost without any of several |",
        "|" + "---|" * 8,
    ]
    keys = ["quantity", "way", "scenario", "units"]
    for cell, own in rows.groupby(keys, sort=False):
        parts = [own, *(own[own["class"] == name] for name in CLASSES)]
        sets = own["seed"].nunique()
        cells = [
            f"{part['calls'].sum() / sets:.1f} ({_share(part['false'].sum(), part['calls'].sum())})"
            for part in parts
        ]
        cells[2] = f"**{cells[2]}**"
        lines.append("| " + " | ".join([*map(str, cell), *cells]) + " |")
    return "\n".join(lines)


def _share(false: float, calls: float) -> str:
    return f"{false / calls:.3f}".removeprefix("0") if calls else "–"


def main() -> None:
    """Draw, measure, and write the rows; with `--page` make the page of rows that were written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--units", type=int, nargs="+", default=list(UNITS))
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, default=list(QUANTITIES))
    parser.add_argument("--page", type=Path, nargs="+", help=f"tables of rows for {PAGE.name}")
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    logging.getLogger("resist_epi").setLevel(logging.ERROR)
    if chosen.page is not None:
        stored = pd.concat([read_table(path) for path in chosen.page], ignore_index=True)
        write_page(PAGE, as_markdown(stored))
        return
    began = time.process_time()
    rows = pd.DataFrame(
        [
            {"quantity": q, "way": way, "scenario": s, "units": u, "seed": seed} | row
            for q in chosen.quantities
            for way in WAYS
            for s in CHANGES
            for u in chosen.units
            for seed in range(chosen.first, chosen.first + chosen.sets)
            for row in measure(draw(CHANGES[s], s, q, u, seed), way)
        ]
    )
    if chosen.output is not None:
        last = chosen.first + chosen.sets - 1
        write_table(chosen.output, rows, header={"seeds": f"{chosen.first} to {last}"})
    print(as_markdown(rows))
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
