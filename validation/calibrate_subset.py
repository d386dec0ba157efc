"""Measure the test for changes in some of the tumours, beside the tests of means.

    python validation/calibrate_subset.py --seeds 20 -o calibration_subset.tsv

Cohorts are those of `calibrate.py`. Nothing is planted in the first five scenarios; `half` and
`third` change a region in half or a third of the poor tumours, drawn anew for each region, by twice
the effect of `calibrate.py`; `half_same` in the same half of them everywhere; `all` in all of them,
by that effect once. `two_levels` has nothing planted, but in 5 % of the regions a quarter of all
tumours, whatever their group, differs as in `half`. `ql` gives what edgeR's gives.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_cohorts import (
    EFFECTS,
    QUANTITIES,
    REGIONS,
    SCENARIOS,
    Change,
    Cohort,
    Ingredients,
    draw,
)

from resist_epi.io.tables import write_table
from resist_epi.model import differential
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization import normalize
from resist_epi.model.subsets import subset_results
from resist_epi.samples.design import make_contrast, make_design

UNITS = (6, 12, 20)
FACTOR = 2.0  # on the effect, where some tumours carry it
TWO_LEVELS = 0.05  # of the regions
LEVEL = 0.05


def _nothing(change: Change) -> Change:
    def changed(own: Ingredients, rng: np.random.Generator) -> Ingredients:
        none = replace(own, effect=np.zeros_like(own.effect), truth=np.zeros_like(own.truth))
        return change(none, rng)

    return changed


def _some(share: float, *, same: bool = False) -> Change:
    def changed(own: Ingredients, rng: np.random.Generator) -> Ingredients:
        poor = np.flatnonzero(own.poor)
        count = round(share * len(poor))
        orders = rng.random((len(own.level), len(poor)))
        if same:
            orders[:] = orders[0]
        carries = np.zeros(own.effect.shape, dtype=bool)
        carries[:, poor] = orders.argsort(axis=1) < count
        return replace(own, effect=FACTOR * own.effect * carries)

    return changed


def _all(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    return own


def _two_levels(own: Ingredients, rng: np.random.Generator) -> Ingredients:
    none = _nothing(_all)(own, rng)
    tumours = len(own.poor)
    nuisance = np.zeros_like(own.nuisance)
    for region in range(round(TWO_LEVELS * REGIONS)):
        who = rng.permutation(tumours)[: tumours // 4]
        nuisance[region, who] = FACTOR * EFFECTS[tumours // 2] * rng.choice([-1, 1])
    return replace(none, nuisance=nuisance)


CHANGES: Mapping[str, Change] = {
    **{
        name: _nothing(s.change)
        for name, s in SCENARIOS.items()
        if name in ("baseline", "outlier", "variance", "heavy_tails", "depth")
    },
    "half": _some(0.5),
    "half_same": _some(0.5, same=True),
    "third": _some(1 / 3),
    "all": _all,
    "two_levels": _two_levels,
}


def measure(cohort: Cohort) -> Iterator[dict[str, object]]:
    """Score each test on one cohort, normalised by TMM for all of them."""
    matrix = normalize(cohort.matrix, "tmm")
    design = make_design(cohort.sheet)
    contrast = make_contrast(design, "poor-good")
    tested, _ = regions_with_signal(matrix, min_units=len(matrix.samples) // 2)
    began = time.process_time()
    found = subset_results(matrix, design, contrast, tested=tested).table
    yield {
        "method": "subset",
        "cpu": time.process_time() - began,
        **_scores(found, found["stat"].to_numpy(), cohort.truth),
    }
    for name in ("trend", "ql") if matrix.quantity == "reads" else ("trend",):
        fitted = differential.fit(
            matrix, design, method=name, tested=tested, options=FitOptions(weights=name != "ql")
        )
        table = differential.contrast_results(fitted, contrast)
        yield {"method": name, **_scores(table, table["stat"].to_numpy(), cohort.truth)}


def _scores(table: pd.DataFrame, sign: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    p, padj = table["pvalue"].to_numpy(np.float64), table["padj"].to_numpy(np.float64)
    null, called = np.isfinite(p) & (truth == 0), padj <= LEVEL
    right = called & (truth != 0) & (np.sign(sign) == np.sign(truth))
    return {
        "type1_05": float((p[null] <= 0.05).mean()),
        "type1_001": float((p[null] <= 0.001).mean()),
        "fdr": float((called & ~right).sum() / max(called.sum(), 1)),
        "power": float(right.sum() / (truth != 0).sum()) if (truth != 0).any() else np.nan,
    }


def calibrate(
    scenarios: Sequence[str],
    quantities: Sequence[str],
    units: Sequence[int],
    seeds: Sequence[int],
) -> pd.DataFrame:
    """A row a method, scenario, quantity and group size: means over seeds, with standard errors."""
    rows = [
        {"quantity": q, "scenario": s, "units": u} | row
        for q in quantities
        for s in scenarios
        for u in units
        for seed in seeds
        for row in measure(draw(CHANGES[s], s, q, u, seed))
    ]
    keys = ["quantity", "scenario", "units", "method"]
    by = pd.DataFrame(rows).groupby(keys, sort=False)
    errors = by.sem().add_suffix("_se").drop(columns="cpu_se", errors="ignore")
    return pd.concat([by.mean(), errors], axis=1).reset_index()


def main() -> None:
    """Run the scenarios and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--units", type=int, nargs="+", default=list(UNITS))
    parser.add_argument("--scenarios", nargs="+", choices=list(CHANGES), default=list(CHANGES))
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, default=list(QUANTITIES))
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    began = time.process_time()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    table = calibrate(chosen.scenarios, chosen.quantities, chosen.units, seeds)
    write_table(chosen.output, table.round(5), header={"seeds": f"{seeds[0]} to {seeds[-1]}"})
    print(table.round(4).to_string(index=False))
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
