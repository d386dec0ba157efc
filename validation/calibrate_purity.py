"""Measure what normal tissue in the tumours does to a test, and what adjusting for purity restores.

    python validation/calibrate_purity.py --seeds 40 -o calibration_purity.tsv

Cohorts are those of `calibrate.py`, but each tumour is mixed with normal tissue, whose mark differs
from that of tumour cells in every region (SD .8 log2). The truth is that of the tumour cells.
`estimated` adjusts for a purity that is known with an error (SD .1), as estimates are.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from calibrate import score
from calibration_cohorts import QUANTITIES, Cohort, Ingredients, draw

from resist_epi.io.tables import write_table
from resist_epi.model.analysis import analyse
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.sheet import make_sheet

UNITS = (3, 6, 12, 20)
LOWEST, HIGHEST = 0.35, 0.95  # share of tumour cells
FACTOR = 2.0  # on the effect of `calibrate.py`, which normal tissue dilutes
CONFOUNDED = 0.2  # lower in the poor tumours, each group over the rest of the range
NORMAL_SD = 0.8  # log2, of normal tissue over tumour cells
ESTIMATE_SD = 0.1

Purities = Callable[[np.ndarray, np.random.Generator], np.ndarray]
FORMULAS: Mapping[str, str] = {
    "none": "~ Condition",
    "exact": "~ Purity + Condition",
    "estimated": "~ PurityEstimate + Condition",
}


def _alike(poor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.full(len(poor), (LOWEST + HIGHEST) / 2)


def _independent(poor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(LOWEST, HIGHEST, len(poor))


def _confounded(poor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(LOWEST, HIGHEST - CONFOUNDED, len(poor)) + CONFOUNDED * ~poor


PURITIES: Mapping[str, Purities] = {
    "alike": _alike,
    "independent": _independent,
    "confounded": _confounded,
}


def simulate(scenario: str, quantity: str, units: int, seed: int) -> Cohort:
    """Draw the cohort of a seed; its sheet has `Purity` and `PurityEstimate`."""
    purity = np.zeros(0)

    def mixed(own: Ingredients, rng: np.random.Generator) -> Ingredients:
        nonlocal purity
        purity = PURITIES[scenario](own.poor, rng)
        effect, truth = FACTOR * own.effect, FACTOR * own.truth
        normal = 2.0 ** rng.normal(0, NORMAL_SD, size=(len(own.level), 1))
        mixture = purity * 2.0**effect + (1 - purity) * normal
        return replace(own, effect=effect, truth=truth, nuisance=np.log2(mixture) - effect)

    cohort = draw(mixed, scenario, quantity, units, seed)
    rng = np.random.default_rng([seed, units])
    estimate = np.clip(purity + rng.normal(0, ESTIMATE_SD, len(purity)), 0.05, 1)
    rows = cohort.sheet.table[["SampleID", "Factor", "Condition"]]
    sheet = make_sheet(rows.assign(Purity=purity.round(4), PurityEstimate=estimate.round(4)))
    return replace(cohort, sheet=sheet)


def measure(cohort: Cohort, designs: Sequence[str]) -> Iterator[dict[str, object]]:
    """Score the default test on one cohort under each design."""
    for name in designs:
        found = analyse(
            cohort.matrix,
            cohort.sheet,
            formula=FORMULAS[name],
            contrast="Condition:poor-good",
            normalize="tmm",
        )
        columns = ("pvalue", "padj", "log2FoldChange")
        p, padj, change = (found.results[c].to_numpy(np.float64) for c in columns)
        yield {"adjusted": name, **score(cohort.truth, p, padj, change)}


def calibrate(
    scenarios: Sequence[str],
    quantities: Sequence[str],
    units: Sequence[int],
    seeds: Sequence[int],
) -> pd.DataFrame:
    """A row a quantity, scenario, group size and design: means over seeds, with standard errors."""
    rows = [
        {"quantity": q, "scenario": s, "units": u} | row
        for q in quantities
        for s in scenarios
        for u in units
        for seed in seeds
        # Purity that does not vary is no column of a design.
        for row in measure(simulate(s, q, u, seed), ["none"] if s == "alike" else list(FORMULAS))
    ]
    by = pd.DataFrame(rows).groupby(["quantity", "scenario", "units", "adjusted"], sort=False)
    return pd.concat([by.mean(), by.sem().add_suffix("_se")], axis=1).reset_index()


def warned(units: Sequence[int], draws: int) -> pd.DataFrame:
    """A row a scenario and group size: share of studies where a run warns of purity left out."""
    rows = []
    for name, count in itertools.product(("independent", "confounded"), units):
        rng = np.random.default_rng([draws, count])
        poor = np.repeat([False, True], count)
        drawn = (pd.DataFrame({"Purity": PURITIES[name](poor, rng)}) for _ in range(draws))
        found = [
            design_warnings(d, "Condition", ["Condition"], [poor, ~poor], block=None) for d in drawn
        ]
        rows.append({"scenario": name, "units": count, "warned": np.mean([bool(f) for f in found])})
    return pd.DataFrame(rows)


def main() -> None:
    """Run the scenarios and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--units", type=int, nargs="+", choices=UNITS, default=list(UNITS))
    parser.add_argument("--scenarios", nargs="+", choices=list(PURITIES), default=list(PURITIES))
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, default=list(QUANTITIES))
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    began = time.process_time()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    table = calibrate(chosen.scenarios, chosen.quantities, chosen.units, seeds)
    write_table(chosen.output, table.round(5), header={"seeds": f"{seeds[0]} to {seeds[-1]}"})
    shown = ["quantity", "scenario", "units", "adjusted", "tested", "type_one_05", "type_one_05_se",
             "type_one_001", "calls", "fdp", "fdp_se", "power"]  # fmt: skip
    print(table[shown].round(4).to_string(index=False))
    print(warned(chosen.units, 2_000).round(3).to_string(index=False))
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
