"""A whole study, from tracks to report: seconds, memory and where they go, beside other programs.

    resist-epi simulate -o study --chromosomes $(echo chr{1..22} chrX | tr ' ' ,) \\
        --fragments 20e6 --jobs 2                                    # 24 tracks, 2.6 GB
    python benchmarks/study.py study/sheet.csv --jobs 2            # ours, by step
    python benchmarks/study.py study/sheet.csv --before CHECKOUT   # and another checkout's
    python benchmarks/study.py study/sheet.csv --summary           # and multiBigwigSummary

Every measurement is a process of its own, all of a round in turn (A B A B); CPU seconds are user
and system of the process and its workers, the peak is the largest resident set of any one of them.
multiBigwigSummary of deepTools sums the same tracks in the promoters and gene bodies that the study
tests, and does nothing else. The steps are told by the run itself, in a process of this script; the
peak of a step is that of the main process, since when the step began.
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
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

OURS, BEFORE, SUMMARY = "this", "before", "multiBigwigSummary, sums alone"

MEGABYTE = 1024  # of the unit of ru_maxrss, on Linux


@dataclass(frozen=True)
class Spent:
    """What a process and its workers took: seconds on the clock, of CPU, and the peak in MB."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    """Time what is asked for; print the table of totals and the table by step."""
    arguments = _parse()
    found: dict[str, list[Spent]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as made:
        folder = Path(made)
        for i in range(arguments.repeats):
            for name, command, checkout in _commands(arguments, folder, i):
                found.setdefault(name, []).append(measure(command, checkout, folder / f"{i}.log"))
                _drop_run(folder)
        print(_totals(found))
        if not arguments.no_steps:
            print()
            sys.stdout.flush()
            _run_by_step(arguments, folder)
    print(f"\nload {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")


def _commands(
    arguments: argparse.Namespace, folder: Path, i: int
) -> list[tuple[str, list[str], Path]]:
    """Name, command and checkout of everything that a round measures."""
    jobs = ["--jobs", str(arguments.jobs)]
    run = [sys.executable, "-m", "resist_epi", "--quiet", "run", str(arguments.sheet.resolve())]
    found = [(OURS, [*run, "-o", str(folder / "run"), *jobs], HERE)]
    if arguments.before is not None:
        before = arguments.before.resolve()
        found.append((BEFORE, [*run, "-o", str(folder / "run"), *jobs], before))
    if arguments.summary:
        regions = folder / "regions.bed"
        if not regions.exists():
            _write_regions(regions)
        tool = shutil.which("multiBigwigSummary", path=_path_of_tools())
        if tool is None:
            raise SystemExit("multiBigwigSummary (deepTools) is not on the PATH")
        tracks = ["-b", *map(str, _tracks(arguments.sheet))]
        out = ["-o", str(folder / "summary.npz"), "-p", str(arguments.jobs)]
        command = [tool, "BED-file", *tracks, "--BED", str(regions), *out]
        found.append((SUMMARY, command, HERE))
    return found


def _path_of_tools() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def measure(command: list[str], checkout: Path, log: Path) -> Spent:
    """Run a command to its end."""
    environment = _environment(checkout)
    began = time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, env=environment, stdout=said, stderr=said, cwd=log.parent
        )
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stderr.write(log.read_text(errors="replace"))
        raise SystemExit(f"{' '.join(command[:6])} ... ended with {process.returncode}")
    return Spent(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / MEGABYTE)


def _environment(checkout: Path) -> dict[str, str]:
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    path = {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1", "PATH": _path_of_tools()}
    return os.environ | single | path


def _drop_run(folder: Path) -> None:
    shutil.rmtree(folder / "run", ignore_errors=True)


def _tracks(sheet: Path) -> list[Path]:
    """Files of a sheet's `Coverage`, beside the sheet where they are relative."""
    from resist_epi.samples.sheet import read_sheet

    return [Path(path).resolve() for path in read_sheet(sheet).table["Coverage"] if path]


def _write_regions(path: Path) -> None:
    """BED of the promoters and gene bodies that are tested."""
    import pandas as pd

    from resist_epi.genome.reference import load_reference
    from resist_epi.samples.presets import preset
    from resist_epi.study.regions import kind_regions

    reference = load_reference("hg38", None)
    tables = [
        kind_regions("promoters", reference, preset("H3K27me3")),
        kind_regions("genes", reference, preset("H3K36me3")),
    ]
    regions = pd.concat(tables)[["chrom", "start", "end"]].drop_duplicates()
    regions.to_csv(path, sep="\t", header=False, index=False)


def _totals(found: dict[str, list[Spent]]) -> str:
    """Medians, and ours as a ratio to each."""
    lines = [
        "| what | wall s | CPU s | peak of a process, MB | ours / its wall | ours / its CPU |",
        "|---|---|---|---|---|---|",
    ]
    ours = _median(found[OURS])
    for name, each in found.items():
        spent = _median(each)
        ratios = (
            f"{ours.wall / spent.wall:.2f} | {ours.cpu / spent.cpu:.2f}" if name != OURS else "|"
        )
        lines.append(
            f"| {name} | {spent.wall:.1f} | {spent.cpu:.1f} | {spent.peak:.0f} | {ratios} |"
        )
    return "\n".join(lines)


def _median(each: list[Spent]) -> Spent:
    return Spent(*(statistics.median(getattr(s, what) for s in each) for what in
                   ("wall", "cpu", "peak")))  # fmt: skip


def _run_by_step(arguments: argparse.Namespace, folder: Path) -> None:
    """Run the study once more, in a process that asks what each step took."""
    command = [sys.executable, __file__, str(arguments.sheet), "--jobs", str(arguments.jobs)]
    subprocess.run(
        [*command, "--steps-into", str(folder / "run")], env=_environment(HERE), check=True
    )


class Steps:
    """Notes time, CPU seconds and peak memory whenever a run says that a step begins."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float, float]] = []
        self._name = "reading the sheet"
        self._began = self._now()

    def __call__(self, text: str, /) -> None:
        """One thing is done, which is no step."""

    def stage(self, what: str, total: int | None = None) -> None:
        """A step begins."""
        self.end()
        self._name = what

    def end(self) -> None:
        """Note the step that ends."""
        wall, cpu = self._now()
        peak = _peak_since()
        self.rows.append((self._name, wall - self._began[0], cpu - self._began[1], peak))
        self._began = wall, cpu

    @staticmethod
    def _now() -> tuple[float, float]:
        each = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(r.ru_utime + r.ru_stime for r in each)


def _peak_since() -> float:
    """Largest resident set of this process since last asked, MB; NaN where the system says not."""
    try:
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return float("nan")
    (line,) = (text for text in status.splitlines() if text.startswith("VmHWM:"))
    return int(line.split()[1]) / MEGABYTE


def _print_steps(arguments: argparse.Namespace) -> None:
    """In a process of its own: run the study, and print a row a step."""
    from resist_epi.pipeline import run_study
    from resist_epi.study.settings import make_settings

    steps = Steps()
    settings = make_settings({"sheet": arguments.sheet, "jobs": arguments.jobs})
    run_study(settings, arguments.steps_into, progress=steps)
    steps.end()
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MEGABYTE
    print(
        "| step | wall s | CPU s, with workers | peak of the main process, MB |\n|---|---|---|---|"
    )
    for name, wall, cpu, peak in steps.rows:
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |")
    print(f"\nlargest worker {workers:.0f} MB")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sheet", type=Path, help="of the study, hg38")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1, help="rounds; default 1")
    parser.add_argument("--before", type=Path, help="another checkout, in turn")
    parser.add_argument("--summary", action="store_true", help="multiBigwigSummary too")
    parser.add_argument("--no-steps", action="store_true", help="totals alone")
    parser.add_argument("--scratch", type=Path, help="where folders are made and removed again")
    parser.add_argument("--steps-into", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = _parse()
    if asked.steps_into is not None:
        _print_steps(asked)
    else:
        main()
