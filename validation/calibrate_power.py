"""Hold the power that `power` foretells from small pilots against what larger studies then find.

    python validation/calibrate_power.py --write

A population of tumours has 2,000 regions. Pilots of 3 or 4 a group are drawn from it, each with
changes of its own, and larger studies, whose tests are those of the program's defaults. What a
pilot foretells is compared with the share that such studies found: on average over the pilots, and
pilot by pilot. `--write` puts the tables into the page of evidence.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from calibration_page import BEGIN, END
from power_cohorts import POPULATIONS, Drawn, Population, draw, make_population

from resist_epi.model.analysis import analyse
from resist_epi.model.filtering import MIN_READS
from resist_epi.model.pilot import fit_pilot
from resist_epi.model.power import PowerPlan, power_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "calibration_power.md"
TOLERANCE = 0.03


class Target(NamedTuple):
    """A study that is foretold."""

    units: int
    effect: float
    carriers: float = 1.0
    depth: float = 1.0

    @property
    def words(self) -> str:
        """For the page."""
        more = f", in {self.carriers:.0%}" if self.carriers < 1 else ""
        more += f", {self.depth:g}-fold depth" if self.depth != 1 else ""
        return f"{self.units} a group, {self.effect:g}{more}"


TARGETS = (Target(6, 1.0), Target(12, 0.7), Target(12, 1.4, carriers=0.5))
OF_READS = Target(6, 1.0, depth=2.0)


def targets(name: str) -> tuple[Target, ...]:
    """What is foretold in a population: another depth of reads alone."""
    return (*TARGETS, OF_READS) if POPULATIONS[name].quantity == "reads" else TARGETS


def found(study: Drawn, population: Population) -> tuple[float, float]:
    """Share of the changes that a study calls in the right direction, and false share of calls.

    Regions of fewer than 5 expected reads do not count where reads are tested: a pilot does not
    test them, and nothing is foretold of them.
    """
    results = analyse(study.matrix, study.sheet).results
    called = (results["direction"] != "none").to_numpy()
    sign = np.where(results["direction"] == "gain", 1, -1)
    right = called & (study.truth != 0) & (sign == np.sign(study.truth))
    false = (called.sum() - right.sum()) / max(called.sum(), 1)
    least = MIN_READS if study.matrix.quantity == "reads" else 0.0
    asked = (study.truth != 0) & (population.level >= least)
    return float((right & asked).sum() / asked.sum()), float(false)


def realise(population: Population, name: str, seed: int, studies: int) -> Iterator[dict]:
    """What studies of each size find."""
    for t, target in enumerate(targets(name)):
        for k in range(studies):
            rng = np.random.default_rng([seed, 2, t, k])
            study = draw(
                population, target.units, rng, effect=target.effect, carriers=target.carriers,
                depth=target.depth,
            )  # fmt: skip
            power, fdr = found(study, population)
            yield {"what": "realised", "target": t, "power": power, "fdr": fdr}


def foretell(
    population: Population, name: str, units: int, seed: int, pilots: int, sets: int
) -> Iterator[dict]:
    """What pilots of so many units a group foretell of each size."""
    for k in range(pilots):
        pilot = draw(population, units, np.random.default_rng([seed, 3, units, k]))
        fitted = fit_pilot(pilot.matrix, pilot.sheet)
        for t, target in enumerate(targets(name)):
            plan = PowerPlan(
                units=(target.units,), effects=(target.effect,), carriers=(target.carriers,),
                depths=(target.depth,), sets=sets, seed=k,
            )  # fmt: skip
            row = power_table(fitted, plan).iloc[0]
            yield {
                "what": "foretold",
                "pilot": units,
                "target": t,
                "power": row["power"],
                "fdr": row["expected_fdr"],
                "low": row["power_low"],
                "high": row["power_high"],
            }


def summarise(stored: pd.DataFrame) -> pd.DataFrame:
    """A row a population, pilot's size and target."""
    rows = []
    foretold = stored[stored["what"] == "foretold"]
    for key, own in foretold.groupby(["population", "pilot", "target"], sort=False):
        name, pilot, t = str(key[0]), int(str(key[1]).split(".")[0]), int(str(key[2]))
        real = stored[
            (stored["what"] == "realised")
            & (stored["population"] == name)
            & (stored["target"] == t)
        ]
        power, fdr = real["power"].mean(), real["fdr"].mean()
        rows.append(
            {
                "population": name,
                "pilot": f"{pilot} v {pilot}",
                "study": targets(name)[t].words,
                "realised": power,
                "realised_se": real["power"].sem(),
                "foretold": own["power"].mean(),
                "foretold_se": own["power"].sem(),
                "sd": own["power"].std(ddof=1),
                "held": float(((own["low"] <= power) & (power <= own["high"])).mean()),
                "fdr": fdr,
                "fdr_foretold": own["fdr"].mean(),
            }
        )
    return pd.DataFrame(rows)


def off(row: pd.Series) -> bool:
    """Whether the average over the pilots is off by more than .03 and two standard errors."""
    error = np.hypot(row["realised_se"], row["foretold_se"])
    return bool(abs(row["foretold"] - row["realised"]) > TOLERANCE + 2 * error)


def as_markdown(table: pd.DataFrame) -> str:
    """The table of the page."""
    lines = [
        "| population | pilot | study | found (SE) | foretold (SE) | difference | SD over pilots |"
        " found lies in the range | FDR found | FDR foretold |",
        "|" + "---|" * 10,
    ]
    for _, row in table.iterrows():
        difference = row["foretold"] - row["realised"]
        mark = "**" if off(row) else ""
        lines.append(
            f"| {row['population']} | {row['pilot']} | {row['study']}"
            f" | {row['realised']:.3f} ({row['realised_se']:.3f})"
            f" | {row['foretold']:.3f} ({row['foretold_se']:.3f})"
            f" | {mark}{difference:+.3f}{mark} | {row['sd']:.3f} | {row['held']:.0%}"
            f" | {row['fdr']:.3f} | {row['fdr_foretold']:.3f} |"
        )
    mean = (table["foretold"] - table["realised"]).mean()
    lines += ["", f"Mean difference over the {len(table)} rows: {mean:+.3f}."]
    lines += ["", "Populations:", ""]
    lines += [f"- `{name}`: {kind.summary}" for name, kind in POPULATIONS.items()]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--populations", nargs="+", default=list(POPULATIONS))
    parser.add_argument("--units", nargs="+", type=int, default=[3, 4], help="a group of a pilot")
    parser.add_argument("--pilots", type=int, default=16)
    parser.add_argument("--studies", type=int, default=24)
    parser.add_argument("--sets", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=Path, help="TSV that is added to, and summarised")
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    options = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    began, rows = time.process_time(), []
    for name in options.populations:
        population = make_population(name, options.seed)
        new = list(realise(population, name, options.seed, options.studies))
        for units in options.units:
            new += foretell(population, name, units, options.seed, options.pilots, options.sets)
        rows += [{"population": name, **row} for row in new]
        print(name, f"{time.process_time() - began:.0f} s", flush=True)
        if options.store is not None:
            pd.DataFrame(rows).to_csv(options.store, sep="\t", index=False)
    table = summarise(pd.DataFrame(rows))
    text = as_markdown(table)
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        head, tail = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
        PAGE.write_text(f"{head}\n\n{text}\n\n{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
