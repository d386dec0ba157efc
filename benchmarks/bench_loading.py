"""CPU time of loading what ships with the package, of peak files, and of thousands of gene sets.

    python benchmarks/bench_loading.py

Each step is done in processes of its own, since tables are kept once they are read; the best of
`--repeats` is printed beside the most that it should take.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

PEAKS = 200_000
RESULTS = """
    import numpy as np, pandas as pd
    from resist_epi.genome.builtin import load_genes
    from resist_epi.io.tables import write_table
    symbols = load_genes("hg38").genes["symbol"].to_numpy()
    stat = np.random.default_rng(1).normal(size=len(symbols))
    start = np.arange(len(symbols)) * 5000
    table = pd.DataFrame({
        "chrom": "chr1", "start": start, "end": start + 2000, "symbol": symbols,
        "region_id": symbols, "gene_id": symbols, "baseMean": 5.0, "log2FoldChange": stat / 5,
        "lfcSE": 0.2, "ci_low": -1.0, "ci_high": 1.0, "stat": stat, "df": 20.0, "pvalue": 0.5,
        "padj": 0.9, "direction": "none", "strand": "+",
    })
    write_table("results.tsv", table, header={"contrast": "poor-good"})
"""
# What is done before, what is timed, and the most seconds of CPU that it should take.
STEPS: dict[str, tuple[str, str, float]] = {
    "genes of hg38": (
        "from resist_epi.genome.builtin import load_genes",
        "load_genes('hg38')",
        0.3,
    ),
    f"{PEAKS:,} peaks": (
        "from resist_epi.genome.peaks import read_peaks",
        "assert len(read_peaks('peaks.narrowPeak')) == " + str(PEAKS),
        5.0,
    ),
    "enrich, sets of the Gene Ontology": (
        "from resist_epi.cli.main import main",
        "assert main(['-q', 'enrich', 'results.tsv', '--gene-sets', 'go', '-o', 'sets.tsv']) == 0",
        20.0,
    ),
}


def make_files(folder: Path) -> None:
    """Peaks and a table of results."""
    tail = "\t.\t5.5\t3.2\t2.1\t25\n"
    lines = (f"chr{i % 22 + 1}\t{i * 99}\t{i * 99 + 50}\tp{i}\t{i}{tail}" for i in range(PEAKS))
    (folder / "peaks.narrowPeak").write_text("".join(lines))
    subprocess.run([sys.executable, "-c", textwrap.dedent(RESULTS)], check=True, cwd=folder)


def seconds(before: str, step: str, folder: Path) -> float:
    """CPU time of a step in a new process, without that of what comes before."""
    code = f"import time\n{before}\nstart = time.process_time()\n{step}\n"
    code += "print(time.process_time() - start)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print("| step | CPU, s | at most |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        make_files(Path(name))
        for title, (before, step, most) in STEPS.items():
            best = min(seconds(before, step, Path(name)) for _ in range(repeats))
            print(f"| {title} | {best:.2f} | {most:g}{'' if best < most else ' (MISSED)'} |")


if __name__ == "__main__":
    main()
