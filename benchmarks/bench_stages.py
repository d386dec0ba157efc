"""Time and memory of each job of a study in stages, one after the other.

    python benchmarks/bench_stages.py SHEET -o DIR [--shards N] [--jobs N]

The figures behind docs/guide/clusters.md. Memory is what a scheduler counts: the resident memory of
all processes of a job together, looked at ten times a second. Linux only.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resist_epi.samples.sheet import read_sheet

PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Job:
    """What a job took."""

    name: str
    wall: float
    cpu: float
    megabytes: float


def jobs(marks: list[str], shards: int) -> Iterator[list[str]]:
    """Options of every job, in an order in which they can be done."""
    for stage in ("look", "plan", "count"):
        if stage == "plan":
            yield ["--stage", stage]
        else:
            yield from (
                ["--stage", stage, "--shard", f"{i}/{shards}"] for i in range(1, shards + 1)
            )
    yield from (["--stage", "test", "--mark", mark] for mark in marks)
    yield []


def measured(words: list[str], options: list[str]) -> Job:
    """Run one job, and see what it takes.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    before, began, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), 0.0
    process = subprocess.Popen([*words, *options], start_new_session=True)
    while process.poll() is None:
        peak = max(peak, group_memory(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [*words, *options])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    name = " ".join(w for w in options if not w.startswith("--")) or "gather"
    return Job(name, time.monotonic() - began, cpu, peak / 1e6)


def group_memory(group: int) -> float:
    """Resident bytes of all processes of a group."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[21]) * PAGE
    return float(total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    words = [sys.executable, "-m", "resist_epi", "--quiet", "run", str(args.sheet)]
    words += ["-o", str(args.output), "--jobs", str(args.jobs)]
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the beginning, --jobs {args.jobs}")
    print("job\twall_s\tcpu_s\tpeak_MB")
    for options in jobs(list(read_sheet(args.sheet).marks), args.shards):
        found = measured(words, options)
        print(f"{found.name}\t{found.wall:.1f}\t{found.cpu:.1f}\t{found.megabytes:.0f}", flush=True)


if __name__ == "__main__":
    main()
