"""How far the answer goes: the scale it rests on, what was not testable, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from resist_epi.io.run_folder import run_file
from resist_epi.io.shown import count
from resist_epi.model.agreement import in_words
from resist_epi.model.efficiency import DISAGREE
from resist_epi.report.confounders import confounders
from resist_epi.report.differs import shortly
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.mechanism_lines import untested_mechanisms
from resist_epi.report.sections import calls, change, is_sure, number
from resist_epi.report.warnings import FEW_UNITS
from resist_epi.report.words import KIND_WORDS, capital, join_words, keeps_global

HOLDS = 0.8  # share of the calls that stand under every normalisation

NAMED = 3  # mechanisms that could not be tested


@dataclass(frozen=True)
class Scale:
    """How far the changes of a mark hang on the normalisation.

    Attributes
    ----------
    mark
        Of which mark.
    state
        `holds`, `hangs` on the choice, or `unknown`.
    words
        With the numbers.
    """

    mark: str
    state: Literal["holds", "hangs", "unknown"]
    words: str


def scale_of(run: RunTables) -> tuple[list[Scale], str]:
    """The verdict on the normalisation, a mark each, and on a global gain or loss."""
    return [_scale(mark) for mark in run.marks], ". ".join(_shift(run.marks))


def _scale(mark: MarkTables) -> Scale:
    name = in_words(str(mark.main.facts["normalization"]["name"]))
    table = None if mark.calls is None else mark.calls.table
    warnings = () if mark.normalization is None else mark.normalization.header.get("warnings", ())
    disagree = any(DISAGREE in text for text in warnings)
    if table is None or table.empty:
        state: Literal["hangs", "unknown"] = "hangs" if disagree else "unknown"
        why = "no region is called, so nothing hangs on it"
        if calls(mark.main)["gain"] + calls(mark.main)["loss"]:
            why = "not held against another"
        return Scale(mark.mark, state, f"normalised by {name}; {why}")
    columns = [c for c in table if c not in ("n_regions", "n_high_confidence")]
    own = table[table[columns[0]] == 1]
    total = int(own["n_regions"].sum())
    kept = int(own.loc[(own[columns] == 1).all(axis=1), "n_regions"].sum())
    words = f"normalised by {name}; "
    if total:
        words += f"{kept:,} of {total:,} calls stand under all {len(columns)} normalisations"
        if more := int(table["n_regions"].sum()) - total:
            words += f", and {more:,} more {'is' if more == 1 else 'are'} called by others only"
    else:
        words += f"no region is called by it, {int(table['n_regions'].sum()):,} by others"
    if disagree:
        return Scale(mark.mark, "hangs", f"{words}; the normalisations {DISAGREE}")
    if not total:  # nothing is claimed that could hang on the choice
        return Scale(mark.mark, "unknown", words)
    twice = int(table["n_regions"].sum()) > 2 * total  # others call more than as many again
    if kept < HOLDS * total or twice:
        return Scale(mark.mark, "hangs", words)
    if warnings:  # of the share of signal in the top bins, which is no normalisation
        return Scale(mark.mark, "unknown", f"{words}; unequal efficiency is not excluded")
    return Scale(mark.mark, "holds", words)


def _shift(marks: Sequence[MarkTables]) -> Iterator[str]:
    """Whether the run can tell a gain or loss of a whole mark."""
    known = [m.mark for m in marks if keeps_global(m.main.facts)]
    if known:
        yield f"{join_words(known)} by spike-in: a global gain or loss would be seen"
    if len(known) < len(marks):
        of = (
            "" if not known else f" of {join_words([m.mark for m in marks if m.mark not in known])}"
        )
        yield (
            f"Without a spike-in a global gain or loss{of} cannot be told from a difference in"
            " efficiency"
        )
    parts = [part for mark in marks for part in _covered(mark)]
    if parts:
        yield f"Difference in the share of the genome above background: {join_words(parts)}"


def _covered(mark: MarkTables) -> Iterator[str]:
    table = None if mark.balance is None else mark.balance.table
    whole = None if table is None else table[table["partition"] == "genome"]
    if whole is not None and len(whole) and pd.notna(whole["pvalue"].iloc[0]):
        row = whole.iloc[0]
        size = change(100 * row["difference"])
        yield f"{mark.mark} {size} percentage points (P {number(row['pvalue'], 2)})"


def untestable(run: RunTables) -> Iterator[str]:
    """What could not be tested, and why; a sentence each."""
    for mark in run.marks:
        reason, found = mark.main.facts.get("no test"), calls(mark.main)
        kind = next(iter(mark.results))
        words = KIND_WORDS.get(kind, kind)
        left = found["all"] - found["tested"]
        if reason:
            yield f"{mark.mark}: nothing, since {shortly(mark.main.facts)}"
        elif left:
            yield f"{mark.mark}: {left:,} of {found['all']:,} {words}, too little signal"
    yield from _chromosomes(run)
    if run.mechanisms is not None:
        untested, few = untested_mechanisms(run.mechanisms.table)
        for names, why in (
            (untested, "at most one locus with a region tested"),
            (few, "too few loci to say anything"),
        ):
            if names:
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                what = count(len(names), "mechanism")
                yield f"{what}, {why}: {', '.join(names[:NAMED])}{more}"
    if run.switches is None and len(run.marks) < 2:
        yield "Switches between marks: they need a repressive and an active mark of the same units"


def _chromosomes(run: RunTables) -> Iterator[str]:
    """Chromosomes of the genes that no track has, as `check` tells them."""
    said = run.check[run.check["message"].str.contains("are in no track and are dropped")]
    texts = {str(m).split(": ", 1)[-1].split(" are in no track")[0] for m in said["message"]}
    for text in sorted(texts):
        yield f"{capital(text)}: in no track"


def next_steps(run: RunTables) -> Iterator[str]:
    """What to do next; what would change the answer most comes first."""
    yield from _before_a_claim(run)
    found = [calls(mark.main) for mark in run.marks]
    if not any(f["gain"] + f["loss"] for f in found):
        yield f"Look at the genes that you had in mind in IGV: open {run_file('session')}"
        return
    against = [
        text
        for text, table in (
            ("expression of the same units (--expression)", run.concordance),
            ("outcome in an outside cohort (--survival)", run.survival),
        )
        if table is None
    ]
    if against:
        yield f"Hold the called genes against {join_words(against)}"
    yield f"Look at the top loci in IGV: open {run_file('session')}"


def _before_a_claim(run: RunTables) -> Iterator[str]:
    without = [mark.mark for mark in run.marks if mark.main.facts.get("no test")]
    if without:
        which = "nothing can be" if len(without) == len(run.marks) else "these cannot be"
        of = "" if len(without) == len(run.marks) else f" of {join_words(without)}"
        yield f"Add replicates of each group{of}: without them {which} tested"
        return
    if not all(mark.main.facts["units"]["patients"] for mark in run.marks):
        yield "Add the column Patient to the sheet, so that libraries of one patient count once"
    sizes = [mark.main.facts["contrast"]["units"] for mark in run.marks]
    none = all(not (c["gain"] + c["loss"]) for c in (calls(m.main) for m in run.marks))
    if none or any(len(s) == 2 and min(s) <= FEW_UNITS for s in sizes):
        yield "Plan more units: resist-epi power says how many, from these counts"
    yield from _first_claims(run.marks)
    scale, _ = scale_of(run)
    hangs = [s.mark for s in scale if s.state == "hangs"]
    measured = [m.mark for m in run.marks if m.mark in hangs and keeps_global(m.main.facts)]
    if measured:
        yield (
            f"Show {join_words(measured)} by spike-in and by the other normalisations side by side:"
            " they disagree"
        )
    hangs = [mark for mark in hangs if mark not in measured]
    if hangs:
        yield f"Measure the level of {join_words(hangs)} by spike-in before a claim of direction"
    seen = [c.name for c in confounders(run) if c.state == "seen"]
    if seen:
        yield f"Run again with {join_words(seen)} in the design, and show both"


def _first_claims(marks: Sequence[MarkTables]) -> Iterator[str]:
    """Which calls to claim first: of high confidence, and held without any one unit."""
    firm = {mark.mark: _firm(mark) for mark in marks}
    kept = [f"{count(n, 'region')} of {mark}" for mark, (n, _) in firm.items() if n]
    if kept:
        held = ", which no single unit makes" * all(known for n, known in firm.values() if n)
        yield f"Claim first what is of high confidence{held}: {join_words(kept)}"
    elif any(calls(mark.main)["sure"] for mark in marks):
        yield "Claim no region yet: each call of high confidence falls when some unit is left out"


def _firm(mark: MarkTables) -> tuple[int, bool]:
    """How many regions of high confidence stay without any one unit, and whether that is known.

    It is not where some units could not be left out; where none could, these are all of them.
    """
    table = mark.main.table
    sure = is_sure(table).fillna(False).astype(bool)
    if "stability" not in table or table.loc[sure, "stability"].isna().any():
        return int(sure.sum()), False
    whole = not mark.main.facts.get("stability", {}).get("not_fitted")
    return int((sure & table["stability"].ge(1)).sum()), whole
