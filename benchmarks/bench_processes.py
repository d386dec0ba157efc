"""Time `diff` by each test, whole processes, against its peer in R.

    python benchmarks/bench_processes.py                                    # without DESeq2
    python benchmarks/bench_processes.py --only ql --peers deseq2 --repeats 1 --sizes 60000x40

Both sides read the same TSV of counts or signals, normalise, test, adjust and write a gzipped
table; ours from Parquet besides, which is what `count` writes. Every measurement is a process of
its own on one thread, all of a method in turn (A B C A B C), after a round of ours that is not
counted (the files and our byte code are then there; R's packages have theirs). Figures are medians
of CPU seconds, user and system, and of seconds on the clock; the load of the machine stands below.
Needs Rscript with limma, edgeR, statmod and DESeq2; without, ours alone are timed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench_start import HERE, cpu_seconds, write_inputs

# Test -> quantity, and its peers in bench_processes.R.
METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "trend": ("mean_signal", ("limma_trend", "limma_trend_weights")),
    "voom": ("reads", ("limma_voom_weights",)),
    "ql": ("reads", ("edger_ql", "deseq2")),
}
NAMES = {
    "limma_trend": "limma-trend",
    "limma_trend_weights": "limma-trend robust, arrayWeights",
    "limma_voom_weights": "voomWithQualityWeights",
    "edger_ql": "edgeR QL",
    "deseq2": "DESeq2",
}
PLAIN = ("--normalize", "library_size", "--weights", "none", "--hidden", "none")
SLOW = ("deseq2",)  # only where it is asked for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", nargs="+", default=["30000x12", "60000x40"])
    parser.add_argument("--repeats", nargs="+", type=int, default=[5, 3], help="by size")
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--peers", nargs="*", help="peers to run; default all but the slow ones")
    options = parser.parse_args()
    repeats = options.repeats * (len(options.sizes) if len(options.repeats) == 1 else 1)
    print("| regions x samples | what | CPU s | clock s | CPU, over ours from the same TSV |")
    print("|---|---|---|---|---|")
    loads = []
    for size, times in zip(options.sizes, repeats, strict=True):
        n, s = (int(v) for v in size.split("x"))
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            counts = write_inputs(folder, n, s)
            for method in options.only:
                quantity, peers = METHODS[method]
                wanted = [
                    p for p in peers
                    if (p in options.peers if options.peers is not None else p not in SLOW)
                ]  # fmt: skip
                rows = commands(folder, counts[quantity], method, wanted, s)
                for what, (cpu, clock, ratio) in in_turn(rows, times, folder).items():
                    print(f"| {n:,} x {s} | {what} | {cpu:.2f} | {clock:.2f} | {ratio:.2f} |")
                    sys.stdout.flush()
                loads.append(os.getloadavg()[0])
    print(f"\nload {min(loads):.0f} to {max(loads):.0f} on {os.cpu_count()} cores")


def commands(
    folder: Path, counts: Path, method: str, peers: list[str], s: int
) -> dict[str, list[str]]:
    """What is measured -> its command; ours from the TSV first."""
    found, out, table = {}, folder / "out.tsv.gz", counts.with_suffix(".tsv")
    for path, what in ((table, "TSV"), (counts, "Parquet")):
        ours = [sys.executable, "-m", "resist_epi", "--quiet", "diff", str(path)]
        found[f"`diff --method {method}` from {what}"] = [*ours, "--method", method, "-o", str(out)]
        if method == "trend" and what == "TSV":
            plain = [*ours, "--method", method, *PLAIN, "-o", str(out)]
            found["the same without weights and rounds of TMM, as limma-trend"] = plain
    if shutil.which("Rscript"):
        script = str(Path(__file__).with_suffix(".R"))
        for peer in peers:
            found[NAMES[peer]] = ["Rscript", script, peer, str(table), str(s), str(out)]
    return found


def in_turn(
    rows: dict[str, list[str]], repeats: int, folder: Path
) -> dict[str, tuple[float, float, float]]:
    """Median CPU seconds, seconds on the clock, and CPU over that of the first row."""
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment = os.environ | single | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment |= {"PYTHONPATH": str(HERE.parents[1]), "PYTHONSAFEPATH": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    cpu: dict[str, list[float]] = {what: [] for what in rows}
    clock: dict[str, list[float]] = {what: [] for what in rows}
    for counted in [False] + [True] * repeats:
        for what, command in rows.items():
            if not counted and command[0] != sys.executable:
                continue
            began = time.perf_counter()
            spent = cpu_seconds(command, **environment)
            cpu[what] += [spent] * counted
            clock[what] += [time.perf_counter() - began] * counted
    ours = statistics.median(next(iter(cpu.values())))
    return {
        what: (
            statistics.median(cpu[what]),
            statistics.median(clock[what]),
            statistics.median(cpu[what]) / ours,
        )
        for what in rows
    }


if __name__ == "__main__":
    main()
