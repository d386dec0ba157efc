"""Copy number in some of the tumours: false calls without the offset and with it.

    python validation/calibrate_copy_number.py --seeds 24 --first 1

Tumours with a gained arm, a deleted arm and a focal amplification in most of the poor ones and few
of the good, at purities of .4 to .95; inputs as deep as 20 million reads; 5 % of the regions change
truly, wherever they lie. Nothing is tuned to a seed: any will do.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.adjust_counts import adjust_counts
from resist_epi.dna.copy_number import segment_controls
from resist_epi.dna.describe import describe_confounders
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.cytogenetics import load_centromeres
from resist_epi.genome.regions import bed_regions
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import SampleSheet, make_sheet

CHROMS = tuple(f"chr{i}" for i in range(1, 23))
BORDERS = load_centromeres("hg38")
LENGTHS = {c: load_genome("hg38").lengths[c] for c in CHROMS}
# chrom, start, end, copies of tumour cells, share of poor and of good tumours that have it
EVENTS = (
    ("chr1", BORDERS["chr1"], LENGTHS["chr1"], 3.0, 0.8, 0.1),
    ("chr17", 0, BORDERS["chr17"], 1.0, 0.7, 0.1),
    ("chr11", 69_000_000, 71_000_000, 8.0, 0.6, 0.1),
    ("chr8", BORDERS["chr8"], LENGTHS["chr8"], 3.0, 0.5, 0.5),
)
N_REGIONS, CHANGED, WIDTH = 8000, 0.05, 5000
INPUT_BIN = 200_000
INPUT_READS = 20e6 * sum(LENGTHS.values()) / 3.1e9


@dataclass(frozen=True)
class Tumours:
    """One simulated study.

    Attributes
    ----------
    regions, bins, inputs
        Counts of the mark in regions and in bins of background, and of the inputs in 200-kb bins.
    sheet
        Six or more tumours a group, with Purity.
    truth
        (n_regions,) log2 change of poor minus good.
    event
        (n_regions,) the event that a region lies in, -1 for none.
    """

    regions: CountMatrix
    bins: CountMatrix
    inputs: CountMatrix
    sheet: SampleSheet
    truth: np.ndarray
    event: np.ndarray


def simulate(
    seed: int,
    *,
    per_group: int,
    quantity: str,
    events: bool,
    n_regions: int = N_REGIONS,
    effect: float = 1.0,
) -> Tumours:
    """Draw a study."""
    rng = np.random.default_rng([seed, per_group])
    n = 2 * per_group
    poor = np.arange(n) >= per_group
    purity = rng.uniform(0.4, 0.95, n)
    has = np.array([rng.random(n) < np.where(poor, e[4], e[5]) for e in EVENTS]) & events
    chrom = rng.choice(CHROMS, n_regions, p=np.array([*LENGTHS.values()]) / sum(LENGTHS.values()))
    start = np.array([rng.integers(0, LENGTHS[c] - WIDTH) for c in chrom]) // WIDTH * WIDTH
    places = sorted({(c, int(s), int(s) + WIDTH) for c, s in zip(chrom, start, strict=True)})
    regions = bed_regions(places)
    truth = np.where(rng.random(len(regions)) < CHANGED, rng.choice([-1.0, 1.0], len(regions)), 0.0)
    spread = 0.35 * np.sqrt(8 / rng.chisquare(8, len(regions)))
    level = rng.gamma(2, 40, (len(regions), 1)) + 20
    truth *= effect
    log2 = truth[:, None] * poor + spread[:, None] * rng.normal(size=(len(regions), n))
    depth = rng.lognormal(0, 0.25, n)
    ratio, event = copies(regions, has, purity)
    values = draw(rng, level * 2.0**log2 * ratio * depth, quantity)
    own_bins = genome_bins(LENGTHS, 10_000)
    own_bins = own_bins.iloc[rng.permutation(len(own_bins))[:20_000]].sort_index()
    own_bins = own_bins.reset_index(drop=True)
    background = 60 * rng.lognormal(0, 0.2, (len(own_bins), 1)) * depth
    bins = draw(rng, background * copies(own_bins, has, purity)[0], quantity)
    dna = genome_bins(LENGTHS, INPUT_BIN)
    mappable = rng.lognormal(0, 0.15, (len(dna), 1))
    reads = mappable * copies(dna, has, purity)[0]
    inputs = rng.poisson(INPUT_READS * reads / reads.sum(axis=0)).astype(float)
    names = tuple(f"T{i:02d}" for i in range(n))
    sizes = 1e7 * depth
    table = {
        "SampleID": names,
        "Factor": "H3K27me3",
        "Condition": np.where(poor, "poor", "good"),
        "Purity": [f"{p:.3f}" for p in purity],
    }
    return Tumours(
        CountMatrix(values, regions, names, quantity, sizes),
        CountMatrix(bins, own_bins, names, quantity, sizes),
        CountMatrix(inputs, dna, names, "reads", inputs.sum(axis=0)),
        make_sheet(pd.DataFrame(table)),
        truth,
        event,
    )


def draw(rng: np.random.Generator, mean: np.ndarray, quantity: str) -> np.ndarray:
    """Reads, or coverage per base of 200-bp fragments."""
    counts = rng.poisson(mean).astype(float)
    return counts if quantity == "reads" else counts * 200 / WIDTH


def copies(
    regions: pd.DataFrame, has: np.ndarray, purity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, n_tumours) DNA over normal DNA, and (n,) the event that each region is in."""
    chrom = regions["chrom"].to_numpy()
    middle = ((regions["start"] + regions["end"]) // 2).to_numpy()
    ratio = np.ones((len(regions), len(purity)))
    event = np.full(len(regions), -1)
    for i, (where, start, end, n_copies, _, _) in enumerate(EVENTS):
        inside = (chrom == where) & (middle >= start) & (middle < end)
        event[inside] = i
        mixed = np.where(has[i], purity * n_copies / 2 + 1 - purity, 1.0)
        ratio[inside] *= mixed
    return ratio, event


def run(
    study: Tumours, segments: pd.DataFrame | None, *, design: str, method: str | None = None
) -> Analysis:
    """Analyse as `run` would, with or without copy number."""
    adjusted = adjust_counts(study.regions, study.sheet, study.bins, segments=segments)
    inputs = normalization_inputs(adjusted.matrix, study.sheet, bins=adjusted.bins)
    return analyse(adjusted.matrix, study.sheet, formula=design, contrast="Condition:poor-good",
                   method=method, inputs=inputs)  # fmt: skip


def row(study: Tumours, analysis: Analysis, segments: pd.DataFrame | None) -> dict[str, float]:
    """What one analysis called, and whether it was right."""
    called = (analysis.results["direction"] != "none").to_numpy()
    false = called & (study.truth == 0)
    inside = study.event >= 0
    _, arms = describe_confounders(analysis, segments=segments, assembly="hg38")
    return {
        "calls": int(called.sum()),
        "fdr": false.sum() / max(called.sum(), 1),
        "false_inside": int((false & inside).sum()),
        "false_outside": int((false & ~inside).sum()),
        "power": (called & (study.truth != 0)).sum() / max((study.truth != 0).sum(), 1),
        "warned": float(bool(arms is not None and arms.warnings)),
        "shifted": float(arms is not None and bool(arms.table["shifted"].any())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--per-group", type=int, default=10)
    parser.add_argument("--quantity", default="mean_signal", help="mean_signal or reads")
    parser.add_argument(
        "--methods", nargs="+", default=[None], help="by default the one that `run` would take"
    )
    parser.add_argument("--effect", type=float, default=1.0, help="log2, of the true changes")
    parser.add_argument("--n-regions", type=int, default=N_REGIONS)
    parser.add_argument("--design", default="~ Condition")
    parser.add_argument("--no-events", action="store_true", help="no copy number at all")
    parser.add_argument("--uncorrected", action="store_true", help="without correction alone")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    rows = []
    started = time.process_time()
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        study = simulate(
            seed,
            per_group=chosen.per_group,
            quantity=chosen.quantity,
            events=not chosen.no_events,
            n_regions=chosen.n_regions,
            effect=chosen.effect,
        )
        sources: dict[str, pd.DataFrame | None] = {"without": None}
        if not (chosen.no_events or chosen.uncorrected):
            sources["input"] = segment_controls(study.inputs, borders=BORDERS)
        for (name, table), method in itertools.product(sources.items(), chosen.methods):
            analysis = run(study, table, design=chosen.design, method=method)
            key = {"seed": seed, "method": analysis.fit.method, "copy number": name}
            rows.append(key | row(study, analysis, table))
    table = pd.DataFrame(rows).drop(columns="seed")
    table = table.groupby(["method", "copy number"]).agg(["mean", "sem"])
    print(table.round(3).T.to_string())
    spent = (time.process_time() - started) / chosen.seeds
    print(f"{chosen.seeds} seeds from {chosen.first}; {spent:.1f} CPU s each")


if __name__ == "__main__":
    main()
