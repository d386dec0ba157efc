"""Mechanisms on simulated cohorts: which are found where they were planted, and which where not.

python validation/evaluate_mechanisms.py --seeds 10         print the table
python validation/evaluate_mechanisms.py --seeds 10 --write and put it into docs/guide/mechanisms.md
python validation/evaluate_mechanisms.py --scenario honest --seeds 10 --write
                                                            docs/evidence/mechanisms_honest.md

Honest cohorts change sets that nobody named as often as named ones, with signs that are drawn;
there the sets nobody named, and as many quiet ones, are tested as if somebody had.

For every seed one cohort with planted effects and its null twin are analysed as a run does. A
called direction is wrong where the genes of the set truly change by less than .02 log2 more than
the others, or the other way (a mixed one has no way). Ends with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from evaluate_simulation import BEGIN, END

from resist_epi.counting.background import BACKGROUND_BIN
from resist_epi.counting.coverage import count_regions
from resist_epi.genes.builtin import gene_set_kinds, load_gene_sets, load_symbols
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.gene_sets import GeneSet, match_sets
from resist_epi.genes.gene_values import gene_rows
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.reference import load_reference
from resist_epi.genome.regions import gene_bodies, promoters
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.find_switches import switches_of_study
from resist_epi.mechanism.layers import Layer
from resist_epi.mechanism.mechanisms import mechanism_table
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import make_sheet
from resist_epi.simulation.cohort import Cohort, library_track, simulate_cohort
from resist_epi.simulation.files import sheet_table
from resist_epi.simulation.honest import RANDOM_SET_SIZE
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import expected_change, truth_table

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    "named": DOCS / "guide" / "mechanisms.md",
    "honest": DOCS / "evidence" / "mechanisms_honest.md",
}
UNCHANGED, PLANTED = 0.02, 0.2  # log2, of a set's mean less that of the others
MAX_WRONG, MAX_NULL = 0.055, 0.15


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds (default 10)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--scenario", choices=list(PAGES), default="named")
    parser.add_argument("--raw", type=Path, help="write every row of every cohort to this TSV")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    arguments = parser.parse_args()
    began = time.process_time()
    parts = []
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        for null in (False, True):
            parts.append(
                evaluate(CohortSettings(seed=seed, null=null, scenario=arguments.scenario)).assign(
                    seed=seed, null=null
                )
            )
            print(f"seed {seed}{' null' if null else ''}", file=sys.stderr)
    rows = pd.concat(parts, ignore_index=True)
    if arguments.raw is not None:
        rows.to_csv(arguments.raw, sep="\t", index=False)
    summary = summarise(rows)
    text = as_markdown(summary) if arguments.scenario == "named" else by_naming(rows)
    print(text)
    print(f"{2 * arguments.seeds} cohorts, {time.process_time() - began:.0f} s of CPU")
    if arguments.write:
        page = PAGES[arguments.scenario]
        before, rest = page.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        last = arguments.first + arguments.seeds - 1
        made = f"{BEGIN}\n\nSeeds {arguments.first} to {last}:\n\n{text}\n\n{END}"
        page.write_text(before + made + after, encoding="utf-8")
    # How often honest cohorts mislead is measured; what must hold is held by the named ones.
    return int(arguments.scenario == "named" and not summary["held"].all())


def evaluate(settings: CohortSettings) -> pd.DataFrame:
    """The mechanism table of a cohort, with the true effect of each set in the marks."""
    cohort = simulate_cohort(settings)
    analyses = {mark: analysed(cohort, mark) for mark in settings.marks}
    sets, symbols = load_gene_sets(), load_symbols()
    table = mechanisms_of(analyses).assign(named=True)
    others = unnamed_sets(cohort)
    if others:
        more = mechanisms_of(analyses, [as_mechanism(name) for name in others], others)
        table = pd.concat([table, more.assign(named=False)], ignore_index=True)
        sets = {**sets, **others}
    truth = {}
    for mark, analysis in analyses.items():
        rows = gene_rows(analysis.results)
        change = expected_change(cohort, mark, analysis.results)[rows]
        genes = analysis.results.iloc[rows]["symbol"].tolist()
        for name, members in match_sets(sets, genes, symbols).items():
            rest = np.ones(len(change), dtype=bool)
            rest[members] = False
            if len(members):
                truth[mark, name] = float(change[members].mean() - change[rest].mean())
    pairs = zip(table["layer"], table["set"], strict=True)
    return table.assign(true_effect=[truth.get(pair, np.nan) for pair in pairs])


def mechanisms_of(
    analyses: Mapping[str, Analysis],
    mechanisms: Sequence[Mechanism] | None = None,
    sets: Mapping[str, GeneSet] | None = None,
) -> pd.DataFrame:
    """The mechanism table that a run makes of its marks, or that of other mechanisms."""
    layers = [
        Layer(m, a.results, a.fit, a.contrast, design=a.design, matrix=a.matrix)
        for m, a in analyses.items()
    ]
    return mechanism_table(
        layers,
        load_mechanisms() if mechanisms is None else mechanisms,
        load_gene_sets() if sets is None else sets,
        kinds=gene_set_kinds() if sets is None else {},
        switches=switches_of_study(analyses),
        covariates=gene_covariates(load_reference("hg38", None)),
        symbols=load_symbols(),
    )


def unnamed_sets(cohort: Cohort) -> dict[str, GeneSet]:
    """Sets that change and that nobody named, and as many quiet ones; empty where there are none.

    In a null cohort all of them are quiet.
    """
    found = {name: list(genes) for name, genes in cohort.unnamed_sets.items()}
    truth = truth_table(cohort)
    taken = {g for genes in found.values() for g in genes}
    busy = set(truth.loc[(truth["log2_effect"] != 0) | (truth["factor"] != ""), "gene"])
    genes = cohort.landscape.genes
    coding = genes.loc[genes["biotype"] == "protein_coding", "symbol"]
    free = sorted(set(coding) - taken - busy)
    rng = np.random.default_rng([cohort.settings.seed, 99])
    order = rng.permutation(len(free))
    for i, name in enumerate(list(found)):
        own = [free[k] for k in order[i * RANDOM_SET_SIZE : (i + 1) * RANDOM_SET_SIZE]]
        found[name.replace("RANDOM", "QUIET")] = own
    return {name: GeneSet(name, "simulated", tuple(own)) for name, own in found.items()}


def as_mechanism(name: str) -> Mechanism:
    """A set as somebody names it who expects more transcription."""
    signs = {"H3K27me3": "loss", "H3K36me3": "gain"}
    expects = {layer: Expectation.parse(sign) for layer, sign in signs.items()}
    return Mechanism(name.lower(), name, name, expects)


def analysed(cohort: Cohort, mark: str) -> Analysis:
    """The analysis that a run makes of the regions that speak for a mark's genes."""
    sheet = make_sheet(sheet_table(cohort)).for_mark(mark)
    tracks = {s: library_track(cohort, s) for s in sheet.samples}
    chosen, lengths = preset(mark), cohort.chrom_lengths
    if chosen.main_kind == "promoters":
        window = {"upstream": chosen.upstream, "downstream": chosen.downstream}
        regions = promoters(cohort.annotation, lengths=lengths, **window)
    else:
        body = {"offset": chosen.body_offset, "min_length": chosen.min_body}
        regions = gene_bodies(cohort.annotation, lengths=lengths, **body)
    own = {c: lengths[c] for c in autosomes(lengths)}
    bins = count_regions(tracks, genome_bins(own, BACKGROUND_BIN))
    matrix = count_regions(tracks, regions)
    return analyse(matrix, sheet, inputs=normalization_inputs(matrix, sheet, bins=bins))


def is_wrong(direction: pd.Series, effect: pd.Series) -> pd.Series:
    """Whether each call is wrong: nothing changes, or the other way; mixed ones have no way."""
    sign = direction.map({"gain": 1.0, "loss": -1.0})
    other = sign.notna() & np.sign(effect).ne(sign)
    wrong: pd.Series = direction.ne("none") & effect.notna() & (effect.abs().lt(UNCHANGED) | other)
    return wrong


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a layer: what is called, what of it is wrong, what was planted and found."""
    own = rows[rows["kind"] == "mechanism"]
    summary = []
    for layer, part in own.groupby("layer", sort=False):
        planted, null = part[~part["null"]], part[part["null"]]
        called = planted["direction"] != "none"
        effect = planted["true_effect"]
        wrong = is_wrong(planted["direction"], effect)
        there = effect.abs() >= PLANTED
        n_null = null.groupby("seed")["direction"].apply(lambda d: (d != "none").any())
        controls = rows[(rows["layer"] == layer) & (rows["kind"] == "control")]
        share = float(wrong.sum() / max(called.sum(), 1))
        summary.append(
            {
                "layer": layer,
                "called": int(called.sum()),
                "wrong": int(wrong.sum()),
                "planted": int(there.sum()),
                "found": int((called & ~wrong & there).sum()),
                "expected": int((planted["verdict"] == "as expected").sum()),
                "opposite": int((planted["verdict"] == "opposite").sum()),
                "null_with_calls": int(n_null.sum()),
                "cohorts": len(n_null),
                "controls_moved": int(controls["pvalue"].le(0.05).sum()),
                "controls": int(controls["pvalue"].notna().sum()),
                "held": share <= MAX_WRONG and n_null.mean() <= MAX_NULL,
            }
        )
    return pd.DataFrame(summary)


def by_naming(rows: pd.DataFrame) -> str:
    """What is found and what is false, by whether a set was named in advance."""
    lines = [
        "| layer | sets | planted (true effect of .2 or more) | found | smaller true effects"
        " (.02 to .2): called | not planted: tested | called | wrong of all called | null cohorts:"
        " called of tested |",
        "|" + "---|" * 9,
    ]
    own = rows[(rows["kind"] != "control") & (rows["kind"] != "marker")]
    for (layer, named), part in own.groupby(["layer", "named"], sort=False):
        if layer == "switches":
            continue
        planted, null = part[~part["null"]], part[part["null"]]
        planted, null = (p[p["pvalue"].notna()] for p in (planted, null))
        effect = planted["true_effect"]
        called = planted["direction"] != "none"
        wrong = is_wrong(planted["direction"], effect)
        there, quiet = effect.abs() >= PLANTED, effect.abs() < UNCHANGED
        some = ~there & ~quiet
        n_null = int((null["direction"] != "none").sum())
        lines.append(
            f"| {layer} | {'named in advance' if named else 'nobody named'} | {there.sum()} |"
            f" {(called & ~wrong & there).sum()} |"
            f" {(called & ~wrong & some).sum()} of {some.sum()} |"
            f" {quiet.sum()} | {(called & quiet).sum()} | {wrong.sum()} of {called.sum()} |"
            f" {n_null} of {len(null)} |"
        )
    return "\n".join(lines)


def as_markdown(summary: pd.DataFrame) -> str:
    head = (
        "| layer | planted (true effect of .2 or more) | found | called | of these wrong | as"
        " expected / opposite | null cohorts with a call | controls with P < .05 |"
    )
    lines = [head, "|" + "---|" * 8]
    for row in summary.to_dict("records"):
        planted, wrong = row["planted"], row["wrong"]
        if row["layer"] == "switches":
            planted, wrong = "", ""
        lines.append(
            f"| {row['layer']} | {planted} | {row['found'] if planted != '' else ''} |"
            f" {row['called']} | {wrong} | {row['expected']} / {row['opposite']} |"
            f" {row['null_with_calls']} of {row['cohorts']} |"
            f" {row['controls_moved']} of {row['controls']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
