"""What the page says first: the question, the answer, and how far it can be trusted.

Everything here is read from the run's tables, by one rule a sentence; nothing is computed that a
table does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resist_epi.io.run_folder import run_file
from resist_epi.io.shown import count
from resist_epi.model.differential import METHODS
from resist_epi.model.method import Method
from resist_epi.report.confounders import Confounder, confounders
from resist_epi.report.differs import mark_differs
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.mechanism_lines import mechanism_lines, mechanism_summary
from resist_epi.report.sections import calls, number
from resist_epi.report.top_loci import SWITCH_CLASSES, TopLocus, top_loci
from resist_epi.report.trust import Scale, next_steps, scale_of, untestable
from resist_epi.report.words import capital, join_words, unit_word
from resist_epi.samples.facts import contrast_title

MOST_SENTENCES = 6

MOST_KEPT = 2  # names of units without which there is no test

MARKS_APART = 2  # with a sentence each

SWITCH_LOCI_NAMED = 8


@dataclass(frozen=True)
class Sentence:
    """One sentence of the answer.

    Attributes
    ----------
    rule
        Which rule made it.
    text
        The sentence.
    rests_on
        Files of the run that it was read from, relative to its folder.
    items
        What it counts, one by one, where that is worth a line each.
    """

    rule: str
    text: str
    rests_on: tuple[str, ...]
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a reader gets without scrolling.

    Attributes
    ----------
    question, units
        What was asked, and of how many units and libraries.
    sentences
        Three to six.
    loci
        The best supported, a line each.
    scale
        Of each mark, how far its changes hang on the normalisation.
    shift
        Whether a global gain or loss can be told.
    untested
        What could not be tested, and why.
    confounders
        Each with its state.
    next_steps
        What to do next.
    """

    question: str
    units: str
    sentences: tuple[Sentence, ...]
    loci: tuple[TopLocus, ...]
    scale: tuple[Scale, ...]
    shift: str
    untested: tuple[str, ...]
    confounders: tuple[Confounder, ...]
    next_steps: tuple[str, ...]


def answer(run: RunTables) -> Answer:
    """What a run's tables answer.

    Sentences come in this order, each where its table is there: what differs, mechanisms, switches,
    expression and other assays, an outside cohort, calls without single units, what chance gives.
    """
    rules: tuple[Callable[[RunTables], Iterator[Sentence]], ...] = (
        *(_differs, _ruled_out, _mechanisms, _switches, _other_assays, _outcome, _left_out),
        _chance,
    )
    sentences = [sentence for rule in rules for sentence in rule(run)]
    scale, shift = scale_of(run)
    return Answer(
        question=question_of(run),
        units=units_of(run),
        sentences=tuple(sentences[:MOST_SENTENCES]),
        loci=tuple(top_loci(run)),
        scale=tuple(scale),
        shift=shift,
        untested=tuple(untestable(run)),
        confounders=tuple(confounders(run)),
        next_steps=tuple(next_steps(run)),
    )


def question_of(run: RunTables) -> str:
    """What was asked, as a question.

    Marks of one run share their contrast.
    """
    about = run.marks[0].main.facts["contrast"]
    marks = join_words([m.mark for m in run.marks])
    one = len(run.marks) == 1
    if about["kind"] == "difference":
        return (
            f"Where do{'es' * one} {marks} differ between {about['first']} and {about['second']}?"
        )
    if about["kind"] == "slope":
        return f"Where do{'es' * one} {marks} change with {about['column']}?"
    if about["kind"] == "hazard":
        return f"Where do{'es' * one} {marks} go with an earlier or later event?"
    return f"Where do{'es' * one} {marks} change with {contrast_title({'contrast': about})}?"


def units_of(run: RunTables) -> str:
    """Of how many units, by mark where they differ, and libraries."""
    by_mark = {mark.mark: _units(mark) for mark in run.marks}
    n = len(run.quality)
    libraries = f"{n:,} librar{'y' if n == 1 else 'ies'}"
    if len(set(by_mark.values())) == 1:
        return f"{next(iter(by_mark.values()))}, {libraries}"
    each = "; ".join(f"{mark}: {words}" for mark, words in by_mark.items())
    return f"{each}; {libraries}"


def _units(mark: MarkTables) -> str:
    facts, what = mark.main.facts, unit_word(mark)
    about, known = facts["contrast"], facts["units"]["patients"]
    if about["kind"] != "difference":
        n = sum(about["units"])
        return count(n, what) if known else f"{count(n, 'unit')}, each library one"
    one, other = about["units"]
    words = f"{one} {about['first']} against {other} {about['second']}"
    return f"{words} {what}s" if known else f"{words} units, each library one"


def _differs(run: RunTables) -> Iterator[Sentence]:
    """What differs in the regions that speak for genes, and what of it is of high confidence."""
    each = [(mark_differs(mark), _main_file(mark)) for mark in run.marks]
    if len(each) > MARKS_APART:  # one sentence, so that the others have room
        texts = "; ".join(text for text, _ in each)
        yield Sentence("differs", texts, tuple(file for _, file in each))
        return
    for text, file in each:
        yield Sentence("differs", text, (file,))


def _main_file(mark: MarkTables) -> str:
    return run_file("results", mark.name, next(iter(mark.results)))


def _ruled_out(run: RunTables) -> Iterator[Sentence]:
    """Where nothing is called, which changes the intervals exclude."""
    said, rests_on = [], []
    for mark in run.marks:
        table, found = mark.main.table, calls(mark.main)
        reach = table[["ci_low", "ci_high"]].abs().max(axis=1).dropna()
        if found["gain"] + found["loss"] or not found["tested"] or reach.empty:
            continue
        said.append(f"a change of {mark.mark} of more than {_fold(reach)}-fold")
        rests_on.append(_main_file(mark))
    if said:
        text = f"In half of the regions tested {join_words(said)} is ruled out (95% intervals)"
        yield Sentence("ruled out", text, tuple(rests_on))


def _fold(reach: pd.Series) -> str:
    return number(2 ** float(reach.median()), 2)


def _mechanisms(run: RunTables) -> Iterator[Sentence]:
    rests_on = (run_file("mechanisms"),)
    if run.mechanisms is None:
        sets = tuple(run_file("gene_sets", m.name) for m in run.marks if m.gene_sets is not None)
        yield Sentence("mechanisms", _why_no_mechanisms(run), sets)
        return
    lines = mechanism_lines(run.mechanisms.table)
    yield Sentence(
        "mechanisms",
        mechanism_summary(run.mechanisms.table, lines),
        rests_on,
        tuple(line.words for line in lines),
    )


def _why_no_mechanisms(run: RunTables) -> str:
    """Why a run has no table of mechanisms: of other species, or of marks nobody spoke of."""
    sets = [m.gene_sets.table for m in run.marks if m.gene_sets is not None]
    own = run.provenance.get("parameters", {}).get("gene_sets")
    if sets and own is None and not any((table["n_tested"] > 0).any() for table in sets):
        return (
            "No mechanism was tested: the built-in sets are of human genes, and none of these was"
            " measured here; of another species, as rat or mouse, give your own with --gene-sets"
        )
    if own is not None:
        return (
            "No mechanism was tested, since the built-in ones are of human genes and none of these"
            " was measured here; the sets given with --gene-sets are told under gene sets"
        )
    marks = join_words([m.mark for m in run.marks])
    return f"No mechanism was tested: nothing was stated in advance that {marks} could show"


def _switches(run: RunTables) -> Iterator[Sentence]:
    """Genes at which two marks go opposite ways, by locus."""
    if run.switches is None:
        return
    table = run.switches.table
    rests_on = (run_file("switches"),)
    found = table[table["class"].isin(list(SWITCH_CLASSES))]
    if found.empty:
        columns = [c for c in map(str, table) if c.endswith("_pvalue")]
        marks = join_words([c.removesuffix("_pvalue") for c in columns])
        without = [c.removesuffix("_pvalue") for c in columns if table[c].isna().all()]
        if without:
            text = f"Switches between {marks} could not be tested: {join_words(without)} has no P"
            yield Sentence("switches", text, rests_on)
            return
        yield Sentence("switches", f"No gene switches between {marks}", rests_on)
        return
    loci = found["locus_id"] if "locus_id" in found else found["gene_id"]
    n = loci.nunique()
    genes = count(len(found), "gene")
    text = f"{capital(genes)} at {count(n, 'locus', 'loci')} switch{'es' * (len(found) == 1)}"
    text += " between the marks, one gained where the other is lost (both tested together, so that"
    text += " neither need be called alone)"
    yield Sentence("switches", text, rests_on, tuple(_switch_items(found, loci, _where(run))))


def _where(run: RunTables) -> str:
    """In which group a switch is seen: ` in poor`; empty where no two groups are compared."""
    about = run.marks[0].main.facts["contrast"]
    return f" in {about['first']}" if about["kind"] == "difference" else ""


def _switch_items(found: pd.DataFrame, loci: pd.Series, where: str) -> Iterator[str]:
    for name, words in SWITCH_CLASSES.items():
        own = found[found["class"] == name]
        if own.empty:
            continue
        named = [
            _locus_name(
                [str(s) for s in part["symbol"].where(part["symbol"] != "", part["gene_id"])]
            )
            for _, part in own.groupby(loci[own.index], sort=False)
        ]
        more = len(named) - SWITCH_LOCI_NAMED
        tail = f" and {more} more" if more > 0 else ""
        yield f"{words}{where}: {', '.join(named[:SWITCH_LOCI_NAMED])}{tail}"


def _locus_name(genes: list[str]) -> str:
    """`GREB1`; of many neighbours the first, since a range would name genes that do not switch."""
    if len(genes) < 3:
        return " and ".join(genes)
    return f"{genes[0]} with {len(genes) - 1} neighbours"


def _other_assays(run: RunTables) -> Iterator[Sentence]:
    """How called genes change in expression and other assays."""
    if run.concordance is None:
        return
    texts = []
    for assay, rows in run.concordance.table.groupby("assay", sort=False):
        said = [_agreeing(row) for row in rows.to_dict("records") if row["n_called"]]
        texts.append(
            f"{capital(str(assay))} goes the way that the mark says in {join_words(said)}"
            if said
            else f"{capital(str(assay))} was given, and no called gene was measured in it"
        )
    yield Sentence("other assays", "; ".join(texts), (run_file("concordance"),))


def _agreeing(row: Mapping[Any, Any]) -> str:
    text = f"{int(row['n_agree'])} of {int(row['n_called'])} called genes of {row['mark']}"
    if pd.isna(row["matched_pvalue"]):
        return text
    return f"{text} (P {number(row['matched_pvalue'])} against genes alike)"


def _outcome(run: RunTables) -> Iterator[Sentence]:
    """What an outside cohort says of the called genes."""
    if run.survival is None:
        return
    said = [
        f"{row['mark']}: {str(row['words']).split(';')[0]}"
        for row in run.survival.table.to_dict("records")
    ]
    yield Sentence("outcome", f"In the outside cohort, {'; '.join(said)}", (run_file("survival"),))


def _left_out(run: RunTables) -> Iterator[Sentence]:
    """How many calls stay when each unit in turn is left out."""
    found = [(m, m.main.facts["stability"]) for m in run.marks if "stability" in m.main.facts]
    found = [(m, f) for m, f in found if f["calls"]]
    said = [
        f"{f['stay']:,} of {f['calls']:,} calls of {m.mark}{_beside_stay(f)}"
        for m, f in found
        if f["left_out"]
    ]
    texts = [f"Whichever single unit is left out, {join_words(said)} stay"] if said else []
    if unknown := [m.mark for m, f in found if not f["left_out"]]:
        texts.append(
            f"Whether a call of {join_words(unknown)} hangs on one unit is not known: no test is"
            " possible without any one of them"
        )
    if texts:
        yield Sentence("left out", "; ".join(texts), tuple(_main_file(m) for m, _ in found))


def _beside_stay(facts: Mapping[str, Any]) -> str:
    """How many calls hang on one unit, and which units were not left out, in brackets."""
    said = []
    if one := facts["one"]:
        said.append(f"{one:,} hang{'s' * (one == 1)} on one unit")
    if kept := facts.get("not_fitted", ()):
        more = [f"{len(kept) - MOST_KEPT} more"] * (len(kept) > MOST_KEPT)
        said.append(f"no test is possible without {join_words([*kept[:MOST_KEPT], *more])}")
    return f" ({'; '.join(said)})" if said else ""


def _chance(run: RunTables) -> Iterator[Sentence]:
    """How many regions are called where the groups mean nothing."""
    found = [(m, m.main.facts["relabelling"]) for m in run.marks if "relabelling" in m.main.facts]
    if not found:
        return
    chance = [f"{f['median']:.0f} of {m.mark} (95% at most {f['q95']:.0f})" for m, f in found]
    true = [f"{f['observed']:,}" for _, f in found]
    n = max(int(f["n"]) for _, f in found)
    # Of few ways the true one is a good part, and so of what they give.
    whole = ", the true one among them" * all(f["complete"] for _, f in found)
    others = {_relabelled_by(m) for m, _ in found} - {""}
    by = f" (by a quicker test, {join_words(sorted(others))}, throughout)" * bool(others)
    text = (
        f"With the labels of the groups exchanged ({n:,} ways{whole}) a median of"
        f" {join_words(chance)} is called, with the true ones {join_words(true)}{by}"
    )
    yield Sentence("chance", text, tuple(_main_file(m) for m, _ in found))


def _relabelled_by(mark: MarkTables) -> str:
    """The test that took the main one's place under relabelling, if another one did."""
    name = mark.main.facts["method"]["name"]
    other = METHODS.get(name, Method).relabelled_by
    return "" if other in (None, name) else str(other)
