"""Time the statistical kernels against R, on seeded counts.

    python benchmarks/bench_statistics.py                # all but DESeq2 and PyDESeq2, some minutes
    python benchmarks/bench_statistics.py --only trend ql --sizes 60000x12 --repeats 3

Every measurement is a process of its own on one thread; ours and the peer's take turns (A B A B).
Figures are CPU seconds of the computation (reading the counts and TMM factors left out for both)
and the peak memory of the whole process. Needs Rscript with edgeR, limma, DESeq2 and survival for
the peers (and statmod for limma's robust moderation); without them only ours are timed. PyDESeq2,
where it is installed, is timed in Python.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Ours -> (peer in bench_statistics.R, share of the regions it is given)
PEERS: dict[str, list[tuple[str, float]]] = {
    "trend": [("limma_trend", 1.0), ("limma_trend_weights", 1.0)],
    "voom": [("limma_voom", 1.0)],
    "voom_weights": [("limma_voom_weights", 1.0)],
    "ql": [("edger_ql", 1.0), ("deseq2", 1.0), ("pydeseq2", 1.0)],
    "ql_covariates": [("edger_ql_covariates", 1.0)],
    "cox": [("coxph_loop", 0.05)],
    "shrink": [],
}
SLOW = ("deseq2", "pydeseq2")  # only where they are asked for
SEED = 20240517
LARGE = 200_000  # regions from which the slow peers are left out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", nargs="+", default=["60000x12", "60000x40", "1000000x12"])
    parser.add_argument("--only", nargs="+", choices=[*PEERS, "cold"], default=[*PEERS, "cold"])
    parser.add_argument("--peers", nargs="*", help="peers to run; default all but the slow ones")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        method, path, regions, samples = options.worker
        work(method, Path(path), int(regions), int(samples))
        return
    print("| regions x samples | what | CPU s | peak MB | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            n, s = (int(v) for v in size.split("x"))
            path = Path(folder) / f"{size}.bin"
            simulate(n, s).tofile(path)
            for method in options.only:
                if method != "cold":
                    compare(method, path, n, s, options.repeats, options.peers)
            path.unlink()
        if "cold" in options.only:
            cold(Path(folder))


def simulate(n: int, s: int) -> FloatArray:
    """Negative-binomial counts with unequal libraries and a tenth of the regions changed."""
    rng = np.random.default_rng(SEED)
    counts = np.empty((n, s))
    depth = rng.uniform(0.6, 1.6, s)
    for start in range(0, n, 50_000):
        rows = min(50_000, n - start)
        mean = np.exp(rng.normal(4, 1.2, (rows, 1))) * depth
        changed = rng.uniform(size=rows) < 0.1
        mean[changed, s // 2 :] *= np.exp(rng.normal(0, 0.7, (int(changed.sum()), 1)))
        shape = 10 * rng.chisquare(20, (rows, 1)) / 20
        counts[start : start + rows] = rng.poisson(rng.gamma(shape, mean / shape))
    return counts


def compare(
    method: str, path: Path, n: int, s: int, repeats: int, wanted: list[str] | None
) -> None:
    """Ours and its peers in turn; one line of the table each."""
    peers = [
        (name, share)
        for name, share in PEERS[method]
        if shutil.which("Rscript") and (name in wanted if wanted is not None else name not in SLOW)
        and (n < LARGE or name == "limma_trend")
    ]  # fmt: skip
    found: dict[str, list[dict[str, float]]] = {method: []}
    for _ in range(repeats):
        found[method].append(run([sys.executable, __file__, "--worker", method, str(path), n, s]))
        for name, share in peers:
            script = str(Path(__file__).with_suffix(".R"))
            command: list[object] = ["Rscript", script, name, str(path), int(n * share), s]
            if name == "pydeseq2":
                command = [sys.executable, __file__, "--worker", name, str(path), n, s]
            peer = run(command)
            found.setdefault(name, []).append(peer | {"cpu": peer["cpu"] / share})
    ours = statistics.median(f["cpu"] for f in found[method])
    for name, runs in found.items():
        cpu = statistics.median(f["cpu"] for f in runs)
        peak = max(f["peak_mb"] for f in runs)
        share = dict(PEERS[method]).get(name, 1.0)
        note = "" if share == 1.0 else f" ({share:.0%} of the regions, scaled)"
        print(
            f"| {n:,} x {s} | {name}{note} | {cpu:.2f} | {peak:.0f} | {cpu / ours:.1f} |",
            flush=True,
        )


def run(command: list[object]) -> dict[str, float]:
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    out = subprocess.run(
        [str(part) for part in command],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | single,
    )
    figures: dict[str, float] = json.loads(out.stdout.splitlines()[-1])
    return figures


def cold(folder: Path) -> None:
    """First count test after installation, whole process, and a later one."""
    path = folder / "small.bin"
    simulate(1000, 12).tofile(path)
    cache = {"NUMBA_CACHE_DIR": str(folder / "cache")}
    for label in ("ql, first process", "ql, later process"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, __file__, "--worker", "ql_cold", str(path), "1000", "12"],
            check=True,
            capture_output=True,
            env=os.environ | cache,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"| 1,000 x 12 | {label} | {spent:.2f} | | |")


def work(method: str, path: Path, n: int, s: int) -> None:
    """One measurement; prints JSON."""
    from resist_epi.stats.scaling.size_factors import tmm

    counts = np.fromfile(path, count=n * s).reshape(n, s)
    sizes = counts.sum(axis=0) * tmm(counts)
    design = np.column_stack([np.ones(s), np.repeat([0.0, 1.0], s // 2)])
    if method == "ql_covariates":
        # As in bench_statistics.R: a batch and an age.
        age = 60 + 8 * np.sin(np.arange(1, s + 1))
        design = np.column_stack([np.ones(s), np.arange(s) % 2, age, design[:, 1]])
    job = JOBS[method](counts, sizes, design)
    start = time.process_time()
    job()
    cpu = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"cpu": cpu, "peak_mb": peak / (2**20 if sys.platform == "darwin" else 1024)}))


def trend_job(counts: FloatArray, sizes: FloatArray, design: FloatArray) -> Callable[[], object]:
    from resist_epi.stats.linear.least_squares import contrast, fit_linear
    from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
    from resist_epi.stats.linear.weights import array_weights

    y = np.log2((counts + 0.5) / (sizes + 1) * 1e6)

    def job() -> object:
        fit = fit_linear(y, design, weights=array_weights(y, design))
        squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
        return moderated_t(*contrast(fit, [0, 1]), squeezed)

    return job


def shrink_job(counts: FloatArray, sizes: FloatArray, design: FloatArray) -> Callable[[], object]:
    from resist_epi.stats.linear.least_squares import contrast, fit_linear
    from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances, standard_error
    from resist_epi.stats.shrinkage import normal_errors, shrink

    fit = fit_linear(np.log2((counts + 0.5) / (sizes + 1) * 1e6), design)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    change, unscaled = contrast(fit, [0, 1])
    t, p = moderated_t(change, unscaled, squeezed)
    error = standard_error(unscaled, squeezed)
    return lambda: shrink(change, normal_errors(change, error, t, squeezed.df_total, p))


def voom_job(
    counts: FloatArray, sizes: FloatArray, design: FloatArray, *, weighted: bool = False
) -> Callable[[], object]:
    from resist_epi.stats.linear.least_squares import contrast, fit_linear
    from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
    from resist_epi.stats.linear.precision import voom, voom_with_sample_weights

    def job() -> object:
        found = (voom_with_sample_weights if weighted else voom)(counts, design, sizes)
        fit = fit_linear(found.log_cpm, design, weights=found.weights)
        squeezed = squeeze_variances(fit.sigma2, fit.df_residual, robust=True)
        return moderated_t(*contrast(fit, [0, 1]), squeezed)

    return job


def ql_job(
    counts: FloatArray, sizes: FloatArray, design: FloatArray, *, warm: bool = True
) -> Callable[[], object]:
    from resist_epi.stats.negbin.glm import count_data
    from resist_epi.stats.negbin.quasi import fit_quasi, quasi_f_test

    def test(rows: int) -> object:
        data = count_data(counts[:rows], design, sizes)
        return quasi_f_test(fit_quasi(data), np.eye(design.shape[1])[-1])

    if warm:
        test(200)
    return lambda: test(len(counts))


def pydeseq2_job(counts: FloatArray, sizes: FloatArray, design: FloatArray) -> Callable[[], object]:
    import pandas as pd
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference
    from pydeseq2.ds import DeseqStats

    names = [f"s{i}" for i in range(counts.shape[1])]
    table = pd.DataFrame(counts.T.astype(int), index=names)
    table.columns = [f"r{i}" for i in range(counts.shape[0])]
    groups = pd.DataFrame({"group": np.where(design[:, 1] > 0, "b", "a")}, index=names)

    def job() -> object:
        inference = DefaultInference(n_cpus=1)
        data = DeseqDataSet(
            counts=table, metadata=groups, design="~group", inference=inference, quiet=True
        )
        data.deseq2()
        tests = DeseqStats(data, contrast=["group", "b", "a"], inference=inference, quiet=True)
        tests.summary()
        return tests.results_df

    return job


def cox_job(counts: FloatArray, sizes: FloatArray, design: FloatArray) -> Callable[[], object]:
    from resist_epi.stats.groups.survival import cox_score_tests

    s = counts.shape[1]
    y = np.log2(counts + 1)
    time_to_event = np.random.default_rng(1).exponential(size=s)
    event = np.resize([1, 1, 0], s)
    return lambda: cox_score_tests(y, time_to_event, event)


JOBS: dict[str, Callable[[FloatArray, FloatArray, FloatArray], Callable[[], object]]] = {
    "trend": trend_job,
    "voom": voom_job,
    "voom_weights": lambda c, z, d: voom_job(c, z, d, weighted=True),
    "ql": ql_job,
    "ql_covariates": ql_job,
    "pydeseq2": pydeseq2_job,
    "ql_cold": lambda c, z, d: ql_job(c, z, d, warm=False),
    "cox": cox_job,
    "shrink": shrink_job,
}


if __name__ == "__main__":
    main()
