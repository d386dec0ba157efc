"""Mechanisms in sentences, each finding once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from resist_epi.mechanism.switch_sets import SWITCHES
from resist_epi.mechanism.verdicts import OPPOSITE, VERDICTS

GENES_NAMED = 6  # of those that carry a change


def mechanism_sentences(table: pd.DataFrame) -> list[str]:
    """Say in a sentence each which mechanisms the data are consistent with, or speak against.

    Behind each change stand the genes that carry it and how many loci were tested, where the table
    knows: one gene may be all that a mechanism rests on. Mechanisms that share their carriers are
    one sentence, with the other names at its end.

    Parameters
    ----------
    table
        As `mechanisms.mechanism_table` gives it.
    """
    own = table[(table["kind"] == "mechanism") & table["direction"].ne("none")]
    named = _other_names(own)
    sentences = []
    for title, rows in own.groupby("mechanism", sort=False):
        if any(title in others for others in named.values()):
            continue
        said = {
            verdict: [_seen(row) for row in part.to_dict("records")]
            for verdict, part in rows.groupby("verdict", sort=False)
        }
        parts = [
            f"{' and '.join(said[word])}, {verdict.clause}"
            for word, verdict in VERDICTS.items()
            if verdict.claims and word in said
        ]
        if not parts:
            continue
        others = named.get(str(title), {})
        more = f"; the same finding under other names: {_listed(others)}" if others else ""
        sentences.append(f"{title}: {'; '.join(parts)}{more}")
    return sentences


def _other_names(own: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Title of a finding -> each mechanism that is nothing beside it -> what is said of that."""
    if "finding" not in own:
        return {}
    known = own.fillna({"finding": "", "shared_genes": ""})
    heads = known.groupby("mechanism", sort=False)["finding"].agg(_without_empty)
    named: dict[str, dict[str, str]] = {}
    for title, found in heads.items():
        # One that heads a finding of its own in any layer, or has none, keeps its sentence.
        if len(found) == 1 and found[0] != title and heads.get(found[0]) == [found[0]]:
            rows = known[known["mechanism"] == title]
            if not _is_said_by(rows, known[known["mechanism"] == found[0]]):
                continue
            genes = next(filter(None, rows["shared_genes"]), "").replace(",", ", ")
            against = rows["verdict"].eq(OPPOSITE.word).all()
            words = [genes] if genes else []
            named.setdefault(found[0], {})[str(title)] = "; ".join(
                [*words, *([OPPOSITE.clause] if against else [])]
            )
    return named


def _without_empty(findings: pd.Series) -> list[str]:
    return [name for name in dict.fromkeys(findings) if name]


def _is_said_by(rows: pd.DataFrame, head: pd.DataFrame) -> bool:
    """Whether what belongs to no finding, as switches, is the same set's in the head, too."""
    alone = rows[rows["finding"] == ""]
    if alone.empty:
        return True
    if "set" not in rows:
        return False
    return set(zip(alone["layer"], alone["set"], strict=True)) <= set(
        zip(head["layer"], head["set"], strict=True)
    )


def _listed(others: dict[str, str]) -> str:
    return ", ".join(f"{title} ({words})" if words else title for title, words in others.items())


def _seen(row: Mapping[Any, Any]) -> str:
    direction, layer = str(row["direction"]), str(row["layer"])
    if layer == SWITCHES:
        said = "activating switches" if direction == "gain" else "repressive switches"
    elif direction == "mixed":
        said = f"gains and losses of {layer}"
    else:
        said = f"{direction} of {layer}"
    return said + _carried(row)


def _carried(row: Mapping[Any, Any]) -> str:
    """The genes behind a change, whether any is called by itself, and of how many loci."""
    genes = row.get("genes")
    listed = "" if genes is None or pd.isna(genes) else str(genes)
    symbols = [g for g in listed.strip("()").split(",") if g]
    text = ", ".join(symbols[:GENES_NAMED])
    if len(symbols) > GENES_NAMED:
        text += f" and {len(symbols) - GENES_NAMED} more"
    if listed.startswith("("):
        text = f"no gene by itself; P below 0.05: {text}"
    n_loci = row.get("n_loci")
    loci = ""
    if n_loci is not None and not pd.isna(n_loci):
        loci = f"{int(n_loci)} {'locus' if n_loci == 1 else 'loci'} tested"
    inside = "; ".join(filter(None, (text, loci)))
    return f" ({inside})" if inside else ""
