"""Calibration of what is done about units that differ: weights, a variance a group, odd values.

python validation/calibrate_units.py --store units.tsv --sets 100           what the store lacks
python validation/calibrate_units.py --store units.tsv --sets 100 --write   and the page

Cohorts are those of `unit_cohorts.py`, normalised by TMM and analysed as a whole: by default, by
the plain test (no weights, nothing left out, no hidden factor), and for reads by each of the tests
that the default chooses from. Where one unit is bad, so is the test that knows how bad. With R
installed, so are limma, edgeR and DESeq2 on the first `--peer-sets`. Results are stored set by set,
so a run that was interrupted goes on where it stopped; a store holds for one state of the program.
Ends with 1 where a target is missed by more than two Monte-Carlo standard errors.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibrate import score
from calibration_cohorts import QUANTITIES
from calibration_page import write_page
from calibration_peers import Peers
from known_weights import fit_with, weights_of
from unit_cohorts import CELLS, ingredients, simulate
from units_page import PAGE, as_markdown, misses

from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.normalization import normalize

KEY = ["cell", "quantity", "seed"]
PLAIN = {"weights": "none", "hidden": "none"}
OURS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "reads": {
        "default": {},
        "plain": PLAIN,
        "ql": {**PLAIN, "method": "ql"},
        "trend_weights": {"method": "trend"},
        "voom_weights": {"method": "voom"},
    },
    "mean_signal": {"default": {}, "plain": PLAIN},
}
# Where one unit is to be found out, the test that knows it says how much there is to find.
KNOWN, WITH_KNOWN = "known_weights", "one bad sample"
# Count tests get the reads beneath signal.
PEERS: Mapping[str, tuple[str, ...]] = {
    "reads": ("limma_trend", "voom_quality", "edger_ql", "deseq2"),
    "mean_signal": ("limma_trend_level", "voom_quality", "edger_ql", "deseq2"),
}
LEVEL = 0.05


def main() -> int:
    """Run the cells that are asked for; print the tables, and write the page where asked to."""
    arguments = _parse()
    logging.disable(logging.WARNING)
    began = time.process_time()
    wanted = [
        (cell, quantity, seed)
        for seed in range(1, arguments.sets + 1)
        for cell in arguments.cells
        for quantity in arguments.quantities
        if quantity in CELLS[cell].quantities
    ]
    run(wanted, arguments.store, arguments.peer_sets)
    stored = pd.read_csv(arguments.store, sep="\t")
    missed = misses(stored)
    text = as_markdown(stored, missed)
    print(text)
    print(f"{time.process_time() - began:.0f} s of CPU here, R's not counted")
    if arguments.write:
        write_page(PAGE, text)
    return int(bool(missed))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--store", type=Path, required=True, help="TSV, a line a set and method")
    parser.add_argument("--sets", type=int, default=100, help="simulated sets a cell; default 100")
    parser.add_argument("--peer-sets", type=int, default=0, help="of these, with R; default none")
    parser.add_argument("--cells", nargs="+", choices=list(CELLS), default=list(CELLS))
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, default=list(QUANTITIES))
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    return parser.parse_args()


def run(wanted: Sequence[tuple[str, str, int]], store: Path, peer_sets: int) -> None:
    """Try every method on the sets wanted and append to the store what it lacks."""
    done: set[tuple[object, ...]] = set()
    if store.exists():
        known = pd.read_csv(store, sep="\t", usecols=[*KEY, "method"])
        done = set(known.itertuples(index=False, name=None))
    with tempfile.TemporaryDirectory() as folder:
        remote = Peers(Path(folder)) if peer_sets and shutil.which("Rscript") else None
        for key in wanted:
            names = list(OURS[key[1]])
            if key[0].startswith(WITH_KNOWN):
                names.append(KNOWN)
            if remote is not None and key[2] <= peer_sets:
                names += PEERS[key[1]]
            missing = [name for name in names if (*key, name) not in done]
            if missing:
                found = measure(key, missing, remote)
                rows = pd.DataFrame([dict(zip(KEY, key, strict=True)) | row for row in found])
                rows.to_csv(store, sep="\t", index=False, mode="a", header=not store.exists())
        if remote is not None:
            remote.close()


def measure(
    key: tuple[str, str, int], names: Sequence[str], remote: Peers | None
) -> Iterator[dict[str, object]]:
    """Score some methods on the cohort of a key, normalised by TMM for all of them."""
    cohort, quantity = simulate(*key), key[1]
    columns = ("pvalue", "padj", "log2FoldChange")
    for name in names:
        chosen = ""
        if name in OURS[quantity]:
            asked: dict[str, Any] = {"contrast": "poor-good", "normalize": "tmm"}
            asked |= OURS[quantity][name]
            analysis = analyse(cohort.matrix, cohort.sheet, **asked)
            p, padj, change = (analysis.results[c].to_numpy(np.float64) for c in columns)
            chosen = choice(analysis)
        elif name == KNOWN:
            found = fit_with(weights_of(ingredients(*key)), cohort)
            p, padj, change = (found[c].to_numpy(np.float64) for c in columns)
        elif remote is not None:
            matrix = normalize(cohort.matrix, "tmm")
            smaller = int(cohort.sheet.table["Condition"].value_counts().min())
            tested, _ = regions_with_signal(matrix, min_units=smaller)
            p, padj, change = remote.ask(name, cohort, matrix, tested)
        yield {
            "method": name,
            "chosen": chosen,
            **score(cohort.truth, p, padj, change),
            "true_power": true_power(cohort.truth, p),
        }


def choice(found: Analysis) -> str:
    """What an analysis did, in few words."""
    options = found.options
    parts = [str(found.question.method)]
    if options.variance_groups is not None:
        parts.append("a variance a group")
    elif options.weights:
        parts.append("weights")
    if options.leave_out:
        parts.append("odd values out")
    if found.without_factors is not None:
        parts.append("hidden factor")
    return ", ".join(parts)


def true_power(truth: np.ndarray, p: np.ndarray) -> float:
    """Share of the changes in the longest list by P of which at most 5 % are false."""
    order = np.argsort(np.where(np.isfinite(p), p, 2.0), kind="stable")
    order = order[np.isfinite(p[order])]
    changed = truth[order] != 0
    false = np.cumsum(~changed) / np.arange(1, len(order) + 1)
    within = np.flatnonzero(false <= LEVEL)
    return float(changed[: within[-1] + 1].sum() / (truth != 0).sum()) if len(within) else 0.0


if __name__ == "__main__":
    sys.exit(main())
