"""Realised false discovery rate of domains, their power, and what null cohorts give.

    python validation/calibrate_domains.py [--seeds 24] [--first 1] [--scenario NAME ...]

Every cohort is 60 Mb with domains of 3 to 80 kb on 15 % of it, at 2 to 9 times the background;
tumours differ in depth, in efficiency and in every domain. A tenth of the domains change, half up
and half down, a third of these in one half of their width only. Filter, merging, background
normalisation and tests are those of a run; a domain called is right if it holds a changed base.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.bins import BinSource
from resist_epi.domains.filter import background_level, domain_bins
from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.window_tests import with_windows
from resist_epi.genome.bins import genome_bins
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import make_sheet

STEP = 500
LENGTHS = {"chr1": 35_000_000, "chr2": 25_000_000}


@dataclass(frozen=True)
class Scenario:
    """What a cohort is made of.

    Attributes
    ----------
    per_group
        Tumours in each group.
    method
        Test; the quantity follows from it.
    reads
        Mean reads of a background bin of 500 bp.
    changed, change
        Share of the domains that change, and by how much, log2.
    tails
        Degrees of freedom of the t distribution by which domains differ between tumours; 0 for
        normal.
    outlier
        Whether one tumour of the second group differs threefold as much.
    """

    per_group: int = 6
    method: str = "trend"
    reads: float = 4.0
    changed: float = 0.1
    change: float = 1.2
    tails: int = 0
    outlier: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    "6 v 6": Scenario(),
    "6 v 6, sparse": Scenario(reads=0.5),
    "6 v 6, heavy tails": Scenario(tails=4),
    "6 v 6, outlier": Scenario(outlier=True),
    "12 v 12": Scenario(per_group=12, change=0.8),
    "3 v 3": Scenario(per_group=3, change=2.0),
    "3 v 3, reads, ql": Scenario(per_group=3, method="ql", change=2.0),
    "6 v 6, reads, voom": Scenario(method="voom"),
    "null, 6 v 6": Scenario(changed=0.0),
    "null, 3 v 3": Scenario(per_group=3, changed=0.0),
    "null, 3 v 3, reads, ql": Scenario(per_group=3, method="ql", changed=0.0),
}


class SimulatedReads(BinSource):
    """Bins of one cohort."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        n = 2 * scenario.per_group
        self.samples = tuple(f"s{i}" for i in range(n))
        self.quantity = "coverage_sum" if scenario.method == "trend" else "reads"
        self._depth = self._rng.lognormal(0, 0.25, size=n)
        self._efficiency = self._rng.lognormal(0, 0.1, size=n)
        self.changed: dict[str, NDArray[np.bool_]] = {}
        self._values = {c: self._chromosome(c, length, scenario) for c, length in LENGTHS.items()}

    def _chromosome(self, chrom: str, length: int, scenario: Scenario) -> NDArray[np.float64]:
        rng, n_bins, n = self._rng, length // STEP, len(self.samples)
        level = np.ones((n_bins, n))
        changed = np.zeros(n_bins, dtype=bool)
        at = int(rng.integers(50, 200))
        while at < n_bins - 400:
            width = int(np.exp(rng.uniform(np.log(6), np.log(160))))
            own = 0.35 * (
                rng.standard_t(scenario.tails, size=n) if scenario.tails else rng.normal(size=n)
            )
            own[-1] *= 3 if scenario.outlier else 1
            height = rng.uniform(1, 8)
            effect = np.zeros((width, n))
            if rng.uniform() < scenario.changed:
                part = slice(0, width if rng.uniform() < 2 / 3 else max(width // 2, 1))
                effect[part, scenario.per_group :] = scenario.change * rng.choice([-1, 1])
                changed[at : at + width][part] = True
            level[at : at + width] += height * self._efficiency * 2.0 ** (own + effect)
            at += width + int(rng.exponential(width * 5.7)) + 4
        self.changed[chrom] = changed
        return rng.poisson(level * self._depth * scenario.reads).astype(np.float64)

    def bins(
        self, chrom: str, starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Reads of adjacent bins of 500 bp, times 200 bp where the quantity is coverage."""
        scale = 200.0 if self.quantity == "coverage_sum" else 1.0
        return self._values[chrom] * scale, ends - starts

    def ten_kb(self) -> CountMatrix:
        """Counts of the same reads in 10-kb bins."""
        every = 10_000 // STEP
        sums = [np.add.reduceat(v, np.arange(0, len(v), every)) for v in self._values.values()]
        values = np.concatenate(sums)
        sizes = values.sum(axis=0)
        if self.quantity == "coverage_sum":
            values, sizes = values * 200.0 / 10_000, sizes * 200.0
        quantity = "mean_signal" if self.quantity == "coverage_sum" else "reads"
        return CountMatrix(values, genome_bins(LENGTHS, 10_000), self.samples, quantity, sizes)


def analysed(scenario: Scenario, source: SimulatedReads) -> Analysis:
    """Run one cohort as `run` does."""
    ten_kb = source.ten_kb()
    groups = ["good"] * scenario.per_group + ["poor"] * scenario.per_group
    sheet = make_sheet(
        pd.DataFrame({"SampleID": source.samples, "Factor": "H3K27me3", "Condition": groups})
    )
    level = background_level(ten_kb)
    bins = domain_bins(source, LENGTHS, level, library_sizes=ten_kb.library_sizes)
    domains = find_domains(bins)
    quantity = "mean_signal" if scenario.method == "trend" else None
    matrix = domain_matrix(bins, domains, quantity=quantity)
    inputs = normalization_inputs(matrix, sheet, bins=ten_kb)
    analysis = analyse(matrix, sheet, inputs=inputs, method=scenario.method)
    return with_windows(analysis, bins, domains, sheet)


def truth(results: pd.DataFrame, source: SimulatedReads) -> NDArray[np.bool_]:
    """Whether each domain holds a changed base."""
    first = results["start"].to_numpy(np.int64) // STEP
    last = (results["end"].to_numpy(np.int64) + STEP - 1) // STEP
    places = zip(results["chrom"], first, last, strict=True)
    return np.array([source.changed[str(chrom)][a:b].any() for chrom, a, b in places])


def one_cohort(scenario: Scenario, seed: int) -> dict[str, float]:
    """What one cohort gives."""
    source = SimulatedReads(scenario, seed)
    table = analysed(scenario, source).results
    changed, called = truth(table, source), (table["direction"] != "none").to_numpy()
    unchanged_p = table["pvalue"].to_numpy()[~changed]
    return {
        "domains": len(table),
        "called": int(called.sum()),
        "fdr": float((called & ~changed).sum() / max(called.sum(), 1)),
        "power": float((called & changed).sum() / changed.sum()) if changed.any() else np.nan,
        "p_05": float(np.mean(unchanged_p <= 0.05)),
        "any": float(called.any()),
    }


def main() -> None:
    """Parse, run and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--scenario", nargs="*", choices=list(SCENARIOS))
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    print("| scenario | domains | FDR at 5 % | 2 SE | power | unchanged, P ≤ .05 | any call |")
    print("|---|---|---|---|---|---|---|")
    for name in options.scenario or SCENARIOS:
        found = pd.DataFrame([one_cohort(SCENARIOS[name], seed) for seed in seeds])
        error = 2 * found["fdr"].std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.nan
        null = SCENARIOS[name].changed == 0
        fdr = "" if null else f"{found['fdr'].mean():.3f}"
        power = "" if null else f"{found['power'].mean():.2f}"
        se = "" if null else f"{error:.3f}"
        print(
            f"| {name} | {found['domains'].mean():.0f} | {fdr} | {se} | {power} |"
            f" {found['p_05'].mean():.3f} | {found['any'].mean():.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
