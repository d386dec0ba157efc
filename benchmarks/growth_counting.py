"""How joining the counts of a mark, and finding its windows, grow with its libraries.

    python benchmarks/growth_counting.py SHEET --mark H3K36me3            # 12, 48, 96 and 192

The tracks of the sheet (`benchmarks/study.py` says how they are made) are read once, as a run reads
them, and their parts stand for those of as many libraries as are asked for, one after another: what
is joined is as large as that of a cohort of that size, and what is read of each track, which hangs
on no other, is measured once. Each size is a process of its own; CPU seconds, and the peak of
resident memory since the step began. `at 400` is a straight line through the two largest sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]

READ, START = "read a track", "start"

JOIN, WRITE, WINDOWS, KEEP = "join", "write counts", "find windows", "write windows"


def main() -> None:
    """Read the tracks, join as many as each size says, and print a row a step."""
    arguments = _parse()
    sizes = sorted(arguments.sizes)
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as made:
        found = {n: _in_process(arguments, n, Path(made)) for n in [0, *sizes]}
    n_read = found[0].pop("tracks")[0]
    cpu, peak = found[0][READ]
    print(f"a track read, looked at and counted: {cpu / n_read:.2f} CPU s; {peak:.0f} MB\n")
    heads = [*(f"{n}: CPU s" for n in sizes), "at 400", *(f"{n}: MB" for n in sizes), "at 400"]
    print(f"| step | {' | '.join(heads)} |\n" + "|---" * (len(heads) + 1) + "|")
    for step in found[sizes[0]]:
        cells = []
        for k, form in ((0, ".1f"), (1, ".0f")):
            values = [found[n][step][k] for n in sizes]
            cells += [format(v, form) for v in values] + [f"{_at(400, sizes, values):.0f}"]
        print(f"| {step} | {' | '.join(cells)} |")
    print(f"\nload {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")


def _at(n: int, sizes: list[int], values: list[float]) -> float:
    """A straight line through the two largest sizes."""
    if len(sizes) < 2:
        return float("nan")
    slope = (values[-1] - values[-2]) / (sizes[-1] - sizes[-2])
    return values[-1] + slope * (n - sizes[-1])


def _in_process(
    arguments: argparse.Namespace, n: int, folder: Path
) -> dict[str, tuple[float, float]]:
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, __file__, str(arguments.sheet), "--mark", arguments.mark]
    made = subprocess.run(
        [*command, "--of", str(n), str(folder)],
        env=os.environ | single | {"PYTHONPATH": str(HERE), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    return {step: (cpu, peak) for step, cpu, peak in json.loads(made.stdout.splitlines()[-1])}


class _Clock:
    """CPU seconds and peak of one step after another."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self._began = time.process_time()

    def end(self, step: str) -> None:
        """Note the step that ends."""
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
        (line,) = (text for text in status.splitlines() if text.startswith("VmHWM:"))
        self.rows.append((step, time.process_time() - self._began, int(line.split()[1]) / 1024))
        self._began = time.process_time()


def _measure(arguments: argparse.Namespace, n: int, folder: Path) -> list[tuple[str, float, float]]:
    """What a run does of a mark until it is tested, for so many libraries; 0 reads the tracks."""
    from resist_epi.counting.files import count_tables
    from resist_epi.counting.matrix_files import write_counts
    from resist_epi.domains.count_bins import count_domain_bins
    from resist_epi.io.parts import Parts
    from resist_epi.io.run_folder import run_path
    from resist_epi.samples.sheet import read_sheet
    from resist_epi.study.read_tracks import read_tracks
    from resist_epi.study.settings import make_settings
    from resist_epi.study.steps.count_mark import asked_of_mark
    from resist_epi.study.study import chrom_lengths, counting_pass, load_study, mark_kinds
    from resist_epi.tracks.looks import LookCache

    clock = _Clock()
    settings = make_settings({"sheet": arguments.sheet})
    sheet = read_sheet(arguments.sheet).for_mark(arguments.mark)
    looks, parts = LookCache(run_path(folder, "looks")), Parts(run_path(folder, "parts"))
    clock.end(START)
    if not n:
        read_tracks(settings, sheet, folder, looks)
        clock.end(READ)
        return [*clock.rows, ("tracks", float(len(sheet.samples)), 0.0)]
    study = load_study(settings, sheet=sheet, looks=looks)
    asked = asked_of_mark(
        study, arguments.mark, mark_kinds(study, arguments.mark), study.consensus[arguments.mark]
    )
    own = list(study.sources[arguments.mark].files.values())
    files: dict[str, Any] = {f"L{i:03d}": own[i % len(own)] for i in range(n)}
    how = counting_pass(study, parts=parts)
    clock.end(START)
    counted = count_tables(
        files, asked.tables, within=asked.within, adjacent=asked.adjacent, how=how
    )
    clock.end(JOIN)
    for name, matrix in counted.matrices.items():
        write_counts(folder / f"{name}.parquet", matrix)
    clock.end(WRITE)
    if asked.adjacent is not None:
        windows = count_domain_bins(
            files,
            counted.matrices["bins"],
            lengths=chrom_lengths(study),
            kept=counted.kept,
            how=how,
        )
        clock.end(WINDOWS)
        write_counts(folder / "windows.parquet", windows)
        clock.end(KEEP)
    rows = clock.rows[1:]
    return [*rows, ("all", sum(cpu for _, cpu, _ in rows), max(peak for *_, peak in rows))]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sheet", type=Path, help="of a study whose tracks are bigWigs")
    parser.add_argument("--mark", default="H3K36me3")
    parser.add_argument("--sizes", type=int, nargs="+", default=[12, 48, 96, 192])
    parser.add_argument("--scratch", type=Path, help="where folders are made and removed again")
    parser.add_argument("--of", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = _parse()
    if asked.of is not None:
        print(json.dumps(_measure(asked, int(asked.of[0]), Path(asked.of[1]))))
    else:
        main()
