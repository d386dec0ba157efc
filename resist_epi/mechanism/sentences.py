"""Mechanisms in sentences, each finding once."""

from __future__ import annotations

import pandas as pd

from resist_epi.mechanism.switch_sets import SWITCHES
from resist_epi.mechanism.verdicts import OPPOSITE, VERDICTS


def mechanism_sentences(table: pd.DataFrame) -> list[str]:
    """Say in a sentence each which mechanisms the data are consistent with, or speak against.

    Mechanisms that share their carriers are one sentence, with the other names at its end.

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
            verdict: [_seen(str(r.direction), str(r.layer)) for r in part.itertuples()]
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
    heads = known.groupby("mechanism", sort=False)["finding"].agg(lambda f: [*dict.fromkeys(f)])
    named: dict[str, dict[str, str]] = {}
    for title, found in heads.items():
        # One that heads a finding of its own in any layer, or has none, keeps its sentence.
        if len(found) == 1 and found[0] not in ("", title) and heads.get(found[0]) == [found[0]]:
            rows = known[known["mechanism"] == title]
            genes = next(filter(None, rows["shared_genes"]), "").replace(",", ", ")
            against = rows["verdict"].eq(OPPOSITE.word).all()
            words = [genes] if genes else []
            named.setdefault(found[0], {})[str(title)] = "; ".join(
                [*words, *([OPPOSITE.clause] if against else [])]
            )
    return named


def _listed(others: dict[str, str]) -> str:
    return ", ".join(f"{title} ({words})" if words else title for title, words in others.items())


def _seen(direction: str, layer: str) -> str:
    if layer == SWITCHES:
        return "activating switches" if direction == "gain" else "repressive switches"
    if direction == "mixed":
        return f"gains and losses of {layer}"
    return f"{direction} of {layer}"
