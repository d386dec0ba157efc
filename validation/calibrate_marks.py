"""Calibration of switches between two marks: realised FDR and power of the rule that is used.

python validation/calibrate_marks.py              print the table
python validation/calibrate_marks.py --write      and put it into docs/evidence/calibration_marks.md

Two marks of 12,000 genes are simulated on the log2 scale, fitted, moderated and tested; switches
are then called by the rule of `resist_epi.marks`. Ends with 1 where the FDR is above .055 by more
than two standard errors.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.mechanism.switch_method import choose_method
from resist_epi.mechanism.switches import METHODS
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.sets.joint import joint_correlation

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_marks.md"
BEGIN, END = "<!-- numbers: begin -->", "<!-- numbers: end -->"
GENES, LEVEL, MAX_FDR = 12_000, 0.05, 0.055
VARIANCE, PRIOR_DF = 0.25, 10.0  # of log2 signal, per unit: scaled inverse chi-square
EFFECT, EFFECT_SD = 1.0, 0.35  # log2, absolute: normal, switches and single changes alike
CORRELATIONS = (-0.8, -0.6, -0.4, -0.2, 0.0, 0.4)
SHARES = ((0.01, 0.0), (0.05, 0.0), (0.4, 0.0), (0.05, 0.4))
UNITS = (3, 6, 12)
VECTOR = np.array([0.0, 1.0])


@dataclass(frozen=True)
class Cell:
    """One setting: what is true, and how many tumours there are.

    `correlation` is None where the two marks come from different tumours.
    """

    correlation: float | None
    switches: float
    single: float
    units: int


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=12, help="cohorts a setting; default 12")
    parser.add_argument("--seed", type=int, default=1, help="of the whole calibration; default 1")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    arguments = parser.parse_args()
    began = time.time()
    cells = [
        Cell(rho, *shares, units)
        for rho, shares, units in itertools.product((*CORRELATIONS, None), SHARES, UNITS)
    ]
    tasks = [(cell, [arguments.seed, i], arguments.repeats) for i, cell in enumerate(cells)]
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn")) as pool:
        table = pd.DataFrame(list(pool.map(run_cell, tasks)))
    text = as_markdown(table)
    print(text)
    print(f"{len(cells)} settings, {arguments.repeats} cohorts each, {time.time() - began:.0f} s")
    if arguments.write:
        head = f"Seed {arguments.seed}, {arguments.repeats} cohorts a setting:"
        write(f"{head}\n\n{text}")
    missed = [
        f"{name}: {row}"
        for name in ("rule", "unknown")
        for row in table[table[f"{name}_fdr"] > MAX_FDR + 2 * table[f"{name}_se"]].itertuples()
    ]
    print("\n".join(["FDR too high in:", *missed] if missed else ["FDR held everywhere"]))
    return int(bool(missed))


def run_cell(task: tuple[Cell, list[int], int]) -> dict[str, object]:
    """Simulate the cohorts of one setting and score the rule, with and without known pairing."""
    cell, seed, repeats = task
    rng = np.random.default_rng(seed)
    runs = pd.DataFrame([one_cohort(cell, rng) for _ in range(repeats)])
    found: dict[str, object] = dict(cell.__dict__)
    for name in ("rule", "unknown"):
        found[f"{name}_fdr"] = runs[f"{name}_fdp"].mean()
        found[f"{name}_se"] = runs[f"{name}_fdp"].std(ddof=1) / np.sqrt(repeats)
        found[f"{name}_power"] = runs[f"{name}_power"].mean()
    found["adafilter"] = runs["method"].eq("adafilter").mean()
    found["estimate"] = runs["estimate"].mean()
    return found


def one_cohort(cell: Cell, rng: np.random.Generator) -> dict[str, object]:
    """Simulate, test and call one cohort."""
    group = np.repeat([0.0, 1.0], cell.units)
    design = np.column_stack([np.ones(len(group)), group])
    effects = plant(cell, rng)
    error = rng.normal(size=(2, GENES, len(group)))
    rho = cell.correlation or 0.0
    error[1] = rho * error[0] + np.sqrt(1 - rho**2) * error[1]
    sd = np.sqrt(VARIANCE * PRIOR_DF / rng.chisquare(PRIOR_DF, size=(2, GENES, 1)))
    signal = sd * error + effects[:, :, None] * group
    estimates, p = np.empty((2, GENES)), np.empty((GENES, 2))
    for i in range(2):
        fit = fit_linear(signal[i], design)
        estimates[i], unscaled = contrast(fit, VECTOR)
        squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
        p[:, i] = moderated_t(estimates[i], unscaled, squeezed).pvalue
    n = len(group)
    correlation = joint_correlation(
        (signal[0], signal[1]),
        (design, design),
        (VECTOR, VECTOR),
        np.full(n, -1) if cell.correlation is None else np.arange(n),
        pvalues=p,
    )
    method, _ = choose_method(correlation, (cell.units, cell.units))
    opposite = estimates[0] * estimates[1] < 0
    true = (effects[0] * effects[1] < 0) & (np.sign(effects[0]) == np.sign(estimates[0]))
    scores: dict[str, object] = {"method": method, "estimate": correlation.estimates}
    for name, test in (("rule", method), ("unknown", choose_method(None, ())[0])):
        called = np.zeros(GENES, dtype=bool)
        called[opposite] = METHODS[test](p[opposite]) <= LEVEL
        right = int((called & true).sum())
        scores[f"{name}_fdp"] = (int(called.sum()) - right) / max(int(called.sum()), 1)
        scores[f"{name}_power"] = right / max(int(cell.switches * GENES), 1)
    return scores


def plant(cell: Cell, rng: np.random.Generator) -> np.ndarray:
    """Effects of both marks, (2, n_genes) log2: switches, then changes of one mark alone."""
    effects = np.zeros((2, GENES))
    size = np.abs(rng.normal(EFFECT, EFFECT_SD, size=(2, GENES))) * rng.choice([-1, 1], GENES)
    order = rng.permutation(GENES)
    both, alone = int(cell.switches * GENES), int(cell.single * GENES)
    switched, single = order[:both], order[both : both + alone]
    effects[:, switched] = size[:, switched] * np.array([[1.0], [-1.0]])
    effects[0, single[: alone // 2]] = size[0, single[: alone // 2]]
    effects[1, single[alone // 2 :]] = size[1, single[alone // 2 :]]
    return effects


def as_markdown(table: pd.DataFrame) -> str:
    """One row a setting."""
    lines = [
        "| true ρ | switches | single | units | ρ estimated | AdaFilter used | FDR (SE) | power |"
        " FDR, pairing unknown (SE) | power |",
        "|" + "---|" * 10,
    ]
    for row in table.itertuples():
        apart = str(row.correlation) == "nan"
        lines.append(
            f"| {'not paired' if apart else f'{row.correlation:g}'} | {row.switches:.0%} |"
            f" {row.single:.0%} | {row.units} | {row.estimate:.2f} | {row.adafilter:.0%} |"
            f" {row.rule_fdr:.3f} ({row.rule_se:.3f}) | {row.rule_power:.2f} |"
            f" {row.unknown_fdr:.3f} ({row.unknown_se:.3f}) | {row.unknown_power:.2f} |"
        )
    return "\n".join(lines)


def write(numbers: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{numbers}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
