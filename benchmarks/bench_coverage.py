#!/usr/bin/env python
"""Measure reading coverage against the peers, on tracks made here, and check that answers agree.

Every measurement runs in a process of its own, ours and the peers' in turn (A B A B). Printed are
the medians of CPU and wall seconds of the work itself (imports apart), the least CPU seconds (what
neighbours on the machine disturb least), the peak memory of the process, and the ratio of CPU to
ours, of medians and of least values. `floor` reads and inflates every data block with libdeflate
and does nothing else.

    python benchmarks/bench_coverage.py [--data DIR] [--repeats 5] [--scale 1] [--only regions,bins]

Peers that need another Python run in it: `--peers PYTHON` names one with figwig and deepTools 4
(`python3.12 -m venv peers && peers/bin/pip install deeptools==4.0.0 "figwig[isal]==0.2.0"`).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path

import bench_windows as windows
import numpy as np
from bench_jobs import compare_jobs
from bench_tracks import write_bam, write_regions, write_track

Answer = np.ndarray
Work = Callable[[], Answer]
Table = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

# -- contenders: each imports what it needs, then returns the work to be measured -----------------


def ours(track: Path, regions: Path) -> Work:
    import deflate  # noqa: F401 (an import is no work)
    import pandas as pd  # noqa: F401

    from resist_epi.tracks.bigwig import track as _  # noqa: F401

    return lambda: region_means(track, read_regions(regions))


def ours_in_memory(track: Path, regions: Path) -> Work:
    """The regions are read before the clock starts, as the floor reads none at all."""
    ours(track, regions)
    table = read_regions(regions)
    return lambda: region_means(track, table)


def read_regions(regions: Path) -> Table:
    """Chromosome -> row numbers, starts and ends."""
    import pandas as pd

    table = pd.read_csv(regions, sep="\t", header=None, usecols=[0, 1, 2])
    starts, ends = table[1].to_numpy(), table[2].to_numpy()
    groups = table.groupby(0, sort=False).indices
    return {str(c): (np.asarray(i), starts[i], ends[i]) for c, i in groups.items()}


def region_means(track: Path, table: Table) -> Answer:
    from resist_epi.tracks.bigwig.track import open_bigwig

    opened = open_bigwig(track)
    means = np.zeros(sum(rows.size for rows, _, _ in table.values()))
    for chrom, (rows, starts, ends) in table.items():
        found = opened.summarise(chrom, starts, ends, extremes=False)
        means[rows] = found.sum / (ends - starts)
    return means


def floor(track: Path, regions: Path) -> Work:
    import deflate

    from resist_epi.io.checked_file import CheckedFile
    from resist_epi.tracks.bigwig.track import open_bigwig

    def work() -> Answer:
        opened = open_bigwig(track)
        index, size = opened._index, opened._header.inflated_size
        with CheckedFile(track) as file:
            for at in range(0, len(index), 32):
                part = index[at : at + 32]
                first = int(part.offset[0])
                last = int(part.offset[-1] + part.size[-1])
                data = memoryview(file.read(first, last - first, "data"))
                places = zip((part.offset - first).tolist(), part.size.tolist(), strict=True)
                for offset, length in places:
                    deflate.zlib_decompress(data[offset : offset + length], size)
        return np.zeros(0)

    return work


def pybigtools(track: Path, regions: Path) -> Work:
    import pybigtools as library

    def work() -> Answer:
        with library.open(str(track)) as opened:
            return np.array(list(opened.average_over_bed(str(regions), stats="mean0")))

    return work


def pybigwig(track: Path, regions: Path) -> Work:
    import pyBigWig

    def work() -> Answer:
        opened = pyBigWig.open(str(track))
        means = []
        with open(regions) as lines:
            for line in lines:
                chrom, start, end = line.split("\t", 3)[:3]
                a, b = int(start), int(end)
                total = opened.stats(chrom, a, b, type="sum", exact=True)[0]
                means.append((total or 0.0) / (b - a))
        return np.array(means)

    return work


def megadepth(track: Path, regions: Path, *options: str) -> Work:
    """Sums, which it prints to two decimals (means of long regions would be rounded more)."""
    tool = ["megadepth", str(track), "--annotation", str(regions), "--op", "sum", *options]

    def work() -> Answer:
        done = subprocess.run(tool, capture_output=True, check=True, text=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return np.array([float(row[3]) / (int(row[2]) - int(row[1])) for row in rows])

    return work


def megadepth_far(track: Path, regions: Path) -> Work:
    """Regions up to 100 kb apart share a query of the index; 2,200 bp is its default."""
    return megadepth(track, regions, "--distance", "100000")


def deeptools_summary(track: Path, regions: Path) -> Work:
    def work() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.npz"
            tool = ["multiBigwigSummary", "BED-file", "-b", str(track), "--BED", str(regions)]
            run_tool([*tool, "-o", str(out)])
        return np.zeros(0)  # zoom levels: it does not give the exact answer

    return work


def our_matrix(track: Path, regions: Path) -> Work:
    import pandas as pd

    from resist_epi.counting.profiles import profile_regions
    from resist_epi.tracks.bigwig.track import open_bigwig

    def work() -> Answer:
        names = ["chrom", "start", "end", "region_id", "score", "strand"]
        table = pd.read_csv(regions, sep="\t", header=None, names=names)
        opened = open_bigwig(track)
        found = profile_regions(
            {"t": opened}, table, point="center", before=5000, after=5000, bin_size=50
        )
        return np.asarray(found.values["t"], dtype=float).ravel()

    return work


def deeptools_matrix(track: Path, regions: Path) -> Work:
    import gzip

    def work() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.gz"
            tool = ["computeMatrix", "reference-point", "-S", str(track), "-R", str(regions)]
            around = ["--referencePoint", "center", "-b", "5000", "-a", "5000", "-bs", "50"]
            run_tool([*tool, *around, "--missingDataAsZero", "-p", "1", "-o", str(out)])
            with gzip.open(out, "rt") as lines:
                next(lines)
                rows = {r[3]: r[6:] for r in (line.rstrip("\n").split("\t") for line in lines)}
        with open(regions) as lines:
            order = [line.split("\t")[3] for line in lines]
        return np.array([rows[name] for name in order], dtype=float).ravel()

    return work


def our_bam(track: Path, regions: Path) -> Work:
    import pandas as pd

    from resist_epi.tracks.reads import bam_records
    from resist_epi.tracks.reads.bam import open_bam

    # Compiled (or loaded from its cache) before the clock starts, as an import is.
    bam_records.walk_records(np.zeros(0, np.uint8), 1, bam_records.empty_columns(0))

    def work() -> Answer:
        names = ["chrom", "start", "end"]
        table = pd.read_csv(regions, sep="\t", header=None, usecols=[0, 1, 2], names=names)
        return open_bam(track).count(table).counts.astype(float)

    return work


def feature_counts(track: Path, regions: Path) -> Work:
    def work() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            saf, out = Path(folder) / "r.saf", Path(folder) / "out"
            with open(regions) as lines, open(saf, "w") as target:
                for i, line in enumerate(lines):
                    chrom, start, end = line.split("\t", 3)[:3]
                    target.write(f"{i}\t{chrom}\t{int(start) + 1}\t{end}\t+\n")
            tool = ["featureCounts", "-T", "1", "-F", "SAF", "-O", "-a", str(saf)]
            run_tool([*tool, "-o", str(out), str(track)])
            with open(out) as lines:
                rows = [line.rstrip("\n").split("\t") for line in lines if line[0].isdigit()]
        counts = np.zeros(len(rows))
        counts[[int(row[0]) for row in rows]] = [float(row[6]) for row in rows]
        return counts

    return work


def run_tool(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    found = str(tool) if tool.exists() else shutil.which(command[0])
    if found is None:
        raise FileNotFoundError(command[0])
    subprocess.run([found, *command[1:]], check=True, capture_output=True)


IN_MEMORY = "ours, regions in memory"
MEGADEPTH_FAR = "megadepth --distance 100000"
CONTENDERS: dict[str, Callable[[Path, Path], Work]] = {
    "ours": ours,
    IN_MEMORY: ours_in_memory,
    "floor": floor,
    "pybigtools": pybigtools,
    "megadepth": megadepth,
    MEGADEPTH_FAR: megadepth_far,
    "pyBigWig exact": pybigwig,
    "multiBigwigSummary": deeptools_summary,
    "our matrix": our_matrix,
    "computeMatrix": deeptools_matrix,
    "computeMatrix 4": deeptools_matrix,
    "multiBigwigSummary 4": deeptools_summary,
    "our windows": windows.our_windows,
    "figwig": windows.figwig_windows,
    "our adjacent bins": windows.our_bins,
    "figwig bins": windows.figwig_bins,
    "pybigtools bins": windows.pybigtools_bins,
    "multiBigwigSummary bins 3": windows.deeptools_bins,
    "multiBigwigSummary bins 4": windows.deeptools_bins,
    "our BAM": our_bam,
    "featureCounts": feature_counts,
}
IN_ANOTHER_PYTHON = {
    "computeMatrix 4",
    "multiBigwigSummary 4",
    "multiBigwigSummary bins 4",
    "figwig",
    "figwig bins",
}
REGION_PEERS = ["ours", IN_MEMORY, "floor", "pybigtools", MEGADEPTH_FAR]
# title: track, regions, contenders (ours first), those that run once only
TASKS: dict[str, tuple[str, int, list[str], set[str]]] = {
    "regions": (
        "bedgraph",
        60_000,
        [
            "ours",
            IN_MEMORY,
            "floor",
            "pybigtools",
            "megadepth",
            MEGADEPTH_FAR,
            "pyBigWig exact",
            "multiBigwigSummary",
            "multiBigwigSummary 4",
        ],
        {"pyBigWig exact", "multiBigwigSummary", "multiBigwigSummary 4"},
    ),
    "many": ("bedgraph", 320_000, REGION_PEERS, set()),
    "bins": ("bedgraph", 0, ["ours", IN_MEMORY, "floor", "pybigtools"], {"pybigtools"}),
    "base": ("base", 60_000, REGION_PEERS, set()),
    "variable": ("variable", 60_000, REGION_PEERS, set()),
    "fixed": ("fixed", 60_000, REGION_PEERS, set()),
    "bam": ("bam", 10_000, ["our BAM", "featureCounts"], set()),
    "matrix": (
        "bedgraph",
        20_000,
        ["our matrix", "computeMatrix", "computeMatrix 4"],
        {"computeMatrix", "computeMatrix 4"},
    ),
    "windows": ("bedgraph", 60_000, ["our windows", "figwig"], set()),
    "adjacent": (
        "bedgraph",
        0,
        [
            "our adjacent bins",
            "floor",
            "figwig bins",
            "pybigtools bins",
            "multiBigwigSummary bins 3",
            "multiBigwigSummary bins 4",
        ],
        {"pybigtools bins", "multiBigwigSummary bins 3", "multiBigwigSummary bins 4"},
    ),
}


PEERS: dict[str, Path] = {}  # "python": the interpreter that has them

# -- measuring ------------------------------------------------------------------------------------


def cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_megabytes() -> float:
    """Largest resident memory of this process, or of a tool that it started."""
    status = Path("/proc/self/status")
    tools = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if status.exists():
        # The figure of getrusage would include the parent's memory at the moment of the fork.
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return max(float(lines[0].split()[1]), tools) / 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, tools) / (1024**2 if sys.platform == "darwin" else 1024)


def measure(name: str, track: Path, regions: Path, answer: Path) -> None:
    """In a process of its own: do the work once, write the answer, print the figures."""
    began = cpu_seconds()
    work = CONTENDERS[name](track, regions)
    imported = cpu_seconds()
    wall = time.perf_counter()
    found = work()
    figures = {
        "import": imported - began,
        "cpu": cpu_seconds() - imported,
        "wall": time.perf_counter() - wall,
        "peak": peak_megabytes(),
    }
    np.save(answer, found)
    print(json.dumps(figures))


def in_process(name: str, track: Path, regions: Path, answer: Path) -> dict[str, float] | None:
    python: str | Path | None = sys.executable
    if name in IN_ANOTHER_PYTHON:
        python = PEERS.get("python")
    if python is None:
        return None
    arguments = ["--worker", name, str(track), str(regions), str(answer)]
    done = subprocess.run(
        [str(python), __file__, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        if "FileNotFoundError" in done.stderr or "ModuleNotFoundError" in done.stderr:
            return None
        raise RuntimeError(f"{name}: {done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare(title: str, folder: Path, repeats: int, scale: float) -> None:
    """One table: contenders in turn, medians, ratios to ours, and whether answers agree."""
    kind, count, names, once = TASKS[title]
    track = folder / (f"{kind}.bw" if kind != "bam" else "reads.bam")
    regions = folder / f"regions{count}.bed"
    if not track.exists():
        make = multiprocessing.Process(target=make_input, args=(track, kind, scale))
        make.start()  # its memory would be counted to the measured processes otherwise
        make.join()
    if not regions.exists():
        write_regions(regions, count)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names:
            if turn and name in once:
                continue
            figures = in_process(name, track, regions, folder / f"{name}.npy")
            if figures is not None:
                found[name].append(figures)
    expected = np.load(folder / f"{names[0]}.npy")
    median = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in found.items()
        if runs
    }
    what = f"{count:,} regions" if count else f"{expected.size:,} bins"
    print(f"\n### {title}: {what}, {kind} track of {track.stat().st_size / 1e6:.0f} MB\n")
    print("| | CPU s | least | wall s | imports s | peak MB | CPU / ours | least | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    least = {name: min(run["cpu"] for run in runs) for name, runs in found.items() if runs}
    for name in names:
        if name not in median:
            print(f"| {name} | not installed | | | | | | | |")
            continue
        m = median[name]
        answer = np.load(folder / f"{name}.npy")
        agrees = difference(expected, answer) if answer.size else "-"
        ratio = m["cpu"] / median[names[0]]["cpu"]
        runs = "" if len(found[name]) > 1 else " (once)"
        print(
            f"| {name}{runs} | {m['cpu']:.3f} | {least[name]:.3f} | {m['wall']:.2f}"
            f" | {m['import']:.2f} | {m['peak']:.0f} | {ratio:.2f}"
            f" | {least[name] / least[names[0]]:.2f} | {agrees} |"
        )
    sys.stdout.flush()


def make_input(track: Path, kind: str, scale: float) -> None:
    if kind == "bam":
        write_bam(track, read_count=int(6e6 * scale))
    else:
        write_track(track, kind, fragment_count=int(2e7 * scale))


def difference(expected: Answer, found: Answer) -> str:
    if expected.shape != found.shape:
        return f"{found.shape} answers instead of {expected.shape}"
    both = np.isfinite(expected) & np.isfinite(found)
    apart = int(np.count_nonzero(np.isfinite(expected) != np.isfinite(found)))
    largest = float(np.abs(expected[both] - found[both]).max(initial=0))
    return f"{largest:.1e}" + (f", {apart} known to one only" if apart else "")


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"


def peers() -> str:
    """Versions of what is installed."""
    found = []
    for name in ("deflate", "pybigtools", "pyBigWig", "deepTools"):
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    if tool := shutil.which("megadepth"):
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
        found.append(said.stdout.strip())
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder where the tracks are made and kept")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="fragments, of 20 million")
    titles = ",".join([*TASKS, "jobs"])
    parser.add_argument("--only", default=titles, help="of: " + titles)
    parser.add_argument("--peers", type=Path, help="Python that has figwig and deepTools 4")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, track, regions, answer = options.worker
        measure(name, Path(track), Path(regions), Path(answer))
        return
    if options.peers:
        PEERS["python"] = options.peers.absolute()
    print(peers())
    print(f"{machine()}, {time.strftime('%Y-%m-%d')}, {options.repeats} runs each")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for title in options.only.split(","):
            if title == "jobs":
                regions = folder / "regions320000.bed"
                write_regions(regions, 320_000)
                make = partial(make_input, kind="bedgraph", scale=options.scale)
                compare_jobs(folder, options.repeats, make, regions)
                continue
            compare(title, folder, options.repeats, options.scale)


if __name__ == "__main__":
    main()
