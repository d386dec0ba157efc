"""Calibration of what the residuals say of the units: hidden factors, and twins.

python validation/calibrate_hidden.py --store hidden.tsv --sets 100           what the store lacks
python validation/calibrate_hidden.py --store hidden.tsv --sets 100 --write   and the page

How often are factors and twins found where there are none, and where there are; and what become
type I error, FDR and power then: by default (auto), without a look at hidden factors (none),
without weights either (plain), and with the factor's true values in the design (known). They are
of the change between units of one value of the factor; for a subtype that differs between the
groups, power for the whole difference stands beside. Results are stored set by set, so a run that
was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibration_page import number_of_sets, write_page
from hidden_cohorts import FACTORS, NULLS, TWINS, HiddenCohort, draw

from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.hidden import look_at_units
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.question import Question

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "hidden_factors.md"
LEVEL, LARGE = 0.05, 0.2  # log2, of a difference that a factor adds
CONTRAST = "Condition:poor-good"
KEY = ["part", "method", "scenario", "good", "poor", "seed"]
SIZES = ((6, 6), (12, 12), (20, 20))
MORE_SIZES = ((5, 5), (8, 16))
# Which cells are tested: scenario and units a group.
TESTED = (
    *(("batch_2to1", size) for size in ((12, 12), (6, 6), (20, 20), (8, 16))),
    ("balanced", (12, 12)),
    *(("purity", size) for size in ((6, 6), (12, 12))),
    *(("two", size) for size in ((6, 6), (12, 12), (20, 20), (8, 16))),
    *(("subtype", size) for size in ((12, 12), (20, 20))),
)
READS_TESTED = tuple(
    (name, size)
    for name, size in TESTED
    if size in ((6, 6), (12, 12)) and name in ("batch_2to1", "two")
)
WAYS = ("auto", "none", "plain", "known")
Cell = tuple[str, str, str, int, int, int]


def main() -> None:
    arguments = _parse()
    logging.disable(logging.WARNING)
    began = time.process_time()
    wanted = list(_wanted(arguments.sets, arguments.rates, arguments.first))
    run(wanted, arguments.store, arguments.hours)
    stored = pd.read_csv(arguments.store, sep="\t")
    text = as_markdown(stored)
    print(text)
    print(f"{time.process_time() - began:.0f} s of CPU")
    if arguments.write:
        write_page(PAGE, text)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--store", type=Path, required=True, help="TSV, a line a set and way")
    parser.add_argument("--sets", type=int, default=100, help="tested, a cell; default 100")
    parser.add_argument("--rates", type=int, default=400, help="looked at, a cell; default 400")
    parser.add_argument("--first", type=int, default=1, help="the first seed; default 1")
    parser.add_argument("--hours", type=float, default=np.inf, help="stop after so long")
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    return parser.parse_args()


def _wanted(sets: int, rates: int, first: int) -> Iterator[Cell]:
    """Seed by seed, so that a run that stops has as many sets in every cell."""
    for seed in range(first, first + max(sets, rates)):
        if seed < first + sets:
            yield from (("test", "trend", name, *size, seed) for name, size in TESTED)
        if seed < first + sets // 2:
            for method in ("voom", "ql"):
                yield from (("test", method, name, *size, seed) for name, size in READS_TESTED)
            for name in (*NULLS, *FACTORS, *TWINS):
                yield from (("look", "voom", name, *size, seed) for size in SIZES[:2])
        if seed < first + sets:
            for name in (*FACTORS, *TWINS):
                yield from (("look", "trend", name, *size, seed) for size in SIZES)
            for name in NULLS:
                yield from (("look", "trend", name, *size, seed) for size in MORE_SIZES)
        if seed < first + rates:
            for name in NULLS:
                yield from (("look", "trend", name, *size, seed) for size in SIZES)


def run(wanted: list[Cell], store: Path, hours: float) -> None:
    """Measure the cells that the store lacks, for so long."""
    done: set[object] = set()
    if store.exists():
        done = set(
            pd.read_csv(store, sep="\t", usecols=KEY)[KEY].itertuples(index=False, name=None)
        )
    until = time.monotonic() + 3600 * hours
    rows: list[dict[str, object]] = []
    for cell in wanted:
        if time.monotonic() > until:
            break
        if cell not in done:
            part, method, name, good, poor, seed = cell
            cohort = draw(name, good, poor, seed, reads=method != "trend")
            found = _look(cohort, method) if part == "look" else _test(cohort, method)
            rows += [dict(zip(KEY, cell, strict=True)) | row for row in found]
        if len(rows) > 200:
            _append(rows, store)
    _append(rows, store)


def _append(rows: list[dict[str, object]], store: Path) -> None:
    if rows:
        table = pd.DataFrame(rows).reindex(columns=[*KEY, "way", *MEASURES])
        table.to_csv(store, sep="\t", index=False, mode="a", header=not store.exists())
        rows.clear()


MEASURES = ("found", "adjusted", "twins", "weights_off", "type_one", "fdp", "power", "whole", "cpu")


def _look(cohort: HiddenCohort, method: str) -> Iterator[dict[str, object]]:
    matrix = normalize(cohort.matrix, "tmm")
    design = make_design(cohort.sheet)
    contrast = make_contrast(design, CONTRAST)
    tested, _ = regions_with_signal(matrix, min_units=min(contrast.group_sizes))
    began = time.process_time()
    seen = look_at_units(matrix, design, contrast, tested, Question(method=method))
    yield {
        "way": "auto",
        "found": int(seen.facts["hidden"]["found"] > 0),
        "adjusted": seen.columns.shape[1],
        "twins": int("twins" in seen.facts),
        "weights_off": int(seen.weights_off is not None),
        "cpu": time.process_time() - began,
    }


def _test(cohort: HiddenCohort, method: str) -> Iterator[dict[str, object]]:
    known = [str(c) for c in cohort.sheet.table if str(c).startswith("Known")]
    asked: dict[str, dict[str, Any]] = {
        "auto": {},
        "none": {"hidden": "none"},
        "plain": {"hidden": "none", "weights": "none"},
        "known": {"hidden": "none", "formula": f"~ {' + '.join(known)} + Condition"},
    }
    for way, options in asked.items():
        if method == "ql" and way == "plain":  # which has no weights
            continue
        analysis = analyse(
            cohort.matrix,
            cohort.sheet,
            normalize="tmm",
            contrast=CONTRAST,
            method=method,
            **options,
        )
        yield {"way": way, **_score(analysis, cohort)}


def _score(analysis: Analysis, cohort: HiddenCohort) -> dict[str, float]:
    table = analysis.results
    p, padj, change = (table[c].to_numpy(np.float64) for c in ("pvalue", "padj", "log2FoldChange"))
    whole = cohort.truth + cohort.by_factor
    called, null = padj <= LEVEL, np.isfinite(p) & (cohort.truth == 0)
    right = called & (cohort.truth != 0) & (np.sign(change) == np.sign(cohort.truth))
    large = np.abs(whole) > LARGE
    return {
        "adjusted": analysis.facts.get("hidden", {}).get("adjusted", 0),
        "type_one": float((p[null] < LEVEL).mean()),
        "fdp": float((called & ~right).sum() / max(called.sum(), 1)),
        "power": float(right.sum() / (cohort.truth != 0).sum()),
        "whole": float((called & large & (np.sign(change) == np.sign(whole))).sum() / large.sum()),
    }


def as_markdown(stored: pd.DataFrame) -> str:
    """Tables of rates and of tests, with Monte-Carlo standard errors."""
    return "\n\n".join([*_tests_table(stored), *_rates_table(stored)])


def _tests_table(stored: pd.DataFrame) -> Iterator[str]:
    own = stored[stored["part"] == "test"]
    sets = own.groupby(KEY[:-1])["seed"].nunique()
    lines = [
        "### Type I error at .05, FDR and power at FDR 5 %",
        f"{number_of_sets(sets)} sets a cell; standard errors in brackets.",
        "",
        "| method | scenario | units | adjusted in | "
        + " | ".join(f"{way}: P < .05 | FDR | power" for way in WAYS)
        + " |",
        "|" + "---|" * (4 + 3 * len(WAYS)),
    ]
    for (method, name, good, poor), cell in own.groupby(KEY[1:-1], sort=False):
        ways = dict(list(cell.groupby("way")))
        cells = [str(method), f"`{name}`", f"{good} v {poor}"]
        cells.append(f"{(ways['auto']['adjusted'] > 0).mean():.0%}")
        for way in WAYS:
            rows = ways.get(way)
            cells += (
                ["", "", ""]
                if rows is None
                else [_mean(rows[c]) for c in ("type_one", "fdp", "power")]
            )
        lines.append(f"| {' | '.join(cells)} |")
    yield "\n".join([lines[0], "", *lines[1:]])
    subtype = own[own["scenario"] == "subtype"]
    by = subtype.groupby(["good", "poor", "way"], sort=False)["whole"]
    parts = [f"{good} v {poor}, {way}: {_mean(x)}" for (good, poor, way), x in by]
    yield f"Power for the whole difference of `subtype`, its own part among it: {'; '.join(parts)}."


def _rates_table(stored: pd.DataFrame) -> Iterator[str]:
    own = stored[stored["part"] == "look"]
    known = {**NULLS, **FACTORS, **TWINS}
    for method, quantity in (("trend", "signal"), ("voom", "reads")):
        rows = own[own["method"] == method]
        sizes = sorted(set(zip(rows["good"], rows["poor"], strict=True)))
        lines = [
            f"### What is found: {quantity}",
            "",
            "Percent of the sets in which a factor enters the design / two units are called twins /"
            " units get no weights.",
            "",
            "| scenario | what it is | " + " | ".join(f"{g} v {p}" for g, p in sizes) + " |",
            "|" + "---|" * (2 + len(sizes)),
        ]
        for name, (summary, _) in known.items():
            cells = []
            for good, poor in sizes:
                cell = rows[(rows["scenario"] == name) & (rows["good"] == good)]
                cell = cell[cell["poor"] == poor]
                shares = [(cell[c] > 0).mean() for c in ("adjusted", "twins", "weights_off")]
                cells.append(" / ".join(f"{100 * s:.3g}" for s in shares) if len(cell) else "")
            lines.append(f"| `{name}` | {summary} | {' | '.join(cells)} |")
        counts = rows.groupby(["scenario", "good", "poor"]).size()
        lines += ["", f"{number_of_sets(counts)} sets a cell."]
        yield "\n".join(lines)


def _mean(values: pd.Series) -> str:
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    mean, se = (f"{x:.3f}".removeprefix("0") for x in (values.mean(), error))
    return f"{mean} ({se})"


if __name__ == "__main__":
    main()
