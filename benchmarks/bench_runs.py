"""Time a first run, the same run once more, and the start of verbs, beside another checkout.

    resist-epi simulate -o cohort --seed 1 --jobs 2
    python benchmarks/bench_runs.py cohort/sheet.csv --before CHECKOUT

Every measurement is a process of its own, the sides in turn (A B A B) after a round of verbs that
is not counted; figures are medians of seconds on the clock and of CPU seconds, user and system, of
the process and its workers. Each side runs the study into a folder of its own, which a first run
finds empty and a second run finds as the first has left it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench_start import write_inputs
from study import HERE, Spent, measure

RUNS = ("a first run", "the same run once more")


def main() -> None:
    """Measure every side in turn; print a row for each thing measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sheet", type=Path, help="of the study")
    parser.add_argument("--before", type=Path, help="another checkout, in turn")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="rounds of runs; default 3")
    parser.add_argument("--starts", type=int, default=7, help="rounds of verbs; default 7")
    asked = parser.parse_args()
    sides = {"this": HERE}
    if asked.before is not None:
        sides["before"] = asked.before.resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # An installed package has byte code beside it; a checkout has it here.
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        found = starts(sides, asked.starts, folder)
        found |= runs(sides, asked.sheet.resolve(), asked.jobs, asked.repeats, folder)
        print(_table(sides, found))
    print(f"\nload {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")


Found = dict[str, dict[str, list[Spent]]]


def starts(sides: dict[str, Path], repeats: int, folder: Path) -> Found:
    """What it takes a verb to say its options, and `diff` to test 300 regions."""
    counts = write_inputs(folder, 300, 6)
    program = [sys.executable, "-m", "resist_epi"]
    diff = [*program, "--quiet", "diff", "-o", str(folder / "out.tsv.gz")]
    commands = {"`--version`": [*program, "--version"], "`--help`": [*program, "--help"]}
    commands |= {
        f"`{verb} --help`": [*program, verb, "--help"] for verb in ("diff", "check", "count", "run")
    }
    commands |= {f"`diff` of 300 regions, {q}": [*diff, str(p)] for q, p in counts.items()}
    found: Found = {}
    for counted in [False] + [True] * repeats:
        for what, command in commands.items():
            for side, checkout in sides.items():
                spent = measure(command, checkout, folder / "said.log")
                found.setdefault(what, {}).setdefault(side, []).extend([spent] * counted)
    return found


def runs(sides: dict[str, Path], sheet: Path, jobs: int, repeats: int, folder: Path) -> Found:
    """A first and a second run of a study, each side in its own folder."""
    run = [sys.executable, "-m", "resist_epi", "--quiet", "run", str(sheet), "--jobs", str(jobs)]
    found: Found = {}
    for _ in range(repeats):
        for what in RUNS:
            for side, checkout in sides.items():
                out = folder / side
                if what == RUNS[0]:
                    shutil.rmtree(out, ignore_errors=True)
                spent = measure([*run, "-o", str(out)], checkout, folder / "said.log")
                found.setdefault(what, {}).setdefault(side, []).append(spent)
    return found


def _table(sides: dict[str, Path], found: Found) -> str:
    columns = [f"{side}, {of}" for side in sides for of in ("wall s", "CPU s")]
    more = ["this / before, wall", "CPU"] if len(sides) > 1 else []
    lines = ["| " + " | ".join(["what", *columns, *more]) + " |"]
    lines.append("|---" * (1 + len(columns) + len(more)) + "|")
    for what, by_side in found.items():
        walls = [statistics.median(s.wall for s in by_side[side]) for side in sides]
        cpus = [statistics.median(s.cpu for s in by_side[side]) for side in sides]
        cells = [f"{t:.2f}" for pair in zip(walls, cpus, strict=True) for t in pair]
        if more:
            cells += [f"{walls[0] / walls[1]:.2f}", f"{cpus[0] / cpus[1]:.2f}"]
        lines.append("| " + " | ".join([what, *cells]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
