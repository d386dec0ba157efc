"""What the tests of windows hold beside their counts, by test and number of libraries.

    python benchmarks/growth_fits.py --windows 200000 --sizes 12 48 96 --before CHECKOUT

Counts of windows are drawn, in single precision as those of a genome are, and each test is made in
a process of its own: CPU seconds, and the peak of resident memory less what there was before it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parents[1]

# Method, options of the fit, and whether each domain has offsets of its own (copy number).
TESTS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "trend": ("trend", {}, False),
    "ql": ("ql", {}, False),
    "ql, copy number": ("ql", {}, True),
    "voom": ("voom", {}, False),
    "voom, weights": ("voom", {"weights": True, "centred": True}, False),
    "voom, blocks": ("voom", {"block": "Site"}, False),
    "trend, blocks": ("trend", {"block": "Site"}, False),
    "values left out": ("trend", {"leave_out": True}, False),
    "wilcoxon": ("wilcoxon", {}, False),
    "cox": ("cox", {}, False),
}

WINDOWS_A_DOMAIN = 20


def main() -> None:
    """Make every test at every size, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--windows", type=int, default=200_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[12, 48, 96])
    parser.add_argument("--tests", nargs="+", choices=TESTS, default=list(TESTS))
    parser.add_argument("--before", type=Path, help="another checkout, in turn")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(*measured(arguments.tests[0], arguments.sizes[0], arguments.windows))
        return
    checkouts = {"now": HERE}
    if arguments.before is not None:
        checkouts = {"before": arguments.before.resolve()} | checkouts
    heads = [f"{name}, {n}" for name in checkouts for n in arguments.sizes]
    print(f"| added MB (CPU s) | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|", sep="\n")
    for test in arguments.tests:
        cells = [
            _made(checkout, test, n, arguments.windows)
            for checkout in checkouts.values()
            for n in arguments.sizes
        ]
        print(f"| {test} | {' | '.join(cells)} |", flush=True)
    print(f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")


def _made(checkout: Path, test: str, n: int, windows: int) -> str:
    words = [sys.executable, __file__, "--one", "--tests", test, "--sizes", str(n)]
    words += ["--windows", str(windows)]
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
    own = os.environ | single | {"PYTHONPATH": str(checkout)}
    ran = subprocess.run(words, env=own, stdout=subprocess.PIPE, check=True, text=True)
    said = ran.stdout.split()
    return f"{float(said[0]):.0f} ({float(said[1]):.1f})"


def measured(test: str, n: int, windows: int) -> tuple[float, float]:
    """MB that one test adds, and its CPU seconds."""
    import pandas as pd

    from resist_epi.counting.matrix import CountMatrix
    from resist_epi.domains.window_fits import fit_windows, windows_with_signal
    from resist_epi.genome.bins import genome_bins
    from resist_epi.model.differential import contrast_statistics
    from resist_epi.model.hazards import hazard_contrast
    from resist_epi.model.linear_models import FitOptions
    from resist_epi.samples.design import make_contrast, make_design
    from resist_epi.samples.sheet import make_sheet

    method, options, copy_number = TESTS[test]
    rng = np.random.default_rng(1)
    sizes = rng.uniform(0.7, 1.5, size=n)
    values: Any = np.empty((windows, n), dtype=np.float32)
    level = rng.gamma(2, 20, size=windows)
    for first in range(0, windows, 5_000):
        rows = slice(first, min(first + 5_000, windows))
        noise = rng.lognormal(0, 0.3, size=(len(level[rows]), n))
        values[rows] = rng.poisson(level[rows, None] * sizes * noise)
    values.flags.writeable = False
    table: dict[str, Any] = {"SampleID": [f"T{i}" for i in range(n)], "Factor": "H3K36me3"}
    table |= {"Condition": ["good", "poor"] * (n // 2), "Site": [f"S{i // 4}" for i in range(n)]}
    table |= {"TimeToProgression": np.arange(n) + 1.0, "Progressed": 1}
    design = make_design(make_sheet(pd.DataFrame(table)), "~ Condition")
    contrast = make_contrast(design, "Condition:poor-good")
    if method == "cox":
        contrast = hazard_contrast(design)
    matrix = CountMatrix(
        values,
        genome_bins({"chr1": windows * 2_000}, 2_000),
        tuple(table["SampleID"]),
        "recovered_reads",
        sizes * 1e6,
        offsets=_offsets(rng, sizes, windows) if copy_number else None,
    )
    began = time.process_time()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    windows_with_signal(matrix, min_units=2)
    fitted = fit_windows(matrix, design, method=method, options=FitOptions(**options))
    contrast_statistics(fitted, contrast)
    if fitted.unweighted is not None:
        contrast_statistics(fitted.unweighted, contrast)
    return _status("VmHWM") - before, time.process_time() - began


def _offsets(rng: np.random.Generator, sizes: Any, windows: int) -> Any:
    member = np.arange(windows) // WINDOWS_A_DOMAIN
    of_domains = rng.normal(0, 0.1, size=(member[-1] + 1, len(sizes))) + np.log(sizes * 1e6)
    try:
        from resist_epi.stats.rows import gathered
    except ImportError:  # an earlier checkout
        return of_domains[member]
    return gathered(of_domains, member)


def _status(name: str) -> float:
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
