"""What a reader must know before any number of the run: the page's first section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from resist_epi.genes.tissue_scores import score_warnings
from resist_epi.report.flags import LOW_CORRELATION, median_correlation, quality_flags
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.words import for_reading, keeps_global, why_no_test

Level = Literal["stop", "caution", "note"]

LEVELS: dict[Level, str] = {"stop": "No claim", "caution": "Caution", "note": "Note"}

FEW_UNITS = 4

ONE_SIDED = 0.9

MANY_CALLS = 50

LEVEL_TREND = 0.4

SHOWN_FIRST = 2  # cautions on the first screen


@dataclass(frozen=True)
class Caveat:
    """One thing to know.

    Attributes
    ----------
    level
        `stop`: no claim can rest on this; `caution`: claims need care; `note`: good to know.
    where
        Mark, region kind or sample that it concerns; empty for the whole run.
    text
        What, and what follows from it.
    """

    level: Level
    where: str
    text: str

    @property
    def label(self) -> str:
        """The level in words, so that it does not rest on colour."""
        return LEVELS[self.level]


def collect_warnings(run: RunTables) -> list[Caveat]:
    """Everything to warn of, the gravest first; what is true of several marks is said once."""
    of_mark = (_of_test, _of_nothing, _of_design, _of_units, _of_scale, _of_said)
    found: list[Caveat] = []
    for mark in run.marks:
        for kind in (*of_mark, _of_balance, _of_level, _of_sets, _of_tissue):
            found += kind(mark)
        found += _of_quality(mark, run.quality)
    found += _of_check(run)
    order = list(LEVELS)
    read = [replace(w, text=for_reading(w.text, run.marks[0].main.facts)) for w in found]
    return sorted(_merged(read), key=lambda w: order.index(w.level))


def gravest(found: Sequence[Caveat]) -> list[Caveat]:
    """Those for the first screen: all that stop a claim, else the first cautions."""
    stops = [w for w in found if w.level == "stop"]
    return stops or [w for w in found if w.level == "caution"][:SHOWN_FIRST]


def summary(found: Sequence[Caveat]) -> str:
    """How many there are of each level.

    Examples
    --------
    >>> summary([Caveat("note", "", "a"), Caveat("caution", "", "b"), Caveat("note", "", "c")])
    '1 caution, 2 notes'
    """
    words = {"stop": "that stops a claim", "caution": "caution", "note": "note"}
    counted = [(sum(w.level == level for w in found), text) for level, text in words.items()]
    return ", ".join(
        f"{n} {text}" + ("s" if n > 1 and not text.startswith("that") else "")
        for n, text in counted
        if n
    )


def _of_tissue(mark: MarkTables) -> Iterator[Caveat]:
    if mark.scores is None:
        return
    for text in score_warnings(mark.scores.table, mark.mark):
        yield Caveat("caution", mark.mark, f"{text[:1].upper()}{text[1:]}.")


def _of_test(mark: MarkTables) -> Iterator[Caveat]:
    for kind, sheet in mark.results.items():
        reason = why_no_test(sheet.facts)
        if reason:
            yield Caveat(
                "stop",
                mark.mark,
                f"No test was possible, so there are fold changes but no P: {reason}. A fold"
                " change without replicates says nothing about how much units differ by chance.",
            )
        elif sheet.table["pvalue"].notna().sum() == 0:
            yield Caveat("stop", f"{mark.mark}, {kind}", "No region could be tested.")


def _of_nothing(mark: MarkTables) -> Iterator[Caveat]:
    tested = [s.table for s in mark.results.values() if s.table["pvalue"].notna().any()]
    if tested and all((table["direction"] == "none").all() for table in tested):
        level = f"{mark.main.question.fdr:g}"
        yield Caveat(
            "note",
            mark.mark,
            f"No region of any kind is called at a false discovery rate of {level}. That is no"
            " proof that nothing changes: the intervals say which changes are ruled out.",
        )


def _of_design(mark: MarkTables) -> Iterator[Caveat]:
    for text in mark.main.facts.get("design warnings", ()):
        yield Caveat("caution", mark.mark, f"{text[:1].upper()}{text[1:]}.")


def _of_units(mark: MarkTables) -> Iterator[Caveat]:
    facts = mark.main.facts
    if not facts["units"]["patients"]:
        yield Caveat(
            "caution",
            mark.mark,
            "The sheet has no Patient column, so each library counts as a biological unit. If two"
            " libraries come from one patient, animal or line, P values are too small: add the"
            " column and run again.",
        )
    sizes = facts["contrast"]["units"] if facts["contrast"]["kind"] == "difference" else []
    if sizes and 2 <= min(sizes) <= FEW_UNITS and "no test" not in facts:
        yield Caveat(
            "caution",
            mark.mark,
            f"The comparison rests on {sizes[0]} against {sizes[1]} biological units. Differences"
            " of moderate size will be missed, and a single unusual unit can make or hide a call.",
        )


def _of_scale(mark: MarkTables) -> Iterator[Caveat]:
    facts = mark.main.facts
    if facts["quantity"]["relative"]:
        yield Caveat(
            "caution",
            mark.mark,
            "Library sizes are relative: they come from each track's own total coverage, not from"
            " counted reads.",
        )
    if facts.get("spike in checks", {}).get("faults"):
        yield Caveat("caution", mark.mark, _sentence(_of_spike_in(facts)))
    if not keeps_global(facts):
        yield Caveat(
            "note",
            mark.mark,
            "Without spike-in a global gain or loss of the mark cannot be told from a difference in"
            " library size or efficiency: every change is relative to the normalisation's"
            " assumption.",
        )


def _of_spike_in(facts: Mapping[str, Any]) -> str:
    """What the checks of the spike-in found, and what was done."""
    name = facts["normalization"]["name"]
    done = "it was asked for all the same" if name == "spike_in" else f"{name} stands in its place"
    faults = "; ".join(facts["spike in checks"]["faults"])
    return f"the spike-in fails its checks, and {done}: {faults}"


def _of_said(mark: MarkTables) -> Iterator[Caveat]:
    """Changes of most regions one way, normalisations that disagree, and arms that shift."""
    for kind, results in mark.results.items():
        if "composition" in results.facts:
            yield Caveat("caution", f"{mark.mark}, {kind}", _sentence(results.facts["composition"]))
    for sheet, key in ((mark.normalization, "warnings"), (mark.arms, "arm warnings")):
        for text in () if sheet is None else sheet.header.get(key, ()):
            yield Caveat("caution", mark.mark, _sentence(text))


def _of_balance(mark: MarkTables) -> Iterator[Caveat]:
    for kind, sheet in mark.results.items():
        calls = sheet.table["direction"].value_counts()
        gain, loss = int(calls.get("gain", 0)), int(calls.get("loss", 0))
        if gain + loss >= MANY_CALLS and max(gain, loss) >= ONE_SIDED * (gain + loss):
            yield Caveat(
                "caution",
                f"{mark.mark}, {kind}",
                f"{_counted(gain, 'gain', 'gains')} against {_counted(loss, 'loss', 'losses')}:"
                " changes this one-sided may be a global change of the mark, or a difference in"
                " efficiency that the normalisation left in. Compare with another normalisation"
                " before a claim.",
            )


def _of_level(mark: MarkTables) -> Iterator[Caveat]:
    """Fold changes that follow the mean level: a difference in efficiency looks like that."""
    for kind, sheet in mark.results.items():
        shown = sheet.table[(sheet.table["baseMean"] > 0) & sheet.table["log2FoldChange"].notna()]
        if len(shown) < MANY_CALLS:
            continue
        rank = shown[["baseMean", "log2FoldChange"]].rank()
        correlation = float(rank["baseMean"].corr(rank["log2FoldChange"]))
        if abs(correlation) > LEVEL_TREND:
            yield Caveat(
                "caution",
                f"{mark.mark}, {kind}",
                f"Fold changes {'fall' if correlation < 0 else 'rise'} with the mean level"
                f" (Spearman {correlation:.2f}). A difference in efficiency between the groups"
                " looks like that; see the MA plot before a claim.",
            )


def _of_sets(mark: MarkTables) -> Iterator[Caveat]:
    if mark.gene_sets is None:
        return
    table = mark.gene_sets.table
    empty = int((table["n_tested"] == 0).sum())
    if empty and empty == len(table):
        text = f"None of the {empty} gene sets has a gene among the regions tested, so"
        text += " nothing can be said about any mechanism."
        yield Caveat("caution", mark.mark, text)
    elif empty:
        text = f"{empty} of {len(table)} gene sets have no gene among the regions tested"
        yield Caveat("note", mark.mark, f"{text}, so nothing is said of them.")


def _of_quality(mark: MarkTables, quality: pd.DataFrame) -> Iterator[Caveat]:
    own = quality[quality["mark"] == mark.mark]
    flagged = {s: r for s, r in quality_flags(own, mark.correlation).items() if r}
    if flagged:
        one = len(flagged) == 1
        yield Caveat(
            "caution",
            mark.mark,
            f"{len(flagged)} of {len(own)} libraries look{'s' if one else ''} unlike the others: "
            + "; ".join(f"{sample} {', '.join(reasons)}" for sample, reasons in flagged.items())
            + ".",
        )
    if mark.correlation is not None and len(mark.correlation) >= 4:
        middle = float(median_correlation(mark.correlation).median())
        if middle < LOW_CORRELATION + 0.1:
            yield Caveat(
                "note",
                mark.mark,
                f"The libraries agree little with one another (median correlation {middle:.2f}):"
                " noise, or true differences between units, outweigh what they share.",
            )


def _of_check(run: RunTables) -> Iterator[Caveat]:
    # What is known of the results themselves is not said again.
    said = set()
    if any("no test" in mark.main.facts for mark in run.marks):
        said.add("Condition")
    if not all(mark.main.facts["units"]["patients"] for mark in run.marks):
        said.add("Patient")
    for row in run.check[run.check["level"].isin(["warning", "error"])].itertuples():
        if row.column in said:
            continue
        yield Caveat("caution", str(row.sample or row.column), _sentence(str(row.message)))


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _merged(found: list[Caveat]) -> list[Caveat]:
    """One line for each text, with all places that it concerns."""
    places: dict[tuple[Level, str], list[str]] = {}
    for warning in found:
        at = places.setdefault((warning.level, warning.text), [])
        if warning.where and warning.where not in at:
            at.append(warning.where)
    return [Caveat(level, "; ".join(at), text) for (level, text), at in places.items()]


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
