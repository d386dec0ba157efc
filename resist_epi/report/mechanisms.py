"""The page's section on mechanisms: what was stated, what was seen, what else may lie behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.io.shown import count
from resist_epi.mechanism.sentences import mechanism_sentences
from resist_epi.mechanism.verdicts import (
    FEWEST_LOCI,
    FEWEST_OF_CONTROL,
    NO_COMFORT,
    NOT_TESTED,
    TOO_FEW,
    in_words,
)
from resist_epi.report.gather import RunTables, Sheet
from resist_epi.report.mechanism_context import evidence_rows, therapy_section
from resist_epi.report.sections import change, number
from resist_epi.schema import MECHANISMS_MORE

CONTROL_GENES = 6

_TEXTS = ("genes", "warnings", "context", "references", "untested", "finding", "shared_genes")


def mechanism_section(run: RunTables) -> dict[str, Any] | None:
    """Everything of the section for the template; None where the run has no such table."""
    if run.mechanisms is None:
        return None
    found = run.mechanisms.table
    # Columns that a run of an earlier version lacks stay empty.
    more = {c.name: "" if c.dtype == "str" else np.nan for c in MECHANISMS_MORE}
    table = found.assign(**{c: v for c, v in more.items() if c not in found}).fillna(
        dict.fromkeys(_TEXTS, "")
    )
    own = table[table["kind"] == "mechanism"]
    quiet = table[table["kind"] != "mechanism"]
    moved = quiet[quiet["verdict"].str.startswith("moved")]
    level = run.marks[0].main.question.fdr
    return {
        "sentences": mechanism_sentences(table),
        "few": FEWEST_LOCI,
        "cautions": [m.preset.caution for m in run.marks if m.preset.caution],
        "rows": [_row(row, level) for row in own.to_dict("records")],
        "control_rows": [
            _row(row, level) | {"kind": row["kind"], "rests_on": _rests_on(row)}
            for row in quiet.to_dict("records")
        ],
        "silent": _silent(own),
        "controls": _controls(quiet, moved),
        "therapies": therapy_section(own),
        "rests_on": evidence_rows(own),
    }


def _rests_on(row: Mapping[Any, Any]) -> str:
    """Which genes a control set rests on: those that move, or how many were looked at."""
    if row["untested"]:
        return str(row["untested"])
    genes = [g for g in str(row["genes"]).strip("()").split(",") if g]
    if not genes:
        return f"none of its {int(row['n_tested'])} genes tested is called or has P below 0.05"
    named = ", ".join(genes[:CONTROL_GENES])
    more = len(genes) - CONTROL_GENES
    moved = "P below 0.05" if str(row["genes"]).startswith("(") else "called"
    return f"{named}{f' and {more} more' if more > 0 else ''} ({moved})"


def _row(row: Mapping[Any, Any], level: float) -> dict[str, Any]:
    low, high = change(row["matched_low"]), change(row["matched_high"])
    is_share = row["layer"] == "switches" and not pd.isna(row["effect"])
    return {
        "mechanism": row["mechanism"],
        "layer": row["layer"],
        "expected": row["expected"],
        "n_tested": row["n_tested"],
        "n_loci": row["n_loci"],
        "n_gain": row["n_gain"],
        "n_loss": row["n_loss"],
        "effect": _share(row["effect"]) if is_share else change(row["effect"]),
        "matched": "–" if low == "–" else f"{low} to {high}",
        "pvalue": number(row["pvalue"]),
        "padj": number(row["padj"]),
        "direction": row["direction"],
        "verdict": in_words(
            row["verdict"],
            smallest=float(row["smallest_effect"]),
            needed=float(row["called_needed"]),
            untested=row["untested"],
            pvalue=float(row["pvalue"]),
            called=float(row["n_called"]),
            matched=float(row["n_called_matched"]),
        )
        + _by_number(row, level),
        "finding": _finding(row),
        "genes": str(row["genes"]).replace(",", ", "),
        "warnings": row["warnings"],
    }


def _by_number(row: Mapping[Any, Any], level: float) -> str:
    """Of a direction that its effect alone would not carry: on which number and P it rests."""
    if row["direction"] == "none" or row["padj"] <= level or not row["mixed_padj"] <= level:
        return ""
    called, matched = int(row["n_called"]), float(row["n_called_matched"])
    return (
        f", by its members: {count(called, 'locus', 'loci')} called, {matched:.1f} in sets like it"
        f" (adjusted P {number(row['mixed_padj'])})"
    )


def _share(effect: float) -> str:
    """Percentage points; a share less that of the other loci, and so it may pass 100."""
    return f"{100 * effect:+.1f} points".replace("-", "−")


def _finding(row: Mapping[Any, Any]) -> str:
    """What of it stands under another name already, or which of its genes carry others too."""
    if row["finding"] in ("", row["mechanism"]):
        shared = str(row["shared_genes"]).replace(",", ", ")
        return f"also behind other mechanisms here: {shared}" if shared else ""
    alone = row["pvalue_unshared"]
    left = "nothing is left to test" if pd.isna(alone) else f"P {number(alone)}"
    return f"one finding with {row['finding']}; without the genes that carry that, {left}"


def _silent(own: pd.DataFrame) -> str:
    """One sentence on the rows that say nothing, so that silence is not taken for absence."""
    untested = own[own["verdict"] == NOT_TESTED.word]
    few = own[own["verdict"] == TOO_FEW.word]
    parts = []
    if len(untested):
        parts.append(f"{len(untested)} could not be tested, for the reasons that the table gives")
    if len(few):
        parts.append(f"{len(few)} rest on fewer than {FEWEST_LOCI} loci and say nothing either way")
    return f"Of {len(own)} rows {', and '.join(parts)}." if parts else ""


def _controls(quiet: pd.DataFrame, moved: pd.DataFrame) -> str:
    """One sentence on the sets that should not move."""
    tested = quiet[quiet["pvalue"].notna()]
    if tested.empty:
        return "No control or marker set could be tested."
    n = len(tested)
    sets = "of control and marker sets"
    ride = f"tests {sets} ride" if n > 1 else f"test {sets} rides"
    said = f"{n} {ride} along"
    few = int(tested["verdict"].eq(NO_COMFORT.word).sum())
    if few:
        number_of = "all" if few == n else str(few)
        said += f" ({number_of} of fewer than {FEWEST_OF_CONTROL} loci, which are no comfort)"
    if moved.empty:
        return f"{said}; none has P below 0.05."
    names = ", ".join(f"{r.mechanism} in {r.layer}" for r in moved.itertuples())
    chance = f"of {n} tests {0.05 * n:.1f} would have that by chance"
    return f"{said}; P is below 0.05 for {names} ({chance}): look there before a claim."


def assay_rows(sheet: Sheet | None) -> list[dict[str, str]]:
    """How far each mark and other assay go together; nothing without other assays."""
    if sheet is None:
        return []
    return [
        {
            "mark": str(row["mark"]),
            "assay": str(row["assay"]),
            "words": str(row["words"]),
            "patients": _over_patients(row),
        }
        for row in sheet.table.to_dict("records")
    ]


def outcome_rows(sheet: Sheet | None) -> list[dict[str, str]]:
    """What an outside cohort says of each mark; nothing without one."""
    if sheet is None:
        return []
    rows = sheet.table.to_dict("records")
    return [{"mark": str(row["mark"]), "words": str(row["words"])} for row in rows]


def _over_patients(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["n_patients"]):
        return ""
    return (
        f"over {row['n_patients']:.0f} patients, beside the design, a median correlation of"
        f" {row['patient_median']:.2f} (P {number(row['patient_pvalue'])} by relabelling)"
    )
