"""Mechanisms in a line each: those that share their carriers are one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resist_epi.io.shown import count
from resist_epi.mechanism.switch_sets import SWITCHES
from resist_epi.mechanism.verdicts import (
    ALLOWED,
    AS_EXPECTED,
    FEWEST_LOCI,
    NOT_TESTED,
    ONE_WAY,
    OPPOSITE,
    TOO_FEW,
    VERDICTS,
)
from resist_epi.report.words import join_words

GENES_NAMED = 4

LINES_SHOWN = 6  # in the answer; the rest stand with the mechanisms

STATED = {v.word for v in (AS_EXPECTED, ALLOWED)}

# How a line goes on, in the order in which lines stand.
STANCES = {
    "as stated": "",
    "one way": ", no direction stated in advance",
    "not stated": ", not stated in advance",
    "against": ", against what was stated",
}


@dataclass(frozen=True)
class MechanismLine:
    """One finding.

    Attributes
    ----------
    title
        The mechanism that names it.
    others
        Other mechanisms that rest on the same carriers, and go along.
    excluded
        Such ones of which the reverse was stated.
    changes
        What is seen in each mark or assay.
    carriers
        The genes that carry it, in words.
    stance
        `as stated`; `one way`, where a change was stated and its direction was not; `not stated`;
        `against` what was stated.
    """

    title: str
    others: tuple[str, ...]
    excluded: tuple[str, ...]
    changes: tuple[str, ...]
    carriers: str
    stance: str

    @property
    def words(self) -> str:
        """The line."""
        also = f"; also named {', '.join(self.others)}" if self.others else ""
        if self.excluded:
            also += f"; speaks against {join_words(self.excluded)}"
        seen = join_words(self.changes)
        return f"{self.title}: {seen}{STANCES[self.stance]} ({self.carriers}){also}"


def mechanism_lines(table: pd.DataFrame) -> list[MechanismLine]:
    """The findings of a table of mechanisms, those as stated first, each once.

    A mechanism that in every layer where it is called is one finding with another one is named
    beside that one.

    Parameters
    ----------
    table
        As `mechanisms.mechanism_table` gives it; without `finding` each mechanism is its own.
    """
    claims = {word for word, verdict in VERDICTS.items() if verdict.claims}
    own = table[(table["kind"] == "mechanism") & table["verdict"].isin(claims)]
    if own.empty:
        return []
    finding = own["finding"].fillna("") if "finding" in own else pd.Series("", index=own.index)
    heads = {
        str(title): set(finding[rows.index]) - {""} for title, rows in own.groupby("mechanism")
    }
    beside: dict[str, list[str]] = {}
    for title in own["mechanism"].unique():
        (head,) = heads[title] if len(heads[title]) == 1 else (title,)
        # One that is itself named beside another cannot name others.
        if head != title and heads.get(head) == {head}:
            beside.setdefault(head, []).append(title)
    opposite = own["verdict"].eq(OPPOSITE.word).groupby(own["mechanism"]).all()
    against = set(opposite.index[opposite])
    named = {title for others in beside.values() for title in others}
    lines = [
        MechanismLine(
            str(title),
            tuple(o for o in beside.get(str(title), ()) if o not in against),
            tuple(o for o in beside.get(str(title), ()) if o in against),
            tuple(dict.fromkeys(_change(row) for row in rows.to_dict("records"))),
            _carriers(rows),
            _stance(rows["verdict"].tolist()),
        )
        for title, rows in own.groupby("mechanism", sort=False)
        if title not in named
    ]
    order = list(STANCES)
    return sorted(lines, key=lambda line: order.index(line.stance))


def _stance(verdicts: Sequence[str]) -> str:
    if OPPOSITE.word in verdicts:
        return "against"
    if set(verdicts) & STATED:
        return "as stated"
    return "one way" if ONE_WAY.word in verdicts else "not stated"


def _change(row: Mapping[Any, Any]) -> str:
    layer, direction = str(row["layer"]), str(row["direction"])
    if layer == SWITCHES:
        ways = {"gain": "switches to active", "loss": "switches to repressed"}
        return ways.get(direction, "switches both ways")
    return {"gain": "more", "loss": "less"}.get(direction, "more and less") + f" {layer}"


def _carriers(rows: pd.DataFrame) -> str:
    """The genes that carry it, of all marks, those of the first mark first."""
    listed = rows["genes"].fillna("").astype(str).tolist()
    called = [g for text in listed if not text.startswith("(") for g in text.split(",") if g]
    genes = list(dict.fromkeys(called))
    if not genes:
        return "no gene is called by itself"
    more = f" and {len(genes) - GENES_NAMED} more" if len(genes) > GENES_NAMED else ""
    return f"{', '.join(genes[:GENES_NAMED])}{more}"


def mechanism_summary(table: pd.DataFrame, lines: Sequence[MechanismLine]) -> str:
    """One sentence on all mechanisms: how many findings, or that none stands out."""
    own = table[table["kind"] == "mechanism"]
    total = own["mechanism"].nunique()
    untested, few = untested_mechanisms(table)
    if not lines:
        silent = [
            text
            for n, text in (
                (len(untested), "could not be tested"),
                (len(few), f"rest on fewer than {FEWEST_LOCI} loci and say nothing either way"),
            )
            if n
            for text in [f"{n} {text}"]
        ]
        more = f"; {', '.join(silent)}" if silent else ""
        return f"None of {count(total, 'mechanism')} stands out{more}"
    n = Counter(line.stance for line in lines)
    judged = total - len(untested) - len(few)
    text = f"Of {count(total, 'mechanism')} with signs stated in advance {judged} could be judged:"
    text += f" the marks are consistent with {n['as stated'] or 'none'} as stated"
    others = {
        "one way": "where no direction was stated",
        "not stated": "not stated",
        "against": "against what was stated",
    }
    beside = ", ".join(f"{n[stance]} {words}" for stance, words in others.items() if n[stance])
    return f"{text}{f' ({beside})' if beside else ''}; those that share their genes count once"


def untested_mechanisms(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Mechanisms without a test in any layer, and those of which every test is of too few loci."""
    own = table[table["kind"] == "mechanism"]
    untested, few = [], []
    for title, rows in own.groupby("mechanism", sort=False):
        words = set(rows["verdict"])
        if words == {NOT_TESTED.word}:
            untested.append(str(title))
        elif words <= {NOT_TESTED.word, TOO_FEW.word}:
            few.append(str(title))
    return untested, few
