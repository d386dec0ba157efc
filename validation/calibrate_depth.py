"""Measure tests and normalisations where one group was sequenced eight times as deeply.

    python validation/calibrate_depth.py --runs 10 --write

Nothing changes: every library is a part of one (its reads fall on the parts at random), so that
the log2 fold changes are 0 exactly. Bins of 500 bp and of 5 kb, 3 and 30 reads in the middle of a
deep library, a twentieth of them eight times as many. `--write` puts the table into the page of
evidence.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_page import BEGIN, END

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import ResistEpiError
from resist_epi.genome.regions import make_regions
from resist_epi.model.analysis import analyse
from resist_epi.model.differential import METHODS as TESTS
from resist_epi.model.normalization import METHODS as SCALINGS
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import SampleSheet, make_sheet

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_depth.md"
READS = {500: 3.0, 5_000: 30.0}  # a bin of a deep library
BINS, FOLD = 8_000, 8.0
PEAKS, PEAK_FOLD = 0.05, 8.0
BACKGROUND_BINS, BACKGROUND_READS = 4_000, 60.0  # of 10 kb
NEEDS_MORE = ("spike_in", "common_peaks", "given")


def simulate(width: int, per_group: int, seed: int) -> tuple[CountMatrix, CountMatrix, SampleSheet]:
    """Counts in bins, counts in 10-kb bins, and the sheet; the second group is the shallow one."""
    rng = np.random.default_rng([seed, width, per_group])
    rate = READS[width] * rng.gamma(2, 0.5, size=BINS)
    rate[rng.random(BINS) < PEAKS] *= PEAK_FOLD
    background = BACKGROUND_READS * rng.gamma(8, 1 / 8, size=BACKGROUND_BINS)
    depth = np.repeat([1.0, 1 / FOLD], per_group)
    samples = tuple(f"T{i}" for i in range(2 * per_group))
    counts = rng.poisson(np.outer(rate, depth)).astype(np.float64)
    sizes = counts.sum(axis=0)
    bins = rng.poisson(np.outer(background, depth)).astype(np.float64)
    made = [
        CountMatrix(values, _regions(len(values), step), samples, "reads", sizes)
        for values, step in ((counts, width), (bins, 10_000))
    ]
    groups = np.repeat(["deep", "shallow"], per_group)
    rows = pd.DataFrame({"SampleID": samples, "Factor": "H3K27me3", "Condition": groups})
    return made[0], made[1], make_sheet(rows)


def _regions(n: int, width: int) -> pd.DataFrame:
    start = np.arange(n) * width
    table = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + width})
    return make_regions(table, kind="peaks")


def measure(
    width: int, per_group: int, normalize: str, method: str | None, seed: int
) -> dict[str, float | str]:
    """Share of P below .05 and what else came of one study; or why it was refused."""
    counts, bins, sheet = simulate(width, per_group, seed)
    try:
        inputs = normalization_inputs(counts, sheet, bins=bins)
        found = analyse(
            counts,
            sheet,
            contrast="shallow-deep",
            normalize=normalize,
            method=method,
            inputs=inputs,
        )
    except ResistEpiError as error:
        return {"refused": str(error).split(":")[0], "used": method or "no test"}
    p = found.results["pvalue"].dropna().to_numpy()
    change = found.results.loc[found.results["pvalue"].notna(), "log2FoldChange"]
    return {
        "refused": "",
        "used": str(found.question.method),
        "tested": len(p),
        "type_one_05": float((p < 0.05).mean()),
        "median_change": float(change.median()),
        "calls": int((found.results["direction"] != "none").sum()),
    }


def calibrate(runs: int, per_group: Sequence[int]) -> pd.DataFrame:
    """A row a width, group size, normalisation and test: every normalisation with the default
    test, then every test with library sizes."""
    asked: list[tuple[str, str | None]] = [(n, None) for n in SCALINGS if n not in NEEDS_MORE]
    asked += [("library_size", m) for m, test in TESTS.items() if test.own_contrast is None]
    rows = []
    for width, units, (normalize, method) in itertools.product(READS, per_group, asked):
        found = pd.DataFrame(measure(width, units, normalize, method, s) for s in range(runs))
        refused = found["refused"] != ""
        numbers = found.loc[~refused].drop(columns=["refused", "used"])
        row = {"width": width, "per_group": units, "normalize": normalize}
        row |= {
            "method": str(found["used"].where(~refused, "no test").max())
            + ("" if method else " (default)")
        }
        row |= {"refused": float(refused.mean())}
        rows.append(row | {str(k): float(v) for k, v in numbers.mean().items()})
    return pd.DataFrame(rows)


def as_markdown(table: pd.DataFrame) -> str:
    """The table for the page."""
    lines = ["| bins | a group | normalisation | test | tested | P < .05 | median log2 | calls |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for row in table.itertuples():
        start = f"| {row.width} bp | {row.per_group} | `{row.normalize!s}` | {row.method!s} |"
        if row.refused == 1:
            lines.append(f"{start} refused | | | |")
            continue
        some = f", refused in {row.refused:.0%}" if row.refused else ""
        lines.append(
            f"{start} {row.tested:,.0f}{some} | {row.type_one_05:.3f} | {row.median_change:+.2f} |"
            f" {row.calls:.1f} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all cells; print the table, and put it into the page where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--per-group", type=int, nargs="+", default=[2, 6])
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    chosen = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    began = time.process_time()
    text = as_markdown(calibrate(chosen.runs, chosen.per_group))
    if chosen.write:
        page = PAGE.read_text()
        before, rest = page.split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}")
    print(text)
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
