"""How the tests of one mark grow with its libraries: CPU seconds and memory by step.

    python benchmarks/growth.py                                     # 12, 48 and 96 libraries
    python benchmarks/growth.py --sizes 12 48 96 192 --before CHECKOUT
    python benchmarks/growth.py --method voom --block Site

Counts of a cohort are drawn, not tracks: in the regions that a run on hg38 counts (bins of 10 kb,
promoters, gene bodies, peaks), and in the 500-bp bins of windows above background, as many of each
mark as 12 simulated tumours have (`benchmarks/study.py` says how these are made).
They are written as a run writes them, and tested by what a run calls, in a process of its own a
size. Making them is not counted. Profiles read one small track for all libraries.

A row a step: CPU seconds and the peak of resident memory since the step began, less than which the
process may have afterwards. Growth is the power of the number of libraries between the two largest
sizes; `at 400` carries it on from the largest.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parents[1]

# 500-bp bins of windows above background, and peaks in two libraries, of each mark of the study of
# 12 tumours that `benchmarks/study.py` describes.
MARKS = {"H3K27me3": (193_000, 3_400), "H3K36me3": (966_000, 8_300)}

FRAGMENTS = 20e6

GENOME = 2.9e9  # bp

# Where a step begins and ends: module, function -> what it is called here.
STEPS = {
    ("resist_epi.study.steps.mark_tests", "analyse_kind"): "fit and test regions",
    ("resist_epi.study.steps.domains", "analyse_kind"): "fit and test domains",
    ("resist_epi.study.steps.domains", "find_domains"): "find domains",
    ("resist_epi.study.steps.domains", "domain_signal"): "signal of domains",
    ("resist_epi.study.answers", "with_windows_of_several"): "windows of domains",
    ("resist_epi.study.steps.domains", "with_windows_of_several"): "windows of domains",
    ("resist_epi.study.steps.stored_counts", "read_counts"): "read counts",
    ("resist_epi.study.answers", "with_stability"): "leave one out",
    ("resist_epi.study.answers", "with_agreement"): "other normalisations",
    ("resist_epi.study.answers", "describe_confounders"): "copy number, arms",
    ("resist_epi.study.answers", "with_relabelling"): "relabelling",
    ("resist_epi.study.answers", "with_carriers"): "carriers",
    ("resist_epi.study.steps.mark_tests", "write_domain_tests"): "write domains",
    ("resist_epi.study.steps.mark_tests", "_write_results"): "write results",
    ("resist_epi.study.steps.mark_tests", "_write_genes"): "write genes",
    ("resist_epi.study.steps.mark_tests", "_write_carriers"): "write carriers",
    ("resist_epi.study.steps.mark_tests", "write_gene_sets"): "gene sets",
    ("resist_epi.study.steps.mark_tests", "write_scores"): "tissue scores",
    ("resist_epi.study.steps.mark_tests", "write_where"): "where, balance",
    ("resist_epi.study.steps.mark_tests", "write_nfcore"): "nf-core tables",
    ("resist_epi.study.steps.mark_tests", "write_quality"): "quality",
    ("resist_epi.study.steps.quality", "sample_correlation"): "correlation of samples",
    ("resist_epi.study.steps.mark_tests", "write_profiles"): "profiles",
    # Inside of fits, to tell what they are made of.
    ("resist_epi.model.shared_fit", "repeated_columns"): "fit: one library twice",
    ("resist_epi.model.shared_fit", "judge_spike_in"): "fit: spike-in",
    ("resist_epi.model.shared_fit", "_normalized"): "fit: normalise",
    ("resist_epi.model.shared_fit", "_regions_to_test"): "fit: filter",
    ("resist_epi.model.fit_units", "plan_fit"): "fit: method and weights",
    ("resist_epi.model.fit_units", "look_at_units"): "fit: hidden factors, twins",
    ("resist_epi.model.analysis", "tested_results"): "fit: results",
    ("resist_epi.study.study_counts", "normalization_inputs"): "fit: background",
}

WHOLE = "all"


def main() -> None:
    """Make and test every size, and print a table a checkout."""
    arguments = _parse()
    checkouts = {"this": HERE}
    if arguments.before is not None:
        checkouts = {"before": arguments.before.resolve()} | checkouts
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as made:
        found: dict[str, dict[int, list[Spent]]] = {name: {} for name in checkouts}
        for n in arguments.sizes:
            for name, checkout in checkouts.items():
                folder = Path(made) / f"{name}{n}"
                found[name][n] = _measured(checkout, n, folder, arguments)
                shutil.rmtree(folder)
        for name, sizes in found.items():
            print(f"\n{name}:\n\n{_table(sizes)}")
    print(f"\nload {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")


@dataclass(frozen=True)
class Spent:
    """What a step took: CPU seconds, and the peak in MB."""

    step: str
    cpu: float
    peak: float


def _measured(checkout: Path, n: int, folder: Path, arguments: argparse.Namespace) -> list[Spent]:
    """Make a cohort and test it, each in a process of its own."""
    common = [sys.executable, __file__, "--sizes", str(n), "--mark", arguments.mark]
    common += ["--quantity", arguments.quantity]
    for option in ("method", "block"):
        given = getattr(arguments, option)
        common += [] if given is None else [f"--{option}", given]
    for what in ("--make", "--test"):
        made = subprocess.run(
            [*common, what, str(folder)], env=_environment(checkout), stdout=subprocess.PIPE,
            check=True, text=True,
        )  # fmt: skip
    return [Spent(*row) for row in json.loads(made.stdout.splitlines()[-1])]


def _environment(checkout: Path) -> dict[str, str]:
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return os.environ | single | {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}


def _table(sizes: dict[int, list[Spent]]) -> str:
    """A row a step; the growth between the two largest sizes, and what it comes to at 400."""
    ns = sorted(sizes)
    by_step = {n: {s.step: s for s in sizes[n]} for n in ns}
    steps = list(dict.fromkeys(s.step for n in ns for s in sizes[n]))
    heads = [*(f"{n}: CPU s" for n in ns), "growth", "at 400"]
    heads += [*(f"{n}: MB" for n in ns), "growth", "at 400"]
    lines = [f"| step | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for step in steps:
        own = [by_step[n].get(step, Spent(step, 0.0, 0.0)) for n in ns]
        cpu, peak = [s.cpu for s in own], [s.peak for s in own]
        cells = [*(f"{c:.1f}" for c in cpu), *_carried(ns, cpu, ".0f")]
        cells += [*(f"{p:.0f}" for p in peak), *_carried(ns, peak, ".0f")]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _carried(ns: list[int], values: list[float], form: str) -> tuple[str, str]:
    """The power by which a value grew last, and the value at 400 libraries."""
    if len(ns) < 2 or min(values[-2:]) <= 0:
        return "", ""
    power = np.log(values[-1] / values[-2]) / np.log(ns[-1] / ns[-2])
    return f"{power:.2f}", f"{values[-1] * (400 / ns[-1]) ** max(power, 0.0):{form}}"


# What the processes of a size do.


def _study(
    n: int, mark: str, folder: Path, track: Path, asked: dict[str, str] | None = None
) -> Any:
    """The study of a sheet of n libraries whose tracks are one."""
    import pandas as pd

    from resist_epi.counting.sources import SheetSources
    from resist_epi.genes.builtin import load_sets
    from resist_epi.genome.consensus import Consensus
    from resist_epi.genome.naming import Naming
    from resist_epi.genome.reference import load_reference
    from resist_epi.samples.sheet import make_sheet
    from resist_epi.study.settings import make_settings
    from resist_epi.study.study import Study

    names = [f"T{i:03}" for i in range(n)]
    sheet = make_sheet(
        pd.DataFrame(
            {
                "SampleID": names,
                "Factor": mark,
                "Condition": np.where(np.arange(n) % 2 == 0, "good", "poor"),
                "Coverage": str(track),
                "Site": [f"S{i // 4}" for i in range(n)],
            }
        ),
        path=folder / "sheet.csv",
    )
    reference = load_reference("hg38")
    regions = _peak_regions(reference, MARKS[mark][1])
    return Study(
        settings=make_settings(
            {"sheet": folder / "sheet.csv", "contrast": "Condition:poor-good"} | (asked or {})
        ),
        sheet=sheet,
        reference=reference,
        sources={mark: SheetSources({}, "recovered_reads", "drawn")},
        peaks={},
        consensus={mark: Consensus(regions, pd.DataFrame())},
        exclude={},
        naming=Naming(reference.genome),
        gene_sets=load_sets(None),
        own_sets=False,
        folder=folder,
    )


def _peak_regions(reference: Any, peaks: int) -> Any:
    import pandas as pd

    from resist_epi.genome.chromosomes import autosomes
    from resist_epi.genome.regions import make_regions

    rng = np.random.default_rng(3)
    lengths = {c: reference.lengths[c] for c in autosomes(reference.lengths)}
    share = np.array(list(lengths.values())) / sum(lengths.values())
    parts = []
    for (chrom, length), part in zip(lengths.items(), share, strict=True):
        cells = np.sort(rng.choice(length // 20_000 - 1, size=int(peaks * part), replace=False))
        start = cells * 20_000 + rng.integers(0, 9_000, size=len(cells))
        wide = rng.integers(1_000, 10_000, size=len(cells))
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": start + wide}))
    return make_regions(pd.concat(parts, ignore_index=True), kind="peaks")


def make(n: int, mark: str, folder: Path, quantity: str) -> None:
    """Write the counts of n libraries as a run does."""
    import pandas as pd

    from resist_epi.counting.matrix import CountMatrix
    from resist_epi.counting.matrix_files import write_counts
    from resist_epi.genome.bins import genome_bins
    from resist_epi.genome.chromosomes import autosomes
    from resist_epi.io.run_folder import run_path
    from resist_epi.io.tables import write_table
    from resist_epi.samples.presets import preset
    from resist_epi.study.regions import kind_regions
    from resist_epi.study.study import mark_kinds
    from resist_epi.tracks.looks import LookCache, TrackFile, look_at_track

    track = folder / "track.bw"
    (folder / "counts").mkdir(parents=True)
    study = _study(n, mark, folder, track)
    lengths = study.reference.lengths
    placed = {c: lengths[c] for c in [*autosomes(lengths), "chrX"]}
    _write_track(track, placed)
    looks = LookCache(run_path(folder, "looks"))
    looks.add(TrackFile(str(track)), look_at_track(TrackFile(str(track))))
    looks.write()
    rng = np.random.default_rng(n)
    samples = study.sheet.samples
    poor = (study.sheet.table["Condition"] == "poor").to_numpy()
    sizes = FRAGMENTS * np.exp(rng.normal(0, 0.2, size=n))
    metadata = {"fragment_length": 200.0, "library_size_from": "drawn"}
    for kind in mark_kinds(study, mark):
        if kind == "bins":
            regions, share = genome_bins({c: placed[c] for c in autosomes(placed)}, 10_000), 0.15
        else:
            consensus = study.consensus[mark]
            regions = kind_regions(kind, study.reference, preset(mark), consensus=consensus)
            share = 0.9 if kind == "peaks" else 0.25
        wide = (regions["end"] - regions["start"]).to_numpy(np.float64)
        values = np.empty((len(regions), n))
        for rows in _blocks(len(regions)):
            mean = _means(rng, wide[rows], share, poor) * (sizes / GENOME)
            values[rows] = rng.poisson(mean)
        if quantity == "mean_signal":
            values /= wide[:, None]
        matrix = CountMatrix(values, regions, samples, quantity, sizes, metadata=metadata)
        write_counts(run_path(folder, "counts", mark, kind), matrix)
    windows = _windows(rng, placed, MARKS[mark][0], sizes, poor, samples, quantity)
    write_counts(run_path(folder, "counts", mark, "windows"), windows)
    shares = pd.DataFrame({"sample": list(samples), "in_peaks": 0.3, "in_promoters": 0.1})
    write_table(run_path(folder, "shares", mark), shares)


def _blocks(n: int) -> list[slice]:
    return [slice(a, min(a + 20_000, n)) for a in range(0, n, 20_000)]


def _means(rng: Any, wide: Any, share: float, poor: Any) -> Any:
    """Fragments a region and unit over the fragments a bp of its library."""
    n, units = len(wide), len(poor)
    marked = rng.uniform(size=n) < share
    level = wide * np.where(marked, 1 + rng.uniform(1, 8, size=n), 1.0)
    spread = np.where(marked, 0.35, 0.1)[:, None]
    noise = np.exp(spread * rng.standard_normal((n, units)))
    change = np.where(marked & (rng.uniform(size=n) < 0.1), rng.normal(0, 0.9, size=n), 0.0)
    return level[:, None] * noise * np.exp(change[:, None] * poor)


def _windows(
    rng: Any, lengths: dict[str, int], bins: int, sizes: Any, poor: Any, samples: Any, quantity: str
) -> Any:
    """Bins of domains of 5 to 60 kb, as `filter.domain_bins` keeps them."""
    import pandas as pd

    from resist_epi.domains.filter import BackgroundLevel, ChromosomeBins, joined_bins
    from resist_epi.domains.settings import DomainSettings

    settings, total = DomainSettings(), sum(lengths.values())
    step, parts = settings.step, {}
    for chrom, length in lengths.items():
        here = int(bins * length / total)
        width = rng.integers(10, 120, size=here // 65)
        gaps = rng.dirichlet(np.ones(len(width) + 1)) * (length // step - width.sum() - 1)
        first = (np.cumsum(gaps[:-1]).astype(np.int64)) + np.cumsum(width) - width
        first += np.arange(len(first)) > 0
        at = np.concatenate([np.arange(f, f + w) for f, w in zip(first, width, strict=True)])
        owner = np.repeat(np.arange(len(width)), width)
        mean = _means(rng, np.full(len(width), float(step)), 1.0, poor) * (sizes / GENOME)
        values = np.empty((len(at), len(sizes)), dtype=np.float32)
        for rows in _blocks(len(at)):
            values[rows] = mean[owner[rows]]
            values[rows] *= rng.standard_gamma(4, size=values[rows].shape, dtype=np.float32) / 4
        if quantity == "mean_signal":
            values *= 50
        left = (first + width)[owner] - at  # bins of the domain from here on
        table = pd.DataFrame({"start": at * step, "end": (at + 1) * step, "bases": step})
        for size in settings.sizes:
            every = settings.spacing(size) // step
            table[f"window_{size}"] = (left >= size // step) & (at % every == 0)
        parts[chrom] = ChromosomeBins(values, table, length // step)
    level = BackgroundLevel(np.ones(len(sizes)), float(FRAGMENTS / GENOME), 0.001)
    quantity = "coverage_sum" if quantity == "mean_signal" else quantity
    return joined_bins(
        parts, level, settings, samples=samples, quantity=quantity, library_sizes=sizes
    )


def _write_track(path: Path, lengths: dict[str, int]) -> None:
    from resist_epi.tracks.bigwig.track import write_bigwig

    def runs(chrom: str) -> Any:
        starts = np.arange(0, lengths[chrom] - 2_000, 2_000)
        values = np.random.default_rng(len(starts)).gamma(2, 1, size=len(starts))
        return starts, starts + 2_000, values

    write_bigwig(path, lengths, runs)


class Clock:
    """CPU seconds and peaks of steps inside of one another; each without those inside of it."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self._open: list[str] = []
        self._last = time.process_time()

    def turn(self) -> None:
        """Give what was spent since the last turn to the step that is open; all that are, peaks."""
        now, peak = time.process_time(), _peak_since()
        if self._open:
            own = self._open[-1]
            self.cpu[own] = self.cpu.get(own, 0.0) + now - self._last
        for step in set(self._open):
            self.peak[step] = max(self.peak.get(step, 0.0), peak)
        self._last = time.process_time()

    def begin(self, step: str) -> None:
        """A step begins."""
        self.turn()
        self._open.append(step)
        self.cpu.setdefault(step, 0.0)

    def end(self) -> None:
        """The last step ends."""
        self.turn()
        self._open.pop()

    def timed(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        """The function as a step."""

        @functools.wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            self.begin(step)
            try:
                return function(*args, **kwargs)
            finally:
                self.end()

        return made


def _peak_since() -> float:
    """Largest resident set of this process since last asked, MB."""
    try:
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = (text for text in status.splitlines() if text.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def test(n: int, mark: str, folder: Path, asked: dict[str, str]) -> list[tuple[str, float, float]]:
    """Test the mark as a worker of a run does; name, CPU seconds and peak of every step."""
    from resist_epi.study.steps import run_marks

    clock = Clock()
    for (module, name), step in STEPS.items():
        if importlib.util.find_spec(module) is None:  # of an earlier checkout
            continue
        home = importlib.import_module(module)
        if hasattr(home, name):
            setattr(home, name, clock.timed(getattr(home, name), step))
    study = _study(n, mark, folder, folder / "track.bw", asked)
    work = run_marks._TestFromFolder(study, folder)
    for name, step in (("read_counts", "read counts"), ("run_tests", "the rest")):
        setattr(run_marks, name, clock.timed(getattr(run_marks, name), step))
    clock.begin("the rest")
    work(mark)
    clock.end()
    rows = [(step, clock.cpu[step], clock.peak.get(step, 0.0)) for step in clock.cpu]
    return [*rows, (WHOLE, sum(clock.cpu.values()), max(clock.peak.values()))]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[12, 48, 96])
    parser.add_argument("--before", type=Path, help="another checkout, in turn")
    parser.add_argument("--mark", choices=MARKS, default="H3K36me3", help="default H3K36me3")
    parser.add_argument("--quantity", default="recovered_reads")
    parser.add_argument("--method", help="as of run")
    parser.add_argument("--block", choices=["Site"], help="as of run: four libraries a site")
    parser.add_argument("--scratch", type=Path, help="where folders are made and removed again")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--test", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = _parse()
    if asked.make is not None:
        make(asked.sizes[0], asked.mark, asked.make, asked.quantity)
    elif asked.test is not None:
        question = {"method": asked.method, "block": asked.block}
        given = {name: value for name, value in question.items() if value is not None}
        print(json.dumps(test(asked.sizes[0], asked.mark, asked.test, given)))
    else:
        main()
