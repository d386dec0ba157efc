"""CPU time and memory of finding and testing domains, genome-wide.

    python benchmarks/bench_domains.py simulated [--share .15] [--samples 12] [--quantity Q]
    python benchmarks/bench_domains.py sheet SHEET [--exclude BED]

`simulated`: bins of 500 bp over hg38 (6.2 million windows of 2 kb), values drawn at random in place
of reading tracks; their making is not counted. `sheet`: from the tracks of a sheet, counting
included. Each prints a line a step: CPU seconds, and at the end the peak of resident memory.
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.bins import BinSource
from resist_epi.domains.filter import background_level, domain_bins
from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.window_tests import with_windows
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.chromosomes import autosomes
from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import SampleSheet, make_sheet

STEP = 500


class SimulatedBins(BinSource):
    """Bins of a mark with domains of 5 to 60 kb."""

    quantity = "coverage_sum"

    def __init__(self, samples: int, share: float, seed: int) -> None:
        self.samples = tuple(f"s{i}" for i in range(samples))
        self._share, self._seed = share, seed
        self._groups = np.arange(samples) >= samples // 2
        self.seconds = 0.0

    def bins(
        self, chrom: str, starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Gamma noise on a background of 1, domains at 2 to 9."""
        begun = time.process_time()
        rng = np.random.default_rng([self._seed, len(starts)])
        n, n_samples = len(starts), len(self.samples)
        n_domains = max(int(n * self._share / 65), 1)
        at = rng.integers(0, max(n - 120, 1), size=n_domains)
        width = rng.integers(10, 120, size=n_domains)
        height = rng.uniform(1, 8, size=n_domains)
        own = rng.normal(0, 0.35, size=(n_domains, n_samples))
        own += np.where(rng.uniform(size=(n_domains, 1)) < 0.1, self._groups * 1.5, 0.0)
        values = np.empty((n, n_samples))
        for j in range(n_samples):
            level = np.zeros(n + 1)
            np.add.at(level, at, height * 2.0 ** own[:, j])
            np.add.at(level, np.minimum(at + width, n), -height * 2.0 ** own[:, j])
            level = np.maximum(np.cumsum(level)[:n], 0.0) + 1.0
            values[:, j] = rng.standard_gamma(4, size=n).astype(np.float32) * (level / 4 * STEP)
        self.seconds += time.process_time() - begun
        return values, ends - starts


@contextmanager
def step(name: str, *, less: SimulatedBins | None = None) -> Iterator[None]:
    """Print the CPU seconds of a step, without those of making random values."""
    begun, made = time.process_time(), 0.0 if less is None else less.seconds
    yield
    spent = time.process_time() - begun - (0.0 if less is None else less.seconds - made)
    TOTAL.append(spent)
    print(f"{name:<42}{spent:8.2f} s CPU{_peak():8.0f} MB peak")


TOTAL: list[float] = []


def _peak() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 if sys.platform != "darwin" else 1024**2)


def _background(source: SimulatedBins, lengths: dict[str, int]) -> CountMatrix:
    """Sums over 10 kb of the same bins."""
    parts = []
    for chrom, length in lengths.items():
        starts = np.arange(0, length, STEP, dtype=np.int64)
        values, _ = source.bins(chrom, starts, np.minimum(starts + STEP, length))
        parts.append(np.add.reduceat(values, np.arange(0, len(values), 10_000 // STEP), axis=0))
    regions = genome_bins(lengths, 10_000)
    values = np.concatenate(parts) / (regions["end"] - regions["start"]).to_numpy()[:, None]
    sizes = np.full(len(source.samples), 1e9)
    return CountMatrix(values, regions, source.samples, "mean_signal", sizes)


def simulated(samples: int, share: float, seed: int) -> None:
    """Time everything after counting."""
    lengths = {c: n for c, n in load_genome("hg38").lengths.items() if "_" not in c and c != "chrM"}
    source = SimulatedBins(samples, share, seed)
    groups = ["good"] * (samples // 2) + ["poor"] * (samples - samples // 2)
    sheet = make_sheet(
        pd.DataFrame({"SampleID": source.samples, "Factor": "H3K27me3", "Condition": groups})
    )
    ten_kb = _background(source, {c: lengths[c] for c in autosomes(lengths)})
    print(
        f"{samples} samples, domains on {share:.0%} of hg38, seed {seed}; {_peak():.0f} MB before"
    )
    with step("filter", less=source):
        level = background_level(ten_kb)
        bins = domain_bins(source, lengths, level, library_sizes=ten_kb.library_sizes)
    _finish(bins, ten_kb, sheet)


def from_sheet(path: Path, exclude: Path | None) -> None:
    """Time counting and everything after it, on tracks."""
    from resist_epi.counting.files import count_tables
    from resist_epi.counting.passes import Pass
    from resist_epi.counting.sources import sheet_sources
    from resist_epi.domains.count_bins import placed_lengths
    from resist_epi.domains.of_sheet import sheet_domain_bins
    from resist_epi.genome.reference import load_exclude
    from resist_epi.samples.sheet import read_sheet

    sheet = read_sheet(path)
    sheet = sheet.for_mark(sheet.marks[0])
    how = Pass(load_exclude(exclude))
    files = sheet_sources(sheet, "mean_signal").files
    lengths = placed_lengths(files)
    print(f"{len(files)} tracks of {sheet.marks[0]}; {_peak():.0f} MB before")
    with step("count 10-kb bins"):
        table = genome_bins({c: lengths[c] for c in autosomes(lengths)}, 10_000)
        ten_kb = count_tables(files, {"bins": table}, how=how).matrices["bins"]
    with step("count windows, filter"):
        bins = sheet_domain_bins(sheet, files, ten_kb, lengths=lengths, how=how)
    _finish(bins, ten_kb, sheet)


def _finish(bins: CountMatrix, ten_kb: CountMatrix, sheet: SampleSheet) -> None:
    found = bins.metadata["domains"]
    passed = sum(found["above_background"].values())
    print(f"{passed} of {found['windows']} windows above background")
    with step("merge by location"):
        domains = find_domains(bins)
    with step("whole signal: fit, three normalisations"):
        matrix = domain_matrix(bins, domains, quantity="mean_signal")
        inputs = normalization_inputs(matrix, sheet, bins=ten_kb)
        analysis, _ = with_agreement(analyse(matrix, sheet, inputs=inputs))
    with step("windows: fit, Simes"):
        analysis = with_windows(analysis, bins, domains, sheet)
    called = (analysis.results["direction"] != "none").sum()
    print(f"{len(domains)} domains, {called} called; {analysis.fit.method}")
    print(f"{'total':<42}{sum(TOTAL):8.2f} s CPU{_peak():8.0f} MB peak ({platform.machine()})")


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    verbs = parser.add_subparsers(dest="mode", required=True)
    made = verbs.add_parser("simulated")
    made.add_argument("--samples", type=int, default=12)
    made.add_argument("--share", type=float, default=0.15)
    made.add_argument("--seed", type=int, default=1)
    real = verbs.add_parser("sheet")
    real.add_argument("sheet", type=Path)
    real.add_argument("--exclude", type=Path)
    options = parser.parse_args()
    if options.mode == "simulated":
        simulated(options.samples, options.share, options.seed)
    else:
        from_sheet(options.sheet, options.exclude)


if __name__ == "__main__":
    main()
