"""What else may lie behind a difference between the groups: each with its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from resist_epi.genes.tissue_scores import column_name
from resist_epi.io.shown import count
from resist_epi.model.hidden import MIN_UNITS_FOR_FACTORS
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.sections import number
from resist_epi.report.words import join_words

State = Literal["seen", "adjusted", "unclear", "not checked", "not seen"]

# The gravest first: what several marks say is told by the first of these.
STATES: tuple[State, ...] = ("seen", "adjusted", "unclear", "not checked", "not seen")

PROLIFERATION = "PROLIFERATION_MARKERS"

_SEEN = ("largely this", "partly this", "differs")


@dataclass(frozen=True)
class Confounder:
    """One thing that could make a difference that is not the one looked for.

    Attributes
    ----------
    name
        `batch`, `hidden factor`, `purity`, `copy number` or `proliferation`.
    state
        `seen`: it goes with the groups; `adjusted`: it stands in the design or was divided out;
        `unclear`: looked at, and the data cannot say; `not checked`: nothing to check it with;
        `not seen`: looked at, and the groups are alike.
    words
        Why.
    """

    name: str
    state: State
    words: str


def confounders(run: RunTables) -> list[Confounder]:
    """Batch, hidden factors, purity, copy number and proliferation, in this order."""
    rules: dict[str, Callable[[RunTables, MarkTables], tuple[State, str]]] = {
        "batch": _batch,
        "hidden factor": _hidden,
        "purity": _purity,
        "copy number": _copy_number,
        "proliferation": _proliferation,
    }
    return [
        Confounder(name, *_over_marks(run.marks, [rule(run, m) for m in run.marks]))
        for name, rule in rules.items()
    ]


def by_state(found: Sequence[Confounder]) -> list[tuple[State, list[Confounder]]]:
    """Confounders of one state together, the gravest state first."""
    own = [(state, [c for c in found if c.state == state]) for state in STATES]
    return [(state, some) for state, some in own if some]


def _over_marks(
    marks: Sequence[MarkTables], found: Sequence[tuple[State, str]]
) -> tuple[State, str]:
    """The gravest state of all marks, and why, with the marks where it is not that of all."""
    state = min((s for s, _ in found), key=STATES.index)
    words: dict[str, list[str]] = {}
    for mark, (own, text) in zip(marks, found, strict=True):
        if own == state:
            words.setdefault(text, []).append(mark.mark)
    said = [
        text if len(own) == len(marks) else f"{text} ({join_words(own)})"
        for text, own in words.items()
    ]
    return state, "; ".join(said)


def _in_design(mark: MarkTables, name: str) -> bool:
    columns = mark.main.facts.get("design", {}).get("columns", {})
    return any(str(c).casefold() == name.casefold() for c in columns)


def _warned(mark: MarkTables, name: str) -> str:
    """What the check of the design says of a column."""
    said = mark.main.facts.get("design warnings", ())
    return next((str(text) for text in said if str(text).startswith(name)), "")


def _of_sheet(run: RunTables, name: str) -> str:
    """Why nothing is known of a column: it is not there, or nobody put it into the design."""
    if run.columns is not None and name not in run.columns:
        return f"the sheet has no column {name}"
    return f"{name} is not in the design"


def _batch(run: RunTables, mark: MarkTables) -> tuple[State, str]:
    if _in_design(mark, "Batch"):
        return "adjusted", "Batch is in the design"
    if warned := _warned(mark, "Batch"):
        return "seen", warned
    return "not checked", _of_sheet(run, "Batch")


def _hidden(_: RunTables, mark: MarkTables) -> tuple[State, str]:
    facts: dict[str, Any] = mark.main.facts.get("hidden", {})
    if not facts:
        few = f" in groups of fewer than {MIN_UNITS_FOR_FACTORS} units" if _too_small(mark) else ""
        return "not checked", f"not looked for{few}"
    if not facts["found"]:
        return "not seen", "none found; one that moves few regions would not show"
    n = count(int(facts["found"]), "hidden factor")
    if facts["adjusted"]:
        return "adjusted", f"{n} found and in the design"
    return "seen", f"{n} found and not adjusted for"


def _too_small(mark: MarkTables) -> bool:
    about = mark.main.facts["contrast"]
    wanted = mark.main.question.hidden != "none" and about["kind"] == "difference"
    return wanted and min(about["units"]) < MIN_UNITS_FOR_FACTORS


def _purity(run: RunTables, mark: MarkTables) -> tuple[State, str]:
    if _in_design(mark, "Purity"):
        return "adjusted", "Purity is in the design"
    if warned := _warned(mark, "Purity"):
        return "seen", warned
    others = None if mark.scores is None else _tissue(mark.scores.table)
    if others is None or others.empty:
        return "not checked", f"{_of_sheet(run, 'Purity')}; no markers of other tissue to score"
    return _scored(others, "markers of other tissue")


def _tissue(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["set"].str.endswith("_MARKERS") & table["set"].ne(PROLIFERATION)]


def _proliferation(_: RunTables, mark: MarkTables) -> tuple[State, str]:
    if _in_design(mark, column_name(PROLIFERATION)):
        return "adjusted", "its score is in the design"
    table = None if mark.scores is None else mark.scores.table
    own = None if table is None else table[table["set"] == PROLIFERATION]
    if own is None or own.empty:
        return "not checked", "too few of its markers measured to score it"
    return _scored(own, "its markers")


def _scored(rows: pd.DataFrame, what: str) -> tuple[State, str]:
    """What scores of tissue say: the groups differ, are alike, or too few loci to say."""
    seen = rows[rows["verdict"].isin(_SEEN)]
    if len(seen):
        named = [
            f"{_set_words(row['set'])} (P {number(row['pvalue'])})"
            for row in seen.to_dict("records")
        ]
        return "seen", f"the groups differ in {join_words(named)}"
    if (rows["verdict"] == "alike").all():
        return "not seen", f"the groups are alike in {what}"
    few = rows[rows["verdict"] != "alike"]
    fewest, most = int(few["n_loci"].min()), int(few["n_loci"].max())
    loci = f"{most}" if fewest == most else f"{fewest} to {most}"
    return "unclear", f"no difference in {what}, but {loci} loci are too few to reassure"


def _set_words(name: object) -> str:
    return str(name).removesuffix("_MARKERS").replace("_", " ").lower()


def _copy_number(_: RunTables, mark: MarkTables) -> tuple[State, str]:
    if mark.segments is not None:
        return "adjusted", "copy number was divided out"
    if mark.arms is None:
        return "not checked", "no table of chromosome arms"
    table = mark.arms.table
    moved = table[table["shifted"].astype(bool) | table["varies"].astype(bool)]
    n = count(len(table), "chromosome arm")
    if len(moved):
        return "seen", f"{', '.join(map(str, moved['arm']))} of {n} shift or vary as a whole"
    return "not seen", f"none of {n} shifts as a whole; focal changes would not show"
