"""Measure the warning of a global shift or an efficiency difference, and `high_confidence`.

    python validation/calibrate_normalization.py --runs 100 -o docs/calibration_normalization.tsv

Each run is one study, simulated as reads in 10-kb bins and in regions: domains of the mark on 15 %
of the genome, background elsewhere; domains vary between tumours, and so do depth and efficiency.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.copy_number import with_copy_number
from resist_epi.genome.regions import make_regions
from resist_epi.io.tables import write_table
from resist_epi.model.agreement import (
    Variants,
    normalized_variants,
    refitted,
    with_agreement,
)
from resist_epi.model.analysis import analyse
from resist_epi.model.confident import ENRICHED, ROUNDS, called_by_both
from resist_epi.model.differential import contrast_results
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import SampleSheet, make_sheet

BINS = 12_000
DOMAIN_BINS = 0.15
REGIONS = 3_000
MARKED_REGIONS = 0.4
READS_A_BIN = 40.0
REGION_LENGTH = 4_000
BIOLOGICAL_SD = 0.35  # log2, of one domain between tumours
EFFICIENCY_SD = 0.1  # natural log, between libraries
DEPTH_SD = 0.25
# Share of the genome, copies of the tumour, share of the poor and of the good tumours with it.
EVENTS = (
    (0.04, 3.0, 0.8, 0.1),
    (0.01, 1.0, 0.7, 0.1),
    (0.001, 8.0, 0.6, 0.1),
    (0.03, 3.0, 0.5, 0.5),
)
PURITY = (0.35, 0.95)
PURITY_GAP = 0.2  # where it is confounded
ADJUSTED_FOR_PURITY = "~ Purity + Condition"
NORMAL_SD = 0.8  # log2, of a domain in normal tissue over tumour cells
BALANCED_SHARE = 0.1  # of the domains, that change by one log2 unit in either direction


@dataclass(frozen=True)
class Scenario:
    """What differs between the groups.

    Attributes
    ----------
    gain
        Share of the domains that gain one log2 unit in the poor group.
    efficiency
        Factor on the efficiency of the poor group.
    balanced
        Share of the domains that change in either direction, as many up as down.
    copy_number
        Whether tumours have the `EVENTS`: empty for none, `offset` where the analysis knows of
        them, `ignored` where it does not.
    purity
        Whether tumours hold normal tissue: empty for none, `independent` of the group, or
        `confounded`: more of it in the poor one.
    design
        Formula of the analysis.
    spread
        What the mark adds to the background in the poor group, of that background.
    """

    gain: float = 0.0
    efficiency: float = 1.0
    balanced: float = 0.0
    copy_number: str = ""
    purity: str = ""
    design: str = "~ Condition"
    spread: float = 0.0


SCENARIOS: Mapping[str, Scenario] = {
    "nothing": Scenario(),
    "balanced": Scenario(balanced=BALANCED_SHARE),
    "gain_10": Scenario(gain=0.1),
    "gain_50": Scenario(gain=0.5),
    "gain_80": Scenario(gain=0.8),
    "gain_100": Scenario(gain=1.0),
    "efficiency_30": Scenario(efficiency=1.3),
    "efficiency_30_balanced": Scenario(efficiency=1.3, balanced=BALANCED_SHARE),
    "copy_number": Scenario(balanced=BALANCED_SHARE, copy_number="offset"),
    "copy_number_ignored": Scenario(balanced=BALANCED_SHARE, copy_number="ignored"),
    "purity": Scenario(balanced=BALANCED_SHARE, purity="independent"),
    "purity_adjusted": Scenario(
        balanced=BALANCED_SHARE, purity="independent", design=ADJUSTED_FOR_PURITY
    ),
    "purity_confounded": Scenario(balanced=BALANCED_SHARE, purity="confounded"),
    "purity_confounded_adjusted": Scenario(
        balanced=BALANCED_SHARE, purity="confounded", design=ADJUSTED_FOR_PURITY
    ),
    "gain_20": Scenario(gain=0.2),
    "spread_20": Scenario(spread=0.2),
    "spread_20_balanced": Scenario(spread=0.2, balanced=BALANCED_SHARE),
}

# Two normalisations that a region must be called by, or one alone.
LISTS: Mapping[str, tuple[str, ...]] = {
    "background": ("background",),
    "tmm_rounds": (ROUNDS,),
    "tmm_enriched": (ENRICHED,),
    "with_tmm": ("background", ENRICHED),
    "with_rounds": ("background", ROUNDS),
}


@dataclass(frozen=True)
class Study:
    """A simulated study: counts in regions and bins, the sheet, and each region's planted sign."""

    regions: CountMatrix
    bins: CountMatrix
    sheet: SampleSheet
    truth: np.ndarray
    design: str = "~ Condition"


def simulate(scenario: Scenario, per_group: int, rng: np.random.Generator) -> Study:
    """Draw one study."""
    n, samples = 2 * per_group, [f"T{i}" for i in range(2 * per_group)]
    poor = np.arange(n) >= per_group
    domains = int(BINS * DOMAIN_BINS)
    sign = np.zeros(domains)
    sign[: round(scenario.gain * domains)] = 1
    if scenario.balanced:
        changed = round(scenario.balanced * domains / 2)
        sign[:changed], sign[changed : 2 * changed] = 1, -1
    strength = 2.0 ** rng.normal(2, 0.7, size=domains)  # over background: 4 in the middle
    noise = rng.normal(0, BIOLOGICAL_SD, size=(domains, n))
    efficiency = np.exp(rng.normal(0, EFFICIENCY_SD, size=n)) * np.where(
        poor, scenario.efficiency, 1.0
    )
    purity = _purity(scenario.purity, poor, rng)
    tumour = 2.0 ** (noise + np.outer(sign, poor))
    if scenario.purity:
        normal = 2.0 ** rng.normal(0, NORMAL_SD, size=(domains, 1))
        tumour = purity * tumour + (1 - purity) * normal
    mark = strength[:, None] * tumour * efficiency
    texture = rng.gamma(30, 1 / 30, size=(BINS, 1))
    rate = np.repeat(texture, n, axis=1)
    rate[:domains] *= 1 + mark
    diffuse = 1 + scenario.spread * poor
    rate[domains:] *= diffuse
    copies = np.ones((BINS, n))
    if scenario.copy_number:
        copies = _copies(poor, rng.uniform(*PURITY, size=n), rng)
        rate *= copies
    depth = READS_A_BIN * BINS * np.exp(rng.normal(0, DEPTH_SD, size=n)) / rate.sum(axis=0)
    marked = int(REGIONS * MARKED_REGIONS)
    home = rng.permutation(domains)[:marked]
    inside = np.ones((REGIONS, n))
    inside[:marked] += mark[home]
    inside[marked:] *= diffuse
    # Regions without the mark lie in bins without it, one in each.
    homes = np.concatenate([home, domains + np.arange(REGIONS - marked)])
    inside *= copies[homes]
    share = REGION_LENGTH / 10_000
    counts = rng.poisson(inside * depth * share).astype(np.float64)
    reads = rng.poisson(rate * depth).astype(np.float64)
    sizes = reads.sum(axis=0)
    truth = np.zeros(REGIONS)
    truth[:marked] = sign[home]
    sheet = make_sheet(
        pd.DataFrame(
            {
                "SampleID": samples,
                "Factor": "H3K27me3",
                "Condition": np.where(poor, "poor", "good"),
                **({"Purity": purity.round(4)} if scenario.purity else {}),
            }
        )
    )
    regions = _matrix(counts / REGION_LENGTH, 20_000, REGION_LENGTH, samples, sizes)
    bins = _matrix(reads / 10_000, 10_000, 10_000, samples, sizes)
    if scenario.copy_number == "offset":
        regions = with_copy_number(regions, np.log2(copies[homes]))
        bins = with_copy_number(bins, np.log2(copies))
    return Study(regions, bins, sheet, truth, scenario.design)


def _purity(kind: str, poor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n_tumours,) share of tumour cells; 1 where there is no normal tissue."""
    if not kind:
        return np.ones(len(poor))
    if kind == "independent":
        return rng.uniform(*PURITY, size=len(poor))
    lowest, highest = PURITY
    return rng.uniform(lowest, highest - PURITY_GAP, size=len(poor)) + PURITY_GAP * ~poor


def _copies(poor: np.ndarray, purity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(BINS, n_tumours) DNA over normal DNA."""
    copies = np.ones((BINS, len(poor)))
    where = rng.random(BINS)  # bins are exchangeable here, so an arm is any share of them
    start = 0.0
    for share, number, in_poor, in_good in EVENTS:
        inside = (where >= start) & (where < start + share)
        has = rng.random(len(poor)) < np.where(poor, in_poor, in_good)
        copies[inside] *= np.where(has, purity * number / 2 + 1 - purity, 1.0)
        start += share
    return copies


def _matrix(
    values: np.ndarray, spacing: int, length: int, samples: Sequence[str], sizes: np.ndarray
) -> CountMatrix:
    start = np.arange(len(values)) * spacing
    regions = make_regions(
        pd.DataFrame({"chrom": "chr1", "start": start, "end": start + length}), kind="bins"
    )
    return CountMatrix(values, regions, tuple(samples), "mean_signal", sizes)


def measure(study: Study) -> dict[str, float]:
    """Analyse a study as `run` does, and compare with its truth."""
    inputs = normalization_inputs(study.regions, study.sheet, bins=study.bins)
    analysis, agreement = with_agreement(
        analyse(
            study.regions, study.sheet, formula=study.design, contrast="poor-good", inputs=inputs
        )
    )
    results = analysis.results
    sign = results["direction"].map({"gain": 1, "loss": -1}).fillna(0).to_numpy()
    sure = results["high_confidence"].to_numpy() == True  # noqa: E712 - the column may hold NaN
    found = agreement.disagreement
    return {
        "warned": float(found is not None and found.disagree),
        "difference": np.nan if found is None else found.difference,
        "share_noted": float(any("top bins go" in w for w in agreement.warnings)),
        **_rates(sign, study.truth, "headline"),
        **_rates(np.where(sure, sign, 0), study.truth, "high_confidence"),
    }


def measure_lists(study: Study) -> dict[str, float]:
    """Rates of the calls under each normalisation, and of those that two of them make together."""
    inputs = normalization_inputs(study.regions, study.sheet, bins=study.bins)
    analysis = analyse(
        study.regions, study.sheet, formula=study.design, contrast="poor-good", inputs=inputs
    )
    matrices = normalized_variants(analysis.matrix, analysis.inputs)
    fits = {name: refitted(analysis, matrices[name]) for name in list(matrices)[1:]}
    analysis, _ = with_agreement(analysis, variants=Variants(matrices, fits))
    results = analysis.results
    tables = {analysis.question.normalize: results}
    for name in (ENRICHED, ROUNDS):
        tables[name] = contrast_results(fits[name], analysis.contrast, shrunken=False)
    found: dict[str, float] = {}
    for name, chosen in LISTS.items():
        one, other = tables[chosen[0]], tables[chosen[-1]]
        called = called_by_both(one, other, fdr=analysis.question.fdr)
        sign = np.sign(one["log2FoldChange"].to_numpy()) * called
        found |= _rates(sign, study.truth, name)
    sure = results["high_confidence"].to_numpy(dtype=bool)
    sign = np.sign(results["log2FoldChange"].to_numpy()) * sure
    return found | _rates(sign, study.truth, "high_confidence")


def _rates(sign: np.ndarray, truth: np.ndarray, name: str) -> dict[str, float]:
    calls = int((sign != 0).sum())
    false = int(((sign != 0) & (sign != truth)).sum())
    right = int(((sign != 0) & (sign == truth)).sum())
    planted = int((truth != 0).sum())
    return {
        f"{name}_calls": calls,
        f"{name}_fdr": false / max(calls, 1),
        f"{name}_power": right / planted if planted else np.nan,
    }


def calibrate(
    runs: int,
    per_group: int,
    seed: int,
    names: Sequence[str] = tuple(SCENARIOS),
    *,
    of: Callable[[Study], dict[str, float]] = measure,
) -> pd.DataFrame:
    """Mean of each measure over the runs of each scenario, standard errors of the rates.

    Seeds do not depend on the choice of scenarios.
    """
    rows = []
    for name in names:
        number = list(SCENARIOS).index(name)
        measured = pd.DataFrame(
            of(simulate(SCENARIOS[name], per_group, np.random.default_rng([seed, number, r])))
            for r in range(runs)
        )
        if "difference" in measured:
            measured["difference_sd"] = measured["difference"].std()
        means = {str(k): float(v) for k, v in measured.mean().items()}
        of_rates = measured.filter(regex="_fdr$").sem().add_suffix("_se")
        errors = {str(k): float(v) for k, v in of_rates.items()}
        row = {"scenario": name, "per_group": per_group, **means}
        rows.append(row | errors)
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the scenarios and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--per-group", type=int, nargs="+", default=[6])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenarios", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--lists", action="store_true", help="calls by one normalisation, by two")
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # the runs' own warnings are what is counted
    began = time.process_time()
    of = measure_lists if chosen.lists else measure
    tables = [
        calibrate(chosen.runs, per_group, chosen.seed, chosen.scenarios, of=of)
        for per_group in chosen.per_group
    ]
    table = pd.concat(tables, ignore_index=True)
    write_table(chosen.output, table.round(4), header={"runs": chosen.runs})
    print(table.round(3).to_string(index=False))
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
