"""Calibration of shrunken fold changes and s-values, and of the order of top lists.

python validation/calibrate_shrinkage.py --store shrinkage.tsv --sets 100           what it lacks
python validation/calibrate_shrinkage.py --store shrinkage.tsv --sets 100 --write   and the page

Cohorts of 6,000 regions as in `calibration_cohorts.py`, with counts that are low (11 reads in the
middle) or not (45), of 3 to 12 tumours a group. A tenth of the regions change, by about one size
or by normal effects, or none does. Each is normalised by TMM and tested by each method, trend and
voom with sample weights from 5 tumours a group on. Results are stored set by set, so a run that was
interrupted goes on where it stopped; a store holds for one state of the program. Ends with 1 where
the share of wrong signs among the supported exceeds .055 by more than two Monte-Carlo standard
errors.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_cohorts import (
    CHANGED,
    DEPTH_SD,
    DISPERSION,
    DISPERSION_AT_LOW,
    DISPERSION_DF,
    EFFECTS,
    LEVEL,
    LEVEL_SD,
    QUALITY_SD,
    Cohort,
    Ingredients,
    as_cohort,
    draw_errors,
)
from calibration_page import write_page
from shrinkage_page import PAGE, as_markdown, misses

from resist_epi.model import differential
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.stats.best_supported import is_supported, order_of_support

KEY = ["effects", "counts", "units", "quantity", "seed"]
LEVELS = {"low": 3.5, "high": LEVEL}  # log2 of a region's expected reads, in the middle
REGIONS = 6_000
SHAPES = ("one size", "none", "normal")
# Effects, quantity, and tumours a group.
CELLS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("one size", "reads", (3, 6, 12)),
    ("none", "reads", (3, 12)),
    ("one size", "mean_signal", (3, 6, 12)),
    ("normal", "reads", (3, 12)),
)
METHODS: Mapping[str, tuple[str, ...]] = {
    "reads": ("trend", "voom", "ql"),
    "mean_signal": ("trend",),
}
WEIGHTED_FROM = 5  # tumours a group
TOP = 200
SEEDED = 7_001  # of these cohorts alone


def main() -> int:
    """Run the sets that are asked for; print the tables, and write the page where asked to."""
    arguments = _parse()
    logging.disable(logging.WARNING)
    began = time.process_time()
    wanted = [
        (effects, counts, units, quantity, seed)
        for effects, quantity, sizes in CELLS
        for seed in range(1, arguments.sets + 1)
        for counts in LEVELS
        for units in sizes
    ]
    run(wanted, arguments.store)
    stored = pd.read_csv(arguments.store, sep="\t", keep_default_na=False, na_values=[""])
    missed = misses(stored)
    text = as_markdown(stored, missed)
    print(text)
    print(f"{time.process_time() - began:.0f} s of CPU")
    if arguments.write:
        write_page(PAGE, text)
    return int(bool(missed))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--store", type=Path, required=True, help="TSV, a line a set and method")
    parser.add_argument("--sets", type=int, default=100, help="simulated sets a cell; default 100")
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    return parser.parse_args()


def run(wanted: Sequence[tuple[str, str, int, str, int]], store: Path) -> None:
    """Analyse the sets wanted by every method and append to the store what it lacks."""
    done: set[tuple[object, ...]] = set()
    if store.exists():
        known = pd.read_csv(store, sep="\t", usecols=[*KEY, "method"], keep_default_na=False)
        done = set(known.itertuples(index=False, name=None))
    for key in wanted:
        missing = [name for name in METHODS[key[3]] if (*key, name) not in done]
        if not missing:
            continue
        rows = [
            dict(zip(KEY, key, strict=True)) | {"method": name} | measured
            for name, measured in measure(simulate(*key), missing)
        ]
        pd.DataFrame(rows).to_csv(store, sep="\t", index=False, mode="a", header=not store.exists())


def simulate(effects: str, counts: str, units: int, quantity: str, seed: int) -> Cohort:
    """Draw the cohort of a cell and seed."""
    which = [SHAPES.index(effects), list(LEVELS).index(counts), list(METHODS).index(quantity)]
    rng = np.random.default_rng([SEEDED, seed, units, *which])
    poor = np.repeat([False, True], units)
    level = 2.0 ** rng.normal(LEVELS[counts], LEVEL_SD, size=REGIONS)
    changed = rng.permutation(REGIONS)[: round(CHANGED * REGIONS)]
    truth, size = np.zeros(REGIONS), EFFECTS[units]
    if effects == "one size":
        sizes = size * np.maximum(rng.normal(1, 0.25, size=len(changed)), 0.1)
        truth[changed] = sizes * np.resize([1, -1], len(changed))
    elif effects == "normal":
        truth[changed] = rng.normal(0, size, size=len(changed))
    own = DISPERSION_DF / rng.chisquare(DISPERSION_DF, size=REGIONS)
    quality = np.exp(rng.normal(0, QUALITY_SD, size=2 * units))
    dispersion = ((DISPERSION + DISPERSION_AT_LOW / level) * own)[:, None] * quality
    depth = np.exp(rng.normal(0, DEPTH_SD, size=2 * units))
    effect = np.outer(truth, poor)
    ingredients = Ingredients(poor, level, effect, truth, np.zeros_like(effect), dispersion, depth)
    expected = level[:, None] * 2.0**effect * depth * draw_errors(dispersion, quantity, rng)
    return as_cohort(rng.poisson(expected).astype(np.float64), ingredients, quantity)


def measure(cohort: Cohort, methods: Sequence[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """What the s-values of each method say of one cohort, and which regions stand on top."""
    matrix = normalize(cohort.matrix, "tmm")
    design = make_design(cohort.sheet)
    contrast = make_contrast(design)
    units = len(matrix.samples) // 2
    tested, _ = regions_with_signal(matrix, min_units=units)
    for method in methods:
        options = FitOptions(weights=method != "ql" and units >= WEIGHTED_FROM)
        fitted = differential.fit(matrix, design, method=method, tested=tested, options=options)
        yield method, score(cohort.truth, differential.contrast_results(fitted, contrast))


def score(truth: np.ndarray, results: pd.DataFrame) -> dict[str, float]:
    """Wrong signs among the supported, and the share of changes on top of three orders."""
    tested = results["pvalue"].notna().to_numpy()
    n_changed = max(int((truth != 0).sum()), 1)
    truth, table = truth[tested], results[tested]
    change, shrunken = (
        table[c].to_numpy(np.float64) for c in ("log2FoldChange", "shrunkenLog2FoldChange")
    )
    right = (truth != 0) & (np.sign(change) == np.sign(truth))
    supported, called = is_supported(table["svalue"]), (table["padj"] <= 0.05).to_numpy()
    orders = {
        "change": np.argsort(-np.abs(change), kind="stable"),
        "p": np.argsort(table["pvalue"].to_numpy(), kind="stable"),
        "support": order_of_support(table),
    }
    return {
        "tested": int(tested.sum()),
        "supported": int(supported.sum()),
        "false_signs": _share(~right & supported, supported),
        "found": float((right & supported).sum() / n_changed),
        "called": int(called.sum()),
        "false_calls": _share(~right & called, called),
        **{f"top_{name}": float(right[order[:TOP]].mean()) for name, order in orders.items()},
        "error_raw": float(np.sqrt(np.mean((change - truth) ** 2))),
        "error_shrunken": float(np.sqrt(np.mean((shrunken - truth) ** 2))),
    }


def _share(some: np.ndarray, of: np.ndarray) -> float:
    return float(some.sum() / max(of.sum(), 1))


if __name__ == "__main__":
    sys.exit(main())
