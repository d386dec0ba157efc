"""Measure normalisations from the regions themselves where many of them change, and mostly one way.

    python validation/calibrate_composition.py --store composition.tsv --write
    python validation/calibrate_composition.py --warnings --sets 10 10 0 --write

Reads in 2,000 regions of 6, 12 and 40 libraries, half of them poor; a share of the regions changes
by one log2 unit (.74 to 1.35 for two thirds of them), a part of these upwards. Library sizes are
column sums, as of a plain table of counts. The test is the default one. `--warnings` counts how
often the results say that no normalisation from the regions can be trusted, for changes of half a
unit too. Results are stored set by set, so a run that was interrupted goes on where it stopped; a
store holds for one state of the program. `--write` puts the table into the page of evidence.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_page import BEGIN, END

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import SampleSheet, make_sheet

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_composition.md"
REGIONS = 2_000
DISPERSION, DISPERSION_DF = 0.06, 10  # of reads, inverse chi-squared over the regions
CHANGED = (0.0, 0.05, 0.2, 0.4, 0.5, 0.7)
UP = (0.5, 0.75, 0.95, 1.0)  # of those that change
RUNS = {6: 100, 12: 100, 40: 20}  # libraries: sets
COMPARED = ("tmm_rounds", "tmm")
SIZES = (0.5, 1.0)  # of the changes, log2, where warnings are counted
# Share changed, and of these upwards; where rounds hold, and where they may not.
QUIET = ((0.0, 0.5), (0.05, 0.5), (0.05, 1.0), (0.2, 0.5), (0.2, 1.0), (0.4, 0.5), (0.5, 0.5))
ONE_SIDED = ((0.4, 1.0), (0.5, 1.0), (0.7, 1.0), (1.0, 1.0))
Cell = tuple[int, float, float, float, str]
CELL = ["libraries", "changed", "up", "size", "normalize"]
WARNINGS = ("<!-- warnings: begin -->", "<!-- warnings: end -->")


def simulate(
    libraries: int, changed: float, up: float, seed: int, size: float = 1.0
) -> tuple[CountMatrix, SampleSheet, np.ndarray]:
    """Counts, sheet, and the planted sign of every region, shape (2,000,)."""
    rng = np.random.default_rng([seed, libraries, round(changed * 100), round(up * 100)])
    poor = np.arange(libraries) >= libraries // 2
    sign = np.zeros(REGIONS)
    sign[: round(changed * REGIONS)] = -1
    sign[: round(up * changed * REGIONS)] = 1
    effect = sign * size * np.exp(rng.normal(0, 0.3, size=REGIONS))
    mean = 8 + rng.gamma(1.2, 40, size=REGIONS)
    depth = np.exp(rng.normal(0, 0.3, size=libraries))
    dispersion = DISPERSION * DISPERSION_DF / rng.chisquare(DISPERSION_DF, size=(REGIONS, 1))
    expected = mean[:, None] * 2.0 ** np.outer(effect, poor) * depth
    biology = rng.gamma(1 / dispersion, dispersion, size=expected.shape)
    counts = rng.poisson(expected * biology).astype(np.float64)
    start = np.arange(REGIONS) * 1_000
    table = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 1_000})
    samples = tuple(f"T{i}" for i in range(libraries))
    matrix = CountMatrix(
        counts,
        make_regions(table, kind="peaks"),
        samples,
        "reads",
        counts.sum(axis=0),
        metadata={"library_size_from": ["column_sum"] * libraries},
    )
    groups = np.where(poor, "poor", "good")
    rows = pd.DataFrame({"SampleID": samples, "Factor": "H3K27ac", "Condition": groups})
    return matrix, make_sheet(rows), sign


def measure(
    libraries: int, changed: float, up: float, normalize: str, seed: int, size: float = 1.0
) -> dict[str, float]:
    """False and true calls of one set, the shift of unchanged regions, and what was warned of."""
    matrix, sheet, truth = simulate(libraries, changed, up, seed, size)
    found = analyse(matrix, sheet, contrast="poor-good", normalize=normalize)
    sign = found.results["direction"].map({"gain": 1, "loss": -1}).fillna(0).to_numpy()
    called = sign != 0
    planted = int((truth != 0).sum())
    unchanged = (truth == 0) & found.results["pvalue"].notna().to_numpy()
    return {
        "calls": float(called.sum()),
        "fdr": float((called & (sign != truth)).sum() / max(called.sum(), 1)),
        "power": float((called & (sign == truth)).sum() / planted) if planted else np.nan,
        "shift": float(found.results.loc[unchanged, "log2FoldChange"].median()),
        "warned": float("composition" in found.facts),
    }


def cells(runs: Mapping[int, int], normalizations: Sequence[str]) -> list[Cell]:
    """Cells of the table: libraries, share changed, of these upwards, size, normalisation."""
    found = []
    for libraries, changed, up, name in itertools.product(runs, CHANGED, UP, normalizations):
        if (changed == 0 or changed > 0.4) and up not in ((0.5,) if changed == 0 else (0.5, 1.0)):
            continue
        found.append((libraries, changed, up, 1.0, name))
    return found


def cells_of_warnings(runs: Mapping[int, int]) -> list[Cell]:
    """Cells of the table of warnings."""
    ways = itertools.product(runs, QUIET + ONE_SIDED, SIZES)
    return [
        (libraries, changed, up, size, "tmm_rounds")
        for libraries, (changed, up), size in ways
        if changed > 0 or size == SIZES[0]
    ]


def calibrate(
    wanted: Sequence[Cell], runs: Mapping[int, int], store: Path | None = None
) -> pd.DataFrame:
    """A row a cell: means over its sets, `fdr_se`, and `sets`, their number.

    Parameters
    ----------
    store
        TSV, a line a set; what it holds is not done again. Seed by seed, so that an interrupted
        run has as many sets in every cell of a number of libraries.
    """
    known = pd.DataFrame(columns=[*CELL, "seed"])
    if store is not None and store.exists():
        known = pd.read_csv(store, sep="\t")
    done = set(known[[*CELL, "seed"]].itertuples(index=False, name=None))
    made = [known[[tuple(c) in set(wanted) for c in known[CELL].itertuples(index=False)]]]
    for seed in range(max(runs.values(), default=0)):
        for cell in (c for c in wanted if seed < runs[c[0]] and (*c, seed) not in done):
            libraries, changed, up, size, name = cell
            found = measure(libraries, changed, up, name, seed, size)
            row = pd.DataFrame([dict(zip(CELL, cell, strict=True)) | {"seed": seed} | found])
            if store is not None:
                row.to_csv(store, sep="\t", index=False, mode="a", header=not store.exists())
            made.append(row)
    sets = pd.concat([part for part in made if len(part)], ignore_index=True)
    groups = sets.groupby(CELL)
    table = groups.mean().drop(columns="seed")
    return table.assign(fdr_se=groups["fdr"].sem(), sets=groups.size()).reset_index()


def sets_in_words(table: pd.DataFrame) -> str:
    """How many sets a cell has, by the number of libraries."""
    number = table.groupby("libraries")["sets"].agg(["min", "max"])
    said = [
        f"{low} at {libraries}" if low == high else f"{low} to {high} at {libraries}"
        for libraries, low, high in number.itertuples()
    ]
    return f"Sets a cell: {', '.join(said)} libraries."


def warnings_as_markdown(table: pd.DataFrame) -> str:
    """A row a share changed, way and size: shift, calls, FDR and warnings by libraries."""
    columns = sorted(table["libraries"].unique())
    head = " | ".join(f"{n} libraries: shift, calls, FDR (SE) | warned" for n in columns)
    lines = [f"| changed | of these up | size | {head} |", "|---" * (3 + 2 * len(columns)) + "|"]
    for (changed, up, size), cell in table.groupby(["changed", "up", "size"]):
        each = cell.set_index("libraries")
        shown = [
            "{shift:+.2f}, {calls:.0f}, {fdr:.3f} ({fdr_se:.3f}) | {warned:.2f}".format(
                **each.loc[n]
            ).replace("+nan", "")
            for n in columns
        ]
        way = "" if changed == 0 else f"{up:.0%}"
        amount = "" if changed == 0 else f"{size:.1f}"
        lines.append(f"| {changed:.0%} | {way} | {amount} | {' | '.join(shown)} |")
    return f"{sets_in_words(table)}\n\n" + "\n".join(lines)


def as_markdown(table: pd.DataFrame) -> str:
    """A row a cell: FDR (standard error) / power of each."""
    names = [n for n in COMPARED if n in set(table["normalize"])]
    names += [n for n in dict.fromkeys(table["normalize"]) if n not in names]
    head = " | ".join(f"`{name}`" for name in names)
    lines = [f"| libraries | changed | of these up | {head} |"]
    lines += ["|---" * (len(names) + 3) + "|"]
    for (libraries, changed, up), cell in table.groupby(["libraries", "changed", "up"]):
        each = {str(row["normalize"]): row for row in cell.to_dict("records")}
        shown = [
            "{fdr:.3f} ({fdr_se:.3f}) / {rate}".format(
                rate=_rate(float(each[name]["power"])), **{str(k): v for k, v in each[name].items()}
            )
            for name in names
        ]
        lines.append(
            f"| {libraries} | {changed:.0%} | {'' if changed == 0 else f'{up:.0%}'} |"
            f" {' | '.join(shown)} |"
        )
    return f"{sets_in_words(table)}\n\n" + "\n".join(lines)


def _rate(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all cells; print the table, and put it into the page where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    sets = list(RUNS.values())
    parser.add_argument("--sets", type=int, nargs=3, default=sets, help="a cell, by libraries")
    parser.add_argument("--store", type=Path, help="TSV, a line a set; default none")
    parser.add_argument("--normalize", nargs="+", default=list(COMPARED))
    parser.add_argument("--warnings", action="store_true", help="count them, by size of change")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    chosen = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    began = time.process_time()
    runs = dict(zip(RUNS, chosen.sets, strict=True))
    runs = {libraries: number for libraries, number in runs.items() if number}
    if chosen.warnings:
        found = calibrate(cells_of_warnings(runs), runs, chosen.store)
        text, begin, end = warnings_as_markdown(found), *WARNINGS
    else:
        found = calibrate(cells(runs, chosen.normalize), runs, chosen.store)
        text, begin, end = as_markdown(found), BEGIN, END
    if chosen.write:
        before, rest = PAGE.read_text().split(begin)
        PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}")
    print(text)
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
