"""Calibration of the tests: type I error, realised FDR and power on cohorts with a known truth.

python validation/calibrate.py --store cohorts.tsv            every cohort that the store lacks
python validation/calibrate.py --store cohorts.tsv --write    and put the tables into the docs

Every method is tried on the same cohorts, and so is the default: an analysis of which nothing was
asked but the contrast and TMM. With R installed, edgeR, limma and DESeq2 are beside them.
Results are stored cohort by cohort, so a run that was interrupted goes on where it stopped; a store
holds for one state of the program. Ends with 1 if the default misses a target by more than two
Monte-Carlo standard errors.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_cohorts import QUANTITIES, SCENARIOS, UNITS, Cohort, simulate
from calibration_page import DEFAULT, PAGE, as_markdown, misses, summarise, write_page
from calibration_peers import PEERS, SLOW, Peers

from resist_epi.model import differential
from resist_epi.model.analysis import analyse
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design

KEY = ["quantity", "scenario", "units", "seed"]
# Name -> method and whether units get weights.
OURS = {
    "trend": ("trend", False),
    "trend_weights": ("trend", True),
    "voom": ("voom", False),
    "voom_weights": ("voom", True),
    "ql": ("ql", False),
    "wilcoxon": ("wilcoxon", False),
    "welch": ("welch", False),
}
LEVEL = 0.05


def main() -> int:
    arguments = _parse()
    logging.disable(logging.WARNING)
    began = time.process_time()
    # Seed by seed, so that an interrupted run has as many cohorts in every cell.
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    cells = itertools.product(arguments.quantities, arguments.scenarios, arguments.units)
    wanted = [(*cell, seed) for seed, cell in itertools.product(seeds, list(cells))]
    run(wanted, arguments.store, peers=not arguments.no_peers, slow_seeds=arguments.slow_seeds)
    stored = pd.read_csv(arguments.store, sep="\t")
    place = pd.MultiIndex.from_tuples(wanted, names=KEY).get_indexer(stored.set_index(KEY).index)
    stored = stored.assign(place=place)[place >= 0].sort_values("place", kind="stable")
    missed = misses(stored)
    text = as_markdown(summarise(stored), missed)
    print(text)
    print(
        f"{len(wanted)} cohorts, {time.process_time() - began:.0f} s of CPU here, R's not counted"
    )
    if arguments.write:
        write_page(PAGE, text)
    return int(bool(missed))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--store", type=Path, required=True, help="TSV, a line a cohort and method")
    parser.add_argument("--seeds", type=int, default=20, help="how many; default 20")
    parser.add_argument("--first", type=int, default=1, help="the first seed; default 1")
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, default=list(QUANTITIES))
    parser.add_argument("--scenarios", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--units", nargs="+", type=int, choices=UNITS, default=list(UNITS))
    parser.add_argument("--no-peers", action="store_true", help="leave R out")
    parser.add_argument(
        "--slow-seeds",
        type=int,
        default=5,
        help="DESeq2, and edgeR on the reads beneath signal: seeds 1 to this; default 5",
    )
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    return parser.parse_args()


def run(
    wanted: Sequence[tuple[str, str, int, int]], store: Path, *, peers: bool, slow_seeds: int
) -> None:
    """Try every method on the cohorts wanted and append to the store what it lacks."""
    done: set[tuple[object, ...]] = set()
    if store.exists():
        known = pd.read_csv(store, sep="\t", usecols=[*KEY, "method"])
        done = set(known.itertuples(index=False, name=None))
    with tempfile.TemporaryDirectory() as folder:
        remote = Peers(Path(folder)) if peers and shutil.which("Rscript") else None
        for key in wanted:
            names = [DEFAULT, *(OURS if key[0] == "reads" else _for_signal())]
            if remote is not None:
                names += [p for p in PEERS[key[0]] if p not in SLOW[key[0]] or key[3] <= slow_seeds]
            missing = [name for name in names if (*key, name) not in done]
            if missing:
                quantity, scenario, units, seed = key
                cohort = simulate(scenario, quantity, units, seed)
                found = measure(cohort, missing, remote)
                rows = pd.DataFrame([dict(zip(KEY, key, strict=True)) | row for row in found])
                rows.to_csv(store, sep="\t", index=False, mode="a", header=not store.exists())
        if remote is not None:
            remote.close()


def _for_signal() -> list[str]:
    return [
        name
        for name, (method, _) in OURS.items()
        if "mean_signal" in differential.METHODS[method].quantities
    ]


def measure(
    cohort: Cohort, names: Sequence[str], remote: Peers | None
) -> Iterator[dict[str, object]]:
    """Score some methods on one cohort, normalised by TMM for all of them."""
    matrix = normalize(cohort.matrix, "tmm")
    design = make_design(cohort.sheet)
    contrast = make_contrast(design)
    units = len(matrix.samples) // 2
    tested, _ = regions_with_signal(matrix, min_units=units)
    for name in names:
        if name == DEFAULT:
            asked = analyse(cohort.matrix, cohort.sheet, contrast="poor-good", normalize="tmm")
            p, padj, change = _columns(asked.results)
        elif name in OURS:
            own, weights = OURS[name]
            options = FitOptions(weights=weights)
            fitted = differential.fit(matrix, design, method=own, tested=tested, options=options)
            p, padj, change = _columns(differential.contrast_results(fitted, contrast))
        elif remote is not None:
            p, padj, change = remote.ask(name, cohort, matrix, tested)
        yield {"method": name, **score(cohort.truth, p, padj, change)}


def _columns(results: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    p, padj, change = (
        results[c].to_numpy(np.float64) for c in ("pvalue", "padj", "log2FoldChange")
    )
    return p, padj, change


def score(
    truth: np.ndarray, p: np.ndarray, padj: np.ndarray, change: np.ndarray
) -> dict[str, float]:
    """Type I error among the true nulls tested, share of false calls, share of the changes found.

    A call of the wrong sign is false; a change that is not tested is not found.
    """
    with np.errstate(invalid="ignore"):
        null = (truth == 0) & np.isfinite(p)
        called = padj <= LEVEL
    right = called & (truth != 0) & (np.sign(change) == np.sign(truth))
    return {
        "tested": int(np.isfinite(p).sum()),
        "type_one_05": float((p[null] < 0.05).mean()),
        "type_one_001": float((p[null] < 0.001).mean()),
        "calls": int(called.sum()),
        "fdp": float((called.sum() - right.sum()) / max(called.sum(), 1)),
        "power": float(right.sum() / max((truth != 0).sum(), 1)),
    }


if __name__ == "__main__":
    sys.exit(main())
