"""Every verdict of the mechanism table against the truth of simulated cohorts.

python validation/evaluate_verdicts.py --seeds 10         print the table
python validation/evaluate_verdicts.py --seeds 10 --write and put it into docs/evidence/verdicts.md

For every seed one cohort with planted effects and its null twin are analysed as a run does.

right, wrong: a gain or loss is right if the set's genes truly change that way by .02 log2 more than
the others, or if more of them truly do (by .1 log2) than of the others, where it is called for
their number; `mixed` if more of them truly change than of the others. That nothing is seen is wrong
if the true effect is as large as what the row says would have been seen.
not testable: no test, or too few loci to say.

Ends with 1 if more than 5 % of the verdicts that can be judged are wrong, or more than 5 % of the
verdicts of null cohorts claim a change.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evaluate_mechanisms import UNCHANGED, analysed, mechanisms_of
from evaluate_simulation import BEGIN, END

from resist_epi.arrays import IntArray
from resist_epi.genes.builtin import load_gene_sets, load_symbols
from resist_epi.genes.gene_sets import match_sets
from resist_epi.genes.gene_values import gene_rows
from resist_epi.mechanism.switch_sets import SWITCHES
from resist_epi.mechanism.verdicts import NOT_TESTED, TOO_FEW, VERDICTS
from resist_epi.simulation.cohort import Cohort, simulate_cohort
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import expected_change

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "verdicts.md"
MOVES = 0.1  # log2: a gene that truly changes
MAX_WRONG = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds (default 10)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--raw", type=Path, help="write every row of every cohort to this TSV")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    arguments = parser.parse_args()
    began = time.process_time()
    parts = []
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        for null in (False, True):
            own = judged(CohortSettings(seed=seed, null=null))
            parts.append(own.assign(seed=seed, null=null))
            print(f"seed {seed}{' null' if null else ''}", file=sys.stderr)
    rows = pd.concat(parts, ignore_index=True)
    if arguments.raw is not None:
        rows.to_csv(arguments.raw, sep="\t", index=False)
    text = as_markdown(rows)
    print(text)
    print(f"{2 * arguments.seeds} cohorts, {time.process_time() - began:.0f} s of CPU")
    if arguments.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        last = arguments.first + arguments.seeds - 1
        made = f"{BEGIN}\n\nSeeds {arguments.first} to {last}:\n\n{text}\n\n{END}"
        PAGE.write_text(before + made + after, encoding="utf-8")
    return int(not held(rows))


def judged(settings: CohortSettings) -> pd.DataFrame:
    """The mechanisms of a cohort, with `judgement`: right, wrong or not testable."""
    cohort = simulate_cohort(settings)
    analyses = {mark: analysed(cohort, mark) for mark in settings.marks}
    table = mechanisms_of(analyses)
    own = table[table["kind"] == "mechanism"].reset_index(drop=True)
    truth = true_changes(cohort, {m: a.results for m, a in analyses.items()})
    found = {layer: members_in(truth, layer) for layer in own["layer"].unique()}
    facts = [of_set(truth, str(r.layer), found[str(r.layer)][str(r.set)]) for r in own.itertuples()]
    own = own.join(pd.DataFrame(facts))
    own["claims"] = [VERDICTS[word].claims for word in own["verdict"]]
    own["judgement"] = [judge_row(row) for row in own.to_dict("records")]
    return own


def true_changes(cohort: Cohort, results: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a symbol: the true change of the region that speaks for it, a column a mark."""
    columns = {}
    for mark, table in results.items():
        rows = gene_rows(table)
        change = pd.Series(expected_change(cohort, mark, table)[rows], table["symbol"].iloc[rows])
        columns[mark] = change[~change.index.duplicated()]
    made = pd.DataFrame(columns)
    made = made[made.index != ""]
    if {"H3K27me3", "H3K36me3"} <= set(made):
        switches = (made["H3K27me3"].abs() >= MOVES) & (made["H3K36me3"].abs() >= MOVES)
        switches &= np.sign(made["H3K27me3"]) != np.sign(made["H3K36me3"])
        made[SWITCHES] = np.where(switches, np.sign(made["H3K36me3"]), 0.0)
    return made


def changes_in(truth: pd.DataFrame, layer: str) -> pd.Series:
    """True changes of a layer, by symbol."""
    return truth[layer].dropna() if layer in truth else pd.Series(dtype=float)


def members_in(truth: pd.DataFrame, layer: str) -> dict[str, IntArray]:
    """Set -> positions of its genes among those of a layer."""
    return match_sets(load_gene_sets(), changes_in(truth, layer).index.tolist(), load_symbols())


def of_set(truth: pd.DataFrame, layer: str, members: IntArray) -> dict[str, float]:
    """What is true of a set in a layer, and of all other genes."""
    change = changes_in(truth, layer)
    inside = np.zeros(len(change), dtype=bool)
    inside[members] = True
    own, rest = change[inside], change[~inside]
    found = {"true_effect": np.nan if own.empty else float(own.mean() - rest.mean())}
    for way, moves in (("gain", change >= MOVES), ("loss", change <= -MOVES)):
        found[f"true_{way}"] = float(moves[inside].mean()) if inside.any() else np.nan
        found[f"others_{way}"] = float(moves[~inside].mean())
    return found


def judge_row(row: Mapping[Any, Any]) -> str:
    if row["verdict"] in (NOT_TESTED.word, TOO_FEW.word):
        return "not testable"
    way, effect = row["direction"], row["true_effect"]
    if way == "mixed":
        inside, outside = (row[f"{w}_gain"] + row[f"{w}_loss"] for w in ("true", "others"))
        return "right" if inside > outside else "wrong"
    if way == "none":
        missed = abs(effect) >= row["smallest_effect"]  # False where that is not known
        return "wrong" if missed else "right"
    sign = 1 if way == "gain" else -1
    by_mean = sign * effect >= UNCHANGED
    by_number = row["mixed_padj"] <= 0.05 and row[f"true_{way}"] > row[f"others_{way}"]
    return "right" if by_mean or by_number else "wrong"


def held(rows: pd.DataFrame) -> bool:
    """Whether both bounds hold over all cohorts."""
    able = rows[rows["judgement"] != "not testable"]
    wrong = able["judgement"].eq("wrong").mean()
    return bool(wrong <= MAX_WRONG and rows.loc[rows["null"], "claims"].mean() <= MAX_WRONG)


def as_markdown(rows: pd.DataFrame) -> str:
    lines = [
        "| cohorts | verdict | rows | right | wrong | not testable |",
        "|---|---|---|---|---|---|",
    ]
    for where, part in (("planted", rows[~rows["null"]]), ("nothing planted", rows[rows["null"]])):
        for word in [w for w in VERDICTS if w in set(part["verdict"])]:
            lines.append(_line(where, word, part[part["verdict"] == word]))
        lines.append(_line(where, "**all**", part))
    null = rows[rows["null"]]
    able = rows[rows["judgement"] != "not testable"]
    lines += [
        "",
        f"Of {len(able)} verdicts that can be judged {able['judgement'].eq('wrong').mean():.1%} are"
        f" wrong; of {len(null)} verdicts of cohorts in which nothing was planted"
        f" {null['claims'].mean():.1%} claim a change.",
    ]
    return "\n".join(lines)


def _line(where: str, word: str, part: pd.DataFrame) -> str:
    n = {name: int(part["judgement"].eq(name).sum()) for name in ("right", "wrong", "not testable")}
    return f"| {where} | {word} | {len(part)} | {' | '.join(map(str, n.values()))} |"


if __name__ == "__main__":
    sys.exit(main())
