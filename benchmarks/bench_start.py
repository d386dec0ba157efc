"""Time whole processes: `--help`, the import, and `diff` of counts on disk, against R.

    python benchmarks/bench_start.py                               # this package, and R where it is
    python benchmarks/bench_start.py --before DIR --repeats 7      # another checkout in turn

Every measurement is a process of its own on one thread, ours and the peer's in turn (A B A B);
figures are CPU seconds, user and system, of the whole process: start-up, imports, reading counts,
normalisation, test, multiple testing and writing a gzipped table. The R peer needs Rscript with
limma; it reads the same values from a TSV.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20240517
HERE = Path(__file__).resolve()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="30000x12")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--before", type=Path, help="another checkout, measured in turn")
    options = parser.parse_args()
    n, s = (int(v) for v in options.size.split("x"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        checkouts = {"this": HERE.parents[1]}
        if options.before:
            checkouts["before"] = options.before.resolve()
        counts = write_inputs(folder, n, s)
        print("| what | " + " | ".join(f"{c}, CPU s" for c in checkouts) + " | R, CPU s |")
        print("|---|" + "---|" * (len(checkouts) + 1))
        for label, command, peer in commands(folder, counts, s):
            line = compare(command, peer, checkouts, options.repeats, folder / "bytecode")
            print(f"| {label.format(n=f'{n:,}', s=s)} | " + " | ".join(line) + " |", flush=True)


def commands(
    folder: Path, counts: dict[str, Path], s: int
) -> list[tuple[str, list[str], list[str] | None]]:
    """What is measured: its name, our arguments of Python, and the peer's command."""
    script = str(HERE.with_suffix(".R"))
    rows: list[tuple[str, list[str], list[str] | None]] = [
        ("Python alone", ["-c", "pass"], ["Rscript", "-e", "0"]),
        ("`import resist_epi`", ["-c", "import resist_epi"], None),
        ("`resist-epi --help`", ["-m", "resist_epi", "--help"], None),
        ("`resist-epi diff --help`", ["-m", "resist_epi", "diff", "--help"], None),
    ]
    for quantity, path in counts.items():
        out, r_out = folder / f"{quantity}.tsv.gz", folder / f"{quantity}.R.tsv.gz"
        ours = ["-m", "resist_epi", "--quiet", "diff", str(path), "-o", str(out)]
        peer = ["Rscript", script, str(path.with_suffix(".tsv")), str(s), str(r_out)]
        method = "trend" if quantity == "mean_signal" else "the default test"
        rows.append(
            (
                f"`diff` of {{n}} regions x {{s}} samples, {quantity} ({method})",
                ours,
                peer if quantity == "mean_signal" else None,
            )
        )
    return rows


def compare(
    command: list[str],
    peer: list[str] | None,
    checkouts: dict[str, Path],
    repeats: int,
    cache: Path,
) -> list[str]:
    """Median CPU seconds of each side, taken in turn after a round that is not counted."""
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment = os.environ | single | {"PYTHONPYCACHEPREFIX": str(cache)}
    # An installed package has byte code beside it; a checkout has it here after the first round.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds: dict[str, list[float]] = {}
    for counted in [False] + [True] * repeats:
        for name, checkout in checkouts.items():
            own = environment | {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}
            spent = cpu_seconds([sys.executable, *command], **own)
            seconds.setdefault(name, []).extend([spent] * counted)
        if peer and shutil.which("Rscript"):
            seconds.setdefault("R", []).extend([cpu_seconds(peer, **environment)] * counted)
    return [
        f"{statistics.median(seconds[name]):.2f}" if name in seconds else ""
        for name in [*checkouts, "R"]
    ]


def cpu_seconds(command: list[str], **environment: str) -> float:
    """User and system seconds of a process, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_inputs(folder: Path, n: int, s: int) -> dict[str, Path]:
    """Counts and signals of two groups as Parquet with their sheet, and as TSV for R."""
    from resist_epi.counting.matrix import CountMatrix
    from resist_epi.counting.matrix_files import write_counts

    rng = np.random.default_rng(SEED)
    depth = rng.uniform(0.6, 1.6, s)
    mean = np.exp(rng.normal(4, 1.2, (n, 1))) * depth
    changed = rng.uniform(size=n) < 0.1
    mean[changed, s // 2 :] *= np.exp(rng.normal(0, 0.7, (int(changed.sum()), 1)))
    shape = 10 * rng.chisquare(20, (n, 1)) / 20
    reads = rng.poisson(rng.gamma(shape, mean / shape)).astype(np.float64)
    start = 1000 + 5000 * np.arange(n)
    regions = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": start,
            "end": start + 2000,
            "strand": "+",
            "region_id": [f"promoter_{i}" for i in range(n)],
            "gene_id": [f"ENSG{i:011d}" for i in range(n)],
            "symbol": [f"GENE{i}" for i in range(n)],
            "kind": "promoters",
        }
    )
    samples = tuple(f"S{i}" for i in range(s))
    sheet = {
        "SampleID": list(samples),
        "Factor": ["H3K27me3"] * s,
        "Condition": ["good"] * (s // 2) + ["poor"] * (s - s // 2),
    }
    found = {}
    for quantity, values in (("mean_signal", reads / 2000), ("reads", reads)):
        matrix = CountMatrix(
            values=values,
            regions=regions,
            samples=samples,
            quantity=quantity,
            library_sizes=values.sum(axis=0),
            metadata={"sheet": sheet},
        )
        found[quantity] = folder / f"{quantity}.parquet"
        write_counts(found[quantity], matrix)
        write_counts(found[quantity].with_suffix(".tsv"), matrix)
    return found


if __name__ == "__main__":
    main()
