"""Measure what `padj` and `locus_padj` hold where neighbouring regions change together.

    python validation/calibrate_loci.py --sets 100 -o calibration_loci.tsv

A cohort has 3,000 regions on five chromosomes. In `domains`, runs of 5 to 20 regions share a
change, each region with a size of its own, and a part of their noise (correlation 0, .4 or .7);
between them lie single regions. In `independent` each region stands alone. A tenth of the domains
and single regions change. Libraries are equal and known to be. Signal is tested by `trend`,
reads by `ql`, without weights of the units, since these are alike.

A false locus is a called one without a truly changed region; a false domain is one that holds the
region of the smallest P of a called locus (or, for `padj`, a called region) and does not change.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_page import write_page

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import bed_regions
from resist_epi.io.tables import read_table, write_table
from resist_epi.model import differential
from resist_epi.model.neighbours import with_loci
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import make_sheet

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_loci.md"
REGIONS, CHROMOSOMES, WIDTH, STEP = 3_000, 5, 1_000, 10_000
SHORTEST, LONGEST = 5, 20  # regions of a domain
SINGLES = 0.6  # at most so many single regions after a domain, relative to its length
CHANGED = 0.1
EFFECTS = {3: 1.6, 6: 1.0, 12: 0.7}  # mean log2, gamma with shape 4
SD, SD_DF = 0.4, 8.0  # log2; variances vary from region to region
DISPERSION, READS, READS_SD = 0.08, 60.0, 1.0
STRUCTURES = {"independent": None, "domains, 0": 0.0, "domains, .4": 0.4, "domains, .7": 0.7}
METHODS = {"mean_signal": "trend", "reads": "ql"}
QUANTITIES = tuple(METHODS)
LEVEL = 0.05


@dataclass(frozen=True)
class Cohort:
    """One simulated study.

    Attributes
    ----------
    matrix
        Counts or signal, not normalised.
    labels
        Of each sample, good or poor.
    domain
        (n,) the domain of each region, single ones among them.
    changed
        (n,) bool.
    """

    matrix: CountMatrix
    labels: list[str]
    domain: np.ndarray
    changed: np.ndarray


def draw(structure: str, quantity: str, units: int, seed: int) -> Cohort:
    """Draw the cohort of a seed."""
    rng = np.random.default_rng([seed, units, list(STRUCTURES).index(structure), 14])
    shared = STRUCTURES[structure]
    domain = np.arange(REGIONS) if shared is None else _domains(rng)
    last = domain.max() + 1
    changes = rng.random(last) < CHANGED
    size = EFFECTS[units] * rng.gamma(4, 0.25, size=REGIONS)
    effect = np.where(changes[domain], rng.choice([-1, 1], size=last)[domain] * size, 0.0)
    common = rng.standard_normal((last, 2 * units))[domain]
    own = rng.standard_normal((REGIONS, 2 * units))
    rho = shared or 0.0
    noise = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
    spread = np.sqrt(SD_DF / rng.chisquare(SD_DF, size=(REGIONS, 1)))
    level = np.log2(READS) + READS_SD * rng.standard_normal((REGIONS, 1))
    sd = SD if quantity == "mean_signal" else np.sqrt(DISPERSION) / np.log(2)
    log_signal = level + sd * spread * noise
    log_signal[:, units:] += effect[:, None]
    values = 2.0**log_signal
    if quantity == "reads":
        values = rng.poisson(values).astype(np.float64)
    samples = tuple(f"t{i}" for i in range(2 * units))
    # Libraries are equal and known to be, so that what is measured is no normalisation's.
    matrix = CountMatrix(values, _regions(), samples, quantity, np.full(2 * units, 1e7))
    return Cohort(matrix, ["good"] * units + ["poor"] * units, domain, effect != 0)


@cache
def _regions() -> pd.DataFrame:
    per = REGIONS // CHROMOSOMES
    places = [(f"chr{1 + i // per}", i % per * STEP) for i in range(REGIONS)]
    return bed_regions([(chrom, start, start + WIDTH) for chrom, start in places])


def _domains(rng: np.random.Generator) -> np.ndarray:
    labels: list[int] = []
    name = 0
    while len(labels) < REGIONS:
        length = int(rng.integers(SHORTEST, LONGEST + 1))
        labels += [name] * length
        singles = int(rng.integers(0, int(SINGLES * length) + 1))
        labels += list(range(name + 1, name + 1 + singles))
        name += 1 + singles
    return np.array(labels[:REGIONS])


def measure(cohort: Cohort) -> Iterator[dict[str, object]]:
    """One row for each way to count: what is false among the called, and what is found."""
    table = pd.DataFrame(
        {"SampleID": cohort.matrix.samples, "Factor": "H3K27me3", "Condition": cohort.labels}
    )
    matrix = normalize(cohort.matrix, "library_size")
    design = make_design(make_sheet(table))
    contrast = make_contrast(design, "poor-good")
    method = METHODS[matrix.quantity]
    fitted = differential.fit(matrix, design, method=method)
    results = with_loci(differential.contrast_results(fitted, contrast), fitted, contrast)
    p = results["pvalue"].to_numpy(np.float64)
    called = (results["padj"] <= LEVEL).to_numpy()
    wrong = called & ~cohort.changed
    yield {"by": "padj", **_scores(cohort, called, np.flatnonzero(called), wrong)}
    tested = np.flatnonzero(np.isfinite(p))
    locus = pd.factorize(results["locus_id"])[0]
    true = np.zeros(locus.max() + 1, dtype=bool)
    np.logical_or.at(true, locus[tested], cohort.changed[tested])
    called = (results["locus_padj"] <= LEVEL).to_numpy()
    best = tested[np.lexsort((p[tested], locus[tested]))]
    best = best[np.r_[True, np.diff(locus[best]) != 0]]
    best = best[called[best]]
    wrong = np.zeros(len(p), dtype=bool)
    wrong[best] = ~true[locus[best]]
    size = len(tested) / results.loc[tested, "locus_id"].nunique()
    yield {"by": "locus_padj", **_scores(cohort, called, best, wrong), "regions_a_locus": size}


def _scores(
    cohort: Cohort, called: np.ndarray, one_each: np.ndarray, wrong: np.ndarray
) -> dict[str, float]:
    """Shares of false ones, and of the changed regions and domains that are found."""
    domains = np.unique(cohort.domain[one_each])
    changes = np.zeros(cohort.domain.max() + 1, dtype=bool)
    changes[cohort.domain[cohort.changed]] = True
    held = np.unique(cohort.domain[called & cohort.changed])
    return {
        "called": float(len(one_each)),
        "false": float(wrong.sum() / max(len(one_each), 1)),
        "false_domains": float((~changes[domains]).sum() / max(len(domains), 1)),
        "regions_found": float((called & cohort.changed).sum() / cohort.changed.sum()),
        "domains_found": float(len(held) / changes.sum()),
    }


def calibrate(units: list[int], quantities: list[str], seeds: range) -> pd.DataFrame:
    """One row a cohort and way to count."""
    rows = []
    for quantity in quantities:
        for n in units:
            for structure in STRUCTURES:
                for seed in seeds:
                    for row in measure(draw(structure, quantity, n, seed)):
                        cell = {"quantity": quantity, "units": n, "structure": structure}
                        rows.append(cell | {"seed": seed} | row)
                print(f"{quantity}, {n} a group, {structure}: done", flush=True)
    return pd.DataFrame(rows)


def as_markdown(rows: pd.DataFrame) -> str:
    """The table of the page."""
    keys = ["quantity", "units", "structure"]
    lines = [
        f"{rows['seed'].nunique()} cohorts a row; standard errors over cohorts in brackets.",
        "",
        "| quantity | a group | structure, noise shared | false regions, `padj` | false domains,"
        " `padj` | false loci, `locus_padj` | false domains, `locus_padj` | changed regions found,"
        " `padj` | in called loci | changed domains found, `padj` | `locus_padj` | regions a"
        " locus |",
        "|" + "---|" * 12,
    ]
    for cell, own in rows.groupby(keys, sort=False):
        region, locus = (own[own["by"] == by] for by in ("padj", "locus_padj"))
        cells = [
            _share(region["false"]),
            _share(region["false_domains"]),
            f"**{_share(locus['false'])}**",
            _share(locus["false_domains"]),
            *(_share(t["regions_found"], error=False) for t in (region, locus)),
            *(_share(t["domains_found"], error=False) for t in (region, locus)),
            f"{locus['regions_a_locus'].mean():.2f}",
        ]
        lines.append("| " + " | ".join([*map(str, cell), *cells]) + " |")
    return "\n".join(lines)


def _share(values: pd.Series, *, error: bool = True) -> str:
    numbers = values.to_numpy(np.float64)
    mean, of_mean = numbers.mean(), numbers.std(ddof=1) / np.sqrt(len(numbers))
    text = f"{mean:.3f}".removeprefix("0")
    return f"{text} ({of_mean:.4f})".replace("(0.", "(.") if error else text


def main() -> None:
    """Draw, measure, and write the rows; with `--page` make the page of rows that were written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--units", type=int, nargs="+", default=list(EFFECTS))
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
    seeds = range(chosen.first, chosen.first + chosen.sets)
    rows = calibrate(chosen.units, chosen.quantities, seeds)
    if chosen.output is not None:
        write_table(chosen.output, rows.round(5), header={"seeds": f"{seeds[0]} to {seeds[-1]}"})
    print(as_markdown(rows))
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
