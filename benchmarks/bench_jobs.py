"""Many tracks by one process and by two: wall, CPU, balance, peak memory, and equal answers.

python benchmarks/bench_coverage.py --only jobs [--data DIR] [--repeats 5] [--scale 1]
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

TRACKS, JOBS = 12, (1, 2)


def measure_jobs(track: Path, regions: Path, answer: Path, jobs: int) -> None:
    """In a process of its own: count the tracks once, write the answer, print the figures."""
    import pandas as pd

    from resist_epi.counting.files import count_tables
    from resist_epi.counting.passes import Pass
    from resist_epi.genome.regions import make_regions
    from resist_epi.tracks.opened import open_file

    names = ["chrom", "start", "end"]
    table = pd.read_csv(regions, sep="\t", header=None, usecols=[0, 1, 2], names=names)
    tables = {"regions": make_regions(table, kind="peaks")}
    copies = [answer.with_name(f"copy{i}.bw") for i in range(TRACKS)]
    for copy in copies:
        if not copy.exists():
            copy.symlink_to(track.resolve())
    sources = {copy.stem: open_file(str(copy)) for copy in copies}
    began, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = count_tables(sources, tables, how=Pass(jobs=jobs))
    wall = time.perf_counter() - wall
    ended, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    unit = 1024**2 if sys.platform == "darwin" else 1024
    np.save(answer, found.matrices["regions"].values)
    figures = {
        "own": ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime,
        "workers": workers.ru_utime + workers.ru_stime,
        "wall": wall,
        "peak": ended.ru_maxrss / unit,
        "worker_peak": workers.ru_maxrss / unit,
    }
    print(json.dumps(figures))


def compare_jobs(
    folder: Path, repeats: int, make_track: Callable[[Path], None], regions: Path
) -> None:
    """One table: 1 job and 2 jobs in turn, medians, and the speed-up.

    On cores that others use as well, wall says little; `by CPU` is the speed-up that free cores
    give where this process and its workers, which share the work evenly, run side by side.
    """
    track = folder / "bedgraph.bw"
    if not track.exists():
        make_track(track)
    runs: dict[int, list[dict[str, float]]] = {jobs: [] for jobs in JOBS}
    for _ in range(repeats):
        for jobs in JOBS:
            answer = folder / f"jobs{jobs}.npy"
            arguments = [str(track), str(regions), str(answer), str(jobs)]
            done = subprocess.run(
                [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
            )
            runs[jobs].append(json.loads(done.stdout.splitlines()[-1]))
    m = {
        jobs: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for jobs, found in runs.items()
    }
    answers = [(folder / f"jobs{jobs}.npy").read_bytes() for jobs in JOBS]
    same = "equal to the bit" if len(set(answers)) == 1 else "DIFFERENT"
    size = track.stat().st_size / 1e6
    count = len(regions.read_text().splitlines())
    print(f"\n### jobs: {TRACKS} tracks of {size:.0f} MB, {count:,} regions; answers {same}\n")
    print(
        "| jobs | CPU s here | CPU s workers | wall s | peak MB here | peak MB a worker |"
        " speed-up by wall | by CPU |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for jobs, f in m.items():
        by_wall = m[1]["wall"] / f["wall"]
        by_cpu = m[1]["own"] / (f["own"] + f["workers"] / jobs)
        print(
            f"| {jobs} | {f['own']:.2f} | {f['workers']:.2f} | {f['wall']:.2f} | {f['peak']:.0f}"
            f" | {f['worker_peak'] if jobs > 1 else 0:.0f} | {by_wall:.2f} | {by_cpu:.2f} |"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    track, regions, answer, jobs = sys.argv[1:]
    measure_jobs(Path(track), Path(regions), Path(answer), jobs=int(jobs))
